"""What may be cut off the record today, and what is left of it in numbers (A8). Reads files; changes nothing."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, takewhile
from pathlib import Path

from cardd.audit.chain import Damaged, segments
from cardd.audit.cutting import Count
from cardd.audit.entries import Entry, segment_entries
from cardd.audit.records import Phase
from cardd.audit.spans import Span, lived_through, span_of
from cardd.errors import AuditCutRefused
from cardd.japan_time import JAPAN, today, utc

DAY_US = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEFT = frozenset({"head.witnessed", "audit.export_head"})
"""Events of a head that left the machine."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Whole segments that may go: the oldest ones, one after the other, as they stand now. Times in microseconds since 1970."""

    before: date
    """As it was asked for, in Japan."""
    paths: tuple[Path, ...]
    log_id: str
    first_sequence: int
    last_sequence: int
    last_hash: str
    first_utc_us: int
    last_utc_us: int
    octets: int
    """Bytes on the disk."""

    @property
    def count(self) -> int:
        return self.last_sequence - self.first_sequence + 1


@dataclass(frozen=True, slots=True)
class Summary:
    """What is left of the records that go: counts, and the records `log.key` whole, in base64 with their sequence numbers."""

    counts: tuple[Count, ...]
    keys: tuple[tuple[int, str], ...]


def plan_cut(directory: Path, before: date, now_us: int, keep_years: int) -> Plan:
    """The segments all of whose records are older than the day `before` (in Japan), and that the office has kept long enough.

    Raises `AuditCutRefused`: `too_young` (`before` lies within the years that are kept), `nothing` (no whole segment is so old),
    `clock` (by the clock one is, but the log has not lived through so many years since), `damaged`; `OSError`.
    """
    if before > years_before(today(now_us), keep_years):
        raise AuditCutRefused(problem="too_young")
    try:
        spans = [span_of(path) for path in segments(directory)]
        _check_order(spans)
    except Damaged as damage:
        raise AuditCutRefused(problem="damaged") from damage
    limit_us = (datetime(before.year, before.month, before.day, tzinfo=JAPAN) - EPOCH) // timedelta(microseconds=1)
    by_clock = _leading(spans[:-1], lambda span: span.latest_us < limit_us)
    if not by_clock:
        raise AuditCutRefused(problem="nothing")
    ages = _lived_since(spans, now_us)
    old = _leading(by_clock, lambda span: ages[span.first] >= days_of(keep_years) * DAY_US)
    if not old:
        raise AuditCutRefused(problem="clock")
    going = _up_to_a_tree(old, spans)
    return _plan(before, going)


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; 28 February for a 29th that is not there."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def days_of(years: int) -> int:
    """As many days as so many years in a row have at most."""
    return 365 * years + years // 4 + 1


def check_left(directory: Path, last_sequence: int) -> None:
    """Whether a head that covers the record `last_sequence` left the machine, as the newest records tell. Raises
    `AuditCutRefused` (`not_outside`), `OSError`."""
    for path in reversed(segments(directory)):
        octets = path.read_bytes()
        if any(event.encode() in octets for event in LEFT) and any(
            (entry.number("head_size") or 0) >= last_sequence for entry in segment_entries(path) if entry.event in LEFT
        ):
            return
    raise AuditCutRefused(problem="not_outside")


def summarize(plan: Plan) -> Summary:
    """Read the records that go. Memory grows with what is left of them. Raises `OSError`, `Damaged`."""
    sums: dict[tuple[str, int, str, str, str, str], int] = {}
    keys: list[tuple[int, str]] = []
    open_uses: dict[int, tuple[str, str, str]] = {}
    for path in plan.paths:
        for entry in segment_entries(path):
            kind = _kind(entry, open_uses)
            sums[kind] = sums.get(kind, 0) + 1
            if entry.event == "log.key":
                keys.append((entry.sequence, base64.b64encode(entry.octets).decode("ascii")))
    return Summary(tuple(Count(*kind, count) for kind, count in sums.items()), tuple(keys))


def _kind(entry: Entry, open_uses: dict[int, tuple[str, str, str]]) -> tuple[str, int, str, str, str, str]:
    """Under what a record is counted. A result goes by its intent; what is not known of one that went earlier stays empty."""
    month = f"{utc(entry.utc_us).astimezone(JAPAN):%Y-%m}"
    said = entry.event, entry.text("role") or "", entry.text("purpose") or ""
    if entry.phase is Phase.RESULT:
        event, role, purpose = open_uses.pop(entry.number("intent") or 0, ("", "", ""))
        return month, int(entry.phase), event, role or said[1], purpose, entry.text("result") or ""
    if entry.phase is Phase.INTENT:
        open_uses[entry.sequence] = said
    return (month, int(entry.phase), *said, "")


# --- ages ------------------------------------------------------------------------------------------------------------


def _lived_since(spans: list[Span], now_us: int) -> dict[int, int]:
    """By first record of a segment: microseconds that the log itself lived through since that segment's last record.

    A clock that jumps ahead, or once stood years back, makes no record old: such a gap between neighbours counts for nothing.
    """
    ages: dict[int, int] = {}
    later = lived_through(now_us - spans[-1].last_us) if spans[-1].count else 0
    after: Span | None = None
    for span in reversed(spans):
        if after is not None and after.count:
            later += after.lived_us + lived_through(after.first_us - span.last_us)
        ages[span.first] = later
        after = span
    return ages


def _check_order(spans: list[Span]) -> None:
    for before, span in pairwise(spans):
        if (span.first, span.before) != (before.last + 1, before.last_hash):
            raise Damaged("segment_chain", sequence=span.first, offset=0, file=span.path.name)


def _leading(spans: list[Span], fits: Callable[[Span], bool]) -> list[Span]:
    return list(takewhile(fits, spans))


def _up_to_a_tree(going: list[Span], spans: list[Span]) -> list[Span]:
    """Leave as many as it takes for the first segment that is kept to say what the tree was before it."""
    for last in range(len(going), 0, -1):
        first_kept = next(segment_entries(spans[last].path), None)
        if first_kept is not None and isinstance(first_kept.content.get("tree"), list):
            return going[:last]
    raise AuditCutRefused(problem="nothing")


def _plan(before: date, going: list[Span]) -> Plan:
    first, last = going[0], going[-1]
    return Plan(
        before,
        tuple(each.path for each in going),
        first.log_id.hex(),
        first.first,
        last.last,
        last.last_hash.hex(),
        min(each.earliest_us for each in going),
        max(each.latest_us for each in going),
        sum(each.path.stat().st_size for each in going),
    )
