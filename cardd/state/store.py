"""state.db: one SQLite file, one connection, small transactions on the event loop's thread, and a time that survives a restart.

WAL with synchronous=FULL: a transaction is on the disk when `transaction` ends (sqlite.org/pragma.html#pragma_synchronous; A2).
The connection holds the file exclusively, so that no second program writes or checkpoints beside it.

What is lost with this file is not harmless: an emergency stop would be lifted, a lock opened, an old register accepted again. So
a file that is damaged, cut to nothing, of a newer format or not ours is never replaced by a new one: the daemon does not start.
"""

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from cardd.errors import AuditUnavailable
from cardd.ports import Clock
from cardd.state.schema import APPLICATION_ID, UPGRADES

NAME: Final = "state.db"
"""Under the state directory."""
COPY_FOLDER: Final = "backup"
COPY_WANTED: Final = "wanted"
"""In this folder under the state directory a copy of state.db appears when somebody puts such a file there."""
FILE_MODE: Final = 0o600
Problem = Literal["damaged", "newer_format", "unreadable", "locked", "not_writable", "lost"]
"""`lost`: nobody says so here, but whoever opens the store and knows that there was one."""
Value = str | int | float | bytes | None


class StateBroken(Exception):
    """state.db cannot be used: the daemon must not start. `problem` is one word, `file` its path."""

    def __init__(self, problem: Problem, file: Path) -> None:
        self.problem, self.file = problem, file
        super().__init__(f"{file}: {problem}")


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, to be compared with `StateStore.elapsed_s`, also after a restart."""

    boot_id: str
    """The kernel's id of the boot, 32 hex digits."""
    boottime: float
    """CLOCK_BOOTTIME in seconds, within that boot."""
    utc_us: int
    """The store's own time in microseconds: begins as UTC and never goes back. Not for people: it may differ from the clock."""


