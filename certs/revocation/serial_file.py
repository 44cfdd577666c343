"""The form in which a long revocation list lies on the disk: a header, then entries of one size, sorted by serial number.

All numbers are big-endian. The header, 160 bytes, and 32 for each distribution point:

    0    8   magic `CRDDLIST`
    8    2   version of this form, 1
    10   1   bytes of a serial number, 0 to 20
    11   1   whose certificates the list holds: 0 all, 1 users, 2 authorities (`Subjects`)
    12   4   number of distribution points
    16   8   number of entries
    24   8   thisUpdate, seconds since 1970 UTC
    32   8   nextUpdate, likewise
    40   20  CRL number (RFC 5280, 5.2.3: at most 20 bytes)
    60   4   zero
    64   32  SHA-256 of the CertificateList that this was made from
    96   32  SHA-256 of the issuer's SubjectPublicKeyInfo
    128  32  SHA-256 of everything else in the file
    160      SHA-256 of each distribution point's name (`Scope`), then the entries

An entry is a serial number (unsigned, filled up with zeros) and its revocation date, 4 bytes, seconds since 1970 UTC. Where a
serial number stands twice the earlier date comes first, and counts.
"""

import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509

from certs.revocation.errors import FileRefused
from certs.validation.scope import Scope, Subjects

MAGIC = b"CRDDLIST"
VERSION = 1
HEADER = struct.Struct(">8sHBBIQqq20s4x32s32s32s")
_DIGEST_AT, _DIGEST_END = 128, 160
DATE_BYTES = 4
LATEST_DATE = 2**32 - 1
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What the header says of a list, besides its entries. Times are whole seconds, UTC."""

    issuer_key: bytes = field(repr=False)
    """SHA-256 of the issuer's SubjectPublicKeyInfo."""
    scope: Scope = field(repr=False)
    number: int
    this_update: datetime
    next_update: datetime
    digest: bytes = field(repr=False)
    """SHA-256 of the CertificateList."""

    @property
    def name(self) -> str:
        """The name of the file: one for each issuer's key and part of its list, 64 lower-case hex digits."""
        about = b"".join([self.issuer_key, bytes([self.scope.subjects]), *sorted(self.scope.points)])
        return hashlib.sha256(about).hexdigest()


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things lie in one file."""

    width: int
    count: int
    start: int

    @property
    def record(self) -> int:
        return self.width + DATE_BYTES


def write(place: Path, facts: ListFacts, width: int, count: int, entries: Iterator[bytes]) -> None:
    """Writes the file beside its place, syncs it, and puts it there in one step; nothing is there, or all of it.

    `entries`: `count` entries in blocks of any number, sorted, each `width` + 4 bytes. Raises `OSError`.
    """
    beside = place.with_name(place.name + ".new")
    beside.unlink(missing_ok=True)
    header = _header(facts, width, count)
    digest = hashlib.sha256(header[:_DIGEST_AT] + header[_DIGEST_END:])
    handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(header)
            for block in entries:
                digest.update(block)
                file.write(block)
            file.seek(_DIGEST_AT)
            file.write(digest.digest())
            file.flush()
            os.fsync(file.fileno())
        beside.rename(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(place.parent)


def _header(facts: ListFacts, width: int, count: int) -> bytes:
    fixed = HEADER.pack(
        MAGIC,
        VERSION,
        width,
        facts.scope.subjects,
        len(facts.scope.points),
        count,
        int(facts.this_update.timestamp()),
        int(facts.next_update.timestamp()),
        facts.number.to_bytes(20, "big"),
        facts.digest,
        facts.issuer_key,
        bytes(32),
    )
    return fixed + b"".join(sorted(facts.scope.points))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class SerialFile:
    """A list that lies ready; is a `LongList`. The file stays open until `close`; one that replaces it is not seen.

    Read at its places, never mapped: of a mapped file each page that was looked at would stay in the memory of a daemon that locks
    it (100 look-ups into 1,000,000 entries: 6 MB), and one that is cut short would end the process (SIGBUS).
    """

    def __init__(self, place: Path) -> None:
        """Reads the whole file once and checks it. Raises `FileRefused`."""
        try:
            self._handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise FileRefused("file_missing") from None
        try:
            self.facts, self._layout = _checked(self._handle)
        except BaseException:
            self.close()
            raise

    @property
    def issuer_key(self) -> bytes:
        return self.facts.issuer_key

    @property
    def this_update(self) -> datetime:
        return self.facts.this_update

    @property
    def next_update(self) -> datetime | None:
        return self.facts.next_update

    @property
    def count(self) -> int:
        """How many entries it has."""
        return self._layout.count

    def covers(self, certificate: x509.Certificate) -> bool:
        """Whether the list is about this certificate of its issuer."""
        return self.facts.scope.covers(certificate)

    def revoked_at(self, serial: int) -> datetime | None:
        """When the certificate with this serial number was revoked; None when it is not in the list. By bisection.

        Raises `FileRefused`: the file was cut short since it was opened.
        """
        width = self._layout.width
        if serial < 0 or serial.bit_length() > width * 8:
            return None
        wanted = serial.to_bytes(width, "big")
        low, high = 0, self._layout.count
        while low < high:
            middle = (low + high) // 2
            if self._entry(middle)[:width] < wanted:
                low = middle + 1
            else:
                high = middle
        if low == self._layout.count or not (entry := self._entry(low)).startswith(wanted):
            return None
        return datetime.fromtimestamp(int.from_bytes(entry[width:], "big"), UTC)

    def _entry(self, number: int) -> bytes:
        size = self._layout.record
        found = os.pread(self._handle, size, self._layout.start + number * size)
        if len(found) != size:
            raise FileRefused("file_cut")
        return found

    def close(self) -> None:
        """Closes the file; nothing can be looked up afterwards. May be called twice."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<SerialFile of {self.count} entries>"


def _checked(handle: int) -> tuple[ListFacts, _Layout]:
    size = os.fstat(handle).st_size
    header = os.pread(handle, HEADER.size, 0)
    if len(header) < HEADER.size:
        raise FileRefused("file_cut")
    found = _read_header(header, handle, size)
    digest = hashlib.sha256(header[:_DIGEST_AT])
    for place in range(_DIGEST_END, size, _CHUNK):
        digest.update(os.pread(handle, _CHUNK, place))
    if digest.digest() != header[_DIGEST_AT:_DIGEST_END]:
        raise FileRefused("file_damaged")
    return found


def _read_header(header: bytes, handle: int, size: int) -> tuple[ListFacts, _Layout]:
    magic, version, width, subjects, points, count, this_update, next_update, number, digest, issuer_key, _ = (
        HEADER.unpack(header)
    )
    if magic != MAGIC or version != VERSION:
        raise FileRefused("file_other")
    start = HEADER.size + 32 * points
    layout = _Layout(width, count, start)
    if start + count * layout.record != size:
        raise FileRefused("file_cut")
    try:
        scope = Scope(
            Subjects(subjects),
            frozenset(os.pread(handle, 32, at) for at in range(HEADER.size, start, 32)),
        )
        facts = ListFacts(
            issuer_key=issuer_key,
            scope=scope,
            number=int.from_bytes(number, "big"),
            this_update=datetime.fromtimestamp(this_update, UTC),
            next_update=datetime.fromtimestamp(next_update, UTC),
            digest=digest,
        )
    except (ValueError, OverflowError, OSError):
        raise FileRefused("file_damaged") from None
    return facts, layout
