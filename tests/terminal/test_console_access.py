"""Every screen for everybody: what axe-core finds, twice the size, the keyboard alone, and where the focus goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser

from demo.office import Resident
from tests.fixtures.counter import Counter
from tests.terminal.console_house import SIZE, ConsoleDesk
from tests.terminal.tour_house import open_town_hall, seated, tour

AXE: Final = Path(__file__).parents[2] / ".dev/web/node_modules/axe-core/axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TWICE: Final = {"width": 640, "height": 400}
"""1280×800 at 200 %."""
RUN: Final = """async (tags) => (await axe.run(document, { runOnly: tags })).violations.map((v) => ({
  rule: v.id, impact: v.impact, where: v.nodes.map((n) => n.target.join(" ")), why: v.nodes[0].failureSummary }))"""
TOO_WIDE: Final = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll"))
    .map((e) => `${e.tagName}.${e.className}`);
}"""


@pytest.fixture(scope="module")
def town_hall() -> Iterator[tuple[Counter, Resident]]:
    with open_town_hall() as opened:
        yield opened


def found_by_axe(desk: ConsoleDesk) -> list[dict[str, Any]]:
    """What axe-core has to say of the page as it stands. The script comes by the debugger: the page's own policy lets none in."""
    desk.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = desk.page.evaluate(RUN, RULES)
    return found


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_nothing_on_any_screen_keeps_anybody_out(
    town_hall: tuple[Counter, Resident], browser: Browser, locale: str
) -> None:
    counter, resident = town_hall
    wrong: list[str] = []
    names: list[str] = []

    def look(name: str) -> None:
        names.append(name)
        wrong.extend(f"{name}: {json.dumps(each, ensure_ascii=False)}" for each in found_by_axe(desk))
        assert desk.page.get_attribute("html", "lang") == locale
        desk.page.set_viewport_size(TWICE)  # type: ignore[arg-type]
        wide = desk.page.evaluate(TOO_WIDE)
        desk.page.set_viewport_size(SIZE)  # type: ignore[arg-type]
        wrong.extend(f"{name}: too wide at 200 %: {each}" for each in wide)

    with seated(counter, browser, locale) as desk:
        tour(desk, resident, look)
        assert desk.faults == []
    assert len(names) > 15
    assert wrong == [], "\n".join(wrong)
