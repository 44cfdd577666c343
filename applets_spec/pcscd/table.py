"""The daemon's list of readers: plugging in and out, lookups by name and handle, the state array."""

from __future__ import annotations

import secrets
import threading

from applets_spec.pcscd.messages import PublicReaderState
from applets_spec.pcscd.numbers import FIXED_READER_SLOTS
from applets_spec.pcscd.reader import Reader

_MAX_HANDLE = 0x7FFFFFFF


class ReaderTable:
    """Readers in the order in which they were found; a freed entry is used again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Reader | None] = []
        self.events = 0
        """Readers that came or went since the start."""

    def add(self, reader: Reader) -> None:
        """Plug a reader in."""
        with self._lock:
            self.events += 1
            for index, entry in enumerate(self._entries):
                if entry is None:
                    self._entries[index] = reader
                    return
            self._entries.append(reader)

    def remove(self, reader: Reader) -> None:
        """Unplug a reader."""
        with self._lock:
            self.events += 1
            self._entries[self._entries.index(reader)] = None

    def readers(self) -> list[Reader]:
        """The readers there are, in order."""
        with self._lock:
            return [entry for entry in self._entries if entry is not None]

    def by_name(self, name: bytes) -> Reader | None:
        """The reader with exactly this name."""
        return next((reader for reader in self.readers() if reader.profile.name_bytes == name), None)

    def by_handle(self, number: int) -> Reader | None:
        """The reader this connection goes to; None when that reader has been unplugged."""
        return next((reader for reader in self.readers() if number in reader.sharing.handles), None)

    def new_handle(self) -> int:
        """A number for a connection that no other connection has."""
        while True:
            number = secrets.randbelow(_MAX_HANDLE) + 1
            if self.by_handle(number) is None:
                return number

    @property
    def array_size(self) -> int:
        """Entries of the state array from protocol 4:6 on: a multiple of 16 with room for all, never shrinking."""
        with self._lock:
            return max(1, -(-len(self._entries) // FIXED_READER_SLOTS)) * FIXED_READER_SLOTS

    def states(self) -> list[PublicReaderState]:
        """One state an entry, freed entries included."""
        with self._lock:
            entries = list(self._entries)
        return [PublicReaderState() if entry is None else entry.public_state for entry in entries]
