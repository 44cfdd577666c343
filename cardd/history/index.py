"""The index of one log: an SQLite file and plain files of hashes in a directory of its own, which may be deleted at any time.

`Index` is the one that writes; it belongs to one thread. `View` is what a question sees: one connection that only reads, opened
for it. What is damaged, of another version or of another log is thrown away, and the log is read again from its beginning.
"""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cardd.audit.chain import NO_RECORD, Damaged
from cardd.audit.entries import Entry, Place
from cardd.audit.tree import HASH, Peaks, leaf_hash
from cardd.errors import AuditUnknown
from cardd.history import schema
from cardd.history.hashes import Ground, HashesDamaged, HashReader, HashWriter

NAME = "index.sqlite"
BEFORE = slice(21, 53)
"""In a record's bytes: the hash of the record before it."""


class IndexDamaged(Exception):
    """The index does not hold together: it must be thrown away and built again."""


class IndexUnwritable(Exception):
    """The index's folder or files take nothing: no room, no permission, something else in its place."""


@dataclass(frozen=True, slots=True)
class Last:
    """The record that was taken in last: its segment by the number of its first record, where in the file it begins and ends, its hash."""

    segment: int
    begin: int
    end: int
    hash: bytes


@dataclass(slots=True)
class _State:
    """The row of `meta`."""

    ground: Ground
    size: int
    segment: int
    place: int
    last_hash: bytes
    peaks: Peaks | None


@dataclass(slots=True)
class _Batch:
    """What becomes of some entries."""

    rows: dict[int, schema.Row] = field(default_factory=dict)
    closings: list[schema.Row] = field(default_factory=list)
    days: dict[int, tuple[int, int]] = field(default_factory=dict)
    alarms: list[schema.Row] = field(default_factory=list)
    reviews: list[schema.Row] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def take(self, entry: Entry, begins_at: int) -> None:
        self.leaves.append(leaf_hash(entry.octets))
        self.places.append(begins_at)
        if schema.is_result(entry):
            closing = schema.closing_of(entry)
            if (row := self.rows.get(closing["intent"] or 0)) is not None and row["phase"] == 1:
                schema.close(row, closing)
            else:
                self.closings.append(closing)
            return
        row = schema.row_of(entry)
        self.rows[entry.sequence] = row
        first, _ = self.days.get(row["day"], (entry.sequence, 0))
        self.days[row["day"]] = (first, entry.sequence)
        if (alarm := schema.alarm_of(entry)) is not None:
            self.alarms.append(alarm)
        if (review := schema.review_of(entry)) is not None:
            self.reviews.append(review)


