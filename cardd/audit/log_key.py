"""The key of the day that signs the heads of the log: made new each day (UTC), the one before overwritten.

Whoever takes the machine over can sign from that day on, and not for the days before (forward security; the rules stand in
docs/audit-log.md, "The key of the day"). The file is text, mode 0600:

    cardd log key 1
    <log id, 32 hex digits>
    <day, YYYY-MM-DD>
    <seed of the Ed25519 key, 64 hex digits>

Overwriting is a best effort: disks that write elsewhere instead of over keep old blocks for a while, and Python keeps copies in memory.
"""

import errno
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cardd.audit.checkpoint import VerifierKey, log_key
from cardd.audit.disk import Disk, open_plain, read_plain

FIRST_LINE = "cardd log key 1"
MARK_LINE = "cardd log head 1"
SEED_BYTES = 32
LARGEST = 4096
_FORM = re.compile(
    re.escape(FIRST_LINE) + r"\n([0-9a-f]{32})\n([0-9]{4}-[0-9]{2}-[0-9]{2})\n([0-9a-f]{64})\n", re.ASCII
)
_MARK = re.compile(re.escape(MARK_LINE.encode()) + rb"\n([0-9a-f]{32})\n([0-9]{1,16})\n([0-9a-f]{64})\n")


class BadLogKey(ValueError):
    """A file that is no key of a log, or can be read by others. One word: `form`, `mark`, `rights`, `wiped`. Never its content."""


@dataclass(frozen=True, slots=True)
class LogKey:
    """One day's key. `log_id`: 32 hex digits; `period`: the day, UTC."""

    log_id: str
    period: date
    seed: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        """32 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()

    @property
    def verifier_key(self) -> VerifierKey:
        """What others need to check its signatures; named `cardd/<log id>/<day>`."""
        return log_key(self.log_id, self.period.isoformat(), self.public)

    def sign(self, message: bytes) -> bytes:
        """Ed25519 over the whole message: 64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)

    def encode(self) -> bytes:
        """The text of its file."""
        return f"{FIRST_LINE}\n{self.log_id}\n{self.period.isoformat()}\n{self.seed.hex()}\n".encode("ascii")

    @classmethod
    def decode(cls, octets: bytes) -> "LogKey":
        """Raises `BadLogKey` (`wiped` where a zero stands: overwriting was begun; else `form`)."""
        if b"\0" in octets:
            raise BadLogKey("wiped")
        try:
            found = _FORM.fullmatch(octets.decode("ascii"))
            period = date.fromisoformat(found[2]) if found else None
        except ValueError:
            raise BadLogKey("form") from None
        if found is None or period is None:
            raise BadLogKey("form")
        return cls(found[1], period, bytes.fromhex(found[3]))

    @classmethod
    def make(cls, log_id: str, period: date) -> "LogKey":
        """A new one."""
        return cls(log_id, period, secrets.token_bytes(SEED_BYTES))


def day_of(utc_us: int) -> date:
    """The day (UTC) of a moment, microseconds since 1970; the last one of the calendar for what lies beyond it."""
    days = utc_us // 86_400_000_000
    return date.max if days > (date.max - date(1970, 1, 1)).days else date(1970, 1, 1) + timedelta(days=days)


