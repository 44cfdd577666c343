"""Commands for whoever looks after the database: set up, enrol, partitions, health."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from cardd.fleet import health as standing
from cardd.fleet import schema, sheet, terminals
from cardd.fleet.context import BROKEN, FOUND, Run
from cardd.fleet.database import Link


def _office_month(
    _context: click.Context, _option: click.Parameter, value: tuple[int, str] | None
) -> tuple[int, date] | None:
    if value is None:
        return None
    try:
        return value[0], date.fromisoformat(f"{value[1]}-01")
    except ValueError:
        raise click.BadParameter("an office and a month: 131016 2019-11") from None


@click.command()
@click.pass_obj
def init(run: Run) -> None:
    """Make the tables, roles and functions, or bring them up to date. As a role that may make roles, on the database's machine."""

    def work(link: Link) -> None:
        before, after = schema.set_up(link)
        run.say(
            {"before": before, "now": after},
            run.pick(f"表の版: {before} → {after}", f"Tables: version {before}, now {after}."),
        )

    run.with_link(work, checked=False)


@click.group(name="terminals")
def terminal_group() -> None:
    """Who may send: list, add, block and unblock; which log ended, and who said so."""


@terminal_group.command(name="list")
@click.pass_obj
def list_(run: Run) -> None:
    """Each terminal with its office, the name in its certificate, and its log."""

    def work(link: Link) -> None:
        found = terminals.enrolled(link)
        run.lines(
            [json.dumps(asdict(each), ensure_ascii=False) for each in found]
            if run.as_json
            else sheet.terminals(found, run.locale)
        )

    run.with_link(work)


@terminal_group.command()
@click.argument("terminal")
@click.option(
    "--office",
    type=click.IntRange(1),
    required=True,
    metavar="CODE",
    help="団体コード, or a number of your own.",
)
@click.option("--office-name", metavar="NAME", help="Name of the office; needed the first time.")
@click.option("--role", metavar="CN", help="CN of the terminal's certificate; left out: the terminal's name.")
@click.option(
    "--key", required=True, metavar="VKEY", help="The first key of its log: the line that its set-up printed."
)
@click.option("--make-role", is_flag=True, help="Make the role in the database as well; needs the right to make roles.")
@click.pass_obj
def add(
    run: Run, terminal: str, office: int, office_name: str | None, role: str | None, key: str, make_role: bool
) -> None:
    """Take in a terminal, or one more log of it. Bring the key yourself, on paper or a stick: all later checks rest on it.

    \b
      cardd-fleet terminals add counter-1 --office 131016 --office-name 千代田区 \\
          --key 'cardd/…/2026-11-22+…' --make-role
    """
    named = role or terminal

    def work(link: Link) -> None:
        if office_name is not None:
            terminals.enrol_office(link, office, office_name)
        if make_role:
            terminals.make_role(link, named)
        log_id = terminals.enrol(link, terminal, office, named, key)
        told = {"terminal": terminal, "office": office, "role": named, "log_id": log_id}
        run.say(
            told, run.pick(f"{terminal} を登録しました（記録 {log_id}）。", f"{terminal} is enrolled, log {log_id}.")
        )

    run.with_link(work)


def _deciding(command: Callable[..., Any]) -> Callable[..., Any]:
    """The reason that each decision is put on record with."""
    listed = ", ".join(terminals.REASONS)
    return click.option(
        "--reason", type=click.Choice(terminals.REASONS), required=True, metavar="WORD", help=f"Why: {listed}."
    )(command)


def _log_id(_context: click.Context, _argument: click.Parameter, value: str) -> str:
    if re.fullmatch("[0-9a-f]{32}", value) is None:
        raise click.BadParameter("a log id has 32 hex digits; cardd-fleet terminals list shows them")
    return value


@terminal_group.command()
@click.argument("terminal")
@_deciding
@click.pass_obj
def block(run: Run, terminal: str, reason: str) -> None:
    """Take nothing more from a terminal, until somebody unblocks it. What it has sent stays."""
    _decided(run, lambda link: terminals.block(link, terminal, reason), terminal, ("停止中です", "is blocked"))


@terminal_group.command()
@click.argument("terminal")
@_deciding
@click.pass_obj
def unblock(run: Run, terminal: str, reason: str) -> None:
    """Take records from a blocked terminal again. It goes on where the database stands."""
    _decided(run, lambda link: terminals.unblock(link, terminal, reason), terminal, ("再び送れます", "may send again"))


@terminal_group.command()
@click.argument("log_id", callback=_log_id, metavar="LOG-ID")
@_deciding
@click.pass_obj
def retire(run: Run, log_id: str, reason: str) -> None:
    """Say that a log ended: its terminal is lost, or goes on under a new log id.

    Nothing more is taken of it and `health` waits for it no longer. Its records stay, are asked for and checked as before; after seven
    years its months can be cut off without the terminal.

    \b
      cardd-fleet terminals retire 0b8f…64e1 --reason lost
    """
    _decided(run, lambda link: terminals.retire(link, log_id, reason), log_id, ("終了しました", "has ended"))


