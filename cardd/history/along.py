"""Reads one log into its index, batch by batch, from where it was left. Blocks; belongs to one thread."""

import sqlite3
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from cardd.audit.entries import Entry, Place, entries, start_of
from cardd.history.index import Index

BATCH = 500
"""Records in one transaction: some 20 ms of work, after which a stop is heard."""

Batch = list[Entry]


class Along:
    """One log and its index. `log`: directory of the segments; `directory`: the index's own."""

    def __init__(self, log: Path, directory: Path, log_id: str) -> None:
        self.log, self.directory, self.log_id = log, directory, log_id
        self._index: Index | None = None

    @property
    def size(self) -> int:
        """How many records of the log are taken in, as far as this run has looked."""
        index = self._index
        return 0 if index is None else index.size

    def read(self, go_on: Callable[[Batch], bool]) -> bool:
        """Take in what the log has more; `go_on` is given each batch and says whether to read on. Gives whether the end was reached.

        Raises `Damaged` and `ValueError` for a log that does not hold together, `OSError`, `sqlite3.Error`. After any of them, `drop`.
        """
        index, first = self._opened(), start_of(self.log)
        if first is None:
            return True
        if index.place is not None and first.sequence > index.place.sequence:
            index.clear()  # what it goes on from was cut off meanwhile
        if index.place is None:
            index.begin(first, peaks_before(self.log, first))
        if index.kept_from < first.sequence:
            index.forget_before(first.sequence)
        read = entries(self.log, index.place)
        while batch := list(islice(read, BATCH)):
            index.add(batch)
            if not go_on([entry for entry, _ in batch]):
                return False
        index.finish()
        return True

    def renew(self) -> None:
        """Throw the index away. Raises `OSError`, `sqlite3.Error`."""
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
            self._index = Index(self.directory, self.log_id)
        return self._index


def peaks_before(log: Path, first: Place) -> list[bytes] | None:
    """The roots over what was cut off before the first record, as that record tells them; None where it tells none."""
    if first.sequence == 1:
        return []
    told = next((entry.content.get("tree") for entry, _ in entries(log, first)), None)
    if not isinstance(told, list) or len(told) != (first.sequence - 1).bit_count():
        return None
    return [bytes.fromhex(each) for each in told]
