"""The files of signed heads: `<log directory>/heads/<YYYY-MM-DD>.heads`, one for each day's key.

Whole notes, an empty line behind each, in the order in which they were signed. Each is on the disk before it counts; what a power
cut leaves of the last one is cut off at the next start.
"""

import errno
import os
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from cardd.audit.chain import Damaged
from cardd.audit.checkpoint import LARGEST_NOTE, BadNote, SignedHead, parse, split
from cardd.audit.disk import Disk, read_plain

FOLDER = "heads"
SUFFIX = ".heads"
FOLDER_MODE = 0o750


def head_file(directory: Path, period: date) -> Path:
    """Where the heads of this day's key stand. `directory`: the log's."""
    return directory / FOLDER / f"{period.isoformat()}{SUFFIX}"


def periods(directory: Path) -> list[date]:
    """The days that have a file of heads, in order. Raises `Damaged` (`heads_name`) for a name that is no day."""
    try:
        return sorted(
            date.fromisoformat(path.name.removesuffix(SUFFIX)) for path in (directory / FOLDER).glob(f"*{SUFFIX}")
        )
    except ValueError:
        raise Damaged("heads_name", sequence=0, offset=0, file=FOLDER) from None


def read_heads(directory: Path, period: date) -> list[SignedHead]:
    """The whole heads of this day, oldest first; a torn last one is left out. Raises `Damaged` (`heads_form`), `OSError`."""
    path = head_file(directory, period)
    octets = read_plain(path)
    return _heads(octets[: whole(octets)], path.name)


def newest_head(directory: Path) -> SignedHead | None:
    """The newest whole head of the log; None where there is none. For readers beside the writer. Raises `Damaged`, `OSError`."""
    for period in reversed(periods(directory)):
        if heads := read_heads(directory, period):
            return heads[-1]
    return None


def whole(octets: bytes) -> int:
    """How many bytes of a file of heads are whole notes: each has two empty lines, one inside and one behind.

    A note that a power cut left with a hole of zeros in it is not whole, and the last one: notes are synced one by one. Where another
    note begins behind the hole, the file is damaged, and the hole is left for `parse` to find.
    """
    hole = octets.find(b"\0")
    if hole >= 0:
        end = _whole(octets[:hole])
        return _whole(octets) if b"\n\ncardd/" in octets[hole:] else end
    return _whole(octets)


def _whole(octets: bytes) -> int:
    at = end = 0
    while (gap := octets.find(b"\n\n", at)) >= 0 and (close := octets.find(b"\n\n", gap + 2)) >= 0:
        at = end = close + 2
    return end


def missing_period(known: list[date]) -> date | None:
    """The first day between the first and the last that has no file."""
    return next((day + timedelta(1) for day, after in pairwise(known) if after - day != timedelta(1)), None)


class HeadFiles:
    """Writes them. Belongs to the journal's thread."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        """`directory`: the log's. The folder is made by the first head."""
        self._directory, self._disk = directory, disk
        self._sizes: dict[date, int] = {}
        self._path: tuple[date, Path] | None = None
        """Of the day that is written; kept, because the names in each new `Path` cost memory for good (see `entries`)."""

    def open(self, period: date) -> list[SignedHead]:
        """The heads of this day, oldest first; a torn last one is cut off. Raises `Damaged`, `OSError`."""
        path = head_file(self._directory, period)
        octets = self._disk.read(path)
        end = whole(octets)
        heads = _heads(octets[:end], path.name)
        self._sizes = {period: end}
        if end < len(octets):
            self._cut(path, end)
        return heads

    def first(self, period: date) -> SignedHead | None:
        """The first head of this day; None where there is no whole one. Raises `Damaged`, `OSError`."""
        path = head_file(self._directory, period)
        octets = self._disk.read(path)
        end = whole(octets[: 2 * LARGEST_NOTE])
        heads = _heads(octets[: octets.find(b"\n\n", octets.find(b"\n\n") + 2) + 2] if end else b"", path.name)
        return heads[0] if heads else None

    def append(self, period: date, signed: SignedHead) -> None:
        """Durable on return. After an `OSError` the head is not in the file, or is cut off by the next call.

        Raises `Damaged` (`heads_changed`: heads that were written are gone from the file; `heads_form`: there are some already).
        """
        path, note = self._path_of(period), signed.encode() + b"\n"
        size = self._size(period, path)
        descriptor = self._opened(path, new=size == 0)
        try:
            found = os.fstat(descriptor).st_size
            if found < size:
                raise _changed(path)
            if found > size:
                self._disk.truncate(descriptor, size)
            if self._disk.write(descriptor, note) != len(note):
                raise OSError(errno.ENOSPC, "a head was not written whole")
            self._disk.sync(descriptor)
        finally:
            os.close(descriptor)
        self._sizes = {period: size + len(note)}

    def leave(self, name: str, octets: bytes) -> None:
        """A small file in the log's directory, durable on return, made once: one that is there stays. Raises `OSError`."""
        target = self._directory / name
        if target.exists():
            return
        temporary = target.with_name(f"{name}.tmp")
        temporary.unlink(missing_ok=True)
        descriptor = self._disk.create(temporary)
        try:
            if self._disk.write(descriptor, octets) != len(octets):
                raise OSError(errno.ENOSPC, "a file was not written whole")
            self._disk.sync(descriptor)
        finally:
            os.close(descriptor)
        self._disk.rename(temporary, target)
        self._disk.sync_directory(self._directory)

    def _path_of(self, period: date) -> Path:
        if self._path is None or self._path[0] != period:
            self._path = period, head_file(self._directory, period)
        return self._path[1]

    def _size(self, period: date, path: Path) -> int:
        """How many bytes of this day's file are ours. A file that we never looked at may hold a torn head, not a whole one."""
        known = self._sizes.get(period)
        if known is None and path.exists() and whole(self._disk.read(path)):
            raise Damaged("heads_form", sequence=0, offset=0, file=path.name)
        return known or 0

    def _opened(self, path: Path, *, new: bool) -> int:
        if not new:
            try:
                return self._disk.open_append(path)
            except FileNotFoundError:
                raise _changed(path) from None
        if not path.parent.exists():
            path.parent.mkdir(mode=FOLDER_MODE)
            self._disk.sync_directory(path.parent.parent)
        descriptor = self._disk.open_append(path) if path.exists() else self._disk.create(path)
        try:
            self._disk.sync_directory(path.parent)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _cut(self, path: Path, end: int) -> None:
        descriptor = self._disk.open_append(path)
        try:
            self._disk.truncate(descriptor, end)
            self._disk.sync(descriptor)
        finally:
            os.close(descriptor)


def _changed(path: Path) -> Damaged:
    return Damaged("heads_changed", sequence=0, offset=0, file=path.name)


def _heads(octets: bytes, file: str) -> list[SignedHead]:
    try:
        return [parse(note) for note in split(octets)]
    except BadNote:
        raise Damaged("heads_form", sequence=0, offset=0, file=file) from None