@terminal_group.command()
@click.argument("log_id", callback=_log_id, metavar="LOG-ID")
@_deciding
@click.pass_obj
def resume(run: Run, log_id: str, reason: str) -> None:
    """Take back that a log ended, where nothing of it was cut off since."""
    _decided(run, lambda link: terminals.resume(link, log_id, reason), log_id, ("続きます", "goes on"))


@terminal_group.command()
@click.pass_obj
def decisions(run: Run) -> None:
    """Who blocked, unblocked or ended what, when and why. Nothing is ever taken off this list."""

    def work(link: Link) -> None:
        found = terminals.decisions(link)
        as_lines = [json.dumps(asdict(each), ensure_ascii=False) for each in found]
        run.lines(as_lines if run.as_json else sheet.decisions(found, run.locale))

    run.with_link(work)


def _decided(run: Run, decide: Callable[[Link], bool], of: str, said: tuple[str, str]) -> None:
    """Exit status 2 when there was nothing to decide: nobody should believe that a terminal is blocked because a name was mistyped."""

    def work(link: Link) -> None:
        done = decide(link)
        if not done:
            text = run.pick(
                f"{of} は登録されていないか、既にその状態です。", f"{of} is not enrolled, or stands so already."
            )
            told = {"error": {"name": "nothing_to_decide", "message": text}}
            run.leave([json.dumps(told, ensure_ascii=False) if run.as_json else text], BROKEN)
        run.say({"of": of, "done": done}, run.pick(f"{of} は{said[0]}。", f"{of} {said[1]}."))

    run.with_link(work)


@click.command()
@click.pass_obj
def health(run: Run) -> None:
    """Each terminal: last head, last word from it, records behind, witness, version, alarms; and whether the rules over the terminals work.

    Exit status 1 where something is to be looked at.
    """

    def work(link: Link) -> None:
        found, watches = standing.standings(link, run.settings().witnesses), standing.watches(link)
        run.lines(_health_lines(found, watches) if run.as_json else sheet.health(found, run.locale))
        if not run.as_json and any(each.state != "off" for each in watches):
            run.lines(["", *sheet.watches(watches, run.locale)])
        good = ("good", "blocked", "retired", "off")
        if any(state not in good for state in (*(each.state for each in found), *(each.state for each in watches))):
            run.leave([], FOUND)

    run.with_link(work)


def _health_lines(found: list[standing.Standing], watches: list[standing.WatchStanding]) -> list[str]:
    terminal = [
        {**asdict(each), "state": each.state, "behind": each.behind, "witness_lag_s": each.witness_lag_s}
        for each in found
    ]
    rules = [{"watching": asdict(each), "state": each.state} for each in watches]
    return [json.dumps(each, ensure_ascii=False) for each in (*terminal, *rules)]


@click.command()
@click.option(
    "--ahead", type=click.IntRange(0, 36), default=3, show_default=True, help="So many months beyond this one."
)
@click.option(
    "--ask-cut",
    nargs=2,
    type=(int, str),
    callback=_office_month,
    metavar="OFFICE YYYY-MM",
    help="First person: ask to cut off this month.",
)
@click.option(
    "--cut",
    nargs=2,
    type=(int, str),
    callback=_office_month,
    metavar="OFFICE YYYY-MM",
    help="Second person, within a day: cut it off.",
)
@click.pass_obj
def partitions(run: Run, ahead: int, ask_cut: tuple[int, date] | None, cut: tuple[int, date] | None) -> None:
    """Make the partitions of the months to come (run it monthly, by a timer), or cut off a month that is older than seven years.

    A cut takes two people with roles of their own, and leaves counts and all heads. Only the oldest month of an office can go.
    """

    def work(link: Link) -> None:
        if ask_cut is not None:
            link.rows("SELECT ask_cut(%(office)s::int, %(month)s::date)", {"office": ask_cut[0], "month": ask_cut[1]})
            run.say(
                {"asked": str(ask_cut[1])},
                run.pick(
                    "申し出ました。別の人が1日以内に --cut を実行します。",
                    "Asked. Another person runs --cut within a day.",
                ),
            )
        elif cut is not None:
            (gone,) = link.one(
                "SELECT cut_month(%(office)s::int, %(month)s::date)", {"office": cut[0], "month": cut[1]}
            )
            run.say(
                {"cut": str(cut[1]), "records": gone},
                run.pick(f"{gone} 件を切り離しました。", f"{gone} records were cut off."),
            )
        else:
            (made,) = link.one("SELECT make_partitions(%(ahead)s::int)", {"ahead": ahead})
            run.say({"made": made}, run.pick(f"区画を {made} 個作りました。", f"{made} partitions were made."))

    run.with_link(work)
