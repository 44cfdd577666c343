"""Why a card is used: purpose and reception number. Chosen once for a person at the window, and ended with them."""

from __future__ import annotations

import unicodedata

from starlette.responses import Response

from terminal.console.console import Screen
from terminal.console.desk import Case
from terminal.console.page import Page, screen_route

LONGEST_NUMBER = 64
"""Characters of a reception number (docs/api.md)."""


async def choose(page: Page) -> Response:
    """The form."""
    return page.show("case.html", purposes=page.desk.purposes(), draft=page.desk.draft("case"), wrong=None)


async def begin(page: Page) -> Response:
    """Begin, and go on where the person wanted to go."""
    desk, given = page.desk, await page.form()
    purpose, number = given.get("purpose", ""), given.get("case", "").strip()
    codes = {row["code"] for row in desk.purposes()}
    wrong = "purpose" if purpose not in codes else None if is_number(number) else "number"
    if wrong is not None:
        desk.keep_draft("case", dict(given))
        return page.show("case.html", purposes=desk.purposes(), draft=given, wrong=wrong)
    desk.kept.clear()
    desk.case = Case(purpose, number)
    desk.drop_draft("case")
    desk.told("seat")
    return page.go(given.get("then") or "/read")


async def end(page: Page) -> Response:
    """The person at the window has gone."""
    desk = page.desk
    if desk.case is not None:
        await page.console.call("case.close", case=desk.case.number)
    desk.case = None
    desk.kept.clear()
    for place in [each for each in desk.drafts if each.startswith("flow.")]:
        desk.drop_draft(place)
    desk.told("seat")
    return page.go("/")


def is_number(text: str) -> bool:
    """Free text of the office, nothing in it that cannot be seen."""
    return 1 <= len(text) <= LONGEST_NUMBER and not any(unicodedata.category(char)[0] == "C" for char in text)


SCREEN = Screen(
    "case",
    "/case",
    "counter",
    (
        screen_route("/case", "case", choose),
        screen_route("/case", "case", begin, methods=("POST",)),
        screen_route("/case/end", "case", end, methods=("POST",)),
    ),
    lambda desk: bool(desk.purposes()),
)
