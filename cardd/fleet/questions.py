"""The questions of one log, asked of all: which uses fit, newest or oldest first, page by page; and what a card's records say.

What is told is taken from the record's own bytes, not from the columns that found it. Each question is put on record in the
database (`asked`): which filters, never an answer.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cardd.audit.chain import Damaged, decode_record
from cardd.audit.entries import Entry
from cardd.audit.records import Phase
from cardd.fleet.database import Link
from cardd.history.questions import Filters, Order, Use
from cardd.japan_time import JAPAN

MOST_ON_A_PAGE = 1000
EPOCH = datetime.fromtimestamp(0, JAPAN)
_LED = ("case", "operator", "purpose")
"""Filters with an index of their own, the one that says most first; cards come before all."""
_COLUMNS = {
    "operator": "operator", "subject": "subject", "approver": "approver", "badge": "badge", "purpose": "purpose", "case": "case_number",
    "seat": "seat", "terminal": "terminal", "client": "client", "event": "event", "operation": "operation", "code": "code",
}  # fmt: skip
_RESULTS = {
    "refused": "(r.result = 'refused' OR (i.phase = 3 AND i.code IS NOT NULL))",
    "open": "(i.phase = 1 AND r.result IS NULL)",
}
_PAGE = """
SELECT i.log_id, i.octets, r.octets, i.utc_us, i.sequence FROM {found} i
LEFT JOIN LATERAL (
  SELECT * FROM record r WHERE r.log_id = i.log_id AND r.office = i.office AND r.intent = i.sequence AND r.phase = 2
    AND r.month >= i.month LIMIT 1
) r ON i.phase = 1
WHERE i.phase <> 2 {conditions} ORDER BY i.utc_us {turn}, i.log_id {turn}, i.sequence {turn} LIMIT %(limit)s
"""
_CANDIDATES = """(
  SELECT b.* FROM (
    SELECT log_id, office, sequence FROM record WHERE phase <> 2 AND {condition} {months}
    UNION SELECT log_id, office, intent FROM record WHERE phase = 2 AND {condition} {months}
  ) found JOIN record b USING (log_id, office, sequence)
)"""


@dataclass(frozen=True, slots=True)
class Told:
    """One use, and the terminal whose log has it."""

    terminal: str
    use: Use


@dataclass(frozen=True, slots=True)
class Page:
    """`cursor`: give it with the next question to go on; None at the end."""

    told: tuple[Told, ...]
    cursor: str | None


def ask(
    link: Link,
    filters: Filters,
    *,
    order: Order = "newest",
    cursor: str | None = None,
    limit: int = 50,
    what: str = "query",
) -> Page:
    """Up to `limit` uses (1 to 1,000) of all terminals that fit. Raises `FleetProblem`; `ValueError` for a bad cursor or limit."""
    if not 1 <= limit <= MOST_ON_A_PAGE:
        raise ValueError("limit")
    _put_on_record(link, what, filters)
    statement, values = _statement(filters, order, _parsed(cursor), _first_month(link, filters))
    rows = link.rows(statement, {**values, "limit": limit + 1})
    names = {log_id: terminal for log_id, terminal in link.rows("SELECT log_id, terminal FROM log")}
    told = tuple(
        Told(names.get(log_id, ""), Use(_entry(log_id, octets), None if closing is None else _entry(log_id, closing)))
        for log_id, octets, closing, _, _ in rows[:limit]
    )
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(told, None if last is None else f"{last[3]}.{last[0].hex}.{last[4]}")


def disclose(link: Link, cards: tuple[str, ...]) -> Iterator[Told]:
    """Everything on record about one card, oldest first. `cards`: all its pseudonyms (one a year and source), 32 hex digits each,
    as a terminal of the same municipality derives them from the card that is presented there. That the card stands on a watch list is
    left out, as at a terminal: the holder may not be the person who is protected. Raises `FleetProblem`.
    """
    cursor: str | None = None
    while True:
        page = ask(link, Filters(cards=cards), order="oldest", cursor=cursor, limit=MOST_ON_A_PAGE, what="disclose")
        yield from (told for told in page.told if not _of_watching(told.use))
        cursor = page.cursor
        if cursor is None:
            return


def _of_watching(use: Use) -> bool:
    return use.entry.event.startswith("watch.") or use.entry.text("operation") == "watch_list"


def _put_on_record(link: Link, what: str, filters: Filters) -> None:
    """Operator and subject are named; of a card or a case only that it was asked for."""
    told: dict[str, Any] = {"filters": filters.names()}
    told |= {name: value for name in ("operator", "subject") if (value := getattr(filters, name)) is not None}
    link.rows("SELECT ask(%(what)s::text, %(told)s::jsonb)", {"what": what, "told": json.dumps(told)})


def _statement(
    filters: Filters, order: Order, after: tuple[int, UUID, int] | None, month: object
) -> tuple[str, dict[str, Any]]:
    """The question as SQL and its values; no text that was given stands in the SQL itself."""
    given = {name: value for name in _COLUMNS if (value := getattr(filters, name)) is not None}
    values: dict[str, Any] = {**given, "cards": list(filters.cards), "month": month}
    values |= {"since": filters.since_us, "until": filters.until_us, "result": filters.result}
    found = "record" if month is None else "(SELECT * FROM record WHERE month >= %(month)s)"
    led = "cards" if filters.cards else next((name for name in _LED if name in given), None)
    if led is not None:
        found = _candidates(
            "card = ANY(%(cards)s::text[])" if led == "cards" else f"{_COLUMNS[led]} = %({led})s::text", month
        )
    conditions = [f"coalesce(r.{_COLUMNS[name]}, i.{_COLUMNS[name]}) = %({name})s::text" for name in given]
    if filters.cards:
        conditions.append("coalesce(r.card, i.card) = ANY(%(cards)s::text[])")
    if filters.since_us is not None:
        conditions.append("i.utc_us >= %(since)s::bigint")
    if filters.until_us is not None:
        conditions.append("i.utc_us < %(until)s::bigint")
    if filters.result is not None:
        conditions.append(_RESULTS.get(filters.result, "r.result = %(result)s::text"))
    if after is not None:
        values |= {"at": after[0], "log": after[1], "sequence": after[2]}
        sign = "<" if order == "newest" else ">"
        conditions.append(
            f"(i.utc_us, i.log_id, i.sequence) {sign} (%(at)s::bigint, %(log)s::uuid, %(sequence)s::bigint)"
        )
    told = "".join(f" AND {each}" for each in conditions)
    turn = "DESC" if order == "newest" else "ASC"
    return _PAGE.format(found=found, conditions=told, turn=turn), values


def _candidates(condition: str, month: object) -> str:
    return _CANDIDATES.format(condition=condition, months="" if month is None else "AND month >= %(month)s")


def _first_month(link: Link, filters: Filters) -> object:
    """The first month whose partitions can have what fits; None: all. Records are never filed before their own month, but for those
    whose clock told a time that cannot be.
    """
    if filters.since_us is None:
        return None
    day = (EPOCH + timedelta(microseconds=max(0, min(filters.since_us, 2**52)))).date().replace(day=1)
    (odd,) = link.one("SELECT min(odd_from) FROM log")
    return day if odd is None else min(day, odd)


def _parsed(cursor: str | None) -> tuple[int, UUID, int] | None:
    if cursor is None:
        return None
    utc_us, log_id, sequence = cursor.split(".")
    return int(utc_us), UUID(log_id), int(sequence)


def _entry(log_id: UUID, octets: bytes) -> Entry:
    """What cannot be read has no content; the check of the log says what is wrong with it."""
    record = decode_record(octets, 0)
    try:
        content = json.loads(record.json)
    except (ValueError, RecursionError):
        content = None
    told = content if isinstance(content, dict) else {}
    return Entry(log_id.hex, record.sequence, record.utc_us, _phase(record.phase), record.hash.hex(), told, octets)


def _phase(number: int) -> Phase:
    return Phase(number) if number in tuple(Phase) else Phase.STATE


def entries_of(rows: Iterator[tuple[UUID, bytes]]) -> Iterator[Entry]:
    """Entries from log ids and bytes; what is no record is left out, for the check names it."""
    for log_id, octets in rows:
        try:
            yield _entry(log_id, octets)
        except Damaged:
            continue
