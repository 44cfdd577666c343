"""What a witness keeps of each log: size, root, key of the day and the newest head, in one SQLite file.

Compare and store is one transaction (BEGIN IMMEDIATE, synchronous=FULL): of two senders that race, one is told to begin again,
and what was answered with a signature is on the disk. Heads that contradict each other are evidence and are kept.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cardd.audit.checkpoint import SignedHead, VerifierKey
from cardd.audit.tree import NO_RECORDS
from cardd.witness.protocol import origin_of

APPLICATION_ID = 0x63647774
"""`cdwt`: tells our files from others (sqlite.org/pragma.html#pragma_application_id)."""
VERSION = 1
BUSY_SECONDS = 10.0
MOST_CONFLICTS = 100
"""Kept for each log, the oldest: the first contradiction says everything, and nobody fills the disk with more of them."""

_SCHEMA = """
CREATE TABLE log (
  origin TEXT PRIMARY KEY,
  first_key TEXT NOT NULL,   -- verifier key that the log was registered with
  key TEXT NOT NULL,         -- verifier key that it signs with now
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  note BLOB,                 -- newest head with the witness's signature
  seen_s INTEGER             -- when it came, seconds since 1970
) STRICT, WITHOUT ROWID;
CREATE TABLE key (
  origin TEXT NOT NULL,
  key TEXT NOT NULL,
  size INTEGER NOT NULL,     -- size of the head that covers the record which names it
  seen_s INTEGER NOT NULL,
  PRIMARY KEY (origin, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE conflict (
  number INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  size INTEGER NOT NULL,     -- what the witness had
  had BLOB,                  -- the head that it had
  came BLOB NOT NULL,        -- the head that contradicts it, signed by the log's own key
  problem TEXT NOT NULL,
  seen_s INTEGER NOT NULL
) STRICT;
"""


class BookBroken(Exception):
    """The file cannot be used. Its text says which and why, for the witness's administrator."""


@dataclass(frozen=True, slots=True)
class Log:
    """One log as the witness knows it. `root`: 32 bytes; `note`: the newest head with our signature, None before the first."""

    origin: str
    first_key: VerifierKey
    key: VerifierKey
    size: int
    root: bytes
    note: bytes | None = field(default=None, repr=False)
    seen_s: int | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two heads of one log that contradict each other. `had`, `came`: notes; `seen_s`: seconds since 1970."""

    origin: str
    size: int
    had: bytes | None
    came: bytes
    problem: str
    seen_s: int


class Book:
    """The open file. One connection, used on one thread at a time."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open it, or make it (`create`, only where there is none). Raises `BookBroken`.

        A witness that lost its file must not begin anew under the same key: it would sign a second history.
        """
        if path.exists() == create:
            raise BookBroken(f"{path}: is there already" if create else f"{path}: there is no such file")
        try:
            # The connection begins no transaction by itself: `transaction` does.
            self._open = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            self._prepare(path, create)
        except sqlite3.Error as error:
            raise BookBroken(f"{path}: {error}") from error

    def _prepare(self, path: Path, create: bool) -> None:
        self._open.execute("PRAGMA journal_mode=WAL")
        self._open.execute("PRAGMA synchronous=FULL")
        if create:
            self._open.executescript(
                f"BEGIN; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={VERSION}; {_SCHEMA} COMMIT;"
            )
        found = tuple(self._open.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        if found != (APPLICATION_ID, VERSION):
            raise BookBroken(f"{path}: is no book of a witness of this version")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nobody else writes meanwhile; on the disk when it ends, or nothing of it. Raises `sqlite3.Error`."""
        self._open.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._open.execute("COMMIT")
        except BaseException:
            self._open.rollback()
            raise

    def register(self, keys: Sequence[VerifierKey]) -> None:
        """Take in logs by the first key of each. Raises `BookBroken` for one that is known by another first key."""
        with self.transaction():
            for key in keys:
                origin = origin_of(key)
                known = self.log(origin)
                if known is not None and known.first_key != key:
                    raise BookBroken(f"{origin}: was registered with another first key")
                self._open.execute(
                    "INSERT OR IGNORE INTO log (origin, first_key, key, size, root) VALUES (?, ?, ?, 0, ?)",
                    (origin, str(key), str(key), NO_RECORDS),
                )

    def log(self, origin: str) -> Log | None:
        """What is known of one log."""
        found = self._open.execute("SELECT * FROM log WHERE origin = ?", (origin,)).fetchone()
        return None if found is None else _log(found)

    def logs(self) -> list[Log]:
        """All of them."""
        return [_log(row) for row in self._open.execute("SELECT * FROM log ORDER BY origin")]

    def store(self, cosigned: SignedHead, seen_s: int, next_key: VerifierKey | None) -> None:
        """The log's newest head, and its next key where one came. Within `transaction`."""
        head = cosigned.head
        self._open.execute(
            "UPDATE log SET size = ?, root = ?, note = ?, seen_s = ? WHERE origin = ?",
            (head.size, head.root, cosigned.encode(), seen_s, head.origin),
        )
        if next_key is not None:
            self._open.execute("UPDATE log SET key = ? WHERE origin = ?", (str(next_key), head.origin))
            self._open.execute(
                "INSERT INTO key (origin, key, size, seen_s) VALUES (?, ?, ?, ?)",
                (head.origin, str(next_key), head.size, seen_s),
            )

    def keep_conflict(self, log: Log, came: SignedHead, problem: str, seen_s: int) -> None:
        """A head with the log's own signature that contradicts what we have. Within `transaction`."""
        (kept,) = self._open.execute("SELECT count(*) FROM conflict WHERE origin = ?", (log.origin,)).fetchone()
        if kept < MOST_CONFLICTS:
            self._open.execute(
                "INSERT INTO conflict (origin, size, had, came, problem, seen_s) VALUES (?, ?, ?, ?, ?, ?)",
                (log.origin, log.size, log.note, came.encode(), problem, seen_s),
            )

    def conflicts(self, origin: str) -> list[Conflict]:
        """In the order in which they came, at most 100."""
        asked = "SELECT origin, size, had, came, problem, seen_s FROM conflict WHERE origin = ? ORDER BY number"
        return [Conflict(*row) for row in self._open.execute(asked, (origin,))]

    def close(self) -> None:
        """Harmless when done twice."""
        self._open.close()


def _log(row: Sequence[object]) -> Log:
    origin, first, key, size, root, note, seen_s = row
    return Log(origin, VerifierKey.parse(str(first)), VerifierKey.parse(str(key)), size, root, note, seen_s)  # type: ignore[arg-type]
