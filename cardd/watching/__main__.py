"""`python -m cardd.watching replay DIRECTORY…`: old records through the rules, without a daemon. It changes nothing."""

import argparse
import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NoReturn, TextIO

from cardd import config
from cardd.audit.chain import Damaged, segments
from cardd.japan_time import JAPAN
from cardd.process.language import language_of_environment
from cardd.tomlfile import BrokenFile
from cardd.watch_settings import Watching
from cardd.watching.lists import LISTS, ListBroken, WatchList
from cardd.watching.registry import WATCHES, Lists
from cardd.watching.replay import Replayed, Wanted, replay
from cardd.watching.words import Locale, name, say

GOOD, DAMAGED, UNREADABLE, USAGE = 0, 1, 2, 64
BAR = 30
MONTHS = 12
"""Months that the table shows, the newest."""
_ENDINGS = "exit status: 0 gone through; 1 the record is damaged; 2 something cannot be read; 64 wrong usage"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = _Parser(prog="python -m cardd.watching", description=__doc__, epilog=_ENDINGS)
    commanding = whole.add_subparsers(required=True, metavar="COMMAND")
    one = commanding.add_parser("replay", help="what the rules say of old records", epilog=_ENDINGS)
    one.add_argument(
        "directories",
        nargs="+",
        type=Path,
        metavar="DIRECTORY",
        help="of a log's segments; several: by time",
    )
    one.add_argument("--settings", type=Path, metavar="FILE", help="a cardd.toml: its [watching], and its watch lists")
    one.add_argument(
        "--since", type=date.fromisoformat, metavar="DAY", help="count from this day on (YYYY-MM-DD, Japan)"
    )
    one.add_argument("--hits", type=int, default=0, metavar="N", help="also name the newest N hits; with --json")
    one.add_argument("--json", action="store_true", help="one line of JSON")
    one.add_argument(
        "--locale", choices=("ja", "en"), default=language_of_environment(), help="language; default from LANG"
    )
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and give the exit status."""
    given = parser().parse_args(arguments)
    locale: Locale = given.locale
    try:
        return _replay(given, locale)
    except BrokenFile as error:
        print(error, file=sys.stderr)
    except ListBroken as error:
        print(say(locale, "list_broken", problem=error.problem), file=sys.stderr)
    except Damaged as error:
        print(say(locale, "damaged", problem=error.problem, sequence=error.sequence), file=sys.stderr)
        return DAMAGED
    except BrokenPipeError:
        # Whoever reads has seen enough; the interpreter must not try again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD
    except OSError as error:
        print(say(locale, "unreadable", problem=f"{error.filename}: {error.strerror}"), file=sys.stderr)
    return UNREADABLE


def _replay(given: argparse.Namespace, locale: Locale) -> int:
    for directory in given.directories:
        if not segments(directory):
            print(say(locale, "no_log", problem=directory), file=sys.stderr)
            return UNREADABLE
    values, lists = _settings(given.settings)
    since = None if given.since is None else _midnight_us(given.since)
    wanted = Wanted(given.directories, values, lists or Lists(), since, given.hits)
    bar = _Bar(sys.stderr)
    found = replay(wanted, bar.tell)
    bar.end()
    if given.json:
        print(json.dumps(found.as_json(), ensure_ascii=False))
        return GOOD
    print(say(locale, "records", count=found.records))
    for line in table(found, locale, _room()) or [say(locale, "none")]:
        print(line)
    if lists is None:
        print(say(locale, "no_lists"))
    return GOOD


def _midnight_us(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=JAPAN).timestamp()) * 1_000_000


def _settings(path: Path | None) -> tuple[Watching, Lists | None]:
    """The rules' values and the lists. Raises `BrokenFile`, `ListBroken`."""
    if path is None:
        return Watching(), None
    settings = config.load(path)
    staff, protected = (WatchList(settings.watch_list_path(which)) for which in LISTS)
    return settings.watching, Lists(staff, protected)


def table(found: Replayed, locale: Locale, room: int | None = None) -> list[str]:
    """A line for each rule that spoke or has alarms on record; the newest twelve months across. Empty: none did.

    `room`: columns that a line may have. Where it is too narrow each rule's name stands in a line of its own, and only as many months
    as fit, the newest.
    """
    months = sorted({month for _, month in found.months})[-MONTHS:]
    lines = _lines(found, locale, months, apart=False)
    if room is None or max(map(_width, lines), default=0) <= room:
        return lines
    while max(map(_width, lines := _lines(found, locale, months, apart=True)), default=0) > room and months:
        months = months[1:]
    return lines


def _lines(found: Replayed, locale: Locale, months: Sequence[str], *, apart: bool) -> list[str]:
    """The table, with the names of the rules in a column, or each in a line above its numbers."""
    rows = [
        [
            say(locale, "rule"),
            "",
            *months,
            *(say(locale, word) for word in ("total", "recorded", "reviewed", "explained")),
        ],
        *_rows(found, locale, months),
    ]
    if len(rows) == 1:
        return []
    names = [row.pop(1) for row in rows] if apart else []
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    first_number = 1 if apart else 2
    lines = [
        "  ".join(_placed(cell, widths[at], right=at >= first_number) for at, cell in enumerate(row)).rstrip()
        for row in rows
    ]
    return [
        part
        for name, line in zip(names or [""] * len(lines), lines, strict=True)
        for part in (line, f"    {name}")
        if part.strip()
    ]


def _rows(found: Replayed, locale: Locale, months: Sequence[str]) -> Iterator[list[str]]:
    for watch in WATCHES:
        total = sum(count for (word, _), count in found.months.items() if word == watch)
        told = found.on_record.counts(watch)
        if not total and not told["alarms"]:
            continue
        share = f"{100 * told['explained'] // told['reviewed']} %" if told["reviewed"] else "-"
        counts = [str(found.months[watch, month]) for month in months]
        yield [watch, name(locale, watch), *counts, str(total), str(told["alarms"]), str(told["reviewed"]), share]


def _room() -> int | None:
    """Columns of whoever reads along; None behind a pipe or in a file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() or "COLUMNS" in os.environ else None


def _placed(cell: str, width: int, *, right: bool) -> str:
    gap = " " * (width - _width(cell))
    return gap + cell if right else cell + gap


def _width(text: str) -> int:
    """Columns on a screen: Japanese letters take two (Unicode Standard Annex #11)."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


class _Bar:
    """A line that fills up; only on a screen."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._shown = stream, stream.isatty()

    def tell(self, done: int, whole: int) -> None:
        if self._shown:
            share = min(1.0, done / whole) if whole else 1.0
            full = int(share * BAR)
            self._stream.write(f"\r[{'#' * full}{'.' * (BAR - full)}] {int(share * 100):3} %")
            self._stream.flush()

    def end(self) -> None:
        if self._shown:
            self._stream.write("\r" + " " * (BAR + 10) + "\r")
            self._stream.flush()


if __name__ == "__main__":
    sys.exit(main())
