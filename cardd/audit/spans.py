"""What a segment file covers, from the headers of its records alone: numbers and times. Nothing is verified here."""

import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cardd.audit.chain import SEGMENT_HEADER, SMALLEST_RECORD, Damaged, SegmentHeader

LONGEST_GAP_US = 14 * 86_400_000_000
"""Neighbouring records that lie further apart count for nothing. Our choice: longer than the longest closure of an office."""
_HEAD = struct.Struct(">IQQ")
_JSON_AT = 53
_STEP = b'"event":"clock.step"'


@dataclass(frozen=True, slots=True)
class Span:
    """One segment file: its records from `first` to `last` (`last` < `first`: none yet), and their times in microseconds since 1970."""

    path: Path
    log_id: bytes
    first: int
    last: int
    before: bytes
    """SHA-256 of the record before the first one."""
    last_hash: bytes
    """SHA-256 of the last record; `before` where there is none."""
    first_us: int
    last_us: int
    earliest_us: int
    latest_us: int
    lived_us: int
    """Time that passed between its records: steps back and gaps beyond `LONGEST_GAP_US` count nothing, announced steps are taken off."""

    @property
    def count(self) -> int:
        return self.last - self.first + 1


def span_of(path: Path) -> Span:
    """Read one segment. What stands behind its last whole record is left aside. Raises `Damaged`, `OSError`."""
    octets = path.read_bytes()
    header = SegmentHeader.decode(octets, path.name)
    last, last_at, lived = header.first_sequence - 1, (0, 0), 0
    times: list[int] = []
    for offset, end, sequence, utc_us in _heads(octets, path.name):
        if sequence != last + 1:
            raise Damaged("sequence", sequence=last + 1, offset=offset, file=path.name)
        if times:
            lived += lived_through(utc_us - times[-1] - _announced(octets, offset, end))
        last, last_at = sequence, (offset, end)
        times.append(utc_us)
    return Span(
        path,
        header.log_id,
        header.first_sequence,
        last,
        header.before,
        hashlib.sha256(octets[slice(*last_at)]).digest() if times else header.before,
        times[0] if times else 0,
        times[-1] if times else 0,
        min(times, default=0),
        max(times, default=0),
        lived,
    )


def lived_through(difference_us: int) -> int:
    """What a difference between the times of two neighbouring records counts for."""
    return difference_us if 0 <= difference_us <= LONGEST_GAP_US else 0


def _heads(octets: bytes, file: str) -> Iterator[tuple[int, int, int, int]]:
    """Offset, end, sequence and time of each whole record."""
    offset = SEGMENT_HEADER
    while offset + SMALLEST_RECORD <= len(octets):
        length, sequence, utc_us = _HEAD.unpack_from(octets, offset)
        end = offset + 4 + length
        if end - offset < SMALLEST_RECORD:
            raise Damaged("length", sequence=sequence, offset=offset, file=file)
        if end > len(octets):
            return
        yield offset, end, sequence, utc_us
        offset = end


def _announced(octets: bytes, offset: int, end: int) -> int:
    """By how much the clock was set before this record, where it is one that says so."""
    if octets.find(_STEP, offset, end) < 0:
        return 0
    try:
        content = json.loads(octets[offset + _JSON_AT : end])
    except ValueError:
        return 0  # the check of the log names it
    step = content.get("step_us") if isinstance(content, dict) else None
    return step if type(step) is int and content.get("event") == "clock.step" else 0