class StateStore:
    """The open file. Used on one thread only.

    **Its own time.** Limits that outlive the kernel cannot count on CLOCK_BOOTTIME alone, nor on UTC, which may be set (fault 139).
    The store therefore keeps a time of its own. It goes with CLOCK_BOOTTIME while the machine runs, also over restarts of the
    daemon; for the time between two boots of the kernel it adds what UTC says has passed since the last write, and never less than
    nothing.

    - A clock that is set, forward or back, while the machine runs changes nothing.
    - Set back across a reboot: the time off counts as nothing. Locks and counts last longer by that, at most by their own length
      of running time, and never for ever. A permission that counted on it would live longer, which is unsafe: approvals and votes
      therefore end with the boot of the kernel (`this_boot`).
    - Set forward across a reboot: indistinguishable from a long time off. Locks and counts end early, which is the unsafe way
      for them. Nothing inside the machine can tell; who can do it, can boot another system as well. A later correction of the
      clock holds nothing up, since only differences between two writes count and not the highest UTC ever seen.
    """

    def __init__(self, path: Path, clock: Clock, boot_id: str) -> None:
        """Open `path`, make it where there is none. Raises `StateBroken`.

        A full or read-only disk does not hinder the start: what is known holds, and the first write says so.
        """
        self.path, self._clock, self._boot_id = path, clock, boot_id
        self.created = _make_if_absent(path)
        """Whether there was no file and a new one was made: nothing is remembered."""
        self.generation = 0
        """Rises when the file had to be opened again after a fault of the disk: copies in memory must be read anew."""
        self._suspect = False
        self._db: sqlite3.Connection | None = _open(path)
        try:
            self._own_us, self._own_since = self._own_time_at_open(), clock.boottime()
        except AuditUnavailable as error:
            raise StateBroken("unreadable", path) from error
        self._note_time()

    def close(self) -> None:
        """Give up the file. Harmless when done twice."""
        if self._db is not None:
            self._note_time()
            self._db.close()
            self._db = None

    # --- time --------------------------------------------------------------------------------------------------------

    def own_us(self) -> int:
        """The store's own time in microseconds; never goes back, whatever the clock does."""
        return self._own_us + max(0, round((self._clock.boottime() - self._own_since) * 1e6))

    def utc_us(self) -> int:
        """What the clock says, for people to read."""
        return self._clock.utc_us()

    def now(self) -> Moment:
        return Moment(self._boot_id, self._clock.boottime(), self.own_us())

    def this_boot(self, moment: Moment) -> bool:
        """Whether the machine has run all the time since, so that `elapsed_s` is exact."""
        return moment.boot_id == self._boot_id

    def elapsed_s(self, since: Moment) -> float:
        """Seconds since, never negative. In the same boot exact; else at least what the machine ran, see the class."""
        if self.this_boot(since):
            return max(0.0, self._clock.boottime() - since.boottime)
        return max(0, self.own_us() - since.utc_us) / 1e6

    # --- rows --------------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and on the disk at the end. Not to be nested.

        Raises `AuditUnavailable` (`state_not_writable`): nothing of it counts; and whatever the block raises.
        """
        db = self._connection()
        try:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("REPLACE INTO own_time VALUES (1, ?, ?, ?, ?)", self._time_row())
            db.execute("COMMIT")
        except BaseException as error:
            self._roll_back(db)
            if _of_the_disk(error):
                self._suspect = self._suspect or _untrustworthy(error)
                raise AuditUnavailable(problem="state_not_writable") from error
            raise

    def rows(self, question: str, values: Sequence[Value] = ()) -> list[tuple[Value, ...]]:
        """What a SELECT finds. Raises `AuditUnavailable` (`state_unreadable`)."""
        db = self._connection()
        try:
            return db.execute(question, values).fetchall()
        except sqlite3.DatabaseError as error:
            if not _of_the_disk(error):
                raise
            self._suspect = self._suspect or _untrustworthy(error)
            raise AuditUnavailable(problem="state_unreadable") from error

    def copy_to(self, target: Path) -> None:
        """A whole copy of this moment in a new file, on the disk when this returns. Takes milliseconds: the file is small.

        Raises `AuditUnavailable` (`state_not_copied`).
        """
        new = target.with_name(target.name + ".new")
        try:
            new.unlink(missing_ok=True)
            os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE))
            copy = sqlite3.connect(new, isolation_level=None)
            try:
                self._connection().backup(copy)
            finally:
                copy.close()
            new.rename(target)
        except (OSError, sqlite3.DatabaseError) as error:
            raise AuditUnavailable(problem="state_not_copied") from error

    # --- inside ------------------------------------------------------------------------------------------------------

    def _connection(self) -> sqlite3.Connection:
        """The connection; a new one after a fault of the disk, because SQLite and the kernel may disagree about what was written (A3)."""
        if self._suspect and self._db is not None:
            self._db.close()
            self._db = None
        if self._db is None:
            if not self._suspect:
                raise AuditUnavailable(problem="state_not_writable")  # closed: the daemon ends
            try:
                self._db = _open(self.path)
            except StateBroken as error:
                raise AuditUnavailable(problem="state_not_writable") from error
            self._suspect = False
            self.generation += 1
        return self._db

    def _roll_back(self, db: sqlite3.Connection) -> None:
        if db.in_transaction:
            try:
                db.execute("ROLLBACK")
            except sqlite3.DatabaseError:
                self._suspect = True  # the connection is given up with the next use, and the transaction with it

    def _own_time_at_open(self) -> int:
        rows = self.rows("SELECT boot_id, boottime_us, own_us, utc_us FROM own_time")
        if not rows:
            return self._clock.utc_us()
        boot_id, boottime_us, own_us, utc_us = rows[0]
        assert isinstance(boottime_us, int)
        assert isinstance(own_us, int)
        assert isinstance(utc_us, int)
        if boot_id == self._boot_id:
            return own_us + max(0, round(self._clock.boottime() * 1e6) - boottime_us)
        return own_us + max(0, self._clock.utc_us() - utc_us)

    def _time_row(self) -> tuple[str, int, int, int]:
        return self._boot_id, round(self._clock.boottime() * 1e6), self.own_us(), self._clock.utc_us()

    def _note_time(self) -> None:
        # A disk that takes nothing must not hinder start and end; the time of the last write stands, which only counts less.
        with contextlib.suppress(AuditUnavailable), self.transaction():
            pass


def _make_if_absent(path: Path) -> bool:
    """Make a whole new file under another name first, so that one without tables is never mistaken for a new one."""
    if path.is_symlink() or path.exists():
        return False
    if Path(f"{path}-wal").exists():
        raise StateBroken("damaged", path)  # the last changes are there and the file they belong to is gone
    new = path.with_name(path.name + ".new")
    try:
        for leftover in (new, Path(f"{new}-journal")):
            leftover.unlink(missing_ok=True)
        os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE))
        db = _connect(new)
        try:
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute("PRAGMA synchronous = FULL")
            _upgrade(db)
            db.execute("PRAGMA journal_mode = WAL")
        finally:
            db.close()
        new.rename(path)
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except (OSError, sqlite3.DatabaseError) as error:
        raise StateBroken("not_writable", path) from error
    return True


def _open(path: Path) -> sqlite3.Connection:
    """Raises `StateBroken`. Nobody else in this process may open the file: closing it would give up SQLite's locks (fcntl(2))."""
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            raise StateBroken("unreadable", path)
        if stat.S_IMODE(found.st_mode) != FILE_MODE:
            path.chmod(FILE_MODE)
    except OSError as error:
        raise StateBroken("unreadable", path) from error
    db: sqlite3.Connection | None = None
    try:
        db = _connect(path)
        _prepare(db, path)
        return db
    except BaseException as error:
        if db is not None:
            db.close()
        if isinstance(error, sqlite3.DatabaseError):
            raise StateBroken(_problem_of(error), path) from error
        raise


