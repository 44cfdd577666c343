"""The counters behind the limits, with time as an argument."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.api.limits import REMEMBERED_UIDS, ConnectionCount, Limits, RequestRate, SeldomNotes


@pytest.mark.proves("I3")
@given(st.lists(st.floats(0, 3), max_size=200))
def test_no_user_gets_more_than_a_bucket_and_its_refill(pauses: list[float]) -> None:
    rate, now, admitted = RequestRate(20), 0.0, 0
    for pause in pauses:
        now += pause
        admitted += rate.admit(7, now)
        assert admitted <= 20 + now * 20 + 1e-6


def test_a_steady_caller_within_the_rate_is_never_refused() -> None:
    rate = RequestRate(20)
    assert all(rate.admit(7, step * 0.0501) for step in range(500))


@pytest.mark.proves("I3")
def test_an_hour_of_silence_does_not_save_up_requests() -> None:
    rate = RequestRate(20)
    assert rate.admit(7, 0.0)
    assert [rate.admit(7, 3600.0) for _ in range(21)] == [True] * 20 + [False]


def test_users_do_not_share_a_bucket() -> None:
    rate = RequestRate(1)
    assert rate.admit(1, 0.0)
    assert not rate.admit(1, 0.0)
    assert rate.admit(2, 0.0)


@pytest.mark.proves("I3")
def test_connections_are_counted_in_all_and_per_user() -> None:
    count = ConnectionCount(Limits())
    assert [count.admit(uid) for uid in (1, 2, 3, 4) for _ in range(9)] == ([True] * 8 + [False]) * 4
    assert not count.admit(5), "32 in all"
    count.leave(1)
    assert count.admit(5)


@pytest.mark.proves("fault 49", "fault 150")
def test_refusals_are_noted_once_a_minute_and_none_is_lost_in_number() -> None:
    notes = SeldomNotes()
    assert [notes.count(7, second) for second in (0.0, 1.0, 30.0, 59.0)] == [1, 0, 0, 0]
    assert notes.count(8, 59.0) == 1
    assert notes.count(7, 60.0) == 4
    assert notes.count(7, 119.9) == 0
    assert notes.count(7, 120.0) == 2


def test_many_strangers_do_not_fill_the_memory() -> None:
    notes = SeldomNotes()
    for uid in range(3 * REMEMBERED_UIDS):
        notes.count(uid, 0.0)
    assert len(notes._noted) == REMEMBERED_UIDS
