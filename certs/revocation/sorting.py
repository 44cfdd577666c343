"""Sorts the entries of a list into records of one size, with a bounded part of them as objects at a time."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from certs.revocation.serial_file import DATE_BYTES, LATEST_DATE
from certs.validation.list_walk import LONGEST_SERIAL

RUN = 64 * 1024
"""Entries that are sorted at a time, about 5 MiB of objects."""
_RECORD = LONGEST_SERIAL + DATE_BYTES


@dataclass(frozen=True, slots=True)
class Sorted:
    """Sorted runs of records of 24 bytes. `width`: bytes of the longest serial number."""

    runs: tuple[bytes, ...] = field(repr=False)
    count: int
    width: int

    def blocks(self) -> Iterator[bytes]:
        """All records in order, each `width` + 4 bytes, some thousands at a time."""
        surplus = LONGEST_SERIAL - self.width
        records = heapq.merge(*map(_records, self.runs)) if not self._in_order() else _chained(self.runs)
        while block := b"".join(record[surplus:] for record in islice(records, RUN)):
            yield block

    def _in_order(self) -> bool:
        pairs = zip(self.runs, self.runs[1:], strict=False)
        return all(before[-_RECORD:] <= after[:_RECORD] for before, after in pairs)


def in_order(entries: Iterator[tuple[bytes, int]], most: int) -> Sorted | None:
    """Sorts `entries` by serial number and date; None when there are more than `most` of them.

    A date before 1970 becomes 1970, one after 2106 becomes 2106: earlier is the careful side, and both are no dates of JPKI.
    """
    runs: list[bytes] = []
    count, width = 0, 0
    while True:
        run = sorted(_record(serial, seconds) for serial, seconds in islice(entries, RUN))
        if not run:
            return Sorted(tuple(runs), count, width)
        count += len(run)
        if count > most:
            return None
        width = max(width, len(run[-1][:LONGEST_SERIAL].lstrip(b"\x00")))
        runs.append(b"".join(run))


def _record(serial: bytes, seconds: int) -> bytes:
    return serial.rjust(LONGEST_SERIAL, b"\x00") + min(max(seconds, 0), LATEST_DATE).to_bytes(DATE_BYTES, "big")


def _records(run: bytes) -> Iterator[bytes]:
    return (run[at : at + _RECORD] for at in range(0, len(run), _RECORD))


def _chained(runs: tuple[bytes, ...]) -> Iterator[bytes]:
    for run in runs:
        yield from _records(run)
