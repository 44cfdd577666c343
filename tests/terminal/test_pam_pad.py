"""A badge in a reader with keys of its own: the PIN is typed there, and what was typed at the screen goes nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from applets_spec.pcscd.pin_pad import PinPad
from applets_spec.pcscd.profile import PadProfile, ReaderProfile
from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running
from tests.fixtures.counter import BADGE_SLOT
from tests.fixtures.pcscd import StandInBox
from tests.terminal.pam_house import PIN, WRONG, Machine, open_machine

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]


def badge_on_the_pad(folder: Path) -> StandInBox:
    pad = ReaderProfile("Pad Reader 00 00", usb=(1, 4), pad=PadProfile())
    return StandInBox(folder, profiles=[pad, ReaderProfile("Counter Reader 01 00", usb=(1, 5))])


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with open_machine(make_box=badge_on_the_pad) as opened:
        opened.put_in("sato")
        yield opened


def pad_of(machine: Machine) -> PinPad:
    pad: PinPad = machine.counter.box.daemon.slots[BADGE_SLOT].pad  # type: ignore[attr-defined]
    pad.clear()
    return pad


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        ("en", "Type the PIN of your badge at the reader's keys."),
        ("ja", "カードリーダーのキーで、職員カードの暗証番号を入力してください。"),
    ],
    ids=["en", "ja"],
)
def test_the_screen_says_where_to_type_and_the_keys_decide(machine: Machine, lang: str, says: str) -> None:
    pad_of(machine).type(PIN)
    screen = machine.login("", lang=lang)
    assert screen.opened
    assert says in screen.text
    assert machine.tries("sato") == 3


def test_the_right_pin_at_the_screen_opens_nothing_when_the_keys_say_another(machine: Machine) -> None:
    pad_of(machine).type(WRONG)
    screen = machine.login(PIN)
    assert not screen.opened
    assert "tries left: 2" in screen.text
    assert machine.tries("sato") == 2


def test_whoever_leaves_the_keys_alone_stays_outside(machine: Machine) -> None:
    pad_of(machine).cancel()
    tries = machine.tries("sato")
    assert not machine.login(PIN).opened
    assert machine.tries("sato") == tries
