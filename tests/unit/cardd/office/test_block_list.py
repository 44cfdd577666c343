"""How old the block list is, and what follows from it (S11, fault 90)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cardd.errors import LoginRefused
from cardd.office.block_list import BlockList, from_bytes
from cardd.office.contents import Kind
from cardd.tomlfile import BrokenFile
from tests.fixtures.signed_office import NOW, block_list
from tests.unit.cardd.office.scene import Town
from tests.unit.cardd.state.house import TurnedClock

HOUR = 3600
GUID, MARK = "ab" * 16, "cd" * 32


def aged(hours: float) -> tuple[BlockList, TurnedClock]:
    clock = TurnedClock()
    blocks = BlockList(clock)
    blocks.put(datetime.fromtimestamp(clock.us / 1e6, tz=UTC) - timedelta(hours=hours))
    return blocks, clock


@pytest.mark.proves("S11", "fault 90")
@pytest.mark.parametrize(
    ("hours", "problem"),
    [(0, None), (23.99, None), (24, "old"), (71.99, "old"), (72, "too_old"), (1000, "too_old")],
)
def test_a_warning_at_24_hours_and_no_login_at_72(hours: float, problem: str | None) -> None:
    blocks, _ = aged(hours)
    assert blocks.problem == problem
    if problem == "too_old":
        with pytest.raises(LoginRefused) as refused:
            blocks.check_login()
        assert refused.value.facts.problem == "block_list_too_old"
    else:
        blocks.check_login()


@pytest.mark.proves("S11")
def test_a_list_grows_old_while_the_daemon_runs_also_in_suspend() -> None:
    blocks, clock = aged(0)
    clock.pass_s(72 * HOUR - 1)
    blocks.check_login()
    clock.pass_s(1)
    with pytest.raises(LoginRefused):
        blocks.check_login()


@pytest.mark.proves("S11")
def test_a_clock_that_is_set_back_makes_no_list_younger() -> None:
    blocks, clock = aged(71)
    clock.pass_s(2 * HOUR)
    clock.set_utc(by_s=-30 * 24 * HOUR)
    assert blocks.age_s() == 73 * HOUR
    with pytest.raises(LoginRefused):
        blocks.check_login()


def test_a_clock_that_was_wrong_before_makes_the_list_as_old_as_it_says() -> None:
    blocks, clock = aged(1)
    clock.set_utc(by_s=80 * HOUR)
    assert blocks.age_s() == 81 * HOUR


def test_without_a_list_nothing_is_asked() -> None:
    blocks = BlockList(TurnedClock())
    blocks.check_login()
    assert (blocks.age_s(), blocks.problem) == (None, None)


def test_what_stands_in_a_list() -> None:
    blocks = from_bytes(block_list(GUID, certificates=(MARK,), version=7))
    assert (blocks.version, blocks.marks) == (7, {GUID, MARK})
    assert blocks.issued == NOW


@pytest.mark.parametrize(
    "text",
    [
        "version = 1",
        "version = 0\nissued = 2026-01-01T00:00:00Z",
        "version = 1\nissued = 2026-01-01T00:00:00",
        "version = 1\nissued = 2026-01-01",
        "version = 1\nissued = 1767225600",
        'version = 1\nissued = 2026-01-01T00:00:00Z\nbadges = ["AB"]',
        f'version = 1\nissued = 2026-01-01T00:00:00Z\nbadges = ["{GUID.upper()}"]',
        f'version = 1\nissued = 2026-01-01T00:00:00Z\ncertificates = ["{GUID}"]',
        "version = 1\nissued = 2026-01-01T00:00:00Z\nother = 1",
    ],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(BrokenFile):
        from_bytes(text.encode())


@pytest.mark.proves("S11", "S12", "fault 90")
async def test_a_new_list_blocks_at_once_and_is_young_again(place: Town) -> None:
    files = await place.start()
    place.arrive("block_list", block_list(place.cleo.badge.guid, issued=NOW - timedelta(hours=80)), *place.two)
    assert (await place.look()).outcome == "in_force"
    assert place.in_force.register.blocks("0" * 64, place.cleo.badge.guid)
    assert files.checks()[1] == ("block_list", "bad", "too_old")
    with pytest.raises(LoginRefused):
        place.block_list.check_login()
    place.arrive("block_list", block_list(version=2), *place.two)
    assert (await place.look()).outcome == "in_force"
    assert not place.in_force.register.blocks("0" * 64, place.cleo.badge.guid)
    assert files.checks()[1] == ("block_list", "good", None)
    place.block_list.check_login()
    place.arrive("block_list", block_list(place.cleo.badge.guid), *place.two)
    assert (await place.look()).problem == "rolled_back"
    assert place.version(Kind.BLOCK_LIST) == 2
