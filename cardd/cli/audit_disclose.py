"""`cardctl audit disclose`: what a resident is told of the uses of their card, as a text that can be printed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cardd.cli.audit_filters import JAPAN, Moment, in_japan, on_wire
from cardd.cli.card import Use, card_call, targeted
from cardd.cli.context import Run, pass_run
from cardd.cli.output import check_target, write_private
from cardd.cli.picking import RESIDENT
from cardd.cli.screen import visible
from cardd.wire.fault_table import FAULTS


@click.command()
@targeted
@click.option(
    "--until", type=Moment(), metavar="TIME", help="Only what was before; where a list before was not complete."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the text here instead, for printing."
)
@pass_run
def disclose(run: Run, use: Use, until: datetime | None, out: Path | None) -> None:
    """Tell a resident, whose card is in the reader, who used it in the last seven years. No PIN.

    \b
      cardctl --locale ja audit disclose --purpose disclosure --case R8-0042 --out list.txt
    """
    check_target(run, out)
    before = on_wire(until) if until is not None else None
    result = card_call(run, "audit.disclose", use, RESIDENT, until=before)
    lines = list(told(run, result, use.case))
    if out is not None:
        write_private(run, out, ("\n".join(lines) + "\n").encode())
    run.tell(result, lambda: click.echo("\n".join(lines)) if out is None else None)


def told(run: Run, result: Mapping[str, Any], case: str) -> Iterator[str]:
    """The text, line by line."""
    say, uses = run.speech, result["uses"]
    yield say("disclosure_title", years=result["years"])
    yield say(
        "disclosure_about",
        kind=say(f"kind.{result['kind']}"),
        count=len(uses),
        case=visible(case),
        at=datetime.now(JAPAN).strftime("%Y-%m-%d %H:%M"),
    )
    yield ""
    if not uses:
        yield say("disclosure_none")
    for number, each in enumerate(uses, 1):
        yield from _use(run, number, each)
        yield ""
    if not result["complete"]:
        yield say("disclosure_more", at=in_japan(uses[-1]["at"]))
    yield say("disclosure_note")
    yield say("disclosure_receipt", log=result["receipt"]["log_id"], sequence=result["receipt"]["sequence"])


def _use(run: Run, number: int, use: Mapping[str, Any]) -> Iterator[str]:
    say = run.speech
    yield say("disclosure_use", number=number, at=in_japan(use["at"]), what=_what(run, use))
    yield say("disclosure_result", result=_result(run, use))
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
    parts = [say(f"audit_result.{use['result']}")]
    fault = FAULTS.get(use["code"] or "")
    if fault is not None:
        parts.append(fault.message.of(say.locale))
        why = say.why(use["code"], use["problem"] or "")
        if why != use["problem"]:  # a word without a sentence is for the office's IT
            parts.append(why)
    if use["items_given"] and use["items_given"] != use["items"]:
        parts.append(
            say("disclosure_given", items=say("between").join(say(f"item.{item}") for item in use["items_given"]))
        )
    return " ".join(parts)
