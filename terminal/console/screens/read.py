"""Read a resident's card: only what the policy allows is offered, and it goes from the screen by itself."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from starlette.responses import Response

from terminal.console.console import Screen
from terminal.console.jobs import Busy, Progress
from terminal.console.kept import Picture, Shown
from terminal.console.page import Page, screen_route
from terminal.console.pictures import as_png

KEY: Final = "read"
USUAL: Final = ("name", "address", "birth_date", "sex")
"""Ticked beforehand where the policy offers them."""
ADULT: Final = 18
OLDEST: Final = 150


async def read(page: Page) -> Response:
    """What may be read, or what was read."""
    desk = page.desk
    if desk.case is None:
        return page.go("/case") if page.is_part else page.show("need_case.html", then="/read")
    job = desk.jobs.of(KEY)
    shown = desk.kept.of(KEY)
    if job is not None and job.done and job.result is not None:
        shown = _keep(page, job.result)
        desk.jobs.forget(KEY)
        job = None
    cards = desk.residents_cards
    kind = cards[0]["kind"] if cards else None
    offered = desk.items(desk.case.purpose, kind)
    return page.show(
        "read.html",
        cards=cards,
        offered=offered,
        ticked=[item for item in offered if item in USUAL],
        job=job,
        problem=job.problem.told(desk.locale) if job is not None and job.problem is not None else None,
        shown=shown,
    )


async def begin(page: Page) -> Response:
    """Ask the daemon; it asks for the PIN."""
    desk, given = page.desk, await page.request.form()
    items = tuple(str(item) for item in given.getlist("item"))
    age = str(given.get("age", ""))
    card = next((card["card"] for card in desk.residents_cards), None)
    if desk.case is None or card is None or not items:
        return await read(page)
    wish = {
        "card": card,
        "purpose": desk.case.purpose,
        "case": desk.case.number,
        "items": items,
        "age": (int(age) if age.isdigit() and 1 <= int(age) <= OLDEST else ADULT) if "age_over" in items else None,
    }

    async def work(progress: Progress) -> Any:
        answer = await page.console.link.call("card.read", on_progress=progress, **wish)
        pictures = {each["item"]: await _picture(each) for each in answer["items"] if each["image_base64"]}
        return {"card": card, "items": answer["items"], "age": wish["age"], "pictures": pictures}

    desk.kept.drop(KEY)
    with suppress(Busy):  # pressed twice: the first one runs
        desk.jobs.start(KEY, work)
    return await read(page)


async def clear(page: Page) -> Response:
    """Away with it; also after a failure was read."""
    page.desk.jobs.cancel()
    page.desk.jobs.forget(KEY)
    page.desk.kept.drop(KEY)
    return await read(page)


async def longer(page: Page) -> Response:
    """The person is still comparing."""
    page.desk.kept.longer(KEY)
    return await read(page)


def _keep(page: Page, result: Mapping[str, Any]) -> Shown:
    kept, pictures = page.desk.kept, result["pictures"]
    rows = [item for item in result["items"] if item["item"] not in pictures]
    shown: Shown = kept.show(KEY, {"rows": rows, "age": result["age"], "images": []}, result["card"])
    for item, octets in pictures.items():
        name = None if octets is None else kept.add_picture(KEY, Picture("image/png", octets))
        shown.values["images"].append({"item": item, "name": name})
    return shown


async def _picture(item: Mapping[str, Any]) -> bytes | None:
    """As a browser shows it; None for what is no picture."""
    try:
        octets = base64.b64decode(item["image_base64"], validate=True)
    except binascii.Error:
        return None
    return await as_png(octets)


SCREEN = Screen(
    KEY,
    "/read",
    "counter",
    (
        screen_route("/read", KEY, read),
        screen_route("/read", KEY, begin, methods=("POST",)),
        screen_route("/read/clear", KEY, clear, methods=("POST",)),
        screen_route("/read/longer", KEY, longer, methods=("POST",)),
    ),
    lambda desk: desk.may("read"),
)
