"""Closing a damaged record (fault 133): what is wrong with it, the order that two administrators sign, and the move.

Damage ends a log for good: nobody writes on behind a place that somebody may have changed. The whole directory is put aside as it is, with
the order and its signatures in it, and a new log begins that names it (`cardd.audit.continuing`). A log that is whole cannot be closed:
this must not become a way to begin anew whenever one likes.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cardd.audit import continuing
from cardd.audit.chain import NO_RECORD, Damaged, SegmentHeader, segments, walk
from cardd.audit.checkpoint import BadNote, VerifierKey
from cardd.audit.continuing import Continues
from cardd.audit.heads import FIRST_KEY
from cardd.audit.startup import check_log
from cardd.audit.store import LOCK_NAME, RESERVE_NAME
from cardd.office.record_order import KIND, ORDER, SIGNED, VERSION, digest_of
from cardd.setup.place import Account
from cardd.setup.stopped import Stopped
from certs.ca.files import sync_folder

ASIDE: Final = ".closing"
"""Behind the log directory's name, while it is between its old place and its new one."""
_ANY_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a log, and how far it is good. `last_hash`: 64 hex digits; zeros where no record is good."""

    log_id: str
    problem: str
    file: str
    sequence: int
    last_sequence: int
    last_hash: str


def damage_of(directory: Path, found: Damaged | None = None) -> Damage | None:
    """None: every record is whole. `found`: what a start met beyond the records (heads, key). Raises `Stopped` (`no_log`), `OSError`."""
    if found is None:
        try:
            check_log(directory)
        except Damaged as error:
            found = error
        else:
            return None
    last, last_hash = _good(directory)
    return Damage(_log_id(directory), found.problem, found.file, found.sequence, last, last_hash.hex())


def _good(directory: Path) -> tuple[int, bytes]:
    """Number and hash of the last record before the first bad place."""
    last, before = 0, NO_RECORD
    try:
        for path in segments(directory):
            octets = path.read_bytes()
            header = SegmentHeader.decode(octets, path.name)
            if last and (header.first_sequence, header.before) != (last + 1, before):
                break
            for record, _ in walk(octets, header, file=path.name):
                last, before = record.sequence, record.hash
    except Damaged:
        pass  # the end of what is good: that is what was asked for
    return last, before


def _log_id(directory: Path) -> str:
    for path in segments(directory):
        try:
            return SegmentHeader.decode(path.read_bytes()[:200], path.name).log_id.hex()
        except Damaged:
            continue
    try:
        return VerifierKey.parse((directory / FIRST_KEY).read_text("ascii")).name.split("/")[1]
    except (OSError, BadNote, ValueError):
        raise Stopped("close.no_log", path=directory) from None


def order_of(directory: Path, damage: Damage, terminal: str, now: datetime) -> bytes:
    """What two administrators sign: TOML, UTF-8."""
    facts = {
        "kind": KIND,
        "version": VERSION,
        "terminal": terminal,
        "log": damage.log_id,
        "problem": damage.problem,
        "file": damage.file,
        "sequence": damage.sequence,
        "last_sequence": damage.last_sequence,
        "last_hash": damage.last_hash,
        "files": digest_of(directory),
        "made": f"{now:%Y-%m-%dT%H:%M:%SZ}",
    }
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in facts.items()).encode()


def fits(order: bytes, directory: Path, damage: Damage, terminal: str) -> bool:
    """Whether an order that was written before is about this very directory."""
    without_time = order.rpartition(b"made = ")[0]
    return without_time == order_of(directory, damage, terminal, _ANY_TIME).rpartition(b"made = ")[0]


def waiting(directory: Path) -> Path | None:
    """The closed log that a new one is to go on from, where that was not begun: the power went before its first record.

    Raises `ContinuesBroken`.
    """
    told = None if segments(directory) or (directory / FIRST_KEY).exists() else continuing.read(directory)
    return None if told is None else continuing.closed_place(directory, told.previous_log)


def half_done(directory: Path) -> Path | None:
    """The directory of a log whose move was begun and not ended."""
    aside = _aside(directory)
    return aside if aside.is_dir() else None


def put_aside(directory: Path, order: bytes, p7s: bytes, account: Account) -> None:
    """The first step: order and signatures into the directory, and the directory out of its place. After it no daemon finds a log."""
    for name, octets in ((ORDER, order), (SIGNED, p7s)):
        account.write(directory / name, octets, mode=0o600)
    for name in (LOCK_NAME, RESERVE_NAME):
        (directory / name).unlink(missing_ok=True)
    sync_folder(directory)
    os.rename(directory, _aside(directory))
    sync_folder(directory.parent)


def finish(directory: Path, continues: Continues, account: Account) -> Path:
    """The rest, repeatable at any point: a new directory that names the closed log, and the closed one in its place there."""
    aside = _aside(directory)
    if not directory.exists():
        directory.mkdir(mode=0o700)
        account.own(directory, mode=0o700)
    continuing.write(directory, continues)
    account.own(directory / continuing.NAME, mode=0o640)
    closed = directory / continuing.CLOSED
    account.make_folder(closed)
    inner = aside / continuing.CLOSED
    for older in sorted(inner.iterdir()) if inner.is_dir() else ():
        os.rename(older, closed / older.name)
    if inner.is_dir():
        inner.rmdir()
    place = continuing.closed_place(directory, continues.previous_log)
    os.rename(aside, place)
    for folder in (closed, directory, directory.parent):
        sync_folder(folder)
    return place


def _aside(directory: Path) -> Path:
    return directory.with_name(directory.name + ASIDE)
