"""Commands for whoever looks over the fleet: questions, disclosure, the check of every chain, the monthly report."""

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cardd.fleet import checking, questions, report, sheet, terminals
from cardd.fleet.checking import Brought
from cardd.fleet.context import FOUND, Run
from cardd.fleet.database import Link
from cardd.fleet.terminals import Enrolled
from cardd.history.questions import RESULTS, Filters
from cardd.japan_time import JAPAN
from cardd.policy.words import Locale
from cardd.report.data import Month
from cardd.report.page import render

_PSEUDONYM = re.compile("[0-9a-f]{32}")
_FILE = click.Path(path_type=Path, dir_okay=False)


def _time(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    """A day or a moment in Japan, or one with its own zone, as microseconds since 1970."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=JAPAN)
        return round(zoned.timestamp()) * 1_000_000
    except (ValueError, OverflowError):
        raise click.BadParameter("write it like 2026-11-22 or 2026-11-22T09:30") from None


def _pseudonyms(_context: click.Context, _option: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_PSEUDONYM.fullmatch(each) for each in value):
        raise click.BadParameter("a pseudonym has 32 hex digits")
    return value


def _month(_context: click.Context, _option: click.Parameter, value: str) -> Month:
    try:
        return Month.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.option("--operator", help="Who did it, by the id of the register.")
@click.option("--card", "cards", multiple=True, callback=_pseudonyms, help="Pseudonym of a card; may be repeated.")
@click.option("--purpose", help="Purpose, by its code.")
@click.option("--case", help="Reception number.")
@click.option("--terminal", help="Where: the terminal.")
@click.option("--seat", help="Where: the seat.")
@click.option("--event", help="What: like card.read.")
@click.option("--code", help="Error code: like pin.rejected.")
@click.option("--result", type=click.Choice(RESULTS), help="How it ended.")
@click.option("--since", "since_us", callback=_time, help="From here on, in Japan.")
@click.option("--until", "until_us", callback=_time, help="Up to here, this moment left out.")
@click.option("--oldest", is_flag=True, help="Oldest first.")
@click.option("--limit", type=click.IntRange(1, questions.MOST_ON_A_PAGE), default=50, show_default=True)
@click.option("--cursor", help="Go on behind an earlier answer.")
@click.pass_obj
def query(run: Run, /, oldest: bool, limit: int, cursor: str | None, **given: Any) -> None:
    """Which uses fit, over all terminals. Each question is put on record.

    \b
      cardd-fleet query --operator tanaka --since 2026-11-01 --until 2026-12-01
      cardd-fleet query --purpose passport --result refused --json
    """
    filters = Filters(**{name: value for name, value in given.items() if value not in (None, ())})

    def work(link: Link) -> None:
        try:
            page = questions.ask(link, filters, order="oldest" if oldest else "newest", cursor=cursor, limit=limit)
        except ValueError:
            raise click.BadParameter("that is no cursor of an answer", param_hint="--cursor") from None
        if run.as_json:
            run.lines([sheet.as_line(each) for each in page.told])
        else:
            run.lines(sheet.uses(page.told, run.names(run.settings()), run.locale))
        if page.cursor is not None:
            click.echo(run.pick(f"続き: --cursor {page.cursor}", f"more: --cursor {page.cursor}"), err=True)

    run.with_link(work)


@click.command()
@click.argument("pseudonyms", nargs=-1, required=True, callback=_pseudonyms)
@click.pass_obj
def disclose(run: Run, pseudonyms: tuple[str, ...]) -> None:
    """For a resident: who used the card, when, where, why, at every terminal.

    PSEUDONYMS are all of the card, one for each year: a terminal of the same municipality tells them when the card is presented.
    """

    def work(link: Link) -> None:
        told = questions.disclose(link, pseudonyms)
        if run.as_json:
            for each in told:
                click.echo(sheet.as_line(each))
        else:
            run.lines(sheet.disclosure(told, run.names(run.settings()), run.locale))

    run.with_link(work)


@click.command()
@click.option("--terminal", "chosen", multiple=True, help="Only this one; may be repeated.")
@click.option("--keys", type=_FILE, help="Your own list of first keys, one a line; else those of the enrolment.")
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    metavar="KEY",
    help="Verifier key of a witness who must have signed; may be repeated.",
)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Leave the logs in this folder, one folder each."
)
@click.pass_obj
def verify(run: Run, chosen: tuple[str, ...], keys: Path | None, witnesses: tuple[str, ...], keep: Path | None) -> None:
    """Check every chain and every head, with the same verifier as at a terminal. Exit status 1 when one is not whole.

    Whoever runs the database could have exchanged the keys of the enrolment: an auditor brings a list of their own with --keys. Witnesses
    are those of --witness, else those of the settings; each of them must have signed a head of each log.
    """

    def work(link: Link) -> None:
        brought = Brought(_keys(keys), witnesses or run.settings().witnesses)
        found = []
        for each in _logs(link, chosen, None):
            if keep is None:
                checked = checking.check(link, each, run.settings().work_directory, brought)
            else:
                (keep / each.log_id).mkdir(parents=True)
                checked = checking.check_in(link, each, keep / each.log_id, brought)
            found.append(checked)
            _tell(run, checked)
        if not checking.whole(found):
            run.leave([], FOUND)

    run.with_link(work)


@click.command(name="report")
@click.option("--month", callback=_month, metavar="YYYY-MM", required=True, help="Like 2026-11, in Japan.")
@click.option("--out", type=_FILE, required=True, help="The HTML file to write.")
@click.option("--office", type=int, metavar="CODE", help="Only the terminals of this office.")
@click.option("--title", help="Name on the first page; left out: the office's.")
@click.option("--keys", type=_FILE, help="Your own list of first keys, one a line.")
@click.option("--no-verify", is_flag=True, help="Leave the verifier out; the report says so.")
@click.pass_obj
def report_(
    run: Run, month: Month, out: Path, office: int | None, title: str | None, keys: Path | None, no_verify: bool
) -> None:
    """One HTML file for a month, over all terminals or those of one office. Exit status 1 when a chain is not whole."""

    def work(link: Link) -> None:
        settings = run.settings()
        logs = _logs(link, (), office)
        offices = list(dict.fromkeys(each.office_name for each in logs))
        shown = report.Shown(month, title or "、".join(offices[:3]), run.names(settings))
        brought = Brought(_keys(keys), settings.witnesses)
        data = report.collect(link, logs, shown, settings.work_directory, brought=brought, with_check=not no_verify)
        locale: Locale = "ja" if run.locale == "ja" else "en"
        beside = out.with_name(f".{out.name}.part")
        beside.write_text(render(data, locale), encoding="utf-8")
        os.replace(beside, out)
        states = sorted({each.state for each in data.verifications})
        told = {
            "month": str(month),
            "path": str(out),
            "terminals": len(logs),
            "uses": data.figures.uses.total,
            "verification": states,
        }
        run.say(
            told,
            run.pick(
                f"{out} を作成しました（端末 {len(logs)}、利用 {told['uses']} 件）。",
                f"{out} is made: {len(logs)} logs, {told['uses']} uses.",
            ),
        )
        if {"damaged", "unreadable"} & set(states):
            run.leave([], FOUND)

    run.with_link(work)


def _logs(link: Link, chosen: tuple[str, ...], office: int | None) -> list[Enrolled]:
    here = [each for each in terminals.enrolled(link) if office is None or each.office == office]
    found = [each for each in here if each.log_id and not each.gone]
    unknown = set(chosen) - {each.terminal for each in found}
    if unknown:
        raise click.BadParameter(f"there is no terminal {sheet.plain(sorted(unknown)[0])}", param_hint="--terminal")
    return [each for each in found if not chosen or each.terminal in chosen]


def _keys(path: Path | None) -> dict[str, str] | None:
    if path is None:
        return None
    try:
        return checking.read_keys(path.read_text(encoding="ascii"))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--keys") from None


def _tell(run: Run, checked: checking.Checked) -> None:
    each = checked.enrolled
    told = {
        "terminal": each.terminal,
        "log_id": each.log_id,
        "records": checked.records,
        "state": checked.verification.state,
    }
    run.say(
        {**told, "said": checked.verification.said.get(run.locale, "")}, "\n".join(sheet.checks([checked], run.locale))
    )
