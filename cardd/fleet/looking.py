"""Commands for the rules over the terminals: the program that watches, the list of what it found, the review."""

import json
import signal
import threading
from dataclasses import asdict

import click

from cardd import log
from cardd.fleet import alarms as found_by_rules
from cardd.fleet import schema, sheet
from cardd.fleet.alarms import REASONS, VERDICTS
from cardd.fleet.context import APPLICATION, BROKEN, Run
from cardd.fleet.database import Link, connect
from cardd.fleet.problems import FleetProblem
from cardd.fleet.settings import FleetSettings
from cardd.fleet.watching import FleetWatch
from cardd.policy.words import Locale
from cardd.process.systemd import notify

_OFFICE = click.option("--office", type=int, metavar="CODE", help="Only this office.")


@click.command()
@click.option("--office", "offices", type=int, multiple=True, metavar="CODE", help="Only this office; may be repeated.")
@click.option("--once", is_flag=True, help="Look once at what is there, say what was found, and leave.")
@click.pass_obj
def watch(run: Run, offices: tuple[int, ...], once: bool) -> None:
    """Run the rules (W1 to W18) over the records of all terminals of an office together, as they are shipped. Ends with SIGTERM.

    It tells what no terminal can see alone, like one badge at two of them. At the first start it also tells this of the last 32 days.
    """
    settings = run.settings()
    rules = FleetWatch(settings.watching, offices)
    if once:
        run.with_link(lambda link: _once(run, rules, link))
        return
    log.set_up("logfmt", "info")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    notify("READY=1")
    while not stop.is_set():
        try:
            _connected(settings, rules, stop)
        except FleetProblem as problem:
            log.get_logger().error(
                "not watching", problem=problem.word, sqlstate=problem.state, remedy=problem.sentence("en")
            )
            stop.wait(settings.watch_every_seconds)


def _once(run: Run, rules: FleetWatch, link: Link) -> None:
    for office, looked in rules.look(link):
        told = {"office": office.office, "records": looked.records, "new": looked.told, "given_up": office.given_up}
        ja = f"団体 {office.office}: 記録 {looked.records} 件、新しい警告 {looked.told} 件"
        run.say(told, run.pick(ja, f"office {office.office}: {looked.records} records, {looked.told} new alarms"))


def _connected(settings: FleetSettings, rules: FleetWatch, stop: threading.Event) -> None:
    with connect(settings.database, APPLICATION) as link:
        schema.check(link)
        while not stop.is_set():
            for office, looked in rules.look(link):
                if looked.told:
                    log.get_logger().warning("new alarms", office=office.office, count=looked.told)
            stop.wait(settings.watch_every_seconds)


@click.command()
@_OFFICE
@click.option("--all", "with_reviewed", is_flag=True, help="Also those that were reviewed.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.pass_obj
def alarms(run: Run, office: int | None, with_reviewed: bool, limit: int) -> None:
    """What the rules found over several terminals, the newest first: number, rule, whom it is about, records. Those of one terminal
    alone stand at that terminal (cardctl audit alarms)."""

    def work(link: Link) -> None:
        found = found_by_rules.found(link, office=office, with_reviewed=with_reviewed, limit=limit)
        locale: Locale = "ja" if run.locale == "ja" else "en"
        as_lines = [json.dumps(asdict(each), ensure_ascii=True) for each in found]
        run.lines(as_lines if run.as_json else sheet.alarms(found, locale))

    run.with_link(work)


@click.command()
@click.argument("alarm", type=click.IntRange(1))
@click.argument("verdict", metavar="VERDICT", type=click.Choice(VERDICTS))
@click.argument("reason", metavar="REASON", type=click.Choice(REASONS))
@click.pass_obj
def review(run: Run, alarm: int, verdict: str, reason: str) -> None:
    """Say what became of ALARM (its number). The newest review counts; earlier ones stay on record, each with its role and time.

    \b
    VERDICT  explained, unexplained, misuse
    REASON   explained: work, resident_asked, mistake, training,
             maintenance, equipment, agreed_hours
             unexplained: not_known, under_inquiry
             misuse: curiosity, private_use, badge_lent
             any: other

    \b
      cardd-fleet review 12 misuse badge_lent
    """

    def work(link: Link) -> None:
        if not found_by_rules.review(link, alarm, verdict, reason):
            text = run.pick(f"警告 {alarm}番はありません。", f"There is no alarm {alarm}.")
            told = {"error": {"name": "unknown_alarm", "message": text}}
            run.leave([json.dumps(told, ensure_ascii=False) if run.as_json else text], BROKEN)
        told_review = {"alarm": alarm, "verdict": verdict, "reason": reason}
        run.say(
            told_review, run.pick(f"警告 {alarm}番の確認を記録しました。", f"The review of alarm {alarm} is on record.")
        )

    run.with_link(work)
