"""Sessions belong to seat, badge insertion and uid, and end when one of them does."""

import pytest

from cardd.errors import SessionExists, SessionRequired
from cardd.sessions.session import SessionEnd
from cardd.sessions.table import LONGEST_S
from tests.unit.cardd.sessions.turned import BADGE, OTHER_SEAT, SAME_CARD_AGAIN, SEAT, Turned


def test_a_session_is_found_by_seat_and_uid(world: Turned) -> None:
    session = world.login()
    assert world.table.need(SEAT, 1000) is session
    assert (session.role, session.ends_us - session.since_us) == ("counter", 12 * 3600 * 1_000_000)
    assert world.events == [
        ("session", "started", {"uid": 1000, "seat": "counter", "operator": "op-7", "role": "counter"})
    ]


@pytest.mark.proves("fault 75", "fault 76", "fault 103")
def test_another_uid_or_seat_has_no_session_and_the_try_is_an_alarm(world: Turned) -> None:
    world.login()
    world.events.clear()
    with pytest.raises(SessionRequired):
        world.table.need(OTHER_SEAT, 1000)
    assert world.events == []
    with pytest.raises(SessionRequired):
        world.table.need(SEAT, 1001)
    assert world.events == [("alarm", "foreign_session", {"seat": "counter", "uid": 1001})]
    assert world.table.find(SEAT, 1001) is None
    assert world.table.taken(SEAT)


@pytest.mark.proves("fault 79")
def test_a_seat_has_one_session_and_nobody_takes_it_over(world: Turned) -> None:
    session = world.login()
    for uid in (1000, 1001):
        with pytest.raises(SessionExists):
            world.login(badge=SAME_CARD_AGAIN, uid=uid)
    assert world.table.need(SEAT, 1000) is session
    world.login(OTHER_SEAT, SAME_CARD_AGAIN)
    assert len(world.table.all()) == 2


@pytest.mark.proves("S2", "fault 12")
def test_the_session_ends_with_this_insertion_of_the_badge_and_no_other(world: Turned) -> None:
    session = world.login()
    world.table.badge_gone(SAME_CARD_AGAIN)
    assert world.table.still(session)
    world.table.badge_gone(BADGE)
    assert not world.table.still(session)
    assert world.ended == [(session, SessionEnd.BADGE_REMOVED)]
    assert world.events[-1] == ("session", "ended", {"uid": 1000, "seat": "counter", "reason": "badge_removed"})
    with pytest.raises(SessionRequired):
        world.table.need(SEAT, 1000)


@pytest.mark.proves("S4", "fault 85")
def test_a_session_ends_after_twelve_hours_also_when_nobody_asks(world: Turned) -> None:
    session = world.login()
    for _ in range(144):  # somebody works at it all day
        world.seconds += 299
        world.table.activity(session)
    world.seconds = 500.0 + LONGEST_S - 1
    world.table.activity(session)
    assert world.table.still(session)
    assert world.table.next_deadline() == 500.0 + LONGEST_S
    world.seconds += 1
    world.table.expire()
    assert world.ended == [(session, SessionEnd.TOO_OLD)]
    assert world.table.next_deadline() is None


@pytest.mark.proves("fault 139")
@pytest.mark.parametrize("step", [-(10**15), 10**15], ids=["back 30 years", "forward 30 years"])
def test_a_step_of_the_wall_clock_neither_ends_nor_prolongs_a_session(world: Turned, step: int) -> None:
    session = world.login()
    world.us += step
    assert world.table.still(session)
    world.wait(299)
    assert world.table.still(session)
    world.us -= step
    world.wait(1)
    assert world.table.locked(session)
    world.us += step
    assert world.table.locked(session)
    world.wait(LONGEST_S)
    world.us -= step
    world.table.expire()
    assert world.ended == [(session, SessionEnd.TOO_OLD)]


@pytest.mark.proves("fault 78")
def test_a_new_session_of_the_same_person_is_not_the_old_one(world: Turned) -> None:
    old = world.login()
    world.table.end(old, SessionEnd.LOGOUT)
    new = world.login()
    assert not world.table.still(old)
    world.table.end(old, SessionEnd.LOGOUT)
    assert world.table.still(new)
    assert old.id != new.id


def test_all_sessions_end_together(world: Turned) -> None:
    world.login()
    world.login(OTHER_SEAT, SAME_CARD_AGAIN)
    world.table.end_all(SessionEnd.PCSC_LOST)
    assert world.table.all() == ()
    assert {why for _, why in world.ended} == {SessionEnd.PCSC_LOST}
