"""Makes small logs for the tests of this folder, with a clock that is turned by hand and a disk that fails when told."""

import errno
import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cardd.audit.disk import Disk
from cardd.audit.journal import Journal, JournalSettings
from cardd.audit.records import IntentRecord, OutcomeRecord, Result, StateRecord
from cardd.model import CardKind, Item, Operation, PinKind, PinOutcome

START_US = 1_795_365_824_000_000
RESERVE = 64 * 1024
DAY_S = 86_400


@dataclass
class HandClock:
    """Goes on by 1 ms each time somebody asks what the time is. Setting `us` is a step, `pass_s` lets time pass."""

    us: int = START_US
    seconds: float = 100.0

    def utc_us(self) -> int:
        self.us += 1_000
        self.seconds += 0.001
        return self.us

    def boottime(self) -> float:
        return self.seconds

    def pass_s(self, seconds: float) -> None:
        self.us += int(seconds * 1_000_000)
        self.seconds += seconds

    def monotonic(self) -> float:
        return self.boottime()


@dataclass
class FailingDisk(Disk):
    """Fails the next calls of a name, as often as told, with the error number given."""

    failures: dict[str, list[int]] = field(default_factory=dict)
    room: int | None = None
    """Bytes that can still be written; None = no limit."""
    calls: list[str] = field(default_factory=list)

    def fail(self, call: str, number: int, times: int = 1) -> None:
        self.failures.setdefault(call, []).extend([number] * times)

    def _perhaps(self, call: str) -> None:
        self.calls.append(call)
        waiting = self.failures.get(call)
        if waiting:
            number = waiting.pop(0)
            raise OSError(number, os.strerror(number))

    def open_append(self, path: Path) -> int:
        self._perhaps("open_append")
        return super().open_append(path)

    def create(self, path: Path) -> int:
        self._perhaps("create")
        return super().create(path)

    def write(self, descriptor: int, octets: bytes) -> int:
        self._perhaps("write")
        if self.room is None:
            return super().write(descriptor, octets)
        if self.room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = super().write(descriptor, octets[: self.room])
        self.room -= taken
        return taken

    def sync(self, descriptor: int) -> None:
        self._perhaps("sync")
        super().sync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        self._perhaps("truncate")
        super().truncate(descriptor, size)

    def reserve(self, descriptor: int, size: int) -> None:
        self._perhaps("reserve")
        if self.room is not None and self.room < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().reserve(descriptor, size)


def settings(segment_bytes: int = 1 << 20) -> JournalSettings:
    return JournalSettings(
        boot_id="0" * 32,
        mode="test",
        version="0.1.0",
        terminal="window-1",
        segment_bytes=segment_bytes,
        reserve_bytes=RESERVE,
    )


def journal(directory: Path, disk: Disk | None = None, segment_bytes: int = 1 << 20) -> Journal:
    return Journal(directory, HandClock(), settings(segment_bytes), disk)


def an_intent(number: int = 1) -> IntentRecord:
    return IntentRecord(
        event="card.read",
        operation=Operation.READ,
        request=f"r-{number}",
        operator="op-7",
        role="counter",
        purpose="move_in",
        case=f"受付-{number}",
        seat="counter",
        client="counter-app",
        uid=1000,
        card_kind=CardKind.MY_NUMBER,
        card="0123456789abcdef0123456789abcdef",
        items=(Item.NAME, Item.ADDRESS),
        rule="register_counter",
    )


def an_outcome() -> OutcomeRecord:
    return OutcomeRecord(
        result=Result.DONE,
        items=(Item.NAME, Item.ADDRESS),
        pin=PinKind.CARD_INFO,
        pin_outcome=PinOutcome.ACCEPTED,
        tries_before=3,
        duration_ms=412,
    )


def filled(directory: Path, pairs: int = 12, segment_bytes: int = 6_000, *, headed: bool = True) -> Path:
    """A closed log over several segments, every intent with its result; under a head `stop`, or with none but the key's first."""
    log = journal(directory, segment_bytes=segment_bytes)
    for number in range(pairs):
        log.outcome(log.intent(an_intent(number)), an_outcome())
    log.state(StateRecord(event="daemon.stopped"))
    if headed:
        log.keep()
    log.close()
    return directory


def segment_files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.seg"))


def opened(
    directory: Path, clock: HandClock, disk: Disk | None = None, segment_bytes: int = 4_000, **facts: Any
) -> Journal:
    return Journal(directory, clock, replace(settings(segment_bytes), **facts), disk)


def use(log: Journal, times: int = 1) -> None:
    for number in range(times):
        log.outcome(log.intent(an_intent(number)), an_outcome())
        log.keep()


def key_of(directory: Path) -> Path:
    """Where the key of a log stands here."""
    return directory.with_name(f"{directory.name}.key")


def mark_of(directory: Path) -> Path:
    """What stands beside the key about the newest head."""
    return directory.with_name(f"{directory.name}.key.head")


def a_copy(directory: Path, target: Path) -> Path:
    """Log, heads and key of a log that is closed, or was killed."""
    shutil.copytree(directory, target)
    for path in (key_of(directory), key_of(directory).with_name(f"{directory.name}.key.next")):
        if path.exists():
            shutil.copy2(path, key_of(target).with_name(path.name.replace(directory.name, target.name, 1)))
    return target


def a_closed_copy(directory: Path, name: str, octets: bytes) -> Path:
    """A log of one segment with these bytes."""
    target = directory / name
    target.mkdir()
    (target / f"{1:020d}.seg").write_bytes(octets)
    return target
