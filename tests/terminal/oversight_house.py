"""An office with a supervisor, clerks, an auditor and two administrators, and a console in front of one of its seats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from cardd.client import RemoteError
from demo.office import Office
from tests.e2e.fault_house import take_out
from tests.e2e.people_house import SECOND_SLOT, Town, hire, three_readers
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, ROOMY, open_counter
from tests.terminal.console_house import WAIT_MS, ConsoleDesk, open_console

expect.set_options(timeout=WAIT_MS)
MARKUP = '森 <img src=x onerror="document.title=1">'
"""A name with markup in it."""
MARKUP_CASE = '<b onmouseover="x">R8</b>'
TWO_SEATS = ROOMY + "".join(
    f'\n[[seats]]\nname = "{name}"\nbadge_reader = {{ name = "Stand-in Reader {badge} 00 00" }}\n{more}'
    for name, badge, more in (
        ("left", BADGE_SLOT, f'resident_readers = [{{ name = "Stand-in Reader {RESIDENT_SLOT} 00 00" }}]\n'),
        ("right", SECOND_SLOT, ""),
    )
)


def everybody(office: Office) -> None:
    """Beside those of `people_house`: an auditor, and a clerk with a name that is markup."""
    hire(office)
    office.hire("ueda", "上田 みどり", "auditor", name_on_badge="UEDA MIDORI")
    office.hire("mori", MARKUP, "counter", name_on_badge="MORI")


@contextmanager
def open_office(config: str = ROOMY, *, home: str | None = None) -> Iterator[Town]:
    with open_counter(three_readers, config=config, prepare=everybody) as counter:
        town = Town(counter, home)
        for slot in (BADGE_SLOT, SECOND_SLOT):  # a reader is opened with its first card, and stays open
            town.badge("sato", slot)
            take_out(counter, slot)
        yield town


class Oversight:
    """A console, and the office behind it."""

    def __init__(self, desk: ConsoleDesk, town: Town) -> None:
        self.desk, self.town, self.page = desk, town, desk.page

    def log_in(self, name: str, slot: int = BADGE_SLOT) -> None:
        """This person's badge, whatever lay in the reader, and the PIN."""
        self.town.badge(name, slot)
        self.page.get_by_role("button", name=re.compile("暗証番号を入力する|Type the PIN")).click()
        self.desk.type_pin(self.town.people[name].pin)
        self.page.get_by_role("heading", name=re.compile("何をしますか|What would you like to do")).wait_for()

    def leave(self, slot: int = BADGE_SLOT) -> None:
        """The badge is pulled: the session is over."""
        take_out(self.town.counter, slot)
        self.page.get_by_role(
            "heading", name=re.compile("職員カードを入れてください|Insert your staff badge")
        ).wait_for()
        self.open("/")  # the page would go on where it was

    def open(self, path: str) -> None:
        """A screen by its address."""
        self.page.goto(f"{self.desk.address}{path}")

    def refused(self, method: str, *pins: str, **params: Any) -> RemoteError:
        """A call of a program at this seat that must fail."""
        with pytest.raises(RemoteError) as error:
            self.town.call(method, *pins, **params)
        return error.value

    def wrong_pins(self, *pins: str) -> None:
        """Two wrong PINs in a row on the resident's card, so that rule w1 speaks, and then the right one."""
        asked = {"card": self.town.handle, "items": ["name"], "purpose": "identity_check", "case": "R8-0001"}
        for pin in pins:
            assert self.refused("card.read", pin, **asked).name == "pin.rejected"
        self.town.counter.call("card.read", self.town.resident.holder.pins.card_info, consents=True, **asked)


@contextmanager
def open_oversight(town: Town, browser: Browser, *, locale: str = "ja") -> Iterator[Oversight]:
    """Whatever badges are in are out at the end; the page had no fault."""
    with open_console(town.counter, browser, locale=locale) as desk:
        yield Oversight(desk, town)
        assert desk.faults == [], desk.faults
    for slot in (BADGE_SLOT, SECOND_SLOT):
        take_out(town.counter, slot)
