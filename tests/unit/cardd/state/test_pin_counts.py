"""Our own counts of wrong PINs hold where the card's do not."""

from pathlib import Path

import pytest

from cardd.errors import AuditUnavailable, PinGuard
from cardd.model import PinKind
from cardd.state.pin_counts import MOST_INSERTIONS, PinCounts
from tests.unit.cardd.state.house import (
    BOOT,
    OTHER_BOOT,
    TurnedClock,
    disk_that_takes_nothing,
    open_state,
)

CARD, OTHER_CARD = "1" * 32, "2" * 32
PIN, OTHER_PIN = PinKind.AUTHENTICATION, PinKind.CARD_INFO


class World:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, TurnedClock()
        self.open()

    def open(self, boot_id: str = BOOT) -> None:
        self.store = open_state(self.folder, self.clock, boot_id=boot_id)
        self.counts = PinCounts(self.store)

    def spend(self, times: int, card: str | None = CARD, operator: str | None = None) -> None:
        """Each in an insertion of its own."""
        for _ in range(times):
            self.counts.spent(card, "c-0001-1", operator, PIN)
            self.counts.insertion_ended("c-0001-1")

    def refused(self, card: str | None = CARD, insertion: str = "c-0001-9", operator: str | None = None) -> str | None:
        try:
            self.counts.check(card, insertion, operator, OTHER_PIN)
        except PinGuard as error:
            self.which, self.retry_after_s = error.facts.which, error.facts.retry_after_s
            return error.facts.problem
        return None


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.proves("P5", "fault 30", "fault 171")
def test_the_sixth_try_of_an_insertion_is_refused_also_when_nothing_is_known_of_the_card(world: World) -> None:
    for _ in range(5):
        assert world.refused(None, "c-0001-1") is None
        world.counts.spent(None, "c-0001-1", None, PIN)
    assert world.refused(None, "c-0001-1") == "insertion_limit"
    assert (world.which, world.retry_after_s) == (OTHER_PIN, None)
    assert world.refused(None, "c-0001-2") is None
    world.counts.insertion_ended("c-0001-1")
    assert world.refused(None, "c-0001-1") is None
    world.counts.insertion_ended("never counted")


@pytest.mark.proves("P5", "fault 30", "fault 171")
def test_the_eleventh_try_of_a_card_in_24_hours_is_refused_and_other_cards_go_on(world: World) -> None:
    world.spend(1)
    world.clock.pass_s(3600.0)
    world.spend(8)
    assert world.refused() is None
    world.spend(1)
    assert world.refused() == "card_limit"
    assert world.retry_after_s == 23 * 3600
    assert world.refused(OTHER_CARD) is None
    world.clock.pass_s(23 * 3600 - 0.5)
    assert world.refused() == "card_limit"
    assert world.retry_after_s == 1
    world.clock.pass_s(0.5)
    assert world.refused() is None
    world.spend(1)
    assert world.refused() == "card_limit"


@pytest.mark.proves("P5", "fault 171")
def test_an_operator_has_ten_in_an_hour_whatever_the_cards(world: World) -> None:
    for number in range(10):
        world.spend(1, f"{number:032x}", "sato")
    assert world.refused(OTHER_CARD, operator="sato") == "operator_limit"
    assert world.retry_after_s == 3600
    assert world.refused(OTHER_CARD, operator="suzuki") is None
    assert world.refused(OTHER_CARD) is None
    world.clock.pass_s(3600.0)
    assert world.refused(OTHER_CARD, operator="sato") is None


@pytest.mark.proves("P5", "fault 139", "fault 171")
@pytest.mark.parametrize("boot_id", [BOOT, OTHER_BOOT])
def test_a_restart_forgets_no_card_and_no_operator(world: World, boot_id: str) -> None:
    world.spend(10, CARD, "sato")
    world.store.close()
    if boot_id == OTHER_BOOT:
        world.clock.reboot()
    world.open(boot_id)
    assert world.refused() == "card_limit"
    assert world.refused(OTHER_CARD, operator="sato") == "operator_limit"


@pytest.mark.proves("P5", "fault 139")
def test_a_clock_set_back_across_a_reboot_neither_frees_a_card_nor_holds_it_for_ever(world: World) -> None:
    world.spend(10)
    world.store.close()
    world.clock.reboot()
    world.clock.set_utc(-3650 * 86_400)
    world.open(OTHER_BOOT)
    assert world.refused() == "card_limit"
    assert world.retry_after_s == 24 * 3600
    world.clock.pass_s(24 * 3600)
    assert world.refused() is None


def test_old_rows_are_swept_and_insertions_are_bounded(world: World) -> None:
    world.spend(10)
    world.clock.pass_s(24 * 3600)
    world.spend(1, OTHER_CARD)
    assert world.store.rows("SELECT card, which FROM wrong_pins") == [(OTHER_CARD, "authentication")]
    for number in range(MOST_INSERTIONS + 5):
        world.counts.spent(None, f"c-0001-{number}", None, PIN)
    assert len(world.counts._insertions) == MOST_INSERTIONS


def test_a_try_that_cannot_be_written_counts_in_its_insertion_all_the_same(world: World) -> None:
    with disk_that_takes_nothing():
        for _ in range(5):
            with pytest.raises(AuditUnavailable):
                world.counts.spent(CARD, "c-0001-1", "sato", PIN)
        assert world.refused(CARD, "c-0001-1") == "insertion_limit"
        with pytest.raises(AuditUnavailable):  # nobody is asked for a PIN that could not be counted
            world.counts.check(OTHER_CARD, "c-0001-2", "kato", PIN)
    assert world.refused() is None
    assert world.store.rows("SELECT count(*) FROM wrong_pins WHERE card = ?", (CARD,)) == [(5,)]


@pytest.mark.parametrize("word", ["' OR 1=1; --", "%", "\x00", ""])
def test_a_name_is_never_more_than_a_name(world: World, word: str) -> None:
    world.spend(10, word, word)
    assert world.refused(word) == "card_limit"
    assert world.refused(OTHER_CARD, operator=word) == "operator_limit"
    assert world.refused(CARD, operator="sato") is None


def test_limits_are_settings(tmp_path: Path) -> None:
    counts = PinCounts(open_state(tmp_path), per_insertion=1, per_card_and_day=2, per_operator_and_hour=3)
    counts.spent(CARD, "i", "sato", PIN)
    with pytest.raises(PinGuard, match="insertion_limit"):
        counts.check(CARD, "i", "sato", PIN)
    counts.spent(CARD, "j", "sato", PIN)
    with pytest.raises(PinGuard, match="card_limit"):
        counts.check(CARD, "k", "sato", PIN)
    counts.spent(OTHER_CARD, "k", "sato", PIN)
    with pytest.raises(PinGuard, match="operator_limit"):
        counts.check("3" * 32, "l", "sato", PIN)
