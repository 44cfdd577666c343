"""The index's tables: a row for each use (an intent with its result) and each state, one for each alarm with what became of it; nothing
that does not stand in the log.
"""

from typing import Any, Final

from cardd.audit.entries import Entry
from cardd.audit.records import Phase
from cardd.japan_time import JAPAN, utc

VERSION: Final = 2
"""Stands as `user_version` in the file; an index of any other version is thrown away and built again."""
JAPAN_US: Final = 9 * 3_600_000_000
DAY_US: Final = 86_400_000_000
LARGEST: Final = 2**63 - 1
"""What SQLite can hold; no real time or number comes near it."""
LAST_MONTH_US: Final = 253_402_214_400_000_000
"""The last day of the year 9999, behind which no calendar goes."""

TABLES: Final = """
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  log_id TEXT NOT NULL,
  base INTEGER NOT NULL,       -- records before the first that was kept when the index was begun
  base_peaks BLOB,             -- roots of the full subtrees over these, 32 bytes each, NULL where not known
  size INTEGER NOT NULL,       -- records of the log up to here, those before `base` counted
  segment INTEGER NOT NULL,    -- where the next record begins: its segment,
  place INTEGER NOT NULL,      -- and the offset in it
  last_hash BLOB NOT NULL,     -- SHA-256 of the record before that place, empty where not known
  root BLOB NOT NULL           -- of the tree over `size` records, empty where not known
) STRICT;
CREATE TABLE uses (
  sequence INTEGER PRIMARY KEY,
  utc_us INTEGER NOT NULL,
  day INTEGER NOT NULL,        -- days since 1970-01-01, counted in Japan
  phase INTEGER NOT NULL,      -- 1 intent (with its result), 3 state
  event TEXT NOT NULL,
  operation TEXT, operator TEXT, role TEXT, badge TEXT, approver TEXT, subject TEXT,
  purpose TEXT, case_number TEXT,
  seat TEXT, terminal TEXT, client TEXT, uid INTEGER,
  card TEXT, items TEXT,       -- items: names with commas between, as asked for
  result TEXT, code TEXT, problem TEXT,
  tries INTEGER,               -- tries left of the PIN afterwards
  closed INTEGER               -- number of the result record
) STRICT;
CREATE TABLE days (day INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
CREATE TABLE alarms (
  sequence INTEGER PRIMARY KEY,
  month TEXT NOT NULL,         -- of Japan, 2026-11
  watch TEXT NOT NULL,         -- the rule
  review INTEGER,              -- number of the newest review, NULL for none
  verdict TEXT                 -- what that says
) STRICT;
"""
ALARM: Final = "watch.alarm"
REVIEW: Final = "watch.review"
INDEXED: Final = ("card", "case_number", "badge", "approver", "subject", "operator", "code", "event", "purpose", "seat")
"""Columns that have an index, those first that say most: a question uses the first one that it names."""
INDEXES: Final = tuple(
    f"CREATE INDEX IF NOT EXISTS by_{column} ON uses ({column}) WHERE {column} IS NOT NULL" for column in INDEXED
)

COLUMNS: Final = (
    "sequence", "utc_us", "day", "phase", "event", "operation", "operator", "role", "badge", "approver", "subject",
    "purpose", "case_number", "seat", "terminal", "client", "uid", "card", "items", "result", "code", "problem", "tries",
    "closed",
)  # fmt: skip
INSERT: Final = f"INSERT INTO uses ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + each for each in COLUMNS)})"  # noqa: S608
_TOLD_LATER = ("operator", "role", "badge", "card")
"""What a result adds where the intent did not know it yet: a login learns from the badge who it is."""
CLOSE: Final = (
    "UPDATE uses SET result = :result, code = :code, problem = :problem, tries = :tries, closed = :closed, "  # noqa: S608
    + ", ".join(f"{each} = coalesce({each}, :{each})" for each in _TOLD_LATER)
    + " WHERE sequence = :intent AND phase = 1"
)
INSERT_ALARM: Final = "INSERT INTO alarms VALUES (:sequence, :month, :watch, :review, :verdict)"
REVIEW_ALARM: Final = (
    "UPDATE alarms SET review = :review, verdict = :verdict WHERE sequence = :alarm AND sequence < :review"
)
"""Reviews are taken in by their numbers: the newest stays."""
DAY: Final = (
    "INSERT INTO days VALUES (:day, :first, :last) ON CONFLICT (day) DO UPDATE "
    "SET first = min(first, excluded.first), last = max(last, excluded.last)"
)

Row = dict[str, Any]


def day_in_japan(utc_us: int) -> int:
    """Days since 1970-01-01, counted in Japan."""
    return (min(utc_us, LARGEST) + JAPAN_US) // DAY_US


def row_of(entry: Entry) -> Row:
    """The row of an intent or a state."""
    items = entry.content.get("items")
    return {
        "sequence": entry.sequence,
        "utc_us": min(entry.utc_us, LARGEST),
        "day": day_in_japan(entry.utc_us),
        "phase": int(entry.phase),
        "event": _text(entry, "event") or "",
        "case_number": _text(entry, "case"),
        "uid": _number(entry, "uid"),
        "items": ",".join(str(each) for each in items) if isinstance(items, list) else None,
        "result": None,
        "tries": None,
        "closed": None,
    } | {
        name: _text(entry, name)
        for name in (
            "operation", "operator", "role", "badge", "approver", "subject", "purpose", "seat", "terminal", "client", "card",
            "code", "problem",
        )
    }  # fmt: skip


def closing_of(entry: Entry) -> Row:
    """What a result says of its intent."""
    told: Row = {name: _text(entry, name) for name in ("result", "code", "problem", *_TOLD_LATER)}
    return told | {"tries": _number(entry, "tries_after"), "closed": entry.sequence, "intent": _number(entry, "intent")}


def close(row: Row, closing: Row) -> None:
    """The same as `CLOSE`, for an intent that is not in the table yet."""
    row |= {name: closing[name] for name in ("result", "code", "problem", "tries", "closed")}
    row |= {name: closing[name] for name in _TOLD_LATER if row[name] is None}


def alarm_of(entry: Entry) -> Row | None:
    """The row of what a rule found; None for every other record. Who asks for alarms, or is refused, has the method's name as event
    and no rule, or a code.
    """
    watch = _finding(entry, ALARM)
    if watch is None:
        return None
    month = utc(min(entry.utc_us, LAST_MONTH_US)).astimezone(JAPAN).strftime("%Y-%m")
    return {"sequence": entry.sequence, "month": month, "watch": watch, "review": None, "verdict": None}


def review_of(entry: Entry) -> Row | None:
    """What a review says of its alarm; None for every other record."""
    alarm = _number(entry, "alarm")
    if _finding(entry, REVIEW) is None or alarm is None:
        return None
    return {"review": entry.sequence, "verdict": _text(entry, "verdict"), "alarm": alarm}


def _finding(entry: Entry, event: str) -> str | None:
    found = entry.phase is Phase.STATE and entry.event == event and entry.text("code") is None
    return _text(entry, "watch") if found else None


def is_result(entry: Entry) -> bool:
    return entry.phase is Phase.RESULT


def _text(entry: Entry, name: str) -> str | None:
    told = entry.text(name)
    if told is None or told.isascii():
        return told
    return told.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text that SQLite takes


def _number(entry: Entry, name: str) -> int | None:
    told = entry.number(name)
    return told if told is None or abs(told) <= LARGEST else None
