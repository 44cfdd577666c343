"""Ships what is new: where to go on is asked from the database each time, so nothing is lost and nothing comes twice.

One batch is on its way at a time; the next is read when the database has answered. That is all the back-pressure there is, and
memory holds two batches whatever the log's length. An answer that is lost costs nothing: what the database has, it says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from uuid import UUID

from cardd.audit.entries import Entry
from cardd.collector.local import Cosigned, LocalLog, Note
from cardd.fleet.database import Link
from cardd.fleet.problems import FleetProblem

_POSITION = "SELECT next_sequence, last_hash, head_size, head_period FROM position_of(%(log)s)"
_RECORDS = "SELECT verdict, next_sequence FROM take_records(%(log)s, %(octets)s::bytea[])"
_HEADS = "SELECT take_heads(%(log)s, %(notes)s::bytea[])"
_COSIGNED_OF = "SELECT of_key, latest FROM cosigned_of(%(log)s)"
_COSIGNED = "SELECT take_cosigned(%(log)s, %(note)s::bytea)"
_CUT = "SELECT take_cut(%(log)s, %(octets)s::bytea)"
_STATE = "SELECT tell_state(%(log)s, %(version)s::text, %(size)s::bigint, %(problem)s::text)"
_VERDICTS = {"forked": "forked", "broken": "log_damaged", "gap": "log_gap"}
MOST_NOTES = 500
"""Heads of one transaction; about 250 KiB."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where the database stands. `next_sequence` 1: it has nothing yet."""

    next_sequence: int
    last_hash: bytes
    head_size: int
    head_period: str


@dataclass(slots=True)
class Shipped:
    """What one round did. `heads`: how many were sent, those that the database had already among them."""

    records: int = 0
    heads: int = 0
    cosigned: int = 0
    """Heads with a witness's signature."""
    local_size: int = 0


