"""What a cut leaves behind (`cut.json`), and the removal of segments itself, which goes on where it was broken off.

What may be cut is decided in `cardd.keeping.cut_plan`. The order, and what a crash leaves, stand in `docs/audit-log.md`.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import rfc8785

from cardd.audit.chain import NO_RECORD, SEGMENT_HEADER, Damaged, SegmentHeader, segment_name, segments
from cardd.audit.disk import Disk, open_plain, read_plain
from cardd.audit.entries import Entry, Place, entries
from cardd.audit.records import Phase

CUT_FILE = "cut.json"
NEXT_FILE = "cut.tmp"
"""Ends like all files that a start throws away."""
VERSION = 1
LARGEST_FILE = 64 * 1024 * 1024
"""Bytes of `cut.json`. Thirty years of keys take 6 MiB."""
EVENT = "log.cut"


@dataclass(frozen=True, slots=True)
class Cut:
    """One cut: which records went, and what covered them. Times in microseconds since 1970; hashes 64 hex digits."""

    record: int
    """Sequence number of the record `log.cut`."""
    first_sequence: int
    last_sequence: int
    last_hash: str
    head_size: int
    head_root: str
    count: int
    first_utc_us: int
    last_utc_us: int
    cut_utc_us: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many records of one kind went. `month` in Japan, `2019-11`; `result` of a result, empty otherwise."""

    month: str
    phase: int
    event: str
    role: str
    purpose: str
    result: str
    count: int


@dataclass(frozen=True, slots=True)
class CutBook:
    """All cuts of one log. `keys`: (sequence, base64 of the whole record) of each `log.key` that went."""

    log_id: str
    cuts: tuple[Cut, ...]
    counts: tuple[Count, ...]
    keys: tuple[tuple[int, str], ...]

    @property
    def last(self) -> Cut:
        return self.cuts[-1]

    def encode(self) -> bytes:
        """RFC 8785."""
        return rfc8785.dumps(
            {
                "version": VERSION,
                "log_id": self.log_id,
                "cuts": [asdict(each) for each in self.cuts],
                "counts": [asdict(each) for each in sorted(self.counts, key=_order)],
                "keys": [{"sequence": sequence, "record": record} for sequence, record in self.keys],
            }
        )

    @classmethod
    def decode(cls, octets: bytes) -> "CutBook":
        """Strict: what is read is what would be written, cuts follow each other, counts add up. Raises `Damaged` (`cut_file`)."""
        try:
            read = json.loads(octets)
            book = cls(
                _text(read["log_id"]),
                tuple(Cut(**_checked(each, Cut)) for each in read["cuts"]),
                tuple(Count(**_checked(each, Count)) for each in read["counts"]),
                tuple((_number(each["sequence"]), _text(each["record"])) for each in read["keys"]),
            )
            good = read["version"] == VERSION and book.encode() == octets and book._adds_up()
        except (ValueError, TypeError, KeyError, RecursionError):
            good = False
        if not good:
            raise Damaged("cut_file", sequence=0, offset=0, file=CUT_FILE)
        return book

    def _adds_up(self) -> bool:
        expected = 1
        for cut in self.cuts:
            if cut.first_sequence != expected or cut.count != cut.last_sequence - expected + 1 or cut.count < 1:
                return False
            expected = cut.last_sequence + 1
        return bool(self.cuts) and sum(each.count for each in self.counts) == expected - 1


def read_book(directory: Path) -> CutBook | None:
    """What was cut off this log; None: nothing. Raises `Damaged`, `OSError`."""
    path = directory / CUT_FILE
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Damaged("cut_file", sequence=0, offset=0, file=CUT_FILE)
        return CutBook.decode(read_plain(path))
    except FileNotFoundError:
        return None


def joined(
    before: CutBook | None, log_id: str, cut: Cut, counts: Iterable[Count], keys: Iterable[tuple[int, str]]
) -> CutBook:
    """The book with one cut more."""
    if before is None:
        return CutBook(log_id, (cut,), tuple(counts), tuple(keys))
    return CutBook(log_id, (*before.cuts, cut), _added(before.counts, counts), (*before.keys, *keys))


def _added(old: Iterable[Count], new: Iterable[Count]) -> tuple[Count, ...]:
    sums: dict[tuple[str, int, str, str, str, str], int] = {}
    for each in (*old, *new):
        key = (each.month, each.phase, each.event, each.role, each.purpose, each.result)
        sums[key] = sums.get(key, 0) + each.count
    return tuple(Count(*key, count) for key, count in sums.items())


# --- the disk --------------------------------------------------------------------------------------------------------


