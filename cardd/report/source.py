"""Fills a report from one log directory: the month's records in one pass, its heads, and what the verifier says about it."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cardd.audit import verifier
from cardd.audit.chain import segments
from cardd.audit.checkpoint import BadNote, SignedHead, parse, split
from cardd.audit.entries import segment_entries
from cardd.audit.spans import Span, span_of
from cardd.policy.rules import Policy
from cardd.policy.words import Locale, Two
from cardd.report.data import EPOCH, Figures, Heads, Month, Names, Opening, Purpose, Terminal, Verification
from cardd.report.tally import REVIEW, Tally

DAY = timedelta(days=1)
LOCALES: tuple[Locale, ...] = ("ja", "en")
WHOLE, DAMAGED, CANNOT = 0, 1, 2
"""How the verifier ends."""
MOST_SAID = 4_000
"""Characters of the verifier's words that are printed."""


def read_month(directory: Path, month: Month, opening: Opening) -> Figures:
    """Count the records of `month`. Memory holds one segment and what the report shows.

    Segments without a record of the month are passed over by their headers; behind the month only results that are awaited
    and reviews of alarms are looked for. Raises `OSError`, and `Damaged` where what stands there is no log.
    """
    tally = Tally(month, opening)
    for path, inside in _with_place(directory, month):
        if inside or tally.waiting or REVIEW.encode() in path.read_bytes():
            tally.feed(segment_entries(path))
    figures = tally.figures()
    figures.cut_until_us = _cut_until(directory, month)
    return figures


def _cut_until(directory: Path, month: Month) -> int:
    """By the log itself: a log whose first record is not number 1 was cut off before it (A8)."""
    kept = next((span for span in map(span_of, segments(directory)) if span.count), None)
    return kept.first_us if kept is not None and kept.first > 1 and kept.first_us > month.first_us else 0


def _with_place(directory: Path, month: Month) -> Iterator[tuple[Path, bool]]:
    """Each segment from the first that has a record of the month on, and whether it has one."""
    begun = False
    for path in segments(directory):
        inside = _overlaps(span_of(path), month)
        begun = begun or inside
        if begun:
            yield path, inside


def _overlaps(span: Span, month: Month) -> bool:
    return span.count > 0 and span.earliest_us < month.end_us and span.latest_us >= month.first_us


# --- heads -----------------------------------------------------------------------------------------------------------


def read_heads(directory: Path, month: Month, terminal: Terminal, now_us: int) -> Heads:
    """The heads files of the log: how many heads each day of the month has, and the newest one of all.

    A head whose text cannot be read makes its file `unreadable`; signatures are the verifier's. Raises `OSError`.
    """
    by_day: dict[str, int] = {}
    unreadable: list[str] = []
    newest: tuple[int, str] = (0, "")
    files = sorted((directory / "heads").glob("*.heads"))
    for path in files:
        found = _notes(path, unreadable)
        if found and found[-1][0].head.size >= newest[0]:
            newest = found[-1][0].head.size, found[-1][1].decode("utf-8")
        if path.stem in {day.isoformat() for day in month.days}:
            by_day[path.stem] = len(found)
    begun = _day_utc(terminal.first_us) if not files else _day_of(files[0], terminal)
    missing = tuple(day.isoformat() for day in _due(month, begun, now_us) if not by_day.get(day.isoformat()))
    return Heads(terminal.terminal, terminal.log_id, by_day, newest[1], newest[0], missing, tuple(unreadable))


def _notes(path: Path, unreadable: list[str]) -> list[tuple[SignedHead, bytes]]:
    try:
        return [(parse(note), note) for note in split(path.read_bytes())]
    except BadNote:
        unreadable.append(path.name)
        return []


def _due(month: Month, begun: date, now_us: int) -> Iterable[date]:
    """The days of the month for which there must be a head: since the log began, until the day before this one."""
    return (day for day in month.days if begun <= day < _day_utc(now_us))


def _day_of(path: Path, terminal: Terminal) -> date:
    try:
        return date.fromisoformat(path.stem)
    except ValueError:
        return _day_utc(terminal.first_us)


def _day_utc(utc_us: int) -> date:
    return (EPOCH + timedelta(microseconds=utc_us)).astimezone(UTC).date()


# --- verifier --------------------------------------------------------------------------------------------------------


def verify(
    directory: Path,
    terminal: Terminal,
    now_us: int,
    key: str | None = None,
    *,
    without_previous: bool = False,
    anchors: Iterable[Path] = (),
    witnesses: Iterable[str] = (),
) -> Verification:
    """Let the verifier check the whole log, once and in a process of its own, and keep what it says in each language.

    `key`: the log's first public key as the office keeps it outside the machine (C2SP verifier key). `without_previous`: this is
    one log alone, and those that it goes on from are kept elsewhere. `anchors`: heads kept elsewhere, files or folders;
    `witnesses`: verifier keys of those who must have signed one of these heads.
    """
    command = [sys.executable, "-P", str(Path(verifier.__file__)), str(directory), "--json"]
    options = [*(["--key", key] if key else []), *(["--without-previous"] if without_previous else [])]
    options += [word for each in anchors for word in ("--anchor", str(each))]
    options += [word for each in witnesses for word in ("--witness", each)]
    ended = subprocess.run(  # noqa: S603 - this interpreter, the file beside this package
        [*command, *options], capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    state, said = _said(ended)
    kept = {locale: text[:MOST_SAID] for locale, text in said.items()}
    return Verification(terminal.terminal, terminal.log_id, state, kept, now_us, anchored=key is not None)


def _said(ended: subprocess.CompletedProcess[str]) -> tuple[str, dict[str, str]]:
    """State and words of a check, in each language; where it broke off, whatever it said."""
    if ended.returncode not in (WHOLE, DAMAGED, CANNOT) or not ended.stdout:
        return "unreadable", dict.fromkeys(LOCALES, ended.stderr)
    told = json.loads(ended.stdout)
    if ended.returncode == CANNOT:
        return "unreadable", {locale: told["says"][locale] for locale in LOCALES}
    finding = told["finding"] and verifier.Finding(**told["finding"])
    report = verifier.Report(**{**told, "finding": finding})
    state = "whole" if ended.returncode == WHOLE else "damaged"
    return state, {locale: verifier.summary(report, locale) for locale in LOCALES}


def now_us() -> int:
    """Microseconds since 1970."""
    return (datetime.now(UTC) - EPOCH) // timedelta(microseconds=1)


def names_of(policy: Policy) -> Names:
    """What the policy calls roles and purposes."""
    return Names(
        {code: Two(role.ja, role.en) for code, role in policy.roles.items()},
        {code: Purpose(Two(each.ja, each.en), each.legal_basis) for code, each in policy.purposes.items()},
        policy.hash,
    )
