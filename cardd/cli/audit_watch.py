"""`cardctl audit alarms | review | watch-list | replay`: what the rules over the record found, and what became of it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cardd.cli.card import Use, card_call, targeted
from cardd.cli.context import Run, pass_run
from cardd.cli.moments import day, day_and_time
from cardd.cli.picking import RESIDENT

LOG = Path("/var/log/cardd/audit")
SETTINGS = Path("/etc/cardd/cardd.toml")
VERDICTS = ("explained", "unexplained", "misuse")
REASONS = (
    "work", "resident_asked", "mistake", "training", "maintenance", "equipment", "agreed_hours", "not_known", "under_inquiry",
    "curiosity", "private_use", "badge_lent", "other",
)  # fmt: skip
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--state", type=click.Choice(["open", "reviewed", "all"]), default="open", show_default=True, help="Which alarms."
)
@click.option("--watch", metavar="RULE", help="Of one rule, w1 to w18.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="At most so many on a page.")
@click.option("--cursor", metavar="WORD", help="The next page, as the one before says.")
@click.option("--shares", is_flag=True, help="Also how many alarms of each rule and month had an explanation.")
@pass_run
def alarms(run: Run, state: str, watch: str | None, limit: int, cursor: str | None, shares: bool) -> None:
    """What the rules found, the newest first. What is overdue had to be looked at by the working day after.

    \b
      cardctl audit alarms
      cardctl audit query --number 1198        one of the records behind it
      cardctl audit review 1234 explained work
    """
    result = run.call("audit.alarms", state=state, watch=watch, limit=limit, cursor=cursor, shares=shares or None)
    run.tell(result, lambda: _tell_alarms(run, result))


def _tell_alarms(run: Run, result: Mapping[str, Any]) -> None:
    if not result["alarms"]:
        click.echo(run.speech("watch_none"))
    for alarm in result["alarms"]:
        click.echo(
            run.speech(
                "watch_alarm",
                alarm=alarm["alarm"],
                at=day_and_time(alarm["at"]),
                watch=alarm["watch"],
                name=run.speech(f"watch.{alarm['watch']}"),
            )
        )
        about = "  ".join(f"{name}={value}" for name, value in sorted(alarm["about"].items()))
        evidence = ", ".join(map(str, alarm["evidence"][-10:]))
        click.echo(run.speech("watch_about", about=about or "-", evidence=evidence))
        click.echo(_standing(run, alarm))
    if result["shares"]:
        rows = [
            (
                each["watch"],
                each["month"],
                each["alarms"],
                each["explained"],
                each["unexplained"],
                each["misuse"],
                each["open"],
            )
            for each in result["shares"]
        ]
        heads = ("rule", "month", "alarms", "explained", "unexplained", "misuse", "open")
        run.table(rows, *(run.speech(f"watch_head.{head}") for head in heads))
    if result["cursor"] is not None:
        click.echo(run.speech("watch_more", cursor=result["cursor"]))


def _standing(run: Run, alarm: Mapping[str, Any]) -> str:
    review = alarm["review"]
    if review is not None:
        verdict, reason = run.speech(f"verdict.{review['verdict']}"), run.speech(f"review_reason.{review['reason']}")
        return run.speech("watch_reviewed", verdict=verdict, reason=reason, operator=review["operator"] or "-")
    return run.speech("watch_overdue" if alarm["overdue"] else "watch_due", at=day_and_time(alarm["due_at"]))


@click.command()
@click.argument("alarm", type=click.IntRange(1))
@click.argument("verdict", metavar="VERDICT", type=click.Choice(VERDICTS))
@click.argument("reason", metavar="REASON", type=click.Choice(REASONS))
@pass_run
def review(run: Run, alarm: int, verdict: str, reason: str) -> None:
    """Say what became of ALARM (its number). Nobody reviews what is about themselves.

    \b
    VERDICT  explained, unexplained, misuse
    REASON   explained: work, resident_asked, mistake, training,
             maintenance, equipment, agreed_hours
             unexplained: not_known, under_inquiry
             misuse: curiosity, private_use, badge_lent
             any: other

    The newest review counts; earlier ones stay on record.

    \b
      cardctl audit review 1234 explained agreed_hours
    """
    result = run.call("audit.review", alarm=alarm, verdict=verdict, reason=reason)
    run.tell(
        result, lambda: click.echo(run.speech("watch_review_done", alarm=alarm, sequence=result["receipt"]["sequence"]))
    )


@click.command("watch-list")
@click.argument("list_name", metavar="LIST", type=click.Choice(["staff", "protected"]))
@click.option("--remove", is_flag=True, help="Take the card off the list.")
@targeted
@pass_run
def watch_list(run: Run, list_name: str, remove: bool, use: Use) -> None:
    """Put the resident's card that lies in the reader on LIST: `staff` (w8) or `protected` (w9).

    Needs a second person where the office's policy says so. Only pseudonyms are kept. A card with new certificates is another
    card: put it on the list again.
    """
    result = card_call(run, "audit.watch_list", use, RESIDENT, list=list_name, act="remove" if remove else "add")
    key = "watch_list_same" if not result["changed"] else "watch_list_removed" if remove else "watch_list_added"

    def human() -> None:
        click.echo(run.speech(key))
        if not remove and result["known_until"] is not None:
            click.echo(run.speech("watch_list_until", day=day(result["known_until"])))

    run.tell(result, human)


@click.command()
@click.argument("directories", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--settings", type=_FILE, help="A cardd.toml with other values; left out: the daemon's, where it may be read."
)
@click.option("--since", metavar="YYYY-MM-DD", help="Count from this day on.")
@click.option("--hits", type=click.IntRange(0), default=0, help="Also name the newest so many hits; with --json.")
@pass_run
def replay(run: Run, directories: tuple[Path, ...], settings: Path | None, since: str | None, hits: int) -> None:
    """Old records through the rules as they are set now: how often each would have spoken. Changes nothing.

    \b
    To tune a rule, copy cardd.toml, change [watching], and compare:
      cardctl audit replay
      cardctl audit replay --settings other.toml
    """
    options = ["--locale", run.speech.locale, *(["--json"] if run.as_json else []), "--hits", str(hits)]
    chosen = settings or (SETTINGS if SETTINGS.exists() else None)
    options += ["--settings", str(chosen)] if chosen is not None else []
    options += ["--since", since] if since is not None else []
    # A program of its own, for a client knows the wire and not the inside of the daemon.
    ended = subprocess.run(  # noqa: S603 - this interpreter, this package
        [sys.executable, "-P", "-m", "cardd.watching", "replay", *options, *map(str, directories or (LOG,))],
        check=False,
    )
    raise SystemExit(ended.returncode)
