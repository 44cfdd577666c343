"""Badges made here, blocks that nothing lifts, and enrolments that go on."""

from datetime import date
from pathlib import Path

import pytest

from cardd.errors import AuditUnavailable, BadgeTaken
from cardd.register import Operator
from cardd.state.badges import PROGRESS_S, BadgeBook, Block, LocalBadge, Progress
from cardd.state.store import StateBroken
from tests.unit.cardd.state.house import (
    BOOT,
    NOON_US,
    OTHER_BOOT,
    TurnedClock,
    as_if_killed,
    disk_that_takes_nothing,
    open_state,
)

GUID, OTHER_GUID, FINGERPRINT = "a" * 32, "e" * 32, "b" * 64
MORI = Operator(
    id="mori",
    name="森 \N{LATIN SMALL LETTER E WITH ACUTE}",
    role="counter",
    certificates=(FINGERPRINT,),
    guid=GUID,
    unix_user="mori",
    person="mori-h",
    until=date(2027, 3, 31),
)


def local(operator: Operator = MORI, guid: str = GUID) -> LocalBadge:
    return LocalBadge(operator, 3, guid, NOON_US + 10**15, "own", NOON_US, "sato", "suzuki")


class World:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, TurnedClock()
        self.open()

    def open(self, boot_id: str = BOOT) -> None:
        self.store = open_state(self.folder, self.clock, boot_id=boot_id)
        self.book = BadgeBook(self.store)

    def restart(self) -> None:
        as_if_killed(self.store)
        self.open()

    def begin(self, operator_id: str = "mori", guid: str = GUID) -> Progress:
        progress = Progress(
            operator_id, guid, "enrol", "c" * 64, "sato", "suzuki", frozenset(), {"role": "counter"}, self.book.now()
        )
        self.book.begin(progress)
        return progress


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_badge_is_found_whole_after_a_restart(world: World) -> None:
    assert world.book.operators() == ()
    world.book.put(local())
    assert world.book.operators() == (local(),)
    world.restart()
    (found,) = world.book.operators()
    assert found == local()
    assert found.operator.name == MORI.name


def test_a_new_badge_takes_the_place_of_the_old_one(world: World) -> None:
    world.book.put(local())
    renewed = local(MORI.model_copy(update={"guid": OTHER_GUID, "certificates": ("d" * 64,)}), OTHER_GUID)
    world.book.put(renewed)
    assert world.book.operators() == (renewed,)


@pytest.mark.proves("S12")
@pytest.mark.parametrize(
    ("operator", "guid"),
    [
        (Operator(id="hara", name="原", role="counter"), GUID),
        (Operator(id="hara", name="原", role="counter", guid=GUID), OTHER_GUID),
        (Operator(id="hara", name="原", role="counter", certificates=(FINGERPRINT,)), OTHER_GUID),
    ],
    ids=["this badge", "its GUID", "its certificate"],
)
def test_a_badge_of_somebody_is_not_given_to_another(world: World, operator: Operator, guid: str) -> None:
    world.book.put(local())
    with pytest.raises(BadgeTaken):
        world.book.put(local(operator, guid))
    assert world.book.operators() == (local(),)


def test_a_badge_that_cannot_be_written_is_not_there(world: World) -> None:
    other = local(Operator(id="hara", name="原", role="counter"), OTHER_GUID)
    world.book.put(local())
    with disk_that_takes_nothing():
        with pytest.raises(AuditUnavailable):
            world.book.put(other)
        assert world.book.operators() == (local(),)
        with pytest.raises(AuditUnavailable):
            world.book.block([GUID], operator_id="mori", by="sato", reason="lost")
        assert world.book.blocked() == frozenset()
    world.book.put(other)
    assert world.book.operators() == (other, local())


def test_after_a_fault_of_the_disk_the_copies_are_read_anew(world: World) -> None:
    world.book.put(local())
    with disk_that_takes_nothing(), pytest.raises(AuditUnavailable), world.store.transaction() as db:
        db.execute("DELETE FROM badges")
    with world.store.transaction() as db:  # what another reader of the file would find now
        db.execute("DELETE FROM badges")
        db.execute("INSERT INTO blocks VALUES (?, 'mori', 'sato', 'lost', 1)", (GUID,))
    assert world.book.blocked() == {GUID}
    assert world.book.operators() == ()


