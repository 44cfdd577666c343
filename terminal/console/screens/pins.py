"""The PINs of a resident's card: how many tries are left, which costs none, and a new PIN that the resident chooses."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from starlette.responses import Response

from terminal.console.console import Screen
from terminal.console.jobs import Busy, Progress
from terminal.console.page import Page, screen_route

KEY: Final = "pins"
CHANGED: Final = "pins_change"
CHANGEABLE: Final = ("signature", "authentication", "card_info", "resident_register")
"""PINs that the holder may choose anew (docs/api.md, `card.change_pin`)."""


async def pins(page: Page) -> Response:
    """The states, once they were asked for; and what became of a change."""
    desk = page.desk
    if desk.case is None:
        return page.show("need_case.html")
    job = desk.jobs.of(KEY) or desk.jobs.of(CHANGED)
    shown = desk.kept.of(KEY)
    changed: str | None = None
    if job is not None and job.done and job.result is not None:
        if job.key == CHANGED:
            changed = str(job.result["which"])
        shown = desk.kept.show(KEY, {"pins": job.result["pins"]}, job.result["card"])
        desk.jobs.forget(job.key)
        job = None
    return page.show(
        "pins.html",
        cards=desk.residents_cards,
        job=job,
        problem=job.problem.told(desk.locale) if job is not None and job.problem is not None else None,
        shown=shown,
        changed=changed,
        changeable=CHANGEABLE if desk.may("change_pin", desk.case.purpose) else (),
    )


async def look(page: Page) -> Response:
    """Ask the card; no try is used."""
    wish = _wish(page)
    if wish is not None:
        _start(page, KEY, lambda progress: _states(page, wish, progress))
    return await pins(page)


async def change(page: Page) -> Response:
    """The resident types the old PIN, and the new one twice; then the states are asked for anew."""
    which = (await page.form()).get("which", "")
    wish = _wish(page)
    if wish is not None and which in CHANGEABLE:

        async def work(progress: Progress) -> Mapping[str, Any]:
            await page.console.link.call("card.change_pin", on_progress=progress, which=which, **wish)
            return {"which": which, **await _states(page, wish, progress)}

        _start(page, CHANGED, work)
    return await pins(page)


async def stop(page: Page) -> Response:
    """Cancel, or away with what is shown."""
    page.desk.jobs.cancel()
    for key in (KEY, CHANGED):
        page.desk.jobs.forget(key)
    page.desk.kept.drop(KEY)
    return await pins(page)


def _wish(page: Page) -> dict[str, Any] | None:
    """Card, purpose and reception number of a call; None without a card or a case."""
    desk = page.desk
    card = next((card["card"] for card in desk.residents_cards), None)
    if card is None or desk.case is None:
        return None
    return {"card": card, "purpose": desk.case.purpose, "case": desk.case.number}


async def _states(page: Page, wish: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    answer = await page.console.link.call("card.pin_status", on_progress=progress, **wish)
    return {"card": wish["card"], "pins": answer["pins"]}


def _start(page: Page, key: str, work: Any) -> None:
    with suppress(Busy):  # pressed twice: the first one runs
        page.desk.jobs.start(key, work)


SCREEN = Screen(
    KEY,
    "/pins",
    "counter",
    (
        screen_route("/pins", KEY, pins),
        screen_route("/pins/look", KEY, look, methods=("POST",)),
        screen_route("/pins/change", KEY, change, methods=("POST",)),
        screen_route("/pins/clear", KEY, stop, methods=("POST",)),
    ),
    lambda desk: desk.may("pin_status") or desk.may("change_pin"),
)
