"""`cardctl audit disclose`: what a resident is told of the uses of their card, as a text that can be printed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cardd.cli.audit_filters import Moment
from cardd.cli.audit_kept import kept
from cardd.cli.card import Use, targeted
from cardd.cli.context import Run, pass_run
from cardd.cli.moments import day, day_and_time, in_column, now, on_wire
from cardd.cli.output import check_target, write_private
from cardd.cli.picking import RESIDENT, card_or_only_one
from cardd.cli.screen import visible, wrapped
from cardd.wire.fault_table import FAULTS

PAPER = 80
"""Columns of a line on screen and paper."""


@click.command()
@targeted
@click.option("--until", type=Moment(), metavar="TIME", help="Only what was before then, in Japan.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the text here instead, for printing."
)
@pass_run
def disclose(run: Run, use: Use, until: datetime | None, out: Path | None) -> None:
    """Tell a resident, whose card is in the reader, who used it in the last seven years. No PIN.

    \b
      cardctl --locale ja audit disclose --purpose disclosure \\
          --case R8-0042 --out list.txt
    """
    check_target(run, out)
    result = _whole(run, use, on_wire(until) if until is not None else None)
    lines = [line for text in told(run, result, use.case) for line in _on_paper(text)]
    if out is not None:
        write_private(run, out, ("\n".join(lines) + "\n").encode())
    run.tell(result, lambda: click.echo("\n".join(lines)) if out is None else None, receipt=out is not None)


def _whole(run: Run, use: Use, until: str | None) -> dict[str, Any]:
    """All parts of the answer under one approval, as one; its receipt is that of the first. Raises `Ended`."""
    with run.open(asks=True) as client:
        asked = {"card": card_or_only_one(run, client, use.card, RESIDENT), "purpose": use.purpose, "case": use.case}
        part = run.ask(client, "audit.disclose", approval=use.approval, until=until, **asked)
        result, uses = part, list(part["uses"])
        while part["goes_on"] is not None:
            part = run.ask(client, "audit.disclose", goes_on=part["goes_on"], **asked)
            uses += part["uses"]
    return {**result, "uses": uses, "complete": part["complete"], "goes_on": None}


def told(run: Run, result: Mapping[str, Any], case: str) -> Iterator[str]:
    """The text, line by line; a line may be longer than the paper is wide."""
    say, uses = run.speech, result["uses"]
    yield say("disclosure_title", years=result["years"])
    yield say("disclosure_about", kind=say(f"kind.{result['kind']}"), count=len(uses))
    yield say("disclosure_made", case=visible(case), at=day_and_time(now()))
    yield say("disclosure_zone")
    yield ""
    if not uses:
        yield say("disclosure_none")
    own = _own(result)
    for number, each in enumerate(uses, 1):
        yield from _use(run, number, each, this_one=each is own)
        yield ""
    yield from _limits(run, result)
    receipt = result["receipt"]
    yield say("disclosure_log", log=receipt["log_id"])
    yield say("disclosure_receipt", receipt=f"{receipt['sequence']}:{receipt['record_hash']}")


def _limits(run: Run, result: Mapping[str, Any]) -> Iterator[str]:
    """What the list cannot have: other machines, the card under an earlier certificate, what was cut off."""
    say = run.speech
    yield say("disclosure_here")
    if result["known_since"] is None:
        yield say("disclosure_renewed")
    else:
        yield say("disclosure_known", day=day(result["known_since"]))
    yield from kept(run, result)


def _on_paper(text: str) -> list[str]:
    """One line of the text in lines of the paper; what goes on below stands a little in."""
    inside = len(text) - len(text.lstrip())
    return wrapped(text, PAPER, " " * (inside + 2) if inside else "")


def _own(result: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The use that this disclosure is. It had no result yet when the list was made; the receipt is of the record that came behind."""
    receipt = result["receipt"]
    for use in result["uses"]:  # the newest first
        if use["operation"] == "disclose" and use["result"] == "open" and use["log_id"] == receipt["log_id"]:
            return use if use["sequence"] < receipt["sequence"] else None
    return None


def _use(run: Run, number: int, use: Mapping[str, Any], *, this_one: bool) -> Iterator[str]:
    say = run.speech
    yield say("disclosure_use", number=number, at=in_column(use["at"]), what=_what(run, use))
    yield say("disclosure_result", result=say("disclosure_this") if this_one else _result(run, use))
    role = use[f"role_{say.locale}"] or use["role"]
    who = f"{use['operator'] or '-'}" + (f" ({role})" if role else "")
    yield say("disclosure_who", who=visible(who))
    if use["approver"]:
        yield say("disclosure_approver", who=visible(use["approver"]))
    where = " / ".join(each for each in (use["terminal"], use["seat"], use["client"]) if each)
    yield say("disclosure_where", where=visible(where or "-"))
    if use["purpose"]:
        purpose = use[f"purpose_{say.locale}"] or use["purpose"]
        basis = f" ({use['legal_basis']})" if use["legal_basis"] else ""
        yield say("disclosure_why", why=visible(purpose + basis))


def _what(run: Run, use: Mapping[str, Any]) -> str:
    say = run.speech
    key = f"used.{use['operation']}"
    what = say(key) if say.has(key) else visible(use["event"])
    items = say("between").join(say(f"item.{item}") for item in use["items"])
    return f"{what} ({items})" if items else what


def _result(run: Run, use: Mapping[str, Any]) -> str:
    say = run.speech
    result, parts = say(f"audit_result.{use['result']}"), []
    fault = FAULTS.get(use["code"] or "")
    if fault is not None:
        parts.append(fault.message.of(say.locale))
        why = say.why(use["code"], use["problem"]) if use["problem"] else None
        if why is not None and why != use["problem"]:  # a word without a sentence is for the office's IT
            parts.append(why)
    if use["items_given"] and use["items_given"] != use["items"]:
        parts.append(
            say("disclosure_given", items=say("between").join(say(f"item.{item}") for item in use["items_given"]))
        )
    return (
        say("disclosure_because", result=result, why=("" if say.locale == "ja" else " ").join(parts))
        if parts
        else result
    )