def test_a_row_that_is_no_operator_is_damage(world: World) -> None:
    world.book.put(local())
    with world.store.transaction() as db:
        db.execute("UPDATE badges SET operator = '{}'")
    with pytest.raises(StateBroken, match="damaged"):
        BadgeBook(world.store)


# --- blocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S12")
def test_a_block_holds_over_a_restart_and_the_first_report_stands(world: World) -> None:
    world.book.block([GUID, FINGERPRINT], operator_id="mori", by="sato", reason="lost")
    world.clock.pass_s(1.0)
    world.book.block([GUID, OTHER_GUID], operator_id="mori", by="suzuki", reason="stolen")
    world.restart()
    assert world.book.blocked() == {GUID, FINGERPRINT, OTHER_GUID}
    assert world.book.blocks() == (
        Block(GUID, "mori", "sato", "lost", NOON_US),
        Block(FINGERPRINT, "mori", "sato", "lost", NOON_US),
        Block(OTHER_GUID, "mori", "suzuki", "stolen", NOON_US + 1_000_000),
    )


@pytest.mark.parametrize("mark", ["A" * 32, "a" * 31, "a" * 33, "", "g" * 64, "a" * 32 + "\n"])
def test_a_mark_that_would_block_nothing_is_an_error(world: World, mark: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        world.book.block([GUID, mark], operator_id="mori", by="sato", reason="lost")
    assert world.book.blocked() == frozenset()


# --- progress --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("boot_id", [BOOT, OTHER_BOOT])
def test_an_enrolment_goes_on_where_it_was_broken_off(world: World, boot_id: str) -> None:
    begun = world.begin()
    assert world.book.progress(GUID) == world.book.progress("mori") == begun
    assert world.book.step("mori", "keys", {"authentication": "ab" * 10}).done == {"keys"}
    world.store.close()
    if boot_id == OTHER_BOOT:
        world.clock.reboot()
    world.open(boot_id)
    found = world.book.step(GUID, "pin", {"role": "counter"})
    assert found.done == {"keys", "pin"}
    assert found.facts == {"role": "counter", "authentication": "ab" * 10}
    assert world.book.progress("mori") == found
    assert world.book.all_progress() == (found,)
    assert found.begun == begun.begun
    world.book.finish("mori")
    assert world.book.progress(GUID) is None
    world.book.finish(GUID)
    world.restart()
    assert world.book.all_progress() == ()


def test_nothing_open_has_no_steps(world: World) -> None:
    assert world.book.progress("mori") is None
    with pytest.raises(KeyError):
        world.book.step("mori", "keys")


@pytest.mark.proves("fault 139")
def test_it_is_open_for_24_hours_and_a_clock_set_back_adds_no_running_time(world: World) -> None:
    world.begin()
    world.clock.pass_s(PROGRESS_S - 3600.0)
    world.store.close()
    world.clock.reboot()
    world.clock.set_utc(-(10.0**8))
    world.open(OTHER_BOOT)
    world.clock.pass_s(3599.0)
    assert world.book.progress("mori") is not None
    world.clock.pass_s(1.0)
    assert world.book.progress("mori") is None
    assert world.book.all_progress() == ()
    with pytest.raises(KeyError):
        world.book.step("mori", "keys")
    world.begin("hara", OTHER_GUID)
    assert world.store.rows("SELECT operator_id FROM badge_progress") == [("hara",)]


def test_what_begins_anew_gives_up_what_was_open_for_operator_or_badge(world: World) -> None:
    world.begin("mori", GUID)
    world.begin("hara", OTHER_GUID)
    new = world.begin("mori", OTHER_GUID)
    assert world.book.all_progress() == (new,)


def test_an_operators_id_that_looks_like_a_guid_does_not_hide_the_badge(world: World) -> None:
    world.begin(GUID, "0" * 32)
    badge = world.begin("mori", GUID)
    assert world.book.progress(GUID) == badge
    assert len(world.book.all_progress()) == 2


def test_progress_shows_no_facts_in_a_repr(world: World) -> None:
    assert "counter" not in repr(world.begin())
