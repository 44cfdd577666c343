"""The segment files of one log: append and sync, cut back after a failure, begin a new segment, keep a reserve for a full disk."""

import contextlib
import errno
import os
import re
from pathlib import Path

from cardd.audit.chain import SEGMENT_HEADER, SegmentHeader, decode_record, segment_name
from cardd.audit.cutting import finish
from cardd.audit.disk import Disk
from cardd.audit.startup import Tail, read_tail, set_aside
from cardd.errors import AuditUnavailable

LOCK_NAME = "lock"
RESERVE_NAME = "reserve"
FULL = "disk_full"
_LEFTOVER = re.compile(r"(?:[0-9]{20}|cut|first\.key)\.tmp", re.ASCII)
"""What a start that was cut short may leave; other people's files stay."""


class JournalBroken(Exception):
    """Syncing failed, and again on the reopened file: nothing can be recorded any more, the daemon must end (requirement A3)."""


class SegmentStore:
    """Owns the directory: one writer, records appended whole, none of them confirmed before fdatasync returned."""

    def __init__(self, directory: Path, disk: Disk, *, reserve_bytes: int) -> None:
        """Take the lock. Raises `OSError`; `BlockingIOError` when another process writes this log."""
        self._directory, self._disk, self._reserve_bytes = directory, disk, reserve_bytes
        self._reserve = directory / RESERVE_NAME
        self._path = directory
        """Of the segment that is open."""
        self._file: int | None = None
        self._suspect = False
        self._lock: int | None = os.open(
            directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            disk.lock(self._lock)
        except OSError:
            self.close()
            raise

    def find(self, mark: int | None = None) -> Tail | None:
        """The end of the log, torn bytes already off; None where there is no log yet. Raises `Damaged`, `OSError`.

        `mark`: as `read_tail` has it.
        """
        for leftover in self._directory.glob("*.tmp"):
            if _LEFTOVER.fullmatch(leftover.name):
                leftover.unlink()
        found = read_tail(self._directory, self._disk, mark)
        if found is None:
            return None
        self.tail = found
        if found.torn:
            set_aside(self._directory, found, self._disk)
        if found.unused is not None:
            found.unused.unlink()
            self._disk.sync_directory(self._directory)
        self._reopen()
        return found

    def finish_cut(self, covered: int) -> None:
        """Go on with a cut that broke off; `covered`: records under the newest head. Raises `Damaged`, `OSError`."""
        finish(self._directory, self._disk, covered)

    def create(self, log_id: bytes) -> Tail:
        """Begin a log with its first, empty segment. Raises `AuditUnavailable`."""
        self.tail = Tail(log_id, 1)
        self.begin_segment()
        return self.tail

    # --- appending -------------------------------------------------------------------------------------------------

    def append(self, octets: bytes) -> None:
        """One whole record, durable on return. Raises `AuditUnavailable`: it is not in the log; `JournalBroken`."""
        try:
            self._reopen()
            self._check_place()
            self._write(octets)
        except OSError as error:
            self._close_file()
            raise AuditUnavailable(problem=word_of(error)) from error
        try:
            self._disk.sync(self._descriptor())
        except OSError as error:
            self._after_failed_sync(error)
            raise AuditUnavailable(problem=word_of(error)) from error
        self._suspect = False
        self.tail.advance(decode_record(octets, 0), octets)

    def _check_place(self) -> None:
        """What is written to is the file of that name, as we left it: else a record would be confirmed that nobody finds.

        Another disk was mounted over the log or taken away under it, or somebody removed, exchanged or cut the file. Raises
        `JournalBroken`; `OSError` where the kernel says no.
        """
        ours = os.fstat(self._descriptor())
        try:
            named = os.lstat(self._path)
        except FileNotFoundError:
            named = None
        if named is None or (named.st_dev, named.st_ino) != (ours.st_dev, ours.st_ino):
            raise JournalBroken("the newest file of the audit log is another one than was written to")
        if ours.st_size != self.tail.size:
            raise JournalBroken("the newest file of the audit log was changed by somebody else")

    def _write(self, octets: bytes) -> None:
        rest = octets
        while rest:
            taken = self._disk.write(self._descriptor(), rest)
            if taken <= 0:
                raise OSError(errno.EIO, "nothing was written")
            rest = rest[taken:]

    def _after_failed_sync(self, error: OSError) -> None:
        """Never sync the same open file again: what the kernel dropped it would then call written.

        Close, reopen, check the tail, cut the unconfirmed record off, sync. The second failure is the last.
        """
        self._close_file()
        if self._suspect:
            raise JournalBroken("syncing the audit log failed twice") from error
        self._suspect = word_of(error) != FULL
        try:
            self._reopen()
        except OSError as second:
            raise JournalBroken("the audit log cannot be reopened after a failed sync") from second

    def _reopen(self) -> None:
        """Have the segment open, ending exactly at its last confirmed record. Raises `OSError`."""
        if self._file is not None:
            return
        self._path = path = self._directory / segment_name(self.tail.first)
        self._file = self._disk.open_append(path)
        try:
            self._check_end(path)
            self._disk.truncate(self._file, self.tail.size)
            self._disk.sync(self._file)
        except (OSError, JournalBroken):
            self._close_file()
            raise

    def _check_end(self, path: Path) -> None:
        octets = self._disk.read(path)
        if len(octets) < self.tail.size:
            raise JournalBroken("confirmed audit records are gone from the disk")
        if self.tail.sequence < self.tail.first:
            return
        if decode_record(octets, self.tail.last_offset).hash != self.tail.last_hash:
            raise JournalBroken("the last confirmed audit record has changed on the disk")

    # --- segments --------------------------------------------------------------------------------------------------

    def begin_segment(self) -> None:
        """Close the segment and begin the next. It appears under its name only with its header synced. Raises `AuditUnavailable`."""
        first = self.tail.sequence + 1
        target = self._directory / segment_name(first)
        header = SegmentHeader(self.tail.log_id, first, self.tail.last_hash)
        try:
            self._make(target, header.encode())
        except OSError as error:
            raise AuditUnavailable(problem=word_of(error)) from error
        self._close_file()
        self.tail.first, self.tail.size = first, SEGMENT_HEADER

    def _make(self, target: Path, octets: bytes) -> None:
        temporary = target.with_suffix(".tmp")
        temporary.unlink(missing_ok=True)
        descriptor = self._disk.create(temporary)
        try:
            if self._disk.write(descriptor, octets) != len(octets):
                raise OSError(errno.ENOSPC, "segment header not written whole")
            self._disk.sync(descriptor)
        finally:
            os.close(descriptor)
        temporary.rename(target)
        self._disk.sync_directory(self._directory)

    # --- reserve ---------------------------------------------------------------------------------------------------

    def make_reserve(self) -> None:
        """Have the reserve file. Raises `AuditUnavailable` when the disk has no room for it."""
        path = self._reserve
        try:
            if self._reserved() >= self._reserve_bytes:
                return
            path.unlink(missing_ok=True)
            descriptor = self._disk.create(path)
            try:
                self._disk.reserve(descriptor, self._reserve_bytes)
            finally:
                os.close(descriptor)
        except OSError as error:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            raise AuditUnavailable(problem=word_of(error)) from error

    def _reserved(self) -> int:
        """Bytes of real blocks that the reserve has."""
        try:
            return os.stat(self._reserve).st_blocks * 512
        except FileNotFoundError:
            return 0

    @property
    def has_reserve(self) -> bool:
        return os.path.exists(self._reserve)  # asked with each record: a third of the time of pathlib's

    def give_up_reserve(self) -> bool:
        """Free the reserve's blocks for closing records; False when there was none."""
        path = self._reserve
        try:
            path.unlink()
            self._disk.sync_directory(self._directory)  # the blocks come free with the commit
        except OSError:
            return False
        return True

    # --- end -------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Give up file and lock. Harmless when done twice."""
        self._close_file()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def closed(self) -> bool:
        return self._lock is None

    def _close_file(self) -> None:
        if self._file is not None:
            descriptor, self._file = self._file, None
            with contextlib.suppress(OSError):  # the error of close(2) repeats the one that brought us here
                os.close(descriptor)

    def _descriptor(self) -> int:
        assert self._file is not None
        return self._file


def word_of(error: OSError) -> str:
    """One word for what the disk said."""
    known = {
        errno.ENOSPC: FULL,
        errno.EDQUOT: FULL,
        errno.EROFS: "read_only",
        errno.EACCES: "no_permission",
        errno.EIO: "io_error",
    }
    return known.get(error.errno or 0, f"errno_{error.errno}")
