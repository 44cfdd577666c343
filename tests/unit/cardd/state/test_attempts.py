"""Failed logins: three in fifteen minutes lock for fifteen."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cardd.errors import AuditUnavailable, LoginLocked
from cardd.state.attempts import LOCK_S, MOST_SUBJECTS, WINDOW_S, LoginAttempts
from tests.unit.cardd.state.house import BOOT, OTHER_BOOT, TurnedClock, disk_that_takes_nothing, open_state

SEAT, BADGE = "seat:counter", "badge:1"


class World:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, TurnedClock(seconds=1.0)
        self.alarms: list[str] = []
        self.open()

    def open(self, boot_id: str = BOOT) -> None:
        self.store = open_state(self.folder, self.clock, boot_id=boot_id)
        self.attempts = LoginAttempts(self.store, self.publish)

    def publish(self, topic: str, change: str, facts: Mapping[str, str | int | None]) -> None:
        about = [f"{name}:{facts[name]}" for name in ("seat", "badge") if name in facts]
        self.alarms.append(" ".join([topic, change, *about]))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.proves("S5", "fault 87")
def test_three_failures_lock_and_raise_the_alarm(world: World) -> None:
    assert [world.attempts.failed(SEAT) for _ in range(3)] == [False, False, True]
    with pytest.raises(LoginLocked) as caught:
        world.attempts.check(SEAT)
    assert caught.value.facts.retry_after_s == LOCK_S
    assert world.alarms == [f"alarm login_locked {SEAT}"]


@pytest.mark.proves("S5")
def test_the_lock_ends_after_fifteen_minutes(world: World) -> None:
    for _ in range(3):
        world.attempts.failed(SEAT)
    world.clock.pass_s(LOCK_S - 0.5)
    with pytest.raises(LoginLocked) as caught:
        world.attempts.check(SEAT)
    assert caught.value.facts.retry_after_s == 1
    world.clock.pass_s(0.5)
    world.attempts.check(SEAT)
    assert not world.attempts.failed(SEAT)


def test_failures_older_than_the_window_do_not_count(world: World) -> None:
    world.attempts.failed(SEAT)
    world.attempts.failed(SEAT)
    world.clock.pass_s(WINDOW_S)
    assert not world.attempts.failed(SEAT)
    world.attempts.check(SEAT)


@pytest.mark.proves("fault 88")
def test_a_badge_is_counted_over_seats_and_a_seat_over_badges(world: World) -> None:
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


def test_a_good_login_clears_its_badge_and_not_the_seat(world: World) -> None:
    world.attempts.failed(SEAT, BADGE)
    world.attempts.failed(SEAT, BADGE)
    world.attempts.succeeded(BADGE)
    assert world.attempts.failed(SEAT, BADGE)
    world.attempts.check(BADGE)
    with pytest.raises(LoginLocked):
        world.attempts.check(SEAT)


def test_a_lock_is_not_lifted_by_a_good_login(world: World) -> None:
    for _ in range(3):
        world.attempts.failed(BADGE)
    world.attempts.succeeded(BADGE)
    with pytest.raises(LoginLocked):
        world.attempts.check(BADGE)


def test_what_is_remembered_is_bounded_and_locks_stay(world: World) -> None:
    for _ in range(3):
        world.attempts.failed(SEAT)
    for number in range(MOST_SUBJECTS + 50):
        world.attempts.failed(f"badge:{number}")
    with pytest.raises(LoginLocked):
        world.attempts.check(SEAT)
    assert world.store.rows("SELECT count(*) FROM login_subjects") == [(MOST_SUBJECTS,)]
    world.attempts.failed("badge:51")  # touched again: now 52 is the one untouched longest
    world.attempts.failed("badge:one more")
    found = world.store.rows("SELECT subject FROM login_subjects WHERE subject IN ('badge:50', 'badge:51', 'badge:52')")
    assert found == [("badge:51",)]


@pytest.mark.proves("S5", "fault 139")
@pytest.mark.parametrize("boot_id", [BOOT, OTHER_BOOT])
def test_a_restart_neither_opens_a_lock_nor_forgets_a_failure(world: World, boot_id: str) -> None:
    for _ in range(3):
        world.attempts.failed(SEAT)
    world.attempts.failed(BADGE)
    world.attempts.failed(BADGE)
    world.store.close()
    if boot_id == OTHER_BOOT:
        world.clock.reboot(off_s=40.0)
    else:
        world.clock.pass_s(60.0)
    world.open(boot_id)
    with pytest.raises(LoginLocked) as caught:
        world.attempts.check(SEAT)
    assert caught.value.facts.retry_after_s == LOCK_S - 60
    assert world.attempts.failed(BADGE)
    world.clock.pass_s(LOCK_S - 60)
    world.attempts.check(SEAT)
    assert world.attempts.locked() == ((BADGE, 60),)


@pytest.mark.proves("S5", "fault 139")
def test_a_clock_set_back_across_a_reboot_prolongs_a_lock_by_no_more_than_its_own_length(world: World) -> None:
    for _ in range(3):
        world.attempts.failed(SEAT)
    world.store.close()
    world.clock.reboot()
    world.clock.set_utc(-10 * 365 * 86_400)
    world.open(OTHER_BOOT)
    with pytest.raises(LoginLocked) as caught:
        world.attempts.check(SEAT)
    assert caught.value.facts.retry_after_s == LOCK_S
    world.clock.pass_s(LOCK_S)
    world.attempts.check(SEAT)


@pytest.mark.proves("S5")
def test_a_failure_that_the_disk_does_not_take_is_an_alarm_and_lets_nobody_in_until_it_is_kept(world: World) -> None:
    world.attempts.failed(SEAT)
    world.attempts.failed(SEAT)
    with disk_that_takes_nothing():
        assert not world.attempts.failed(SEAT, BADGE)
        assert world.alarms == ["alarm count_not_kept"]
        for subject in (SEAT, BADGE, "seat:another"):
            with pytest.raises(AuditUnavailable):
                world.attempts.check(subject)
    with pytest.raises(LoginLocked):
        world.attempts.check(SEAT)
    assert world.alarms == ["alarm count_not_kept", f"alarm login_locked {SEAT}"]
    world.attempts.check(BADGE)
    assert [world.attempts.failed(BADGE) for _ in range(2)] == [False, True]


@pytest.mark.parametrize(
    "name", ["seat:'; DROP TABLE login_subjects; --", "seat:%", "badge:\x00", "seat:" + "x" * 10_000]
)
def test_a_name_is_never_more_than_a_name(world: World, name: str) -> None:
    for _ in range(3):
        world.attempts.failed(name)
    with pytest.raises(LoginLocked):
        world.attempts.check(name)
    world.attempts.check(SEAT)
    assert world.attempts.locked() == ((name, int(LOCK_S)),)