class Shipment:
    """One log over one connection."""

    def __init__(
        self,
        link: Link,
        log: LocalLog,
        *,
        batch_records: int,
        batch_bytes: int,
        cosigned: Cosigned | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`cosigned`: where heads lie that witnesses signed; `stopping`: asked between batches.

        Raises `FleetProblem` when the log cannot be read."""
        self._link, self._log, self._stopping = link, log, stopping
        self._batch_records, self._batch_bytes = batch_records, batch_bytes
        self._log_id = UUID(log.log_id())
        self._cut: bytes | None = None
        self._cosigned = cosigned
        self._days: dict[str, str] | None = None
        """The newest day of each witness that the database has."""
        self._notes: dict[tuple[str, str], bytes] = {}
        """What was sent of that day over this connection."""

    def position(self) -> Position:
        """Raises `FleetProblem`."""
        sequence, last_hash, size, period = self._link.one(_POSITION, {"log": self._log_id})
        return Position(sequence, last_hash, size, period or "")

    def tell(self, problem: str = "", size: int | None = None) -> None:
        """Say that we are here, how far the terminal is, and what is wrong. Raises `FleetProblem`."""
        told = self._log.newest_size() if size is None else size
        values = {"log": self._log_id, "version": version("cardd"), "size": told, "problem": problem}
        self._link.rows(_STATE, values)

    def round(self) -> Shipped:
        """Everything that a head covers and the database has not. Raises `FleetProblem`."""
        at = self.position()
        shipped = Shipped(local_size=self._log.newest_size())
        self.tell(size=shipped.local_size)
        if shipped.local_size < at.next_sequence - 1:
            raise FleetProblem("log_shorter")
        upcoming = _Upcoming(self._log, self._look(at))
        waiting: list[Note] = []
        for note in self._log.notes(at.head_period, at.head_size):
            for batch in upcoming.batches(note.size, self._batch_records, self._batch_bytes):
                self._send(batch, shipped)
                if self._stopping():
                    return shipped
            waiting.append(note)
            if len(waiting) >= MOST_NOTES:
                self._send(upcoming.rest(), shipped)
                self._send_heads(waiting, shipped)
                waiting = []
        self._send(upcoming.rest(), shipped)
        self._send_heads(waiting, shipped)
        self._send_cut()
        self._send_cosigned(shipped)
        return shipped

    def _send_cut(self) -> None:
        """Once a connection, and again when it has changed."""
        octets = self._log.cut()
        if octets is not None and octets != self._cut:
            self._link.rows(_CUT, {"log": self._log_id, "octets": octets})
        self._cut = octets

    def _send_cosigned(self, shipped: Shipped) -> None:
        """What witnesses signed since the day that the database has; a day that changed goes once more. One whose head is not there yet
        is left for the next round.
        """
        if self._cosigned is None:
            return
        if self._days is None:
            rows = self._link.rows(_COSIGNED_OF, {"log": self._log_id})
            self._days = {key_id.hex(): day for key_id, day in rows}
        for key_id, day, note in self._cosigned.notes(self._log_id.hex, self._days):
            if self._notes.get((key_id, day)) == note:
                continue
            (verdict,) = self._link.one(_COSIGNED, {"log": self._log_id, "note": note})
            if verdict == "forked":
                raise FleetProblem("forked")
            if verdict == "taken":
                self._notes = {known: sent for known, sent in self._notes.items() if known[0] != key_id} | {
                    (key_id, day): note
                }
                self._days[key_id] = max(day, self._days.get(key_id, ""))
                shipped.cosigned += 1

    def _look(self, at: Position) -> int:
        """The first record to send. The last one that the database has must be ours; else it is sent once more, which raises the alarm
        there and keeps the evidence.
        """
        first = self._log.first()
        if at.next_sequence == 1:
            return first
        if first > at.next_sequence:
            raise FleetProblem("log_gap")
        if first == at.next_sequence:
            return first
        last = next(self._log.records(at.next_sequence - 1), None)
        if last is None or last.sequence != at.next_sequence - 1:
            raise FleetProblem("log_shorter")
        if bytes.fromhex(last.hash) != at.last_hash:
            self._taken([last.octets])
            raise FleetProblem("forked")
        return at.next_sequence

    def _send(self, octets: list[bytes], shipped: Shipped) -> None:
        if octets:
            self._taken(octets)
            shipped.records += len(octets)

    def _taken(self, octets: list[bytes]) -> None:
        verdict, _ = self._link.one(_RECORDS, {"log": self._log_id, "octets": octets})
        if verdict != "taken":
            raise FleetProblem(_VERDICTS[verdict])

    def _send_heads(self, notes: list[Note], shipped: Shipped) -> None:
        if not notes:
            return
        (verdict,) = self._link.one(_HEADS, {"log": self._log_id, "notes": [note.octets for note in notes]})
        if verdict != "taken":
            raise FleetProblem(_VERDICTS[verdict])
        shipped.heads += len(notes)


class _Upcoming:
    """The records that are to be sent next, gathered until they fill a batch."""

    def __init__(self, log: LocalLog, start: int) -> None:
        self._log, self._next = log, start
        self._records: Iterator[Entry] | None = None
        self._held: list[bytes] = []
        self._size = 0

    def batches(self, size: int, most_records: int, most_bytes: int) -> Iterator[list[bytes]]:
        """Read up to record number `size`; whole batches come out, what is less stays held."""
        while self._next <= size:
            entry = self._read()
            self._next = entry.sequence + 1
            self._held.append(entry.octets)
            self._size += len(entry.octets)
            if len(self._held) >= most_records or self._size >= most_bytes:
                yield self.rest()

    def rest(self) -> list[bytes]:
        """What is held; nothing is held afterwards."""
        held, self._held, self._size = self._held, [], 0
        return held

    def _read(self) -> Entry:
        if self._records is None:
            self._records = self._log.records(self._next)
        entry = next(self._records, None)
        if entry is None:  # a head covers records that are not there
            raise FleetProblem("log_shorter")
        return entry
