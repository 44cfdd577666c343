"""A walk past every screen of the console, by everybody whose role shows some: pictures and judges of accessibility go the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser

from demo.office import Office, Person, Resident
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, Counter, open_counter
from tests.fixtures.pcscd import StandInBox
from tests.terminal.console_house import ConsoleDesk, open_console, warm_up

Look = Callable[[str], None]
"""Called at each screen, with a name of it that is fit for a file."""
ROLES = ("supervisor", "auditor", "administrator")
_LOGIN = re.compile("暗証番号を入力する|Type the PIN")
_READ = re.compile("^(読み取る|Read)$")


def _hire(office: Office) -> None:
    office.hire("kansa", "監査 良子", "auditor", name_on_badge="KANSA YOSHIKO")
    office.hire("kanri", "管理 三郎", "administrator", name_on_badge="KANRI SABURO")


@contextmanager
def open_town_hall() -> Iterator[tuple[Counter, Resident]]:
    """A supervisor, an auditor, an administrator, and a resident with a long address."""
    with open_counter(StandInBox, prepare=_hire) as counter:
        resident = counter.office.resident()
        warm_up(counter, resident)
        yield counter, resident


@contextmanager
def seated(counter: Counter, browser: Browser, locale: str) -> Iterator[ConsoleDesk]:
    """A console; the readers are empty afterwards, whatever happened."""
    with open_console(counter, browser, locale=locale) as desk:
        try:
            yield desk
        finally:
            for slot in (BADGE_SLOT, RESIDENT_SLOT):
                if counter.box.daemon.slots[slot].card is not None:  # type: ignore[attr-defined]
                    counter.pull(slot)


def tour(desk: ConsoleDesk, resident: Resident, look: Look) -> None:
    """Everybody's screens, each once."""
    desk.page.locator(".gate h1").wait_for()
    look("gate")
    seen: set[str] = set()
    for person in desk.counter.office.people:
        _log_in(desk, person, look, first=not seen)
        desk.page.goto(f"{desk.address}/")
        desk.page.locator(".tile").first.wait_for()
        if not seen:
            look("home")
            _at_the_window(desk, resident, look)
        desk.page.goto(f"{desk.address}/")
        desk.page.locator(".tile").first.wait_for()
        paths = [str(tile.get_attribute("href")) for tile in desk.page.locator(".tile").all()]
        for path in [each for each in paths if each not in seen]:
            seen.add(path)
            desk.page.goto(f"{desk.address}{path}")
            desk.page.locator("#stage h1").wait_for()
            look(path.strip("/").replace("/", "-"))
        desk.counter.pull(BADGE_SLOT)
        desk.page.locator(".gate h1").wait_for()


def _log_in(desk: ConsoleDesk, person: Person, look: Look, *, first: bool) -> None:
    desk.counter.insert(person.badge, BADGE_SLOT, kind="badge")
    button = desk.page.get_by_role("button", name=_LOGIN)
    button.wait_for()
    if first:
        look("gate-badge")
    button.click()
    desk.page.locator("dialog input[type=password]").wait_for()
    if first:
        look("pin")
    desk.type_pin(person.pin)
    desk.page.locator("#seat .who").wait_for()


def _at_the_window(desk: ConsoleDesk, resident: Resident, look: Look) -> None:
    """A person comes, their card is read, and they go."""
    page = desk.page
    desk.begin_case("identity_check")
    page.get_by_text(re.compile("住民の方のカードを入れて|Insert the resident's card")).first.wait_for()
    look("read-insert")
    desk.put_card(resident.card)
    page.get_by_role("button", name=_READ).wait_for()
    look("read-choose")
    page.get_by_role("button", name=_READ).click()
    page.locator("dialog [data-keypad]").wait_for()
    look("pin-keypad")
    desk.type_pin("0000" if resident.holder.pins.card_info != "0000" else "1111")
    page.locator("#stage .problem").wait_for()
    look("read-wrong-pin")
    page.check("input[value=photo]")
    page.get_by_role("button", name=_READ).click()
    desk.type_pin(resident.holder.pins.card_info)
    page.locator("dialog h2", has_text=re.compile("照合番号B|[Vv]erification number B|B")).wait_for()
    desk.type_pin(resident.holder.verification_b)
    page.locator("figure img").wait_for()
    page.locator("dl.facts dd").first.wait_for()
    look("read-result")
    desk.counter.pull(RESIDENT_SLOT)
    page.locator("dl.facts").wait_for(state="detached")
