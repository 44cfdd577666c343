"""The rules over the log while it is written: a thread that reads along, and tells each hit once.

It reads the log itself and not the index, so that an index that is built anew delays no alarm; whoever follows the log wakes it.
At start it goes over the days that the rules remember, without telling again what stands on record as `watch.alarm`.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cardd.audit.chain import SEGMENT_HEADER, Damaged, decode_record, segments
from cardd.audit.entries import Entry, Place, entries
from cardd.ports import Clock
from cardd.watch_settings import Watching
from cardd.watching.engine import Engine
from cardd.watching.registry import MEMORY_DAYS, Lists
from cardd.watching.seen import DAY, JAPAN, SECOND, Fact, Hit

LOOK_SECONDS: Final = 5.0
"""So often the log is looked at though nobody said that it grew."""
LATE_US: Final = 20 * SECOND
"""What did not happen is told so much later: by then every record of that moment was read."""
NICE: Final = 10
REST_EVERY, REST_SECONDS = 200, 0.01
"""Catching up, it rests after so many records for so long: the interpreter has one lock for all threads."""
ABOUT: Final = ("approver", "badge", "card", "client", "operator", "problem", "purpose", "reader", "seat")
"""Fields of an alarm's record that say whom it is about."""
CAUGHT_UP: Final = "watch.caught_up"
ALARM: Final = "watch.alarm"


@dataclass(frozen=True, slots=True)
class News:
    """What the thread tells. Called on the thread itself; neither may block."""

    hit: Callable[[Hit], None]
    caught_up: Callable[[int], None]
    """With the number of the last record that was looked at; it is put on record, so that the next start knows it."""
    rule_failed: Callable[[str, Exception], None]


class Watcher:
    """`start` and `stop` once each; everything else from any thread."""

    def __init__(self, directory: Path, values: Watching, lists: Lists, clock: Clock, news: News) -> None:
        self._directory, self._clock, self._news = directory, clock, news
        self._engine = Engine(values, lists, news.rule_failed)
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._problem: str | None = "behind"
        self._place: Place | None = None
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)

    @property
    def problem(self) -> str | None:
        """One word for `health`: `behind` (the days before the start are gone over), `damaged`, `unreadable`; None: all is well."""
        return self._problem

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """The log has grown."""
        self._wake.set()

    def stop(self, limit_s: float = 2.0) -> None:
        """End the thread. What it has not looked at is looked at after the next start."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(limit_s)

    # --- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        with suppress(OSError):  # without it the work is done all the same
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        past = Past()
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self._read(past)
            except Damaged:
                self._problem = "damaged"
            except OSError:
                self._problem = "unreadable"
            else:
                self._at_the_end(past)
            self._wake.wait(LOOK_SECONDS)

    def _from_us(self) -> int:
        """Midnight in Japan, as many days ago as a rule may look back."""
        day = (self._clock.utc_us() + JAPAN) // DAY - MEMORY_DAYS
        return day * DAY - JAPAN

    def _read(self, past: "Past") -> None:
        """All that stands behind the last record that was looked at. No record is looked at twice."""
        if self._place is None:
            self._place = place_before(self._directory, self._from_us())
        for number, (entry, behind) in enumerate(entries(self._directory, self._place), start=1):
            self._place = behind
            past.see(entry)
            for hit in self._engine.feed((entry,)):
                self._found(hit, past)
            if self._stopping.is_set():
                return
            if number % REST_EVERY == 0:
                self._stopping.wait(REST_SECONDS)

    def _at_the_end(self, past: "Past") -> None:
        if self._stopping.is_set():
            return
        for hit in self._engine.advance(self._clock.utc_us() - LATE_US):
            self._found(hit, past)
        self._problem = None
        if not past.over:
            for hit in past.untold():
                self._news.hit(hit)
            self._news.caught_up(self._place.sequence - 1 if self._place is not None else 0)

    def _found(self, hit: Hit, past: "Past") -> None:
        if past.over:
            self._news.hit(hit)
        else:
            past.found(hit)


class Past:
    """What was found in the records before the start, and what of it was told already.

    Told is what stands on record, and everything up to the last record that an earlier run had looked at when it caught up:
    rules that were made stricter meanwhile do not bring up the days before again. That is what replay is for.
    """

    def __init__(self) -> None:
        self.over = False
        self._found: dict[tuple[object, ...], Hit] = {}
        self._told: set[tuple[object, ...]] = set()
        self._until = 0

    def see(self, entry: Entry) -> None:
        """Take a record: is it one of ours?"""
        if self.over:
            return
        if entry.event == ALARM:
            self._told.add(key_of(entry))
        elif entry.event == CAUGHT_UP:
            self._until = max(self._until, entry.number("last_sequence") or 0)
            self._found = {key: hit for key, hit in self._found.items() if hit.evidence[-1] > self._until}
            self._told = {key for key in self._told if isinstance(key[2], int) and key[2] > self._until}

    def found(self, hit: Hit) -> None:
        """Keep a hit until the end is reached."""
        self._found[hit.key] = hit

    def untold(self) -> list[Hit]:
        """The hits that nobody was told of, in order; the past is over with this."""
        self.over = True
        left = [hit for key, hit in self._found.items() if key not in self._told and hit.evidence[-1] > self._until]
        self._found, self._told = {}, set()
        return left


def key_of(alarm: Entry) -> tuple[object, ...]:
    """The `Hit.key` of the hit behind a `watch.alarm` record."""
    evidence = alarm.content.get("evidence")
    last = evidence[-1] if isinstance(evidence, list) and evidence else 0
    about: list[tuple[str, Fact]] = [(name, value) for name in ABOUT if (value := alarm.text(name)) is not None]
    return alarm.text("watch"), alarm.log_id, last, tuple(about)


def place_before(directory: Path, from_us: int) -> Place | None:
    """Where to begin so that every record from `from_us` on is read: the newest segment that begins before it.

    Raises `OSError`, `Damaged`.
    """
    files = segments(directory)
    for path in reversed(files):
        place = Place(int(path.stem), SEGMENT_HEADER, int(path.stem))
        if path == files[0] or _begins_us(path) < from_us:
            return place
    return None


def _begins_us(path: Path) -> int:
    """The time of a segment's first record; later than any for one that has none yet."""
    with path.open("rb") as file:
        file.seek(SEGMENT_HEADER)
        octets = file.read(64 * 1024)
    return decode_record(octets, 0, file=path.name).utc_us if octets else 2**62
