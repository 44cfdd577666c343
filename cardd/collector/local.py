"""The terminal's side: the log directory, read along while the daemon writes it. Nothing is written here, nothing is locked.

Only what a head covers is shipped: those records are on the disk for good. A record behind the newest head could still be lost with
the power, and the one that took its number afterwards would look like a forged one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cardd.audit.chain import SEGMENT_HEADER, Damaged, SegmentHeader, segments
from cardd.audit.checkpoint import BadNote, parse
from cardd.audit.cutting import CUT_FILE
from cardd.audit.disk import open_plain
from cardd.audit.entries import Entry, Place, entries, start_of
from cardd.fleet.problems import FleetProblem

MOST_NOTE = 64 * 1024
"""Bytes of one head with its signatures."""
GAP = b"\n\n"


@dataclass(frozen=True, slots=True)
class Note:
    """One head as it stands in its file. `period`: the day of its key; `size`: records that it covers."""

    period: str
    size: int
    octets: bytes


class LocalLog:
    """One log directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def log_id(self) -> str:
        """32 hex digits. Raises `FleetProblem` (`log_missing`, `log_damaged`)."""
        try:
            files = segments(self._directory)
            if not files:
                raise FleetProblem("log_missing")
            with files[0].open("rb") as file:
                return SegmentHeader.decode(file.read(SEGMENT_HEADER), files[0].name).log_id.hex()
        except OSError:
            raise FleetProblem("log_missing") from None
        except Damaged:
            raise FleetProblem("log_damaged") from None

    def first(self) -> int:
        """Number of the first record that is kept. Raises `FleetProblem` (`log_missing`)."""
        start = start_of(self._directory)
        if start is None:
            raise FleetProblem("log_missing")
        return start.sequence

    def cut(self) -> bytes | None:
        """What the terminal's cuts left behind (`cut.json`); None where nothing was cut. Raises `FleetProblem` (`log_damaged`)."""
        try:
            return (self._directory / CUT_FILE).read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            raise FleetProblem("log_damaged") from None

    def newest_size(self) -> int:
        """Records under the newest head; 0 without any. Raises `FleetProblem` (`log_damaged`)."""
        for path in reversed(self._head_files("")):
            notes = self._notes(path)
            if notes:
                return notes[-1].size
        return 0

    def notes(self, period: str, size: int) -> Iterator[Note]:
        """Heads from the file of `period` on (empty: all), those over fewer than `size` records left out; one day in memory.

        Raises `FleetProblem` (`log_damaged`).
        """
        for path in self._head_files(period):
            yield from (note for note in self._notes(path) if note.size >= size)

    def records(self, start: int) -> Iterator[Entry]:
        """Whole records from number `start` on, as far as they are there. Raises `FleetProblem` (`log_damaged`, `log_gap`)."""
        try:
            for entry, _ in entries(self._directory, self._place(start)):
                if entry.sequence >= start:
                    yield entry
        except (OSError, Damaged, ValueError, RecursionError):
            raise FleetProblem("log_damaged") from None

    def _place(self, sequence: int) -> Place:
        firsts = [int(path.stem) for path in segments(self._directory)]
        begun = [first for first in firsts if first <= sequence]
        if not begun:
            raise FleetProblem("log_gap")
        return Place(begun[-1], SEGMENT_HEADER, begun[-1])

    def _head_files(self, period: str) -> list[Path]:
        return sorted(path for path in (self._directory / "heads").glob("*.heads") if path.stem >= period)

    def _notes(self, path: Path) -> list[Note]:
        """The whole notes of a file; the last one may be in the middle of being written."""
        try:
            parts = path.read_bytes().split(GAP)[:-1]
            whole = [parts[at] + GAP + parts[at + 1] + b"\n" for at in range(0, len(parts) - 1, 2)]
            return [Note(path.stem, parse(octets).head.size, octets) for octets in whole]
        except (OSError, BadNote):
            raise FleetProblem("log_damaged") from None


class Cosigned:
    """The folder in which the sender of heads keeps what witnesses signed: `<log id>/<key id of the witness>/<day>.head`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def notes(self, log_id: str, since: Mapping[str, str]) -> Iterator[tuple[str, str, bytes]]:
        """Key id of the witness, day, and note, oldest day first, of each witness from its day in `since` on (left out: all).

        Whoever has no witness has no folder. What is there and is no head signed by somebody else too is left out: the sender may be in
        the middle of writing, and only what checks counts anywhere. Raises `FleetProblem` (`log_damaged`) when it cannot be read.
        """
        try:
            for folder in sorted((self._directory / log_id).glob("*")):
                if re.fullmatch("[0-9a-f]{8}", folder.name):
                    yield from self._of_one(folder, since.get(folder.name, ""))
        except OSError:
            raise FleetProblem("log_damaged") from None

    def _of_one(self, folder: Path, since: str) -> Iterator[tuple[str, str, bytes]]:
        for path in sorted(folder.glob("*.head")):
            if path.stem < since:
                continue
            with open(open_plain(path), "rb") as file:
                octets = file.read(MOST_NOTE)
            if _is_cosigned(octets, folder.name):
                yield folder.name, path.stem, octets


def _is_cosigned(octets: bytes, key_id: str) -> bool:
    try:
        signatures = parse(octets).signatures
    except BadNote:
        return False
    return len(signatures) == 2 and signatures[1].key_id.hex() == key_id
