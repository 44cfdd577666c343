"""Questions about one log: which uses fit, page by page. The index finds them; what is told is read from the log and checked."""

import json
import os
from bisect import bisect_right
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

from cardd.audit.chain import Damaged, decode_record, segment_name, segments
from cardd.audit.cutting import EVENT as CUT_EVENT
from cardd.audit.entries import Entry, segment_entries
from cardd.audit.records import Phase
from cardd.audit.tree import leaf_hash
from cardd.errors import AuditUnavailable, AuditUnknown
from cardd.history import schema
from cardd.history.index import IndexDamaged, View

Order = Literal["newest", "oldest"]
RESULTS: Final = ("done", "refused", "failed", "unknown", "open")
LENGTH: Final = 4


@dataclass(frozen=True, slots=True)
class Filters:
    """What a use must be; None (or empty) asks for nothing. All that is given must fit."""

    operator: str | None = None
    subject: str | None = None
    approver: str | None = None
    badge: str | None = None
    """Pseudonym of a badge's certificate, 32 hex digits."""
    cards: tuple[str, ...] = ()
    """Pseudonyms of one card, one for each year and source, 32 hex digits each: any of them."""
    purpose: str | None = None
    case: str | None = None
    seat: str | None = None
    terminal: str | None = None
    client: str | None = None
    event: str | None = None
    operation: str | None = None
    result: str | None = None
    """One of `RESULTS`. `refused` has what was refused before any card was touched, too; `open`: an intent that has no result yet."""
    code: str | None = None
    since_us: int | None = None
    until_us: int | None = None
    """Microseconds since 1970, UTC; `until_us` itself is outside."""
    number: int | None = None
    """The use to which the record of this number belongs, as its intent or its result: what an alarm names as evidence."""
    without_watching: bool = False
    """Leave out what the rules that look over the record wrote themselves, and who put a card on a list of theirs or took it off."""

    def names(self) -> tuple[str, ...]:
        """Which of them are given, for the record of the question: never what was given."""
        shown = {"cards": "card", "since_us": "since", "until_us": "until"}
        given = [each.name for each in fields(self) if getattr(self, each.name) not in (None, (), False)]
        return tuple(shown.get(name, name) for name in given)


@dataclass(frozen=True, slots=True)
class Use:
    """An intent with its result, or a state."""

    entry: Entry
    result: Entry | None = None

    @property
    def is_intent(self) -> bool:
        return self.entry.phase is Phase.INTENT

    def told(self, name: str) -> Any:
        """A field, from the result where that says it."""
        late = self.result.content.get(name) if self.result is not None else None
        return late if late is not None else self.entry.content.get(name)


@dataclass(frozen=True, slots=True)
class Found:
    """One page. `after`: number of the last use on it where there are more, else None."""

    uses: tuple[Use, ...]
    after: int | None


_PLAIN = {
    "operator": "operator", "subject": "subject", "approver": "approver", "badge": "badge", "purpose": "purpose",
    "case": "case_number", "seat": "seat", "terminal": "terminal", "client": "client", "event": "event",
    "operation": "operation", "code": "code",
}  # fmt: skip
_RESULT = {
    "refused": "(result = 'refused' OR (phase = 3 AND code IS NOT NULL))",
    "open": "(phase = 1 AND result IS NULL)",
}


def find(
    view: View, records: "Records", filters: Filters, *, order: Order, after: int | None, limit: int, most_bytes: int
) -> Found:
    """Up to `limit` uses that fit, in the order of their numbers, behind the use `after`; fewer where their records have more than
    `most_bytes`, but always one. Raises `IndexDamaged`, `AuditUnavailable` (`log_changed`).
    """
    conditions, values = _conditions(view, filters)
    if filters.number is not None:
        conditions.append("sequence = ?")
        values.append(records.use_number(filters.number))
    if after is not None:
        conditions.append("sequence < ?" if order == "newest" else "sequence > ?")
        values.append(after)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    turn = "DESC" if order == "newest" else "ASC"
    statement = f"SELECT {', '.join(schema.COLUMNS)} FROM uses{where} ORDER BY sequence {turn} LIMIT ?"  # noqa: S608
    rows = view.rows(statement, (*values, limit + 1))
    uses: list[Use] = []
    held = 0
    for row in rows[:limit]:
        use = records.use(dict(zip(schema.COLUMNS, row, strict=True)))
        held += len(use.entry.octets) + (len(use.result.octets) if use.result is not None else 0)
        if uses and held > most_bytes:
            break
        uses.append(use)
    return Found(tuple(uses), uses[-1].entry.sequence if len(uses) < len(rows) else None)


def cut_before(view: View, records: "Records", first: int) -> Entry | None:
    """The newest record that says that what was before record `first` was cut off (A8); None where no record says so.

    Raises as `Records.entry`.
    """
    rows = view.rows(
        "SELECT sequence FROM uses WHERE event = ? AND sequence >= ? ORDER BY sequence DESC", (CUT_EVENT, first)
    )
    for (sequence,) in rows:
        entry = records.entry(sequence)
        done = entry.phase is Phase.STATE and entry.event == CUT_EVENT and entry.text("code") is None
        if done and (entry.number("last_sequence") or 0) >= first - 1:
            return entry
    return None


