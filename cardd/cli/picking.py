"""Which card is meant: named by its handle, or the only fitting one that is there."""

import time
from typing import Any

import click

from cardd.cli.context import Run
from cardd.client import Client

RESIDENT = ("my_number", "juki")
BADGE = ("badge",)
IDENTIFIED_WITHIN = 5.0
"""Seconds that a card which has just been put in is given until its kind is known."""


def card_or_only_one(run: Run, client: Client, handle: str | None, kinds: tuple[str, ...]) -> str:
    """`handle`, or the handle of the only card of one of `kinds`. Raises `Ended`: none; `UsageError`: more than one."""
    if handle is not None:
        return handle
    rows = _identified(run, client)
    fitting = [str(row["card"]) for row in rows if row["kind"] in kinds]
    if not fitting:
        run.refuse("card.absent")
    if len(fitting) > 1:
        raise click.UsageError(run.speech("several_cards", handles=", ".join(fitting)))
    return fitting[0]


def other_badge(run: Run, client: Client, handle: str | None) -> str:
    """`handle`, or the handle of the only badge beside the one of whoever is logged in. Raises `Ended`: none; `UsageError`: several."""
    if handle is not None:
        return handle
    own = run.ask(client, "session.status").get("badge")
    rows = _identified(run, client)
    fitting = [str(row["card"]) for row in rows if row["kind"] in BADGE and row["card"] != own]
    if not fitting:
        run.refuse("card.absent")
    if len(fitting) > 1:
        raise click.UsageError(run.speech("several_badges", handles=", ".join(fitting)))
    return fitting[0]


def _identified(run: Run, client: Client) -> list[dict[str, Any]]:
    """The cards, once all are known for what they are."""
    deadline = time.monotonic() + IDENTIFIED_WITHIN
    while True:
        rows: list[dict[str, Any]] = run.ask(client, "cards.list")["cards"]
        if all(row["kind"] != "unknown" for row in rows) or time.monotonic() > deadline:
            return rows
        time.sleep(0.05)
