"""`cardctl audit head | tail | query | proof`: questions about the record."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cardd.cli.audit_filters import filtered
from cardd.cli.audit_kept import kept
from cardd.cli.context import Run, pass_run
from cardd.cli.moments import day, in_column
from cardd.cli.output import check_target, write_private
from cardd.cli.picking import RESIDENT, card_or_only_one
from cardd.client import Client

COLUMNS = ("sequence", "moment", "operator", "seat", "purpose", "case", "what", "outcome")


@click.command()
@pass_run
def head(run: Run) -> None:
    """Show the newest signed head of the record, and the key that an auditor starts from."""
    result = run.call("audit.head")

    def human() -> None:
        click.echo(run.speech("audit_no_head") if result["head"] is None else result["head"], nl=result["head"] is None)
        if result["first_key"] is not None:
            click.echo(run.speech("audit_first_key", key=result["first_key"]), err=True)

    run.tell(result, human)


@click.command()
@click.option("-n", "--lines", type=click.IntRange(1, 200), default=20, show_default=True, help="How many.")
@pass_run
def tail(run: Run, lines: int) -> None:
    """Show the newest uses and events, the newest last. Asking is itself on record."""
    result = run.call("audit.query", limit=lines)
    result["uses"].reverse()
    run.tell(result, lambda: _show(run, {**result, "cursor": None}))  # what is older, `query` shows


@click.command()
@click.option("--present", is_flag=True, help="The resident's card that is in the reader, in all years that are kept.")
@click.option("--card", metavar="HANDLE", help="With --present: which card, where more than one is there.")
@click.option(
    "--order", type=click.Choice(["newest", "oldest"]), default="newest", show_default=True, help="What comes first."
)
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="At most so many on a page.")
@click.option("--cursor", metavar="WORD", help="The next page, as the one before says; with the same filters.")
@click.option("--number", type=click.IntRange(1), metavar="N", help="The use of one record: what an alarm names.")
@filtered
@pass_run
def query(
    run: Run,
    present: bool,
    card: str | None,
    order: str,
    limit: int,
    cursor: str | None,
    number: int | None,
    filters: Mapping[str, str],
) -> None:
    """Look for uses: all that is given must fit. Asking is itself on record.

    \b
      cardctl audit query --operator tanaka --day 2026-11-20
      cardctl audit query --present                       the card in the reader
      cardctl audit query --result refused --since 2026-11-01
      cardctl audit query --number 1234                   what an alarm rests on
      cardctl --json audit query --case R8-0042           whole records
    """
    with run.open() as client:
        handle = card_or_only_one(run, client, card, RESIDENT) if present or card is not None else None
        page = {"order": order, "limit": limit, "cursor": cursor}
        result = run.ask(client, "audit.query", present=handle, number=number, **page, **filters)
    run.tell(result, lambda: _show(run, result))


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the bundle here.")
@click.option("--log", "log_id", metavar="HEX", help="Log id of the receipt, where its record stands in a closed log.")
@click.argument("receipt", metavar="SEQUENCE[:HASH]")
@pass_run
def proof(run: Run, out: Path | None, log_id: str | None, receipt: str) -> None:
    """Write a proof that the record of a receipt stands in the log, for somebody who has neither log nor machine.

    \b
      cardctl audit proof 812:9f86d0…0a08 --out proof.json
      cardd-verify --proof proof.json --key "$(cat first.key)"        anywhere
    """
    sequence, _, digest = receipt.partition(":")
    if not (sequence.isascii() and sequence.isdecimal()):
        raise click.UsageError("give the receipt as SEQUENCE or SEQUENCE:HASH")
    if out is None and not run.as_json:
        raise click.UsageError("--out says where to write it; --json prints it")
    check_target(run, out)
    with run.open() as client:
        told = run.ask(client, "audit.proof", sequence=int(sequence), record_hash=digest or None, log_id=log_id)
        first_key, keys = _keys(run, client, told["head"], log_id)
    taken = told.pop("receipt")
    bundle = {"form": "cardd-proof/1", **told, "first_key": first_key, "keys": keys}
    if out is not None:
        write_private(run, out, json.dumps(bundle, ensure_ascii=False).encode() + b"\n")
    size = told["head"].split("\n")[1]
    said = run.speech("audit_proof", sequence=told["sequence"], size=size)
    run.tell({**bundle, "receipt": taken}, lambda: click.echo(said))


def _keys(run: Run, client: Client, head: str, log_id: str | None) -> tuple[str | None, list[dict[str, str]]]:
    """The first key, and the hand-overs from it to the key that signed `head`."""
    day = head.rpartition("\u2014 ")[2].split(" ")[0].rpartition("/")[2]
    found: list[dict[str, str]] = []
    after: str | None = None
    while True:
        page = run.ask(client, "audit.head", keys_after=after, log_id=log_id)
        found += [{"record": row["record"], "head": row["head"]} for row in page["keys"] if row["period"] < day]
        if not page["more_keys"] or page["keys"][-1]["period"] >= day:
            return page["first_key"], found
        after = page["keys"][-1]["period"]


def _show(run: Run, result: Mapping[str, Any]) -> None:
    if result["uses"]:
        run.table((_row(run, use) for use in result["uses"]), *COLUMNS)
    else:
        click.echo(run.speech("audit_nothing"))
    if result["known_since"] is not None:
        click.echo(run.speech("query_known", day=day(result["known_since"])), err=True)
    if any(log["cut"] for log in result["kept"]):
        for sentence in kept(run, result):
            click.echo(sentence, err=True)
    if result["cursor"] is not None:
        click.echo(run.speech("audit_more", cursor=result["cursor"]), err=True)


def _row(run: Run, use: Mapping[str, Any]) -> tuple[object, ...]:
    record, late = use["record"], (use["outcome"] or {}).get("record", {})
    items = ",".join(record.get("items", ()))
    return (
        use["sequence"],
        in_column(use["at"]),
        late.get("operator") or record.get("operator"),
        record.get("seat"),
        record.get("purpose"),
        record.get("case"),
        " ".join(each for each in (record.get("event"), items) if each),
        _outcome(run, record, late),
    )


def _outcome(run: Run, record: Mapping[str, Any], late: Mapping[str, Any]) -> str:
    told = late or record
    if late:
        word = run.speech(f"audit_result.{late.get('result', 'unknown')}")
    elif record.get("phase") == 1:
        word = run.speech("audit_result.open")
    else:
        word = run.speech("audit_result.refused") if record.get("code") else ""
    why = " ".join(str(told[name]) for name in ("code", "problem") if told.get(name))
    return f"{word} {why}".strip()