def _conditions(view: View, filters: Filters) -> tuple[list[str], list[Any]]:
    """The words after WHERE, and what stands for their question marks."""
    given = {column: value for name, column in _PLAIN.items() if (value := getattr(filters, name)) is not None}
    conditions, values = _span(view, filters)
    led = "card" if filters.cards else next((column for column in schema.INDEXED if column in given), None)
    if filters.cards:
        conditions.append(f"card IN ({', '.join('?' * len(filters.cards))})")
        values.extend(filters.cards)
    for column, value in given.items():
        # A plus keeps SQLite from taking the index of a column that says less than the one that leads.
        conditions.append(f"{'' if column == led else '+'}{column} = ?")
        values.append(value)
    if filters.without_watching:
        conditions.append("event NOT GLOB 'watch.*' AND ifnull(operation, '') <> 'watch_list'")
    if filters.result is not None:
        known = _RESULT.get(filters.result)
        conditions.append(known or "result = ?")
        values.extend(() if known else (filters.result,))
    return conditions, values


def _span(view: View, filters: Filters) -> tuple[list[str], list[Any]]:
    """A span of time as a span of numbers, by the days that it touches: a clock that was set back does no harm to that."""
    if filters.since_us is None and filters.until_us is None:
        return [], []
    since, until = filters.since_us or 0, schema.LARGEST if filters.until_us is None else filters.until_us
    days = (schema.day_in_japan(since), schema.day_in_japan(until))
    ((first, last),) = view.rows("SELECT min(first), max(last) FROM days WHERE day BETWEEN ? AND ?", days)
    return (
        ["sequence BETWEEN ? AND ?", "+utc_us >= ?", "+utc_us < ?"],
        [first or 0, last or 0, min(since, schema.LARGEST), min(until, schema.LARGEST)],
    )


class Records:
    """Reads single records of one log by their numbers. For one question, on one thread."""

    def __init__(self, log: Path, view: View) -> None:
        """`log`: the directory of the segments. Raises `OSError`."""
        self._log, self._view = log, view
        self._firsts = [int(path.stem) for path in segments(log)]

    def entry(self, sequence: int) -> Entry:
        """One record, whose bytes are still those that the index took in.

        Raises `AuditUnknown` (`sequence`, `cut_off`), `IndexDamaged`, `AuditUnavailable` (`log_changed`).
        """
        offset = self._view.hashes.place(sequence)
        number = bisect_right(self._firsts, sequence) - 1
        if number < 0:
            raise AuditUnknown(problem="cut_off")
        path = self._log / segment_name(self._firsts[number])
        try:
            octets = _read(path, offset)
            record = decode_record(octets, 0, sequence=sequence)
            content = json.loads(record.json)
        except (OSError, Damaged, ValueError) as error:
            raise self._blamed(path, sequence) from error
        if leaf_hash(octets) != self._view.hashes.leaf(sequence - 1):
            raise self._blamed(path, sequence)
        return Entry(
            self._view.log_id, sequence, record.utc_us, Phase(record.phase), record.hash.hex(), content, octets
        )

    def _blamed(self, path: Path, sequence: int) -> IndexDamaged | AuditUnavailable:
        """Whose fault it is that a record is not where the index says: the index's, if it stands elsewhere in its segment as it was."""
        leaf = self._view.hashes.leaf(sequence - 1)
        try:
            found = any(each.sequence == sequence and leaf_hash(each.octets) == leaf for each in segment_entries(path))
        except (OSError, Damaged, ValueError):
            found = False
        return IndexDamaged() if found else AuditUnavailable(problem="log_changed")

    def use_number(self, sequence: int) -> int:
        """Number of the use to which a record belongs: of a result its intent's, of every other its own; 0 where none is kept.

        Raises as `entry`.
        """
        if not 0 < sequence <= self._view.size:
            return 0
        try:
            entry = self.entry(sequence)
        except AuditUnknown:
            return 0
        return entry.number("intent") or 0 if entry.phase is Phase.RESULT else sequence

    def use(self, row: schema.Row) -> Use:
        """The use of a row. Raises as `entry`; `IndexDamaged` as well when the log says something else than the row."""
        entry = self.entry(row["sequence"])
        result = self.entry(row["closed"]) if row["closed"] is not None else None
        expected = schema.row_of(entry)
        if result is not None:
            schema.close(expected, schema.closing_of(result))
        if expected != row:
            raise IndexDamaged
        return Use(entry, result)


def _read(path: Path, offset: int) -> bytes:
    """The bytes of the record that begins at `offset`. Raises `OSError`, `ValueError` for too few."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        length = LENGTH + int.from_bytes(os.pread(file, LENGTH, offset), "big")
        octets = os.pread(file, length, offset)
    finally:
        os.close(file)
    if len(octets) != length:
        raise ValueError("short")
    return octets
