"""Pictures of the procedures' pages for docs/: `python -m tests.terminal.pictures_flows docs/images/console`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser

from demo.office import Office
from tests.fixtures.counter import RESIDENT_SLOT, StandInBox, open_counter
from tests.terminal.console_house import ConsoleDesk, open_browser, open_console
from tests.terminal.flow_house import SECOND_SLOT, WALKS, Walk

WHOLE = frozenset({"form", "check", "sheet", "after"})
"""Steps whose pages are longer than a screen: the picture is of all of it."""
ENGLISH = frozenset({"wide_area_copy"})
"""Procedures that are drawn in English as well."""


def draw(browser: Browser, folder: Path) -> list[Path]:
    """Walk through every procedure and draw each step as `flow-CODE-STEP.png` (`-en` behind it in English); the files."""
    drawn: list[Path] = []
    with open_counter(partial(StandInBox, readers=3), prepare=_second) as counter:
        clerk, second = counter.office.people
        for locale, codes in (("ja", frozenset(WALKS)), ("en", ENGLISH)):
            with open_console(counter, browser, locale=locale) as desk:
                desk.log_in(clerk)
                for code in sorted(codes):
                    walk = Walk(desk, clerk, counter.office.resident(), second)
                    for step in WALKS[code](walk):
                        ending = "" if locale == "ja" else "-en"
                        drawn.append(_picture(desk, folder / f"flow-{code}-{step}{ending}.png", whole=step in WHOLE))
                    for slot in (RESIDENT_SLOT, SECOND_SLOT):
                        if counter.box.daemon.slots[slot].card is not None:  # type: ignore[attr-defined]
                            counter.pull(slot)
                counter.pull(0)
    return drawn


def _second(office: Office) -> None:
    office.hire("suzuki", "鈴木 一", "supervisor", name_on_badge="SUZUKI HAJIME")


def _picture(desk: ConsoleDesk, place: Path, *, whole: bool) -> Path:
    desk.page.mouse.move(0, 0)
    desk.page.screenshot(path=place, animations="disabled", full_page=whole)
    return place


def main() -> None:
    """Into the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser:
        for place in draw(browser, folder):
            print(place)


if __name__ == "__main__":
    main()
