"""Failed logins: three in fifteen minutes lock for fifteen."""

from collections.abc import Mapping

import pytest

from cardd.errors import LoginLocked
from cardd.sessions.attempts import LOCK_S, MOST_SUBJECTS, WINDOW_S, LoginAttempts

SEAT, BADGE = "seat:counter", "badge:1"


class Turned:
    def __init__(self) -> None:
        self.seconds = 1.0
        self.alarms: list[str] = []
        self.attempts = LoginAttempts(self, self.publish)

    def utc_us(self) -> int:
        return 0

    def boottime(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.boottime()

    def publish(self, topic: str, change: str, facts: Mapping[str, str | int | None]) -> None:
        self.alarms.append(f"{topic} {change} {facts['subject']}")


@pytest.fixture
def world() -> Turned:
    return Turned()


@pytest.mark.proves("S5", "fault 87")
def test_three_failures_lock_and_raise_the_alarm(world: Turned) -> None:
    assert [world.attempts.failed(SEAT) for _ in range(3)] == [False, False, True]
    with pytest.raises(LoginLocked) as caught:
        world.attempts.check(SEAT)
    assert caught.value.facts.retry_after_s == LOCK_S
    assert world.alarms == [f"alarm login_locked {SEAT}"]


@pytest.mark.proves("S5")
def test_the_lock_ends_after_fifteen_minutes(world: Turned) -> None:
    for _ in range(3):
        world.attempts.failed(SEAT)
    world.seconds += LOCK_S - 0.5
    with pytest.raises(LoginLocked) as caught:
        world.attempts.check(SEAT)
    assert caught.value.facts.retry_after_s == 1
    world.seconds += 0.5
    world.attempts.check(SEAT)
    assert not world.attempts.failed(SEAT)


def test_failures_older_than_the_window_do_not_count(world: Turned) -> None:
    world.attempts.failed(SEAT)
    world.attempts.failed(SEAT)
    world.seconds += WINDOW_S
    assert not world.attempts.failed(SEAT)
    world.attempts.check(SEAT)


@pytest.mark.proves("fault 88")
def test_a_badge_is_counted_over_seats_and_a_seat_over_badges(world: Turned) -> None:
    for seat in ("seat:a", "seat:b", "seat:c"):
        world.attempts.failed(seat, BADGE)
    world.attempts.check("seat:d")
    with pytest.raises(LoginLocked):
        world.attempts.check("seat:d", BADGE)
    for badge in ("badge:2", "badge:3", "badge:4"):
        world.attempts.failed(SEAT, badge)
    with pytest.raises(LoginLocked):
        world.attempts.check(SEAT)
    world.attempts.check("seat:a", "badge:2")


def test_a_good_login_clears_its_badge_and_not_the_seat(world: Turned) -> None:
    world.attempts.failed(SEAT, BADGE)
    world.attempts.failed(SEAT, BADGE)
    world.attempts.succeeded(BADGE)
    assert world.attempts.failed(SEAT, BADGE)
    world.attempts.check(BADGE)
    with pytest.raises(LoginLocked):
        world.attempts.check(SEAT)


def test_a_lock_is_not_lifted_by_a_good_login(world: Turned) -> None:
    for _ in range(3):
        world.attempts.failed(BADGE)
    world.attempts.succeeded(BADGE)
    with pytest.raises(LoginLocked):
        world.attempts.check(BADGE)


def test_what_is_remembered_is_bounded_and_locks_stay(world: Turned) -> None:
    for _ in range(3):
        world.attempts.failed(SEAT)
    for number in range(MOST_SUBJECTS + 50):
        world.attempts.failed(f"badge:{number}")
    with pytest.raises(LoginLocked):
        world.attempts.check(SEAT)
    assert len(world.attempts._subjects) <= MOST_SUBJECTS
