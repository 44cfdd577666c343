"""The rules over all terminals of an office: what no terminal can see alone, such as one badge at two of them.

The engine is the one that runs at each terminal; here it sees the records of all in the order of their times. Only what rests on records
of more than one log is told: the rest stands at its terminal already. The engine's memory is made anew at each start from the days that
the rules look back; what was looked at before stands in the database and is not told twice.

**Records that come late** (a terminal was off the network) cannot be put behind newer ones: they would look like something that
happened now. They are left out, and soon afterwards the memory is made anew with all records in their order.
"""

import heapq
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cardd.audit.entries import Entry
from cardd.fleet.database import Link
from cardd.fleet.merged import Numbers, Record, spans
from cardd.fleet.questions import entries_of
from cardd.watch_settings import Watching
from cardd.watching.engine import Engine
from cardd.watching.registry import MEMORY_DAYS
from cardd.watching.seen import DAY, JAPAN, MINUTE, SECOND, Hit

LATEST_US: Final = 120 * SECOND
"""So much older than the newest may a record be that comes after it: a head within 60 s, a round of the shipper within 30 s, and ours."""
PATIENCE_US: Final = 15 * MINUTE
"""What did not happen (W12) is told so much later: by then terminals that are on the network have shipped it."""
AGAIN_SECONDS: Final = 300.0
"""So often at most is the memory made anew for late records; and never so often that it takes more than a tenth of the time."""
LONGEST_WORD: Final = 128
_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_LOGS = """
SELECT l.log_id, l.next_sequence - 1, coalesce(w.sequence, 0) FROM log l LEFT JOIN watch_place w USING (log_id)
WHERE l.office = %(office)s AND l.first_sequence IS NOT NULL
"""
_RECORDS = """
SELECT log_id, octets FROM record WHERE log_id = %(log)s AND office = %(office)s AND sequence > %(behind)s AND sequence <= %(until)s
  AND utc_us >= %(since)s AND month >= (to_timestamp(%(since)s / 1000000) AT TIME ZONE 'Asia/Tokyo' - interval '1 month')::date
ORDER BY sequence
"""
_TELL = "SELECT tell_watched(%(office)s::int, %(hits)s::jsonb, %(places)s::jsonb, %(failed)s::text[])"
_OFFICES = "SELECT office FROM office ORDER BY office"


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look came to."""

    records: int
    """Records that the rules were given."""
    told: int
    """New alarms."""


@dataclass(slots=True)
class _Memory:
    """The engine, and what it has seen."""

    engine: Engine
    numbers: Numbers
    read: dict[UUID, int]
    """By log: the last record that was read."""
    newest_us: int = 0
    late_us: int | None = None
    """The earliest record that was left out."""
    late_logs: frozenset[UUID] = frozenset()


class OfficeWatch:
    """The rules over one office. Not for two threads at once; a second one of the same office does no harm, but no good."""

    def __init__(self, office: int, values: Watching, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.office, self._values, self._monotonic = office, values, monotonic
        self._tolerance_us = min(LATEST_US, values.w11.minutes * MINUTE)
        self._memory: _Memory | None = None
        self._since_us = 0
        self._again_at = 0.0
        self._failed: set[str] = set()

    @property
    def given_up(self) -> tuple[str, ...]:
        """Rules that could not deal with a record, and are silent until the next start."""
        return tuple(sorted(self._failed))

    def look(self, link: Link) -> Looked:
        """Everything that came since the last look. Raises `FleetProblem`; the next look begins with a new memory then."""
        memory, self._memory = self._memory, None
        now_us = int(link.one(_NOW)[0])
        logs = {log_id: (until, told) for log_id, until, told in link.rows(_LOGS, {"office": self.office})}
        if memory is None or (memory.late_us is not None and self._monotonic() >= self._again_at):
            memory = self._begun(now_us if memory is None else min(now_us, memory.late_us or now_us))
            began = self._monotonic()
            looked = self._fed(link, memory, logs, now_us, whole=True)
            took = self._monotonic() - began
            self._again_at = self._monotonic() + max(AGAIN_SECONDS, 10 * took)
        else:
            looked = self._fed(link, memory, logs, now_us, whole=False)
        self._memory = memory
        return looked

    # --- inside ------------------------------------------------------------------------------------------------------

    def _begun(self, from_us: int) -> _Memory:
        """A memory that begins with midnight in Japan, as many days ago as any rule looks back."""
        engine = Engine(self._values, on_failed=lambda watch, _: self._failed.add(watch))
        memory = _Memory(engine, Numbers(), {})
        self._since_us = max(0, ((from_us + JAPAN) // DAY - MEMORY_DAYS) * DAY - JAPAN)
        return memory

    def _fed(
        self, link: Link, memory: _Memory, logs: Mapping[UUID, tuple[int, int]], now_us: int, *, whole: bool
    ) -> Looked:
        since = self._since_us if whole else 0
        wanted = [
            {"log": log_id, "office": self.office, "behind": memory.read.get(log_id, 0), "until": until, "since": since}
            for log_id, (until, _) in logs.items()
            if until > memory.read.get(log_id, 0)
        ]
        hits: list[Hit] = []
        count = 0
        with link.side_by_side(_RECORDS, wanted) as streams:
            for entry in heapq.merge(*map(entries_of, streams), key=lambda each: each.utc_us):
                if not whole and entry.utc_us < memory.newest_us - self._tolerance_us:
                    self._left_out(memory, entry)
                    continue
                memory.newest_us = max(memory.newest_us, min(entry.utc_us, now_us))
                hits += memory.engine.feed((memory.numbers.numbered(entry),))
                count += 1
        if memory.late_us is None:
            hits += memory.engine.advance(now_us - PATIENCE_US)
        memory.read |= {log_id: until for log_id, (until, _) in logs.items()}
        return Looked(count, self._tell(link, memory, hits, {log_id.hex: told for log_id, (_, told) in logs.items()}))

    def _left_out(self, memory: _Memory, entry: Entry) -> None:
        memory.late_us = min(entry.utc_us, memory.late_us if memory.late_us is not None else entry.utc_us)
        memory.late_logs |= {UUID(entry.log_id)}

    def _tell(self, link: Link, memory: _Memory, hits: list[Hit], told: Mapping[str, int]) -> int:
        """Put down what is new. How far a log was looked at is not put down while records of it were left out."""
        found = [(hit, memory.numbers.records(hit)) for hit in hits]
        new = [_told(hit, records) for hit, records in found if spans(records) and _is_new(records, told)]
        places = {log_id.hex: until for log_id, until in memory.read.items() if log_id not in memory.late_logs}
        values = {
            "office": self.office,
            "hits": json.dumps(new),
            "places": json.dumps(places),
            "failed": list(self.given_up),
        }
        return int(link.one(_TELL, values)[0])


def _is_new(records: tuple[Record, ...], told: Mapping[str, int]) -> bool:
    """Whether any of them was never looked at before."""
    return any(number > told.get(log_id, 0) for log_id, number in records)


def _told(hit: Hit, records: tuple[Record, ...]) -> dict[str, Any]:
    log_id, sequence = records[-1]
    return {
        "watch": hit.watch,
        "log": log_id,
        "sequence": sequence,
        "at_us": hit.at_us,
        "about": {name: _plain(value) for name, value in hit.about},
        "evidence": [list(each) for each in records],
        "count": hit.count,
    }


def _plain(value: object) -> object:
    """Text as PostgreSQL takes it: no U+0000, no half of a pair, and not endless. The record itself keeps what it was."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")[:LONGEST_WORD]


class FleetWatch:
    """The rules over each office of the fleet, or over some of them."""

    def __init__(self, values: Watching, offices: tuple[int, ...] = ()) -> None:
        """`offices`: empty for all."""
        self._values, self._offices = values, offices
        self._watches: dict[int, OfficeWatch] = {}

    def look(self, link: Link) -> Iterator[tuple[OfficeWatch, Looked]]:
        """One look at each office that is there. Raises `FleetProblem`."""
        for (office,) in link.rows(_OFFICES):
            if not self._offices or office in self._offices:
                watch = self._watches.setdefault(office, OfficeWatch(office, self._values))
                yield watch, watch.look(link)
