"""Alarms of one log and what became of each, as the index has them: for choosing. What is told of one is read from the log."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from cardd.audit.entries import Entry
from cardd.errors import AuditUnknown
from cardd.history import schema
from cardd.history.index import IndexDamaged, View
from cardd.history.questions import Records

State = Literal["open", "reviewed", "all"]
_STATES: dict[State, str] = {"open": "review IS NULL", "reviewed": "review IS NOT NULL", "all": "TRUE"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One alarm, and its newest review."""

    entry: Entry
    review: Entry | None


@dataclass(frozen=True, slots=True)
class Tally:
    """So many alarms of one rule in one month (of Japan, `2026-11`). `verdict` None: nobody has looked at them."""

    watch: str
    month: str
    verdict: str | None
    count: int


def newest(
    view: View, records: Records, *, state: State, watch: str | None, before: int | None, limit: int
) -> list[Finding]:
    """Up to `limit` alarms, the newest first, with numbers below `before`. Raises `IndexDamaged`, and as `Records.entry`."""
    conditions, values = [_STATES[state]], list[Any]()
    for condition, value in (("watch = ?", watch), ("sequence < ?", before)):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    where = " AND ".join(conditions)
    statement = f"SELECT sequence, watch, review FROM alarms WHERE {where} ORDER BY sequence DESC LIMIT ?"  # noqa: S608
    found: list[Finding] = []
    for row in view.rows(statement, (*values, limit)):
        with suppress(AuditUnknown):  # cut off in this moment
            found.append(_finding(records, *row))
    return found


def tallies(view: View) -> list[Tally]:
    """All alarms of the log, counted. Raises `IndexDamaged`."""
    statement = "SELECT watch, month, verdict, count(*) FROM alarms GROUP BY watch, month, verdict"
    return [Tally(*row) for row in view.rows(statement)]


def _finding(records: Records, sequence: int, watch: str, review: int | None) -> Finding:
    entry = records.entry(sequence)
    reviewed = records.entry(review) if review is not None else None
    told = schema.alarm_of(entry)
    known = schema.review_of(reviewed) if reviewed is not None else None
    if told is None or told["watch"] != watch or (reviewed is not None and (known or {}).get("alarm") != sequence):
        raise IndexDamaged
    return Finding(entry, reviewed)
