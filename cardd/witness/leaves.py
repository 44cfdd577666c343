"""The hashes of a log's records, kept beside it so that proofs need not read the log again: one SQLite file that may be thrown away.

Hashes stand in tiles of 256: the leaves (level 0), the roots of each 256 of them (level 8), of each 65,536 (level 16), and so on. A
proof over two million records reads some 40 tiles. Where the log was cut, its first segment's `tree` takes the place of what is gone.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from cardd.audit.chain import content_of, decode_record
from cardd.audit.entries import Entry, Place, entries, start_of
from cardd.audit.tree import HASH, NO_RECORDS, Peaks, consistency_proof, inclusion_proof, leaf_hash, node_hash, root_of
from cardd.witness.protocol import KEY_EVENT, NextKey

TILE_LEVELS = 8
TILE = 1 << TILE_LEVELS
BATCH = 20_000
"""Records in one transaction."""
VERSION = 1

_SCHEMA = """
CREATE TABLE tile (level INTEGER, number INTEGER, hashes BLOB NOT NULL, PRIMARY KEY (level, number)) STRICT, WITHOUT ROWID;
CREATE TABLE key (period TEXT PRIMARY KEY, sequence INTEGER NOT NULL, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE place (
  one INTEGER PRIMARY KEY CHECK (one = 1), log_id TEXT, base INTEGER, peaks BLOB, segment INTEGER, offset INTEGER, size INTEGER
) STRICT;
"""


class Unfit(Exception):
    """The hashes cannot be made or used. Its text is one word: `tree_unknown` for a log whose cut says nothing of what is gone."""


class Leaves:
    """The hashes of one log. One thread at a time. Raises `sqlite3.DatabaseError` from anywhere when the file is damaged."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; one of another version is made anew. Its folder must be there."""
        self._path = path
        self._begin()

    def _begin(self) -> None:
        self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={VERSION}; COMMIT;")
        elif version != VERSION:
            self.throw_away()
            return
        self._open: dict[int, tuple[int, bytearray]] = {}
        self._peaks: dict[tuple[int, int], bytes] = {}
        self._place: Place | None = None
        self.log_id, self.base, self.size = "", 0, 0
        found = self._db.execute("SELECT log_id, base, peaks, segment, offset, size FROM place").fetchone()
        if found is not None:
            self.log_id, base, peaks, segment, offset, self.size = found
            self._place = Place(segment, offset, self.size + 1)
            self._stand_on(base, [peaks[at : at + HASH] for at in range(0, len(peaks), HASH)])

    def throw_away(self) -> None:
        """Begin anew with an empty file."""
        self._db.close()
        for end in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)
        self._begin()

    def close(self) -> None:
        """Harmless when done twice."""
        self._db.close()

    # --- growing -----------------------------------------------------------------------------------------------------

    def follow(self, directory: Path) -> None:
        """Take in what the log has by now. Raises `Damaged`, `OSError`, `Unfit`."""
        first = start_of(directory)
        if first is None:
            return
        if self._place is not None and not (directory / f"{self._place.segment:020d}.seg").exists():
            self.throw_away()
        found = entries(directory, self._place)
        taken = BATCH
        while taken == BATCH:
            taken = 0
            with self._transaction():
                for entry, place in islice(found, BATCH):
                    self._take(entry, first)
                    self._place, taken = place, taken + 1
                if taken:
                    self._keep()

    def _take(self, entry: Entry, first: Place) -> None:
        if not self.log_id:
            self._start(entry, first)
        elif entry.log_id != self.log_id:
            raise Unfit("other_log")
        self._append(0, entry.sequence - 1, leaf_hash(entry.octets))
        self.size = entry.sequence
        if entry.event == KEY_EVENT:
            period = entry.text("key_period") or ""
            self._db.execute("INSERT OR REPLACE INTO key VALUES (?, ?, ?)", (period, entry.sequence, entry.octets))

    def _start(self, entry: Entry, first: Place) -> None:
        self.log_id = entry.log_id
        before = first.sequence - 1
        if before:
            told = entry.content.get("tree")
            try:
                self._stand_on(before, [bytes.fromhex(each) for each in told or ()])
            except (ValueError, TypeError):
                self.log_id = ""
                raise Unfit("tree_unknown") from None

    def _stand_on(self, base: int, peaks: list[bytes]) -> None:
        """Raises `ValueError` where these are not the peaks of so many records."""
        hashes = Peaks(base, peaks).hashes
        self.base, start = base, 0
        for level in reversed(range(base.bit_length())):
            if base >> level & 1:
                self._peaks[(level, start >> level)] = hashes.pop(0)
                start += 1 << level

    def _append(self, level: int, index: int, found: bytes) -> None:
        number = index // TILE
        if level not in self._open or self._open[level][0] != number:
            self._open[level] = (number, bytearray(self._stored(level, number)))
        tile = self._open[level][1]
        tile.extend(bytes(HASH * (index % TILE) - len(tile)))  # before the cut there is nothing to fill in
        tile += found
        if len(tile) == TILE * HASH:
            self._put(level, number, tile)
            self._append(level + TILE_LEVELS, number, self.subtree(level + TILE_LEVELS, number, made=True))

    def _keep(self) -> None:
        for level, (number, tile) in self._open.items():
            self._put(level, number, tile)
        assert self._place is not None
        peaks = b"".join(self._peaks.values())
        self._db.execute(
            "INSERT OR REPLACE INTO place VALUES (1, ?, ?, ?, ?, ?, ?)",
            (self.log_id, self.base, peaks, self._place.segment, self._place.offset, self.size),
        )

    def _put(self, level: int, number: int, tile: bytearray) -> None:
        self._db.execute("INSERT OR REPLACE INTO tile VALUES (?, ?, ?)", (level, number, bytes(tile)))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.rollback()
            self._db.close()
            self._begin()  # what is in memory is ahead of the file now
            raise

    # --- asking ------------------------------------------------------------------------------------------------------

    def root(self, size: int) -> bytes:
        """Of the tree over the first `size` records. Raises `Unfit`."""
        return root_of(0, size, self.subtree) if size else NO_RECORDS

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """From `old` records to `new` ones. Raises `Unfit` (`cut_away`) where what it needs was cut off the log."""
        return tuple(consistency_proof(old, new, self.subtree))

    def inclusion(self, sequence: int, size: int) -> tuple[bytes, ...]:
        """Of a record by its number, from 1. Raises `Unfit`, `ValueError`."""
        return tuple(inclusion_proof(sequence - 1, size, self.subtree))

    def key(self, period: str, size: int) -> NextKey | None:
        """The record that names this day's key, proved for the head of `size` records; None where it is not there."""
        found = self._db.execute("SELECT sequence, record FROM key WHERE period = ?", (period,)).fetchone()
        if found is None or found[0] > size:
            return None
        return NextKey(found[0], found[1], self.inclusion(found[0], size))

    def public_key(self, period: str) -> bytes | None:
        """The key of a day, 32 bytes, as its record names it; None where the record is not there."""
        found = self._db.execute("SELECT record FROM key WHERE period = ?", (period,)).fetchone()
        if found is None:
            return None
        told = content_of(decode_record(found[0], 0)).get("key_public")
        return bytes.fromhex(str(told))

    def subtree(self, level: int, index: int, *, made: bool = False) -> bytes:
        """`cardd.audit.tree.Subtree`. Raises `Unfit`. `made`: it is being made, so not in its own tile yet."""
        start, end = index << level, (index + 1) << level
        if end <= self.base:
            if (level, index) not in self._peaks:
                raise Unfit("cut_away")
            return self._peaks[(level, index)]
        if start < self.base:
            return node_hash(self.subtree(level - 1, 2 * index), self.subtree(level - 1, 2 * index + 1))
        down = level % TILE_LEVELS
        if made and not down:
            down = TILE_LEVELS
        first = index << down
        tile = self._stored(level - down, first // TILE)
        at = first % TILE
        hashes = [tile[each * HASH : (each + 1) * HASH] for each in range(at, at + (1 << down))]
        if len(hashes[-1]) != HASH:
            raise Unfit("not_there")
        while len(hashes) > 1:
            hashes = [node_hash(*hashes[each : each + 2]) for each in range(0, len(hashes), 2)]
        return hashes[0]

    def _stored(self, level: int, number: int) -> bytes:
        if level in self._open and self._open[level][0] == number:
            return bytes(self._open[level][1])
        found = self._db.execute("SELECT hashes FROM tile WHERE level = ? AND number = ?", (level, number)).fetchone()
        return found[0] if found is not None else b""
