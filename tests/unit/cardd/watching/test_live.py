"""The rules over a log on disk that is still written: each hit once, also over restarts; what cannot be read is told."""

import hashlib
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.chain import NO_RECORD, SegmentHeader, encode_record, segment_name
from cardd.audit.entries import entries
from cardd.audit.records import Phase
from cardd.watch_settings import Watching
from cardd.watching.live import ABOUT, News, Past, Watcher, key_of, place_before
from cardd.watching.registry import Lists
from cardd.watching.seen import Hit
from tests.unit.cardd.watching.made import us

DAY_US = 86_400_000_000
PATIENT_S = 30.0


class Disk:
    """A log of real bytes."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.sequence, self.before = directory, 0, NO_RECORD
        directory.mkdir(exist_ok=True)
        self.begin_segment()

    def begin_segment(self) -> None:
        self.path = self.directory / segment_name(self.sequence + 1)
        beginning = self.path.with_suffix(".new")  # as the journal does: it never stands there without its header
        beginning.write_bytes(SegmentHeader(b"\x01" * 16, self.sequence + 1, self.before).encode())
        beginning.rename(self.path)

    def put(self, at_us: int, event: str, **content: Any) -> int:

        self.sequence += 1
        octets = encode_record(self.sequence, at_us, Phase.STATE, self.before, {"event": event, **content})
        self.before = hashlib.sha256(octets).digest()
        with self.path.open("ab") as file:
            file.write(octets)
        return self.sequence


class Clock:
    def __init__(self, at: int) -> None:
        self.at = at

    def utc_us(self) -> int:
        return self.at

    def boottime(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0


class Heard:
    """What a watcher said."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.caught_up: list[int] = []
        self.failed: list[str] = []
        self.news = threading.Condition()

    def __call__(self) -> News:
        return News(self._keep(self.hits), self._keep(self.caught_up), lambda watch, _: self._keep(self.failed)(watch))

    def _keep(self, where: list[Any]) -> Any:
        def keep(what: Any) -> None:
            with self.news:
                where.append(what)
                self.news.notify_all()

        return keep

    def until(self, condition: Any) -> None:
        with self.news:
            assert self.news.wait_for(condition, PATIENT_S)


def watched(disk: Disk, now: int) -> tuple[Watcher, Heard]:
    heard = Heard()
    watcher = Watcher(disk.directory, Watching(), Lists(), Clock(now), heard())
    watcher.start()
    return watcher, heard


NIGHT = us("2026-11-16 23:00")


def act(disk: Disk, at: int, who: str) -> int:
    """Somebody asks for something at night: W5."""
    return disk.put(at, "audit.query", operator=who, seat="left", request="r-1", client="kiosk")


def told(disk: Disk, hit: Hit, at: int) -> int:
    """The record that the daemon writes of a hit."""
    return disk.put(at, "watch.alarm", watch=hit.watch, evidence=list(hit.evidence), **dict(hit.about))


@pytest.mark.proves("A9", "W5")
def test_what_is_written_while_it_looks_is_told_once(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "log")
    watcher, heard = watched(disk, NIGHT)
    heard.until(lambda: heard.caught_up)
    try:
        for number, who in enumerate(("hanako", "taro", "hanako")):
            act(disk, NIGHT + number, who)
            if number == 1:
                disk.begin_segment()
            watcher.wake()
        heard.until(lambda: len(heard.hits) == 2)
    finally:
        watcher.stop()
    assert [hit.evidence for hit in heard.hits] == [(1,), (2,)]
    assert heard.caught_up == [0]
    assert watcher.problem is None


@pytest.mark.proves("A9")
def test_a_start_tells_what_nobody_was_told_and_nothing_twice(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "log")
    act(disk, NIGHT, "old")
    disk.put(NIGHT, "watch.caught_up", last_sequence=1)
    act(disk, NIGHT + 1, "recorded")
    act(disk, NIGHT + 2, "killed")
    first, heard = watched(disk, NIGHT + 3)
    heard.until(lambda: heard.caught_up)
    first.stop()
    assert [dict(hit.about)["operator"] for hit in heard.hits] == ["recorded", "killed"], "`old` was looked at before"
    told(disk, heard.hits[0], NIGHT + 4)
    second, again = watched(disk, NIGHT + 5)
    again.until(lambda: again.caught_up)
    second.stop()
    assert [dict(hit.about)["operator"] for hit in again.hits] == ["killed"]
    assert again.caught_up == [disk.sequence]


def test_the_key_of_an_alarm_on_record_is_that_of_its_hit(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "log")
    about = tuple((name, f"v-{name}") for name in ABOUT)
    hit = Hit("w7", "01" * 16, NIGHT, (3, 9), about, 4)
    told(disk, hit, NIGHT)
    ((entry, _),) = entries(disk.directory)
    assert key_of(entry) == hit.key
    assert tuple(sorted(ABOUT)) == ABOUT, "in the order of a hit's facts"


def test_the_past_is_bounded_by_what_an_earlier_run_looked_at(tmp_path: Path) -> None:
    past = Past()
    for number in range(1, 50):
        past.found(Hit("w5", "01" * 16, NIGHT, (number,), ()))
    disk = Disk(tmp_path / "log")
    disk.put(NIGHT, "watch.caught_up", last_sequence=47)
    for entry, _ in entries(disk.directory):
        past.see(entry)
    assert [hit.evidence for hit in past.untold()] == [(48,), (49,)]
    assert past.untold() == []


@pytest.mark.proves("A9")
def test_only_as_many_days_are_read_again_as_the_rules_remember(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "log")
    for day in range(40):
        if day:
            disk.begin_segment()
        disk.put(NIGHT + day * DAY_US, "daemon.started")
    assert place_before(disk.directory, NIGHT - 1).sequence == 1
    assert place_before(disk.directory, NIGHT + 10 * DAY_US).sequence == 10
    assert place_before(disk.directory, NIGHT + 99 * DAY_US).sequence == 40
    disk.begin_segment()
    assert place_before(disk.directory, NIGHT + 99 * DAY_US).sequence == 40, "an empty segment begins later than all"
    assert place_before(tmp_path / "none", NIGHT) is None


@pytest.mark.proves("fault 105")
def test_a_log_that_cannot_be_read_is_told_and_read_once_it_can(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "log")
    act(disk, NIGHT, "hanako")
    whole = disk.path.read_bytes()
    disk.path.write_bytes(whole[:68] + (9).to_bytes(4, "big") + whole[72:])
    watcher, heard = watched(disk, NIGHT)
    try:
        deadline = time.monotonic() + PATIENT_S
        while watcher.problem != "damaged" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert watcher.problem == "damaged"
        assert heard.caught_up == []
        disk.path.write_bytes(whole)
        watcher.wake()
        heard.until(lambda: heard.caught_up)
        assert len(heard.hits) == 1
    finally:
        watcher.stop()
