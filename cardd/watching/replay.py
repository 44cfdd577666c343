"""Old records through the rules as they are set now: how often would each have spoken, and how much of it had an explanation."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardd.audit.chain import segments
from cardd.audit.entries import Entry, Place, entries
from cardd.japan_time import JAPAN as ZONE
from cardd.japan_time import utc
from cardd.watch_settings import Watching
from cardd.watching.engine import Engine
from cardd.watching.live import ALARM, place_before
from cardd.watching.registry import MEMORY_DAYS, WATCHES, Lists
from cardd.watching.seen import DAY, Hit

REVIEW = "watch.review"
TELL_EVERY = 2000
"""Records between two words about the progress."""


@dataclass(slots=True)
class OnRecord:
    """The alarms that stand in the records themselves, and what their reviews say. Bounded by their number."""

    watches: dict[tuple[str, int], str] = field(default_factory=dict)
    verdicts: dict[tuple[str, int], str] = field(default_factory=dict)

    def see(self, entry: Entry) -> None:
        """Take a record, if it is one of them."""
        if entry.event == ALARM:
            self.watches[entry.log_id, entry.sequence] = entry.text("watch") or ""
        elif entry.event == REVIEW and entry.text("code") is None:
            self.verdicts[entry.log_id, entry.number("alarm") or 0] = entry.text("verdict") or ""

    def counts(self, watch: str) -> dict[str, int]:
        """Of one rule: alarms on record, those with a review, those of them that had an explanation, and misuse."""
        own = [alarm for alarm, word in self.watches.items() if word == watch]
        verdicts = Counter(self.verdicts[alarm] for alarm in own if alarm in self.verdicts)
        return {
            "alarms": len(own),
            "reviewed": verdicts.total(),
            "explained": verdicts["explained"],
            "misuse": verdicts["misuse"],
        }


@dataclass(slots=True)
class Replayed:
    """What came of it. `months`: hits by rule and month (of Japan, `2026-11`)."""

    records: int = 0
    months: Counter[tuple[str, str]] = field(default_factory=Counter)
    hits: list[Hit] = field(default_factory=list)
    """The newest, as many as were asked for."""
    on_record: OnRecord = field(default_factory=OnRecord)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "records": self.records,
            "rules": {
                watch: {
                    "hits": sum(count for (word, _), count in self.months.items() if word == watch),
                    "months": {month: count for (word, month), count in sorted(self.months.items()) if word == watch},
                    "on_record": self.on_record.counts(watch),
                }
                for watch in WATCHES
            },
            "hits": [
                {
                    "watch": hit.watch,
                    "log_id": hit.log,
                    "at": utc(hit.at_us).isoformat().replace("+00:00", "Z"),
                    "evidence": list(hit.evidence),
                    "elsewhere": [list(each) for each in hit.elsewhere],
                    "count": hit.count,
                    "about": dict(hit.about),
                }
                for hit in self.hits
            ],
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is replayed. `since_us`: hits before are not counted; the rules still see the days before that they remember."""

    directories: Sequence[Path]
    values: Watching
    lists: Lists
    since_us: int | None = None
    most_hits: int = 0


def replay(wanted: Wanted, progress: Callable[[int, int], None]) -> Replayed:
    """Feed all records. Several logs are read together, by the time of their records.

    `progress` is told bytes read and bytes in all, now and then. Raises `OSError`, `Damaged`.
    """
    engine, found = Engine(wanted.values, wanted.lists), Replayed()
    last_us = 0
    for entry in _Reading(wanted, progress):
        found.records += 1
        last_us = max(last_us, entry.utc_us)
        found.on_record.see(entry)
        for hit in engine.feed((entry,)):
            _count(found, hit, wanted)
    for hit in engine.advance(last_us + DAY):
        _count(found, hit, wanted)
    del found.hits[: -wanted.most_hits or len(found.hits)]
    return found


def _count(found: Replayed, hit: Hit, wanted: Wanted) -> None:
    if wanted.since_us is not None and hit.at_us < wanted.since_us:
        return
    found.months[hit.watch, utc(hit.at_us).astimezone(ZONE).strftime("%Y-%m")] += 1
    if wanted.most_hits:
        found.hits.append(hit)
        if len(found.hits) > 2 * wanted.most_hits:
            del found.hits[: -wanted.most_hits]


class _Reading:
    """The records of all logs in the order of their times, with the progress told."""

    def __init__(self, wanted: Wanted, progress: Callable[[int, int], None]) -> None:
        self._wanted, self._progress = wanted, progress

    def __iter__(self) -> Iterator[Entry]:
        places = {directory: self._place(directory) for directory in self._wanted.directories}
        whole = sum(
            path.stat().st_size
            for directory, place in places.items()
            for path in segments(directory)
            if place is None or int(path.stem) >= place.segment
        )
        logs = [(entry for entry, _ in entries(directory, place)) for directory, place in places.items()]
        read = 0
        merged = logs[0] if len(logs) == 1 else heapq.merge(*logs, key=lambda entry: entry.utc_us)
        for number, entry in enumerate(merged, start=1):
            read += len(entry.octets)
            if number % TELL_EVERY == 0:
                self._progress(read, whole)
            yield entry
        self._progress(whole, whole)

    def _place(self, directory: Path) -> Place | None:
        if self._wanted.since_us is None:
            return None
        return place_before(directory, self._wanted.since_us - MEMORY_DAYS * DAY)