class Index:
    """Writes the index of one log. Raises `OSError` and `sqlite3.Error` as disk and SQLite do; the follower begins anew then."""

    def __init__(self, directory: Path, log_id: str) -> None:
        """Open what is there, or begin an empty one. `directory`: its own, made where it is missing."""
        self.directory, self.log_id = directory, log_id
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._opened = ExitStack()
        self._state: _State | None = None
        try:
            self._open()
        except (IndexDamaged, HashesDamaged, AuditUnknown, sqlite3.DatabaseError, ValueError):
            self.clear()

    @property
    def size(self) -> int:
        """How many records of the log it has taken in, those of a cut before it counted."""
        return self._state.size if self._state is not None else 0

    @property
    def kept_from(self) -> int:
        """Number of the first record whose content it still knows."""
        first = self._database.execute("SELECT min(sequence) FROM uses").fetchone()[0]
        return int(first) if first is not None else self.size + 1

    @property
    def place(self) -> Place | None:
        """Where the next record begins; None for an empty index."""
        state = self._state
        return None if state is None else Place(state.segment, state.place, state.size + 1)

    @property
    def last(self) -> Last | None:
        """None for an index without a record of its own. Raises `HashesDamaged`."""
        state = self._state
        if state is None or state.size == state.ground.base:
            return None
        with self._hashes.reader() as reader:
            return Last(state.segment, reader.place(state.size), state.place, state.last_hash)

    def clear(self) -> None:
        """Throw everything away and begin an empty index."""
        self.close()
        for path in self.directory.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        self._opened = ExitStack()
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def begin(self, first: Place, peaks: Sequence[bytes] | None) -> None:
        """Say where the log begins; `peaks`: roots over the records that were cut off before it, None where they are not known."""
        base = first.sequence - 1
        ground = Ground(base, tuple(peaks) if peaks is not None else None)
        known = Peaks(base, ground.peaks) if ground.peaks is not None else None
        self._hashes = self._opened.enter_context(_closing(HashWriter(self.directory, ground, base)))
        self._state = _State(ground, base, first.segment, first.offset, NO_RECORD if base == 0 else b"", known)
        with self._transaction() as database:
            stored = b"".join(ground.peaks) if ground.peaks is not None else None
            database.execute(
                "INSERT INTO meta VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
                (self.log_id, base, stored, base, first.segment, first.offset, self._state.last_hash, self._root()),
            )

    def add(self, batch: Sequence[tuple[Entry, Place]]) -> None:
        """Take more records, in order, each with the place behind it; all in one transaction.

        Raises `Damaged` (`chain`, `log_id`) when one does not follow the record before it; those before that one are taken in.
        """
        state = self._state
        assert state is not None
        taken = _Batch()
        damage: Damaged | None = None
        before, segment, begins_at = state.last_hash, state.segment, state.place
        for entry, behind in batch:
            if behind.segment != segment:
                segment, begins_at = behind.segment, behind.offset - len(entry.octets)
            damage = _wrong(entry, before, self.log_id, begins_at)
            if damage is not None:
                break
            taken.take(entry, begins_at)
            state.size, state.segment, state.place = entry.sequence, segment, behind.offset
            state.last_hash = before = bytes.fromhex(entry.hash)
            begins_at = behind.offset
        self._hashes.append(taken.leaves, taken.places)
        if state.peaks is not None:
            for leaf in taken.leaves:
                state.peaks.append(leaf)
        self._store(taken)
        if damage is not None:
            raise damage

    def finish(self) -> None:
        """The end of the log is reached for the first time: make what speeds up questions. Harmless when done before."""
        with self._transaction() as database:
            for statement in schema.INDEXES:
                database.execute(statement)

    def forget_before(self, first: int) -> None:
        """The log's beginning was cut off up to this record: what it said is known no more. Hashes stay, they tell nothing."""
        with self._transaction() as database:
            database.execute("DELETE FROM uses WHERE sequence < ?", (first,))
            database.execute("DELETE FROM days WHERE last < ?", (first,))
            database.execute("DELETE FROM alarms WHERE sequence < ?", (first,))

    def interrupt(self) -> None:
        """From another thread: break off what SQLite does now, because the daemon stops."""
        self._database.interrupt()

    def close(self) -> None:
        """Give up the files. Harmless when done twice."""
        self._opened.close()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        self._state = None
        path = self.directory / NAME
        path.touch(mode=0o600)
        # Threads: made by whoever opens the daemon, used by the follower's alone; `interrupt` may come from any.
        database = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
        self._opened.callback(database.close)
        self._database = database
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")  # a power cut may take the last records: they are read again
        database.execute(
            "PRAGMA cache_size = -256"
        )  # KiB: the kernel keeps the pages anyway, and a daemon lives for months
        database.execute("PRAGMA trusted_schema = OFF")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and not database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            with self._transaction():
                for statement in schema.TABLES.split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {schema.VERSION}")
        elif version != schema.VERSION:
            raise IndexDamaged
        self._resume()

    def _resume(self) -> None:
        meta = _meta(self._database)
        if meta is None:
            return
        if meta["log_id"] != self.log_id:
            raise IndexDamaged
        ground = _ground(meta)
        self._hashes = self._opened.enter_context(_closing(HashWriter(self.directory, ground, meta["size"])))
        peaks = None
        if ground.peaks is not None:
            with self._hashes.reader() as reader:
                peaks = reader.peaks()
            if peaks.root() != meta["root"]:
                raise IndexDamaged
        self._state = _State(ground, meta["size"], meta["segment"], meta["place"], meta["last_hash"], peaks)

    def _root(self) -> bytes:
        return self._state.peaks.root() if self._state is not None and self._state.peaks is not None else b""

    def _store(self, taken: _Batch) -> None:
        state = self._state
        assert state is not None
        with self._transaction() as database:
            database.executemany(schema.INSERT, taken.rows.values())
            database.executemany(schema.CLOSE, taken.closings)
            days = [{"day": day, "first": first, "last": last} for day, (first, last) in taken.days.items()]
            database.executemany(schema.DAY, days)
            database.executemany(schema.INSERT_ALARM, taken.alarms)
            database.executemany(schema.REVIEW_ALARM, taken.reviews)
            database.execute(
                "UPDATE meta SET size = ?, segment = ?, place = ?, last_hash = ?, root = ?",
                (state.size, state.segment, state.place, state.last_hash, self._root()),
            )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")


class View:
    """One index as it stands now, for one question. A context; one thread."""

    def __init__(self, directory: Path) -> None:
        """Raises `IndexDamaged` where there is none that can be read."""
        self._opened = ExitStack()
        try:
            # The path as a URI: a question mark in it would else begin options.
            address = (directory / NAME).absolute().as_uri() + "?mode=ro"
            database = sqlite3.connect(address, uri=True, isolation_level=None, timeout=5.0, check_same_thread=False)
            self._opened.callback(database.close)
            database.execute("PRAGMA query_only = ON")
            database.execute("PRAGMA trusted_schema = OFF")
            database.execute("BEGIN")  # all of the question sees one state
            meta = _meta(database)
            if meta is None:
                raise IndexDamaged
            self.database, self.size, self.log_id = database, int(meta["size"]), str(meta["log_id"])
            self.hashes = self._opened.enter_context(HashReader(directory, _ground(meta), self.size))
        except (sqlite3.Error, OSError, ValueError) as error:
            self._opened.close()
            raise IndexDamaged from error
        except BaseException:
            self._opened.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def rows(self, statement: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """What SQLite finds. Raises `IndexDamaged`."""
        try:
            return self.database.execute(statement, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise IndexDamaged from error


def _meta(database: sqlite3.Connection) -> dict[str, Any] | None:
    cursor = database.execute("SELECT log_id, base, base_peaks, size, segment, place, last_hash, root FROM meta")
    row = cursor.fetchone()
    if row is None:
        return None
    meta = dict(zip((column[0] for column in cursor.description), row, strict=True))
    if not (0 <= meta["base"] <= meta["size"] and meta["segment"] >= 0 and meta["place"] >= 0):
        raise IndexDamaged
    return meta


def _ground(meta: dict[str, Any]) -> Ground:
    told: bytes | None = meta["base_peaks"]
    peaks = None if told is None else tuple(told[at : at + HASH] for at in range(0, len(told), HASH))
    if peaks is not None:
        Peaks(meta["base"], peaks)  # raises `ValueError` where they do not fit
    return Ground(meta["base"], peaks)


def _wrong(entry: Entry, before: bytes, log_id: str, offset: int) -> Damaged | None:
    problem = "log_id" if entry.log_id != log_id else "chain" if before and entry.octets[BEFORE] != before else None
    return None if problem is None else Damaged(problem, sequence=entry.sequence, offset=offset)


@contextmanager
def _closing(writer: HashWriter) -> Iterator[HashWriter]:
    try:
        yield writer
    finally:
        writer.close()
