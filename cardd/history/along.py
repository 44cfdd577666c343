"""Reads one log into its index, batch by batch, from where it was left. Blocks; belongs to one thread."""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cardd.audit.chain import LARGEST_RECORD, Damaged, segment_name, segments
from cardd.audit.entries import Entry, Place, entries, start_of
from cardd.history.index import Index, IndexUnwritable, Last

BATCH = 500
"""Records in one transaction: some 20 ms of work, after which a stop is heard."""

Batch = list[Entry]


class Along:
    """One log and its index. `log`: directory of the segments; `directory`: the index's own."""

    def __init__(self, log: Path, directory: Path, log_id: str) -> None:
        self.log, self.directory, self.log_id = log, directory, log_id
        self._index: Index | None = None
        self.damage: str | None = None
        """Why a closed log could not be read to its end, in one word."""

    @property
    def size(self) -> int:
        """How many records of the log are taken in, as far as this run has looked."""
        index = self._index
        return 0 if index is None else index.size

    @property
    def percent(self) -> int:
        """How much of the log's bytes is taken in, 0 to 99, by any thread. Raises `OSError`."""
        index, done, whole = self._index, 0, 0
        place = None if index is None else index.place
        for path in segments(self.log):
            size, first = path.stat().st_size, int(path.stem)
            whole += size
            if place is not None and first <= place.segment:
                done += size if first < place.segment else min(size, place.offset)
        return min(99, 100 * done // whole) if whole else 0

    def read(self, go_on: Callable[[Batch], bool]) -> bool:
        """Take in what the log has more; `go_on` is given each batch and says whether to read on. Gives whether the end was reached.

        Raises `Damaged` and `ValueError` for a log that does not hold together, `OSError` for one that cannot be read, `IndexUnwritable`,
        `sqlite3.Error`. After any of them, `drop`.
        """
        index, first = self._opened(), start_of(self.log)
        if first is None:
            return True
        peaks = peaks_before(self.log, first) if index.place is None or first.sequence > index.place.sequence else None
        with _written():
            if index.place is not None and first.sequence > index.place.sequence:
                index.clear()  # what it goes on from was cut off meanwhile
            if index.place is None:
                index.begin(first, peaks)
            if index.kept_from < first.sequence:
                index.forget_before(first.sequence)
        for batch in _batches(entries(self.log, index.place)):
            with _written():
                index.add(batch)
            if not go_on([entry for entry, _ in batch]):
                return False
        with _written():
            index.finish()
        return True

    def read_closed(self, go_on: Callable[[Batch], bool]) -> bool:
        """The same for a log that nobody writes any more. One that was closed because it is damaged is taken in up to there."""
        try:
            return self.read(go_on)
        except (Damaged, ValueError) as damage:
            self.damage = damage.problem if isinstance(damage, Damaged) else "json"
            with _written():
                self._opened().finish()
            return True

    def renew(self) -> None:
        """Throw the index away. Raises `IndexUnwritable`, `sqlite3.Error`."""
        with _written():
            self._opened().clear()

    def drop(self) -> None:
        """Give up the files; the next `read` opens them again."""
        index, self._index = self._index, None
        if index is not None:
            index.close()

    def interrupt(self) -> None:
        """From another thread: break off what SQLite does now."""
        index = self._index
        if index is not None:
            try:
                index.interrupt()
            except sqlite3.ProgrammingError:
                return  # it was closed in this moment

    def _opened(self) -> Index:
        if self._index is None:
            with _written():
                self._index = Index(self.directory, self.log_id)
            if not _stands(self.log, self._index.last):
                # A power cut can take a record of the log whose row it left; then nothing would ever stand at the index's place.
                with _written():
                    self._index.clear()
        return self._index


def _batches(read: Iterator[tuple[Entry, Place]]) -> Iterator[list[tuple[Entry, Place]]]:
    """What stands before a damage is given before the damage is raised."""
    batch: list[tuple[Entry, Place]] = []
    try:
        for each in read:
            batch.append(each)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except (Damaged, ValueError):
        if batch:
            yield batch
        raise
    if batch:
        yield batch


@contextmanager
def _written() -> Iterator[None]:
    """Around what touches the index's files. Raises `IndexUnwritable` for `OSError`."""
    try:
        yield
    except OSError as error:
        raise IndexUnwritable from error


def _stands(log: Path, last: Last | None) -> bool:
    """Whether the log still has the record that the index took in last, where the index says."""
    if last is None:
        return True
    if not 0 < last.end - last.begin <= LARGEST_RECORD:
        return False
    try:
        file = os.open(log / segment_name(last.segment), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        octets = os.pread(file, last.end - last.begin, last.begin)
    finally:
        os.close(file)
    return hashlib.sha256(octets).digest() == last.hash


def peaks_before(log: Path, first: Place) -> list[bytes] | None:
    """The roots over what was cut off before the first record, as that record tells them; None where it tells none."""
    if first.sequence == 1:
        return []
    told = next((entry.content.get("tree") for entry, _ in entries(log, first)), None)
    if not isinstance(told, list) or len(told) != (first.sequence - 1).bit_count():
        return None
    return [bytes.fromhex(each) for each in told]
