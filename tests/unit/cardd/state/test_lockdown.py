"""The emergency stop holds whatever happens, and two people lift it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cardd.errors import ApprovalInvalid, AuditUnavailable, LockedDown
from cardd.register import Operator
from cardd.state.lockdown import Lockdown, LockdownState
from tests.unit.cardd.state.house import (
    BOOT,
    NOON_US,
    OTHER_BOOT,
    TurnedClock,
    as_if_killed,
    disk_that_takes_nothing,
    open_state,
)

SATO = Operator(id="sato", name="佐藤", role="admin", guid="a" * 32, certificates=("b" * 64,))
SUZUKI = Operator(id="suzuki", name="鈴木", role="admin", guid="c" * 32)


class World:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, TurnedClock()
        self.events: list[tuple[str, str, dict[str, str | int | None]]] = []
        self.open()

    def open(self, boot_id: str = BOOT) -> None:
        self.store = open_state(self.folder, self.clock, boot_id=boot_id)
        self.lockdown = Lockdown(self.store, self.publish)

    def restart(self, boot_id: str = BOOT) -> None:
        """Killed, and begun again."""
        as_if_killed(self.store)
        if boot_id != BOOT:
            self.clock.reboot(off_s=1.0)
        self.open(boot_id)

    def publish(self, topic: str, change: str, facts: Mapping[str, str | int | None]) -> None:
        self.events.append((topic, change, dict(facts)))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


BOOTS = pytest.mark.parametrize("boot_id", [BOOT, OTHER_BOOT], ids=["same boot", "other boot"])


@BOOTS
def test_it_holds_over_a_restart(world: World, boot_id: str) -> None:
    world.lockdown.check()
    assert world.lockdown.engaged is None
    state = world.lockdown.engage("sato", "intrusion")
    assert state == LockdownState(NOON_US, "sato", "intrusion")
    world.restart(boot_id)
    assert world.lockdown.engaged == state
    with pytest.raises(LockedDown):
        world.lockdown.check()


def test_engaged_again_is_the_same(world: World) -> None:
    state = world.lockdown.engage("sato", "intrusion")
    world.clock.pass_s(5.0)
    assert world.lockdown.engage("suzuki", "drill") == state
    assert world.events == [("lockdown", "engaged", {"operator": "sato", "reason": "intrusion"})]


@pytest.mark.proves("S9", "fault 96")
@BOOTS
def test_two_people_release_it_for_good(world: World, boot_id: str) -> None:
    world.lockdown.engage("sato", "drill")
    assert not world.lockdown.vote(SATO)
    assert world.lockdown.second_until_us == NOON_US + 300_000_000
    with pytest.raises(LockedDown):
        world.lockdown.check()
    world.clock.pass_s(299.0)
    assert world.lockdown.vote(SUZUKI)
    world.lockdown.check()
    assert world.lockdown.engaged is None
    assert world.lockdown.second_until_us is None
    assert [change for _, change, _ in world.events] == ["engaged", "release_asked", "released"]
    world.restart(boot_id)
    world.lockdown.check()
    world.lockdown.engage("sato", "drill")
    assert not world.lockdown.vote(SUZUKI)


@pytest.mark.proves("S9", "fault 96")
@pytest.mark.parametrize(
    "second",
    [
        SATO,
        Operator(id="sato-day", name="佐藤", role="admin", person="sato"),
        Operator(id="other", name="他", role="admin", guid="a" * 32),
        Operator(id="other", name="他", role="admin", certificates=("b" * 64,)),
    ],
    ids=["same id", "same person, another badge", "same badge by GUID", "same badge by certificate"],
)
@pytest.mark.parametrize("restarted", [False, True])
def test_one_person_is_never_two(world: World, second: Operator, restarted: bool) -> None:
    world.lockdown.engage("suzuki", "misuse")
    world.lockdown.vote(SATO)
    if restarted:
        world.restart()
    with pytest.raises(ApprovalInvalid, match="same_person"):
        world.lockdown.check_vote(second)
    with pytest.raises(ApprovalInvalid, match="same_person"):
        world.lockdown.vote(second)
    assert world.lockdown.engaged is not None
    assert world.lockdown.vote(SUZUKI)


@pytest.mark.proves("S9", "fault 96")
def test_who_votes_with_a_day_badge_first_is_the_same_person_with_the_other(world: World) -> None:
    world.lockdown.engage("suzuki", "misuse")
    world.lockdown.vote(Operator(id="day-1", name="佐藤", role="admin", person="sato"))
    for second in (SATO, Operator(id="day-1", name="佐藤", role="admin", person="somebody")):
        with pytest.raises(ApprovalInvalid, match="same_person"):
            world.lockdown.vote(second)


@pytest.mark.proves("S9", "fault 97")
def test_the_second_must_follow_within_five_minutes(world: World) -> None:
    world.lockdown.engage("sato", "drill")
    world.lockdown.vote(SATO)
    world.clock.pass_s(300.0)
    assert world.lockdown.second_until_us is None
    assert not world.lockdown.vote(SUZUKI)
    assert world.lockdown.vote(SATO)


@pytest.mark.proves("S9", "fault 139")
def test_a_vote_lives_through_a_restart_of_the_daemon_and_not_of_the_machine(world: World) -> None:
    world.lockdown.engage("sato", "drill")
    world.lockdown.vote(SATO)
    world.restart()
    assert world.lockdown.second_until_us == NOON_US + 300_000_000
    world.restart(OTHER_BOOT)
    assert world.lockdown.second_until_us is None
    assert not world.lockdown.vote(SUZUKI)
    assert world.lockdown.engaged is not None


def test_nothing_in_force_is_nothing_to_release(world: World) -> None:
    assert world.lockdown.vote(SATO)
    assert world.events == []


def test_it_is_in_force_even_when_the_disk_does_not_take_it(world: World) -> None:
    with disk_that_takes_nothing():
        for _ in range(2):
            with pytest.raises(AuditUnavailable):
                world.lockdown.engage("sato", "malfunction")
            with pytest.raises(LockedDown):
                world.lockdown.check()
    assert [change for _, change, _ in world.events] == ["engaged"]
    world.lockdown.engage("suzuki", "drill")
    world.restart()
    assert world.lockdown.engaged == LockdownState(NOON_US, "sato", "malfunction")


def test_a_vote_that_cannot_be_written_does_not_count(world: World) -> None:
    world.lockdown.engage("sato", "drill")
    with disk_that_takes_nothing(), pytest.raises(AuditUnavailable):
        world.lockdown.vote(SATO)
    assert world.lockdown.second_until_us is None
    assert not world.lockdown.vote(SATO)
    with disk_that_takes_nothing(), pytest.raises(AuditUnavailable):
        world.lockdown.vote(SUZUKI)
    with pytest.raises(LockedDown):
        world.lockdown.check()
    world.restart()
    assert world.lockdown.engaged is not None
    assert world.lockdown.vote(SUZUKI)


def test_a_release_of_what_was_never_written_is_durable_too(world: World) -> None:
    with disk_that_takes_nothing(), pytest.raises(AuditUnavailable):
        world.lockdown.engage("sato", "drill")
    assert not world.lockdown.vote(SATO)
    world.lockdown.engage("sato", "drill")  # in force and written: the vote stands
    world.restart()
    assert world.lockdown.engaged == LockdownState(NOON_US, "sato", "drill")
    assert world.lockdown.vote(SUZUKI)
    world.restart()
    world.lockdown.check()