def _connect(path: Path) -> sqlite3.Connection:
    # mode=rw: never make a file here. No waiting for locks: who holds it is another daemon, not somebody who is done soon.
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=0, isolation_level=None)


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    for pragma in ("locking_mode = EXCLUSIVE", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
        db.execute(f"PRAGMA {pragma}")
    if _one(db, "PRAGMA application_id") != APPLICATION_ID or _one(db, "PRAGMA quick_check(1)") != "ok":
        raise StateBroken("damaged", path)
    version = _one(db, "PRAGMA user_version")
    assert isinstance(version, int)
    if version < 1:
        raise StateBroken("damaged", path)
    if version > len(UPGRADES):
        raise StateBroken("newer_format", path)
    if version < len(UPGRADES):
        _upgrade(db)


def _upgrade(db: sqlite3.Connection) -> None:
    """Each step whole, or not at all."""
    version = _one(db, "PRAGMA user_version")
    assert isinstance(version, int)
    for number, step in enumerate(UPGRADES[version:], start=version + 1):
        db.execute("BEGIN IMMEDIATE")
        for statement in step:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")


def _one(db: sqlite3.Connection, question: str) -> Value:
    value: Value = db.execute(question).fetchone()[0]
    return value


def _primary_code(error: BaseException) -> int:
    """SQLite's result code without its extension (sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _of_the_disk(error: BaseException) -> bool:
    """Whether the disk or the file is at fault, and not a statement of ours."""
    codes = (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
    )
    return isinstance(error, sqlite3.Error) and (_primary_code(error) in codes or _untrustworthy(error))


def _untrustworthy(error: BaseException) -> bool:
    return _primary_code(error) in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _problem_of(error: sqlite3.DatabaseError) -> Problem:
    code = _primary_code(error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "locked"
    if code == sqlite3.SQLITE_FULL:
        return "not_writable"
    if code in (sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR):
        return "unreadable"
    return "damaged"
