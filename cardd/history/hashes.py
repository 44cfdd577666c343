"""The hashes of all records and of every 256th and 65,536th subtree above them, in plain files: a proof needs some hundred of them.

`hashes-0`, `hashes-8`, `hashes-16`: 32 bytes each, in order; level 0 are the leaves (RFC 6962). `places`: for each record the
offset in its segment, 4 bytes. Where the log's beginning was cut off, the files begin behind the cut, and the roots of the full
subtrees over what was cut stand for it. Nothing here is synced: what does not fit to the index's own root is built again.
"""

import os
import struct
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

from cardd.audit.tree import HASH, Peaks, node_hash
from cardd.errors import AuditUnknown

LEVELS = (0, 8, 16)
PLACES = "places"
_PLACE = struct.Struct(">I")


class HashesDamaged(Exception):
    """The files do not hold what the index says they do."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What was before the first kept record: how many records, and the roots of the full subtrees over them (None: not known)."""

    base: int = 0
    peaks: tuple[bytes, ...] | None = ()

    def subtree(self, level: int, index: int) -> bytes:
        """Root of a full subtree that lies wholly before the cut. Raises `AuditUnknown` (`cut_off`) where it is not known."""
        at = 0
        for number, bit in enumerate(bit for bit in reversed(range(self.base.bit_length())) if self.base >> bit & 1):
            if self.peaks is not None and (bit, at >> bit) == (level, index):
                return self.peaks[number]
            at += 1 << bit
        raise AuditUnknown(problem="cut_off")


class HashReader:
    """The files as they stood at one `size`. A context; one thread."""

    def __init__(self, directory: Path, ground: Ground, size: int) -> None:
        """Raises `OSError`."""
        self.ground, self.size = ground, size
        with ExitStack() as opening:
            self._files = {level: _open(opening, directory / f"hashes-{level}") for level in LEVELS}
            self._places = _open(opening, directory / PLACES)
            self._opened = opening.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def leaf(self, index: int) -> bytes:
        """The hash of record `index` + 1. Raises `AuditUnknown`, `HashesDamaged`."""
        return self.subtree(0, index)

    def place(self, sequence: int) -> int:
        """Offset of a record in its segment. Raises `AuditUnknown`, `HashesDamaged`."""
        if sequence <= self.ground.base:
            raise AuditUnknown(problem="cut_off")
        if sequence > self.size:
            raise AuditUnknown(problem="sequence")
        at = (sequence - 1 - self.ground.base) * _PLACE.size
        found: int = _PLACE.unpack(_read(self._places, at, _PLACE.size))[0]
        return found

    def subtree(self, level: int, index: int) -> bytes:
        """Root of the full subtree over the records from `index << level` on. Raises `AuditUnknown`, `HashesDamaged`."""
        start, end = index << level, (index + 1) << level
        if end > self.size:
            raise AuditUnknown(problem="sequence")
        if end <= self.ground.base:
            return self.ground.subtree(level, index)
        if start < self.ground.base:
            return node_hash(self.subtree(level - 1, 2 * index), self.subtree(level - 1, 2 * index + 1))
        stored = max(each for each in LEVELS if each <= level)
        return _folded(self._hashes(stored, index << (level - stored), 1 << (level - stored)))

    def peaks(self) -> Peaks:
        """Of the whole tree. Raises `AuditUnknown` where what was before a cut is not known."""
        found, at = [], 0
        for level in reversed(range(self.size.bit_length())):
            if self.size >> level & 1:
                found.append(self.subtree(level, at >> level))
                at += 1 << level
        return Peaks(self.size, found)

    def _hashes(self, level: int, index: int, count: int) -> list[bytes]:
        octets = _read(self._files[level], (index - _first(self.ground, level)) * HASH, count * HASH)
        return [octets[at : at + HASH] for at in range(0, len(octets), HASH)]


class HashWriter:
    """Appends. One thread, which owns the files."""

    def __init__(self, directory: Path, ground: Ground, size: int) -> None:
        """Go on behind `size` records; what stands behind them is cut off. Raises `OSError`, `HashesDamaged` for too few."""
        self._directory, self._ground, self.size = directory, ground, size
        with ExitStack() as opening:
            self._files = {level: _open_end(opening, directory / f"hashes-{level}") for level in LEVELS}
            self._places = _open_end(opening, directory / PLACES)
            for level, file in self._files.items():
                _cut(file, _count(ground, level, size) * HASH)
            _cut(self._places, (size - ground.base) * _PLACE.size)
            self._opened = opening.pop_all()

    def append(self, leaves: Sequence[bytes], places: Sequence[int]) -> None:
        """More records: their leaf hashes, and where each begins in its segment. Raises `OSError`; `HashesDamaged` where a file is not
        as long as what was written."""
        for level, file in self._files.items():
            _check_size(file, _count(self._ground, level, self.size) * HASH)
        _check_size(self._places, (self.size - self._ground.base) * _PLACE.size)
        _write(self._files[0], b"".join(leaves))
        _write(self._places, b"".join(map(_PLACE.pack, places)))
        before, self.size = self.size, self.size + len(leaves)
        for lower, level in pairwise(LEVELS):
            for index in range(max(before >> level, _first(self._ground, level)), self.size >> level):
                at = (index << (level - lower)) - _first(self._ground, lower)
                octets = _read(self._files[lower], at * HASH, HASH << (level - lower))
                _write(self._files[level], _folded([octets[at : at + HASH] for at in range(0, len(octets), HASH)]))

    def reader(self) -> HashReader:
        """Of what stands there now."""
        return HashReader(self._directory, self._ground, self.size)

    def close(self) -> None:
        self._opened.close()


def _first(ground: Ground, level: int) -> int:
    """The first subtree of a level that lies wholly behind the cut."""
    return -(-ground.base >> level)


def _count(ground: Ground, level: int, size: int) -> int:
    return max(0, (size >> level) - _first(ground, level))


def _folded(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def _open(opening: ExitStack, path: Path) -> int:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    opening.callback(os.close, file)
    return file


def _open_end(opening: ExitStack, path: Path) -> int:
    """Raises `HashesDamaged` for what is there and is no plain file."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise HashesDamaged
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    opening.callback(os.close, file)
    return file


def _cut(file: int, size: int) -> None:
    if os.fstat(file).st_size < size:
        raise HashesDamaged
    os.ftruncate(file, size)


def _check_size(file: int, size: int) -> None:
    if os.fstat(file).st_size != size:
        raise HashesDamaged


def _read(file: int, at: int, count: int) -> bytes:
    octets = os.pread(file, count, at)
    if len(octets) != count:
        raise HashesDamaged
    return octets


def _write(file: int, octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        rest = rest[os.write(file, rest) :]