def end_of(period: date) -> int:
    """The first microsecond behind this day, since 1970."""
    end = datetime.combine(period, datetime.min.time(), UTC) + timedelta(days=1)
    return (end - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class HeadMark:
    """What is noted beside the key of the newest head: log id (32 hex digits), number of records, root (32 bytes)."""

    log_id: str
    size: int
    root: bytes

    def encode(self) -> bytes:
        """The text of its file."""
        return f"{MARK_LINE}\n{self.log_id}\n{self.size}\n{self.root.hex()}\n".encode("ascii")

    @classmethod
    def decode(cls, octets: bytes) -> "HeadMark":
        """Raises `BadLogKey` (`mark`)."""
        found = _MARK.fullmatch(octets)
        if found is None:
            raise BadLogKey("mark")
        return cls(found[1].decode(), int(found[2]), bytes.fromhex(found[3].decode()))


class KeyFile:
    """The key's file; beside it, while keys change, the next one (`<name>.next`), and how far the heads went (`<name>.head`).

    The last is in another directory than the log: whoever puts back an older copy of the log with its heads, also one of the same
    day, is found by it.
    """

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path, self._disk = path, disk
        self.next_path = path.with_name(path.name + ".next")
        self._mark_path = path.with_name(path.name + ".head")

    def read(self) -> LogKey | None:
        """The key in use; None where there is no file. Raises `BadLogKey`, `OSError`."""
        return _read(self.path)

    def read_next(self) -> LogKey | None:
        """The key that waits; None where there is none, or one that was not written whole. Raises `OSError`, `BadLogKey` (`rights`)."""
        try:
            return _read(self.next_path)
        except BadLogKey as error:
            if str(error) == "rights":
                raise
            return None

    def read_mark(self) -> HeadMark | None:
        """How far the heads went; None where nothing is noted. Raises `BadLogKey` (`mark`), `OSError`."""
        try:
            return HeadMark.decode(read_plain(self._mark_path)[:LARGEST])
        except FileNotFoundError:
            return None

    def leave_mark(self, mark: HeadMark) -> None:
        """Takes the place of the one before, whole or not at all. Raises `OSError`."""
        self._disk.replace_private(self._mark_path, mark.encode())

    def write_next(self, key: LogKey) -> None:
        """Durable on return. Raises `OSError`."""
        self.discard_next()
        descriptor = self._disk.create_private(self.next_path)
        try:
            _write(self._disk, descriptor, key.encode())
        finally:
            os.close(descriptor)
        self._disk.sync_directory(self.path.parent)

    def promote(self) -> None:
        """The next key takes the place of the present one, whose bytes are overwritten first. Raises `OSError`.

        May be repeated at any point: a present key of zeros with a next one beside it is half of this.
        """
        if self.next_path.exists():
            self._wipe(self.path)
            self._disk.rename(self.next_path, self.path)
        self._disk.sync_directory(self.path.parent)

    def discard_next(self) -> None:
        """Overwrite and remove a next key that is not needed. Raises `OSError`."""
        if not self.next_path.exists() and not self.next_path.is_symlink():
            return
        self._wipe(self.next_path)
        self._disk.unlink(self.next_path)
        self._disk.sync_directory(self.path.parent)

    def give_up(self, log_id: str) -> None:
        """The log of these keys was closed: both are overwritten and removed, whatever they are; what is noted beside them about its
        heads is kept under the log's id, for whoever looks for the cause. Harmless when done twice. Raises `OSError`."""
        for path in (self.path, self.next_path):
            if path.is_symlink() or path.exists():
                if not path.is_symlink():
                    self._wipe(path)
                self._disk.unlink(path)
        if self._mark_path.is_symlink() or self._mark_path.exists():
            self._disk.rename(self._mark_path, self._mark_path.with_name(f"{self._mark_path.name}.{log_id}"))
        self._disk.sync_directory(self.path.parent)

    def _wipe(self, path: Path) -> None:
        with suppress(FileNotFoundError):  # the first key has none before it
            descriptor = self._disk.open_inside(path)
            try:
                _write(self._disk, descriptor, bytes(os.fstat(descriptor).st_size))
            finally:
                os.close(descriptor)


def _write(disk: Disk, descriptor: int, octets: bytes) -> None:
    """From the file's beginning; a key is shorter than any write that is taken in parts. Raises `OSError`."""
    if octets and disk.write(descriptor, octets) != len(octets):
        raise OSError(errno.ENOSPC, "the key of the log was not written whole")
    disk.sync(descriptor)


def _read(path: Path) -> LogKey | None:
    try:
        descriptor = open_plain(path)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:
        if os.fstat(descriptor).st_mode & 0o077:
            raise BadLogKey("rights")
        return LogKey.decode(file.read(LARGEST))