def carry_out(directory: Path, book: CutBook, disk: Disk) -> int:
    """Write `cut.json`, then remove what it says is cut; its record `log.cut` is on the disk already. Gives the files removed.

    Raises `OSError`: with `cut.json` on the disk the next start goes on, without it nothing was removed; `Damaged` as `finish`.
    """
    temporary = directory / NEXT_FILE
    if temporary.exists():
        disk.unlink(temporary)
    descriptor = disk.create(temporary)
    try:
        rest = book.encode()
        while rest:
            rest = rest[disk.write(descriptor, rest) :]
        disk.sync(descriptor)
    finally:
        os.close(descriptor)
    disk.rename(temporary, directory / CUT_FILE)
    disk.sync_directory(directory)
    return finish(directory, disk)


def finish(directory: Path, disk: Disk, covered: int | None = None) -> int:
    """Remove what `cut.json` says is cut and is still there: oldest first, the directory synced after each. Gives their number.

    `covered`: how many records the newest signed head has, at a start; None for a cut that is being made, whose caller signed.
    Nothing goes unless the record `log.cut` stands in the log with the same words, under that head (whoever can write this
    directory can write a record behind it, and a file), and the first segment that is kept goes on from the last record that
    goes. Raises `Damaged` (`cut_file`, `cut_record`, `cut_chain`), `OSError`.
    """
    book = read_book(directory)
    if book is None:
        return 0
    last = book.last
    old = [path for path in segments(directory) if int(path.stem) <= last.last_sequence]
    torn = [path for path in sorted(directory.glob("torn-*.bin")) if _torn_number(path) <= last.last_sequence]
    if not old and not torn:
        return 0
    if covered is not None and last.record > covered:
        raise Damaged("cut_record", sequence=last.record, offset=0, file=CUT_FILE)
    _check_kept(directory, book)
    _check_record(directory, last)
    for path in (*old, *torn):
        disk.unlink(path)
        disk.sync_directory(directory)
    return len(old)


def first_kept(directory: Path, header: SegmentHeader) -> tuple[int, bytes]:
    """Number and hash of the record before the log's first segment (its `header`), if it may begin there.

    It may begin with record 1, or with a record that `cut.json` names or (a cut that was broken off) has behind it. Raises
    `Damaged` (`segment_name` for a log whose beginning is missing, `segment_chain`, `cut_file`, `unreadable`).
    """
    file = segment_name(header.first_sequence)
    if header.first_sequence == 1:
        if header.before != NO_RECORD:
            raise Damaged("segment_chain", sequence=1, offset=0, file=file)
        return 0, NO_RECORD
    try:
        book = read_book(directory)
    except OSError as error:
        raise Damaged("unreadable", sequence=1, offset=0, file=CUT_FILE) from error
    if book is None or header.first_sequence > book.last.last_sequence + 1:
        raise Damaged("segment_name", sequence=1, offset=0, file=file)
    known = {cut.last_sequence + 1: cut.last_hash for cut in book.cuts}.get(header.first_sequence)
    if book.log_id != header.log_id.hex() or known not in (None, header.before.hex()):
        raise Damaged("segment_chain", sequence=header.first_sequence, offset=0, file=file)
    return header.first_sequence - 1, header.before


def _check_kept(directory: Path, book: CutBook) -> None:
    path = directory / segment_name(book.last.last_sequence + 1)
    try:
        with open(open_plain(path), "rb") as file:
            header = SegmentHeader.decode(file.read(SEGMENT_HEADER), path.name)
    except FileNotFoundError:
        raise Damaged("cut_chain", sequence=book.last.last_sequence + 1, offset=0, file=path.name) from None
    if (header.before.hex(), header.log_id.hex()) != (book.last.last_hash, book.log_id):
        raise Damaged("cut_chain", sequence=book.last.last_sequence + 1, offset=0, file=path.name)


def _check_record(directory: Path, cut: Cut) -> None:
    """The record that allowed it says the same."""
    before = [int(path.stem) for path in segments(directory) if int(path.stem) <= cut.record]
    first = before[-1] if before else 0
    for entry, place in entries(directory, Place(first, SEGMENT_HEADER, first)) if first else ():
        if entry.sequence == cut.record and _same(entry, cut):
            return
        if place.sequence > cut.record:
            break
    raise Damaged("cut_record", sequence=cut.record, offset=0, file=CUT_FILE)


def _same(entry: Entry, cut: Cut) -> bool:
    words = ("first_sequence", "last_sequence", "last_hash", "head_size", "head_root", "count")
    return (
        entry.phase is Phase.STATE
        and entry.event == EVENT
        and all(entry.content.get(word) == getattr(cut, word) for word in words)
    )


def _torn_number(path: Path) -> int:
    number = path.stem.removeprefix("torn-")
    return int(number) if number.isdecimal() else 2**63


def _order(count: Count) -> tuple[str, int, str, str, str, str]:
    return count.month, count.phase, count.event, count.role, count.purpose, count.result


def _checked(read: Mapping[str, Any], shape: type[Cut] | type[Count]) -> dict[str, Any]:
    """The values of one row, each of its own type. Raises `ValueError`, `TypeError`, `KeyError`."""
    return {each.name: (_number if each.type is int else _text)(read[each.name]) for each in fields(shape)}


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("no number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
