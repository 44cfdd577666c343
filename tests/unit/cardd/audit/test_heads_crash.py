"""Heads and keys when the process is killed in the middle of it: at each call of the disk, at each byte of a head, in an upgrade."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cardd.audit.chain import NO_RECORD, SegmentHeader, decode_record, encode_record, segment_name
from cardd.audit.disk import Disk
from cardd.audit.journal import Journal
from cardd.audit.records import StateRecord
from tests.unit.cardd.audit.head_rules import check, records_of
from tests.unit.cardd.audit.journals import DAY_S, START_US, HandClock, a_copy, key_of, opened, use


class Killed(BaseException):
    """The process ends here."""


class DyingDisk(Disk):
    """Dies in one of its calls and in all after it; a write may first take half of its bytes."""

    CALLS = ("create", "create_private", "open_append", "open_inside", "sync", "sync_directory", "truncate")
    MOVES = ("rename", "unlink")

    def __init__(self, at: int, *, half: bool) -> None:
        self.left, self.half = at, half

    def _count(self) -> None:
        self.left -= 1
        if self.left <= 0:
            raise Killed

    def write(self, descriptor: int, octets: bytes) -> int:
        if self.left == 1 and self.half:
            super().write(descriptor, octets[: len(octets) // 2])
        self._count()
        return super().write(descriptor, octets)


def _counted(name: str) -> Callable[..., object]:
    def call(self: DyingDisk, *given: object) -> object:
        self._count()
        return getattr(Disk, name)(self, *given)

    return call


for _name in DyingDisk.CALLS + DyingDisk.MOVES:
    setattr(DyingDisk, _name, _counted(_name))


@contextmanager
def killed(directory: Path, clock: HandClock, disk: DyingDisk, work: Callable[[Journal], None]) -> Iterator[None]:
    log = None
    try:
        log = opened(directory, clock, disk)
        work(log)
    except Killed:
        pass
    finally:
        if log is not None:
            log.close()
    yield


def runs_of(tmp_path: Path, before: Path | None, days: int, work: Callable[[Journal], None], *, half: bool) -> int:
    """Kill the same run at each of its calls of the disk; the next start must find a log that fits. Gives how many were killed."""
    for at in range(1, 1_000):
        directory = tmp_path / f"run-{half}-{at}"
        clock = HandClock()
        if before is not None:
            a_copy(before, directory)
        else:
            directory.mkdir()
        clock.pass_s(days * DAY_S)
        disk = DyingDisk(at, half=half)
        with killed(directory, clock, disk, work):
            pass
        log = opened(directory, clock)
        use(log)
        log.state(StateRecord(event="daemon.stopped"))
        log.keep()
        log.close()
        check(directory)
        assert not key_of(directory).with_name(f"{directory.name}.key.next").exists()
        if disk.left > 0:
            return at - 1
    raise AssertionError("this run never ended")


@pytest.mark.proves("A4", "fault 124")
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("days", [1, 2])
def test_a_roll_over_that_broke_off_anywhere_is_finished(tmp_path: Path, days: int, half: bool) -> None:
    (tmp_path / "before").mkdir()
    log = opened(tmp_path / "before", HandClock())
    use(log, 3)
    log.close()
    assert runs_of(tmp_path, tmp_path / "before", days, lambda log: use(log, 2), half=half) > 15 * days


@pytest.mark.proves("fault 124")
@pytest.mark.parametrize("half", [False, True])
def test_a_log_whose_making_broke_off_is_begun(tmp_path: Path, half: bool) -> None:
    assert runs_of(tmp_path, None, 0, use, half=half) > 15


@pytest.mark.proves("fault 124")
def test_a_torn_head_is_cut_off_at_the_next_start(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    log = opened(source, HandClock())
    use(log, 2)
    log.state(StateRecord(event="daemon.stopped"))
    log.keep()
    log.close()
    octets = (source / "heads" / "2026-11-22.heads").read_bytes()
    first = octets.index(b"\n\n", octets.index(b"\n\n") + 2) + 2
    for cut in range(first + 1, len(octets), 11):
        directory = a_copy(source, tmp_path / f"cut-{cut}")
        (directory / "heads" / "2026-11-22.heads").write_bytes(octets[:cut])
        opened(directory, HandClock(START_US + 60_000_000)).close()
        assert (directory / "heads" / "2026-11-22.heads").read_bytes() == octets[:first]
        check(directory)


# --- an older log ----------------------------------------------------------------------------------------------------


def of_format_1(directory: Path, records: int = 30, a_segment: int = 7) -> None:
    """As release 0.2 wrote it: no tree, no key, no heads."""
    log_id, before, octets, first = bytes(range(16)), NO_RECORD, b"", 1
    for sequence in range(1, records + 1):
        event = "log.created" if sequence == 1 else "log.segment" if sequence == first else "test.old"
        content = {"event": event, "log": log_id.hex(), "format": 1}
        if event == "log.segment":
            content["open_intents"] = []
        if sequence == first:
            octets = SegmentHeader(log_id, first, before).encode()
        record = encode_record(sequence, START_US - 10 * DAY_S * 1_000_000 + sequence, 3, before, content)
        octets, before = octets + record, decode_record(record, 0).hash
        (directory / segment_name(first)).write_bytes(octets)
        if sequence - first + 1 == a_segment:
            first = sequence + 1


def test_a_log_of_format_1_gets_its_first_key_and_a_tree_over_all_of_it(tmp_path: Path) -> None:
    of_format_1(tmp_path)
    log = opened(tmp_path, HandClock())
    use(log, 3)
    log.close()
    events = [each.content.get("event") for each in records_of(tmp_path)]
    assert events[30:33] == ["log.segment", "log.key", "log.opened"]
    opened(tmp_path, HandClock(START_US + 60_000_000)).close()
    check(tmp_path, upgraded=True)


@pytest.mark.proves("fault 124")
def test_an_upgrade_that_broke_off_anywhere_is_finished(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    of_format_1(tmp_path / "before")
    for at in range(1, 100):
        directory, disk = a_copy(tmp_path / "before", tmp_path / f"run-{at}"), DyingDisk(at, half=at % 2 == 0)
        clock = HandClock()
        with killed(directory, clock, disk, use):
            pass
        log = opened(directory, clock)
        use(log)
        log.close()
        check(directory, upgraded=True)
        if disk.left > 0:
            return
    raise AssertionError("this run never ended")
