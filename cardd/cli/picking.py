"""Which card is meant: named by its handle, or the only fitting one that is there."""

import click

from cardd.cli.context import Run
from cardd.client import Client, RemoteError

RESIDENT = ("my_number", "juki")
BADGE = ("badge",)


def card_or_only_one(run: Run, client: Client, handle: str | None, kinds: tuple[str, ...]) -> str:
    """`handle`, or the handle of the only card of one of `kinds`. Ends the program when there is none or more than one."""
    if handle is not None:
        return handle
    try:
        rows = client.call("cards.list")["cards"]
    except RemoteError as error:
        run.fail_remote(error)
    fitting = [str(row["card"]) for row in rows if row["kind"] in kinds]
    if len(fitting) != 1:
        names = ", ".join(fitting) or run.speech("no_cards")
        raise click.UsageError(f"--card: {names}")
    return fitting[0]
