"""What `cardctl audit query` and `export` ask for. Times are meant as in Japan, whatever the machine's zone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

import click

from cardd.cli.moments import JAPAN, on_wire

RESULTS = ("done", "refused", "failed", "unknown", "open")
_OPTIONS = (
    ("--operator", "ID", "Who did it."),
    ("--subject", "ID", "The operator that it is about."),
    ("--approver", "ID", "The second person."),
    ("--badge-name", "HEX", "Pseudonym of a badge."),
    ("--card-name", "HEX", "Pseudonym of a card in one year, as the record has it."),
    ("--purpose", "CODE", "Purpose code."),
    ("--case", "TEXT", "Reception number (受付番号), whole."),
    ("--seat", "NAME", "Place at the counter."),
    ("--terminal", "NAME", "Name of the machine."),
    ("--client", "NAME", "The program, as the configuration calls it."),
    ("--event", "WORD", "What it is about, e.g. card.read."),
    ("--operation", "WORD", "What was done, e.g. read."),
    ("--code", "NAME", "Name of an error, e.g. pin.rejected."),
)
_NAMES = {"badge_name": "badge", "card_name": "card"}


class Moment(click.ParamType[datetime]):
    """A day, or a day and a time, in Japan."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Raises `BadParameter`."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail("give it as YYYY-MM-DD or YYYY-MM-DDTHH:MM", param, ctx)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=JAPAN)


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """The options by which uses are looked for; the command gets them as `filters`, by the wire's names."""

    @click.option(
        "--day", type=Moment(), metavar="YYYY-MM-DD", help="One day in Japan; instead of --since and --until."
    )
    @click.option(
        "--since", type=Moment(), metavar="TIME", help="From then on: YYYY-MM-DD or YYYY-MM-DDTHH:MM, in Japan."
    )
    @click.option("--until", type=Moment(), metavar="TIME", help="Before then.")
    @click.option("--result", type=click.Choice(RESULTS), help="How it ended; open: it has no result yet.")
    @wraps(command)
    def with_filters(*args: Any, **given: Any) -> None:
        filters = {_NAMES.get(name, name): given.pop(name) for name in _WORDS}
        filters |= {"result": given.pop("result")} | _span(given.pop("day"), given.pop("since"), given.pop("until"))
        command(*args, filters={name: value for name, value in filters.items() if value is not None}, **given)

    for name, metavar, text in reversed(_OPTIONS):
        with_filters = click.option(name, metavar=metavar, help=text)(with_filters)
    return with_filters


_WORDS = tuple(name.removeprefix("--").replace("-", "_") for name, _, _ in _OPTIONS)


def _span(day: datetime | None, since: datetime | None, until: datetime | None) -> dict[str, str | None]:
    if day is not None:
        if since is not None or until is not None:
            raise click.UsageError("--day goes without --since and --until")
        since, until = day, day + timedelta(days=1)
    return {
        "since": on_wire(since) if since is not None else None,
        "until": on_wire(until) if until is not None else None,
    }
