"""Reading the log along, also while it is written: whole records one after the other, from any place on.

For whoever asks questions of the log (index, alarms, copies on other machines). Nothing is verified here but what is needed to
read on: the check is `verifier`'s, and each start's.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardd.audit.chain import SEGMENT_HEADER, Damaged, Record, SegmentHeader, decode_record, segment_name, segments
from cardd.audit.disk import open_plain
from cardd.audit.records import Phase

CHUNK = 1024 * 1024
"""Bytes read at once."""
LENGTH = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next record begins: the segment by its first sequence number, the offset in its file, the number it will have."""

    segment: int
    offset: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One record, taken apart. `octets`: the whole record as it stands on disk, its length field included."""

    log_id: str
    sequence: int
    utc_us: int
    phase: Phase
    hash: str
    """SHA-256 of `octets`, 64 hex digits."""
    content: dict[str, Any]
    octets: bytes = field(repr=False)

    def text(self, name: str) -> str | None:
        """A field that is text; None where it is not there."""
        value = self.content.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        """A field that is a whole number."""
        value = self.content.get(name)
        return value if type(value) is int else None

    @property
    def event(self) -> str:
        """What it is about; empty in a result, which names its intent instead."""
        return self.text("event") or ""


def start_of(directory: Path) -> Place | None:
    """The first record that is kept; None where there is no log."""
    files = segments(directory)
    return Place(int(files[0].stem), SEGMENT_HEADER, int(files[0].stem)) if files else None


def entries(directory: Path, place: Place | None = None) -> Iterator[tuple[Entry, Place]]:
    """Every whole record from `place` on (None: from the first that is kept), each with the place behind it.

    Ends where no whole record stands any more: the writer may be in the middle of one. Raises `OSError`, and `Damaged` where
    what stands there is no record at all.
    """
    at = place or start_of(directory)
    while at is not None:
        for record, octets, log_id in _records(_file(directory, at.segment), at):
            at = Place(at.segment, record.end, record.sequence + 1)
            yield _entry(record, octets, log_id), at
        at = _next_segment(directory, at)


def segment_entries(path: Path) -> Iterator[Entry]:
    """The whole records of one segment file, as `entries` gives them. Raises `OSError`, `Damaged`."""
    first = int(path.stem)
    for record, octets, log_id in _records(str(path), Place(first, SEGMENT_HEADER, first)):
        yield _entry(record, octets, log_id)


def _file(directory: Path, segment: int) -> str:
    """A segment's path, and no `Path`: the interpreter keeps the parts of each new one in its table of names (`sys.intern`).

    Names that are gone keep their place there until the table is full and made twice as large: 1 MiB more for good, seen after some
    9,000 card sessions. Whoever reads along asks with each record, and each few seconds when there is none.
    """
    return os.path.join(directory, segment_name(segment))


def _next_segment(directory: Path, at: Place) -> Place | None:
    """A segment that begins with the next record. One that was just begun may be the same as ours."""
    if at.sequence == at.segment or not os.path.exists(_file(directory, at.sequence)):
        return None
    return Place(at.sequence, SEGMENT_HEADER, at.sequence)


def _records(path: str, at: Place) -> Iterator[tuple[Record, bytes, str]]:
    """The whole records of one file from `at` on; offsets are those of the file."""
    name = os.path.basename(path)
    with open(open_plain(path), "rb") as file:
        log_id = SegmentHeader.decode(file.read(SEGMENT_HEADER), name).log_id.hex()
        file.seek(at.offset)
        held, base, sequence = b"", at.offset, at.sequence
        while chunk := file.read(CHUNK):
            held += chunk
            offset = 0
            while (end := _end(held, offset)) is not None:
                record = decode_record(held, offset, file=name, sequence=sequence)
                if record.sequence != sequence:
                    raise Damaged("sequence", sequence=sequence, offset=base + offset, file=name)
                octets = held[offset:end]
                yield _moved(record, base + end), octets, log_id
                offset, sequence = end, sequence + 1
            held, base = held[offset:], base + offset


def _end(held: bytes, offset: int) -> int | None:
    if offset + LENGTH > len(held):
        return None
    end = offset + LENGTH + int.from_bytes(held[offset : offset + LENGTH], "big")
    return end if end <= len(held) else None


def _moved(record: Record, end: int) -> Record:
    return Record(record.sequence, record.utc_us, record.phase, record.before, record.json, record.hash, end)


def _entry(record: Record, octets: bytes, log_id: str) -> Entry:
    content = json.loads(record.json)
    return Entry(log_id, record.sequence, record.utc_us, Phase(record.phase), record.hash.hex(), content, octets)
