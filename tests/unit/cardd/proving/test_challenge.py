"""The login challenge counts once, and not for long."""

import pytest

from cardd.proving.challenge import CHALLENGE_SECONDS, Challenge

BADGE = "ab" * 32


@pytest.mark.proves("S1", "fault 81")
def test_an_answer_counts_once() -> None:
    challenge = Challenge.fresh(100.0, "login")
    assert challenge.spend(101.0)
    assert not challenge.spend(101.0)


@pytest.mark.proves("S1", "fault 81")
@pytest.mark.parametrize(
    ("age", "counts"), [(0.0, True), (CHALLENGE_SECONDS, True), (CHALLENGE_SECONDS + 0.001, False), (-0.001, False)]
)
def test_an_answer_counts_for_30_seconds_and_never_before_the_question(age: float, counts: bool) -> None:
    assert Challenge.fresh(100.0, "login").spend(100.0 + age) is counts


@pytest.mark.proves("S1")
def test_two_challenges_differ_and_are_bound_to_the_badge() -> None:
    first, second = Challenge.fresh(0.0, "login"), Challenge.fresh(0.0, "login")
    assert len(first.nonce) == 32
    assert first.digest(BADGE) != second.digest(BADGE)
    assert first.digest(BADGE) != first.digest("cd" * 32)


@pytest.mark.proves("S1", "S9")
def test_an_answer_serves_for_one_act_and_one_content_only() -> None:
    login = Challenge(bytes(32), 0.0, "login")
    approval = Challenge(bytes(32), 0.0, "approve", bytes(32))
    other = Challenge(bytes(32), 0.0, "approve", bytes(31) + b"\1")
    assert len({each.digest(BADGE) for each in (login, approval, other)}) == 3
