"""Pictures of the screens for supervisors, auditors and administrators, for docs/:

`python -m tests.terminal.pictures_oversight docs/images/console`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e.fault_house import take_out
from tests.e2e.people_house import SECOND_SLOT, STRICT, Town
from tests.terminal.console_house import open_browser, open_console
from tests.terminal.oversight_house import Oversight, open_office

LOCALES = ("ja", "en")
DRILL = "input[value=drill]"


def draw(browser: Browser, folder: Path) -> list[Path]:
    """Each screen as `oversight-SCREEN.png` (`-en` behind it in English); the files."""
    drawn: list[Path] = []
    with open_office() as town:
        for locale in LOCALES:
            with open_console(town.counter, browser, locale=locale) as desk:
                seat = Oversight(desk, town)
                pictures = Pictures(seat, folder, "" if locale == "ja" else "-en")
                if locale == LOCALES[0]:
                    _a_morning(seat, town)
                pictures.of_the_supervisor(town)
                pictures.of_the_auditor()
                pictures.of_the_administrator(town)
                drawn += pictures.drawn
    return drawn


def _a_morning(seat: Oversight, town: Town) -> None:
    """Something for the record to tell: readings, wrong PINs, refusals."""
    seat.log_in("kato")
    pin = town.resident.holder.pins.card_info
    for number, purpose in enumerate(("identity_check", "passport", "move_in", "identity_check"), 11):
        town.call("card.read", pin, card=town.handle, items=["name"], purpose=purpose, case=f"R8-{number:04}")
    seat.wrong_pins("9999", "8888")
    seat.refused("card.read", card=town.handle, items=["my_number"], purpose="identity_check", case="R8-0015")
    seat.leave()


class Pictures:
    """Of one language."""

    def __init__(self, seat: Oversight, folder: Path, ending: str) -> None:
        self.seat, self.page, self.folder, self.ending = seat, seat.page, folder, ending
        self.drawn: list[Path] = []

    def take(self, name: str, *, whole: bool = False) -> None:
        """The page as it stands; `whole`: all of it."""
        place, size = self.folder / f"oversight-{name}{self.ending}.png", self.page.viewport_size
        assert size is not None
        self.page.mouse.move(0, 0)
        if whole:
            high = self.page.evaluate("document.documentElement.scrollHeight")
            self.page.set_viewport_size({"width": size["width"], "height": max(size["height"], high)})
        self.page.screenshot(path=place, animations="disabled")
        self.page.set_viewport_size(size)
        self.drawn.append(place)

    def of_the_supervisor(self, town: Town) -> None:
        """Approvals from asking to giving, alarms, one's own day."""
        seat, page = self.seat, self.page
        seat.log_in("sato")
        seat.open("/approvals")
        page.locator("h1").wait_for()
        self.take("approvals-none")
        number = seat.refused("card.read", card=town.handle, items=["name", "address"], **STRICT).data["approval"]
        page.locator(f"#look-{number}").wait_for()
        self.take("approvals")
        page.locator(f"#look-{number}").click()
        town.badge("kato", SECOND_SLOT)
        page.locator("#agree").wait_for()
        self.take("approval")
        page.locator("#agree").click()
        page.locator("dialog .about").wait_for()
        self.take("approval-pin")
        seat.desk.type_pin(town.people["kato"].pin)
        page.locator(".good").wait_for()
        self.take("approval-given")
        town.call("approval.refuse", approval=number)
        seat.open("/alarms")
        page.locator(".card-row").first.wait_for()
        self.take("alarms")
        page.locator(".card-row a.button").first.click()
        page.locator("fieldset").first.wait_for()
        self.take("alarm", whole=True)
        seat.open("/my-day")
        page.locator("table.records").wait_for()
        self.take("my-day")
        take_out(town.counter, SECOND_SLOT)
        seat.leave()

    def of_the_auditor(self) -> None:
        """Questions, one record with its proof, head, figures, export."""
        seat, page = self.seat, self.page
        seat.log_in("ueda")
        self.take("auditor-home")
        seat.open("/audit")
        page.locator("#operator").wait_for()
        self.take("audit")
        page.fill("#operator", "kato")
        page.get_by_role("button", name=re.compile("^調べる$|^Search$")).click()
        page.locator("table.records").wait_for()
        self.take("audit-found")
        page.locator("table.records tbody a").first.click()
        page.locator("#prove").click()
        page.locator("#take").wait_for()
        self.take("audit-one")
        seat.open("/audit/head")
        page.locator("svg.qr").wait_for()
        self.take("audit-head", whole=True)
        seat.open("/audit/plots")
        page.get_by_role("button", name=re.compile("^集計する$|^Count$")).click()
        page.locator("figure").first.wait_for()
        self.take("audit-plots", whole=True)
        seat.open("/audit/export")
        page.locator("input[value=inspection]").check()
        self.take("audit-export", whole=True)
        seat.leave()

    def of_the_administrator(self, town: Town) -> None:
        """Policy, at 200 % too, health, emergency stop and its release."""
        seat, page = self.seat, self.page
        seat.log_in("suzuki")
        seat.open("/policy")
        page.locator("table.matrix").first.wait_for()
        self.take("policy")
        size = page.viewport_size
        page.set_viewport_size({"width": 640, "height": 400})  # what 200 % leaves of 1280 by 800
        self.take("policy-200", whole=True)
        page.set_viewport_size(size or {"width": 1280, "height": 800})
        page.locator("summary").click()
        page.select_option("#role", "counter")
        page.check("input[value=my_number]")
        page.get_by_role("button", name=re.compile("^調べる$|^Ask$")).click()
        page.locator("section.problem").wait_for()
        self.take("policy-may")
        seat.open("/health")
        page.locator("#support").wait_for()
        self.take("health", whole=True)
        page.locator("#stop").click()
        page.locator(DRILL).check()
        self.take("stop")
        page.locator("button.danger").click()
        page.locator(".release").wait_for()
        self.take("stopped")
        for name in ("suzuki", "honda"):
            handle = town.badge(name)
            town.call("lockdown.release", town.people[name].pin, badge=handle)
        seat.leave()


def main() -> None:
    """Into the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser:
        for place in draw(browser, folder):
            print(place)


if __name__ == "__main__":
    main()
