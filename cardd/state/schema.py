"""The tables of state.db, as the steps that lead from each format to the next. A released step is never changed: a new one follows.

All times end in `_us`, microseconds. `own` is the store's own time (`cardd.state.store`), which limits count on; `utc` is what the
clock said, for people to read.
"""

from typing import Final

APPLICATION_ID: Final = 0x63617264
"""Stands in the header of each SQLite file of ours (sqlite.org/fileformat2.html, offset 68): the letters `card`."""

_FIRST: Final = (
    """CREATE TABLE own_time (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        boot_id TEXT NOT NULL,
        boottime_us INTEGER NOT NULL,
        own_us INTEGER NOT NULL,
        utc_us INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE login_subjects (
        subject TEXT PRIMARY KEY,
        touched INTEGER NOT NULL,
        locked_until_own_us INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE login_failures (
        id INTEGER PRIMARY KEY,
        subject TEXT NOT NULL REFERENCES login_subjects ON DELETE CASCADE,
        own_us INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX login_failures_of ON login_failures (subject, own_us)",
    """CREATE TABLE wrong_pins (
        id INTEGER PRIMARY KEY,
        own_us INTEGER NOT NULL,
        which TEXT NOT NULL,
        card TEXT,
        operator TEXT
    ) STRICT""",
    "CREATE INDEX wrong_pins_of_card ON wrong_pins (card, own_us)",
    "CREATE INDEX wrong_pins_of_operator ON wrong_pins (operator, own_us)",
    """CREATE TABLE approvals (
        id TEXT PRIMARY KEY,
        operation TEXT NOT NULL,
        method TEXT NOT NULL,
        content TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        requester TEXT NOT NULL,
        requester_person TEXT NOT NULL,
        requester_marks TEXT NOT NULL,
        seat TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('asked', 'given', 'used', 'refused')),
        asked_boot TEXT NOT NULL,
        asked_boottime REAL NOT NULL,
        asked_own_us INTEGER NOT NULL,
        asked_utc_us INTEGER NOT NULL,
        approver TEXT,
        approver_person TEXT,
        given_boot TEXT,
        given_boottime REAL,
        given_own_us INTEGER,
        proof BLOB,
        expires_utc_us INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE lockdown (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        since_utc_us INTEGER NOT NULL,
        by TEXT NOT NULL,
        reason TEXT NOT NULL,
        vote_person TEXT,
        vote_marks TEXT,
        vote_boot TEXT,
        vote_boottime REAL,
        vote_own_us INTEGER,
        vote_utc_us INTEGER
    ) STRICT""",
    """CREATE TABLE versions (
        kind TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        file_hash TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE badges (
        operator_id TEXT PRIMARY KEY,
        operator TEXT NOT NULL,
        register_version INTEGER NOT NULL,
        guid TEXT NOT NULL UNIQUE,
        expires_utc_us INTEGER NOT NULL,
        management_key TEXT NOT NULL CHECK (management_key IN ('own', 'factory')),
        enrolled_utc_us INTEGER NOT NULL,
        requested_by TEXT NOT NULL,
        approved_by TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE blocks (
        mark TEXT PRIMARY KEY,
        operator_id TEXT NOT NULL,
        by TEXT NOT NULL,
        reason TEXT NOT NULL,
        blocked_utc_us INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE badge_progress (
        guid TEXT PRIMARY KEY,
        operator_id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL CHECK (kind IN ('enrol', 'renew')),
        content_hash TEXT NOT NULL,
        requester TEXT NOT NULL,
        approver TEXT NOT NULL,
        done TEXT NOT NULL,
        facts TEXT NOT NULL,
        begun_boot TEXT NOT NULL,
        begun_boottime REAL NOT NULL,
        begun_own_us INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
)

UPGRADES: Final[tuple[tuple[str, ...], ...]] = (_FIRST,)
"""Step N leads from format N to N + 1; format 0 is an empty file."""
