"""A file that is only added to, one JSON object a line; what was added is on the disk before anybody is told.

Several processes may use it: each reads and adds under the file's lock. Half a line, left by a power cut, is cut off by the next
writer: nobody was ever told of it.
"""

import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from certs.ca.errors import BookError
from certs.ca.files import sync_folder

_MODE = 0o600
LARGEST = 64 * 1024 * 1024
"""Bytes: some 180,000 certificates, more than any town's CA issues in its life."""

Entry = dict[str, Any]


class Book:
    """The book in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, entry: Entry) -> None:
        """Returns when the entry is on the disk. Raises `BookError`; the book is then as it was before."""
        self._write(lambda _: [entry], read=False)

    def decide(self, decision: Callable[[Sequence[Entry]], Sequence[Entry]]) -> None:
        """Adds what `decision` makes of all entries so far; nobody else reads or writes meanwhile.

        Raises `BookError`, and whatever `decision` raises; the book is then as it was before.
        """
        self._write(decision, read=True)

    def entries(self) -> tuple[Entry, ...]:
        """All entries, oldest first; none where there is no book yet. Raises `BookError`."""
        try:
            with self._opened(os.O_RDONLY) as descriptor:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                return _entries(descriptor)
        except FileNotFoundError:
            return ()
        except OSError:
            raise BookError("book_unreadable") from None

    def _write(self, decision: Callable[[Sequence[Entry]], Sequence[Entry]], *, read: bool) -> None:
        try:
            with self._opened(os.O_RDWR | os.O_CREAT) as descriptor:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                new = decision(_entries(descriptor) if read else ())
                end = _whole_length(descriptor)
                os.ftruncate(descriptor, end)
                _append(descriptor, b"".join(_line(each) for each in new), end)
                sync_folder(self.path.parent)
        except OSError:
            raise BookError("book_unwritable") from None

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        descriptor = os.open(self.path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BookError("book_unreadable")
            yield descriptor
        finally:
            os.close(descriptor)


def _line(entry: Entry) -> bytes:
    return json.dumps(entry, sort_keys=True).encode("ascii") + b"\n"


def _append(descriptor: int, lines: bytes, place: int) -> None:
    try:
        written = os.pwrite(descriptor, lines, place)
        if written != len(lines):
            raise OSError("short write")
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, place)
        raise


def _entries(descriptor: int) -> tuple[Entry, ...]:
    content = os.pread(descriptor, LARGEST + 1, 0)
    if len(content) > LARGEST:
        raise BookError("book_damaged")
    whole = content[: content.rfind(b"\n") + 1]
    return tuple(_parsed(line) for line in whole.splitlines())


def _parsed(line: bytes) -> Entry:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise BookError("book_damaged") from None
    if not isinstance(found, dict):
        raise BookError("book_damaged")
    return found


def _whole_length(descriptor: int) -> int:
    """Where the last whole line ends."""
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, 4096, max(0, size - 4096))
    end = tail.rfind(b"\n") + 1
    if not end and size > len(tail):
        raise BookError("book_damaged")
    return max(0, size - len(tail)) + end
