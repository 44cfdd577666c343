"""The book of issued certificates: a file that is only added to, one JSON object a line, on disk before a certificate goes out.

Whoever revokes, or makes a revocation list, finds here all that was ever issued. It names operators by their id, never by name.
"""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

from certs.ca.errors import BookError
from certs.ca.files import sync_folder

NAME = "issued.jsonl"
_MODE = 0o600
_LARGEST = 64 * 1024 * 1024
"""Bytes: some 180,000 certificates, more than any town's CA issues in its life."""


@dataclass(frozen=True, slots=True)
class Issued:
    """One certificate that was issued."""

    serial: str
    """Lower-case hex, as OpenSSL prints it but for its case."""
    fingerprint: str
    """SHA-256 of the certificate, lower-case hex."""
    key: str
    """SHA-256 of its SubjectPublicKeyInfo, lower-case hex."""
    operator: str
    """The operator's id."""
    guid: str
    """The badge's, 32 hex digits."""
    role: str
    """`authentication` (9A) or `signature` (9C)."""
    not_after: str
    """RFC 3339 with `Z`."""
    time: str
    """When it was issued, likewise."""

    def ends(self) -> datetime:
        return datetime.fromisoformat(self.not_after)


class IssuedBook:
    """The book in one file. Several processes may use it: each entry is written under the file's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def beside(cls, certificate: Path) -> "IssuedBook":
        """The book that belongs to the CA whose certificate is in this file."""
        return cls(certificate.parent / NAME)

    def add(self, entry: Issued) -> None:
        """Returns when the entry is on the disk. Raises `BookError`; the book is then as it was before."""
        line = json.dumps(asdict(entry), sort_keys=True).encode("ascii") + b"\n"
        try:
            with self._opened(os.O_RDWR | os.O_CREAT) as descriptor:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                end = _whole_length(descriptor)
                os.ftruncate(descriptor, end)  # half a line, left by a power cut: its certificate never went out
                _write(descriptor, line, end)
                sync_folder(self.path.parent)
        except OSError:
            raise BookError("book_unwritable") from None

    def entries(self) -> tuple[Issued, ...]:
        """All entries in the order of issue; none where there is no book yet. Raises `BookError`."""
        try:
            with self._opened(os.O_RDONLY) as descriptor:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                content = os.pread(descriptor, _LARGEST + 1, 0)
        except FileNotFoundError:
            return ()
        except OSError:
            raise BookError("book_unreadable") from None
        if len(content) > _LARGEST:
            raise BookError("book_damaged")
        whole = content[: content.rfind(b"\n") + 1]
        return tuple(_entry(line) for line in whole.splitlines())

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        descriptor = os.open(self.path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BookError("book_unreadable")
            yield descriptor
        finally:
            os.close(descriptor)


def _write(descriptor: int, line: bytes, place: int) -> None:
    try:
        written = os.pwrite(descriptor, line, place)
        if written != len(line):
            raise OSError("short write")
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, place)
        raise


def _whole_length(descriptor: int) -> int:
    """Where the last whole line ends."""
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, 4096, max(0, size - 4096))
    end = tail.rfind(b"\n") + 1
    if not end and size > len(tail):
        raise BookError("book_damaged")
    return max(0, size - len(tail)) + end


def _entry(line: bytes) -> Issued:
    try:
        found = json.loads(line)
        entry = Issued(**{each.name: found[each.name] for each in fields(Issued)})
        if not all(isinstance(getattr(entry, each.name), str) for each in fields(Issued)):
            raise BookError("book_damaged")
        if entry.ends().tzinfo is None:
            raise BookError("book_damaged")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BookError("book_damaged") from None
    return entry
