"""A copy of state.db, whole and of one moment: taken directly while no daemon has the file, else asked from the daemon.

The daemon holds state.db exclusively (`cardd.state.store`), so nobody reads it beside it. Whoever wants a copy puts a file `wanted` into
`<state directory>/backup`; the daemon looks every few seconds, writes `state.db` there by SQLite's online backup
(sqlite.org/backup.html), puts `backup.begun` on record, and takes `wanted` away.
"""

import os
import sqlite3
import time
from pathlib import Path
from typing import Final
from urllib.parse import quote

from cardd.keeping.owner import Owner
from cardd.keeping.stopped import Stopped
from cardd.state.schema import APPLICATION_ID, UPGRADES
from cardd.state.store import COPY_FOLDER, COPY_WANTED, NAME

WAIT_S: Final = 30.0
_LOOK_S: Final = 0.2


def take(state_directory: Path, owner: Owner, *, wait_s: float = WAIT_S) -> Path | None:
    """The copy, for the caller to delete; None where there is no state.db. Raises `Stopped`: `no_answer`, `state_broken`; `OSError`."""
    database = state_directory / NAME
    if not database.exists():
        return None
    folder = state_directory / COPY_FOLDER
    owner.make_folder(folder, "cardd")
    copy = folder / NAME
    with owner.acting():
        copy.unlink(missing_ok=True)
        if not _taken_directly(database, copy):
            _asked_for(folder, copy, wait_s)
        format_of(copy)
    return copy


def format_of(copy: Path) -> int:
    """Its format; it is whole and ours. Raises `Stopped`: `state_broken`, `newer_state`."""
    try:
        db = _connect(copy, "rw")
        try:
            whole = db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            ours = db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
        finally:
            db.close()
    except sqlite3.DatabaseError:
        raise Stopped("state_broken", path=copy) from None
    if not whole or not ours or version < 1:
        raise Stopped("state_broken", path=copy)
    if version > len(UPGRADES):
        raise Stopped("newer_state", version=version)
    return version


def without_permissions(copy: Path) -> None:
    """Take out what allows: approvals, the first vote to lift a stop, badges half made under an approval. What says no stays.

    Raises `Stopped` (`state_broken`).
    """
    try:
        db = _connect(copy, "rw")
        try:
            with db:
                db.execute("DELETE FROM approvals")
                db.execute("DELETE FROM badge_progress")
                db.execute(
                    "UPDATE lockdown SET vote_person = NULL, vote_marks = NULL, vote_boot = NULL, vote_boottime = NULL"
                )
                db.execute("UPDATE lockdown SET vote_own_us = NULL, vote_utc_us = NULL")
            db.execute("PRAGMA journal_mode = DELETE")
            db.execute("VACUUM")
        finally:
            db.close()
    except sqlite3.DatabaseError:
        raise Stopped("state_broken", path=copy) from None


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=0, isolation_level=None)


def _taken_directly(database: Path, copy: Path) -> bool:
    """False: a daemon has it."""
    try:
        source = _connect(database, "rw")
        try:
            # A read transaction first: it says at once when somebody has the file, where the backup itself would wait for ever.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            target = sqlite3.connect(copy)
            try:
                source.backup(target)
            finally:
                target.close()
        finally:
            source.close()
    except sqlite3.DatabaseError as error:
        copy.unlink(missing_ok=True)
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return False
        raise Stopped("state_broken", path=database) from None
    copy.chmod(0o600)
    return True


def _asked_for(folder: Path, copy: Path, wait_s: float) -> None:
    wanted = folder / COPY_WANTED
    wanted.unlink(missing_ok=True)
    os.close(os.open(wanted, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    end = time.monotonic() + wait_s
    while wanted.exists():
        if time.monotonic() > end:
            wanted.unlink(missing_ok=True)
            raise Stopped("no_answer")
        time.sleep(_LOOK_S)
    if not copy.exists():
        raise Stopped("no_answer")
