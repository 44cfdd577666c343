"""`python -m cardd.report`: the monthly report from a log directory, without a daemon. `cardctl audit report` starts it."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from cardd.audit.chain import Damaged
from cardd.config import load as settings_from
from cardd.policy.load import load
from cardd.policy.words import Locale
from cardd.report.data import Month, Names, Opening, ReportData, Terminal, Verification
from cardd.report.page import render
from cardd.report.source import names_of, now_us, read_heads, read_month, verify
from cardd.report.times import local
from cardd.tomlfile import BrokenFile

GOOD, LOOK, BROKEN, USAGE = 0, 1, 2, 64
_ENDINGS = "exit status: 0 made; 1 made, and the verifier found damage or could not check; 2 not made; 64 wrong usage"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = _Parser(prog="python -m cardd.report", description=__doc__, epilog=_ENDINGS)
    made.add_argument("--log", type=Path, required=True, metavar="DIR", help="the log directory, or a copy of it")
    made.add_argument("--month", type=_month, help="like 2026-11, in Japan; left out: the month before this one")
    made.add_argument("--office", help="name of the office on the first page; left out: as the policy has it")
    made.add_argument("--out", type=Path, required=True, metavar="FILE", help="the HTML file to write")
    made.add_argument("--policy", type=Path, metavar="FILE", help="policy file, for the names of roles and purposes")
    made.add_argument("--key", metavar="VKEY", help="the log's first public key, as the office keeps it elsewhere")
    made.add_argument("--settings", type=Path, metavar="FILE", help="cardd.toml, for the opening hours of the office")
    made.add_argument(
        "--without-previous", action="store_true", help="the closed logs that this one goes on from may be missing"
    )
    made.add_argument("--no-verify", action="store_true", help="leave the verifier out; the report says so")
    made.add_argument("--locale", choices=("ja", "en"), default=_locale(), help="which language stands first")
    made.add_argument("--json", action="store_true", help="say what was made as one line of JSON")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Make one report. Exit status as `--help` says."""
    given = parser().parse_args(arguments)
    try:
        data = collect(given)
        _write(given.out, render(data, given.locale).encode("utf-8"))
    except (OSError, Damaged, BrokenFile) as error:
        print(f"{error}", file=sys.stderr)  # names the file, and the place in it
        return BROKEN
    states = sorted({each.state for each in data.verifications})
    told = {
        "month": str(data.month),
        "path": str(given.out),
        "uses": data.figures.uses.total,
        "alarms": data.figures.alarms.total,
        "alarms_open": sum(each.open for each in data.figures.reviews.values()),
        "verification": states,
    }
    print(json.dumps(told, ensure_ascii=False) if given.json else _sentence(told, given.locale))
    return LOOK if {"damaged", "unreadable"} & set(states) else GOOD


def collect(given: argparse.Namespace) -> ReportData:
    """Read what the report shows. Raises `OSError`, `Damaged`, `BrokenFile`."""
    now = now_us()
    month = given.month or _month_before(now)
    names, office = Names(), given.office or ""
    if given.policy is not None:
        policy = load(given.policy)
        names, office = names_of(policy), office or policy.table.office
    opening = Opening()
    if given.settings is not None:
        watching = settings_from(given.settings).watching
        opening = Opening(watching.hours, watching.w5.tolerance_minutes)
    if not given.log.is_dir():
        raise NotADirectoryError(f"{given.log}: there is no such directory")
    figures = read_month(given.log, month, opening)
    logs = list(figures.terminals.values()) or [Terminal("", "")]
    heads = tuple(read_heads(given.log, month, each, now) for each in logs if each.log_id)
    checks = tuple(
        Verification(each.terminal, each.log_id, "not_run")
        if given.no_verify
        else verify(given.log, each, now, given.key, without_previous=given.without_previous)
        for each in logs
    )
    return ReportData(month, office, now, figures, names, opening, heads, checks)


def _write(path: Path, octets: bytes) -> None:
    """Whole or not at all."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(octets)
    os.replace(beside, path)


def _sentence(told: dict[str, object], locale: Locale) -> str:
    if locale == "ja":
        return f"{told['path']} を作成しました。対象月 {told['month']}、利用 {told['uses']} 件、未確認の警告 {told['alarms_open']} 件。"
    return f"{told['path']} is made: {told['month']}, {told['uses']} uses, {told['alarms_open']} alarms not reviewed."


def _month_before(utc_us: int) -> Month:
    day = local(utc_us).date().replace(day=1) - timedelta(days=1)
    return Month(day.year, day.month)


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _locale() -> Locale:
    return "ja" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("ja") else "en"


if __name__ == "__main__":
    sys.exit(main())
