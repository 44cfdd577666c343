"""The journal for the event loop: order, cancellation, and the word to the daemon when nothing can be recorded."""

import asyncio
import errno
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.chain import Damaged
from cardd.audit.records import StateRecord
from cardd.audit.startup import check_log
from cardd.audit.store import JournalBroken
from cardd.audit.verifier import Report, records, verify
from cardd.errors import AuditUnavailable
from tests.unit.cardd.audit.journals import FailingDisk, an_intent, an_outcome, filled, journal, segment_files


class SlowDisk(FailingDisk):
    """Waits in each sync until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.waiting = threading.Event(), threading.Event()
        self.go.set()

    def sync(self, descriptor: int) -> None:
        self.waiting.set()
        assert self.go.wait(60)
        super().sync(descriptor)


def opened(directory: Path, disk: FailingDisk) -> tuple[AsyncJournal, list[JournalBroken]]:
    broken: list[JournalBroken] = []
    return AsyncJournal(journal(directory, disk), directory, broken.append), broken


async def test_records_stand_in_the_order_they_were_asked_for(tmp_path: Path) -> None:
    log, _ = opened(tmp_path, FailingDisk())
    receipts = await asyncio.gather(*(log.state(StateRecord(event="test.one", count=number)) for number in range(20)))
    assert [receipt.sequence for receipt in receipts] == list(range(3, 23))
    await log.close()
    assert [record.content.get("count") for record in records(tmp_path, Report())][2:] == list(range(20))


async def test_the_loop_goes_on_while_the_disk_is_slow(tmp_path: Path) -> None:
    disk = SlowDisk()
    log, _ = opened(tmp_path, disk)
    disk.go.clear()
    disk.waiting.clear()
    writing = asyncio.ensure_future(log.intent(an_intent()))
    await asyncio.to_thread(disk.waiting.wait, 20)
    assert not writing.done()
    disk.go.set()
    await log.outcome(await writing, an_outcome())
    await log.close()


@pytest.mark.proves("fault 61")
async def test_an_intent_whose_caller_goes_while_it_is_written_is_closed(tmp_path: Path) -> None:
    disk = SlowDisk()
    log, _ = opened(tmp_path, disk)
    disk.go.clear()
    disk.waiting.clear()
    writing = asyncio.ensure_future(log.intent(an_intent()))
    await asyncio.to_thread(disk.waiting.wait, 20)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    disk.go.set()
    last = await log.state(StateRecord(event="test.after"))
    await log.close()
    report = verify(tmp_path)
    assert report.open_intents == []
    assert report.records >= last.sequence
    closed = next(each.content for each in records(tmp_path, Report()) if each.phase == 2)
    assert closed["problem"] == "caller_gone_before_work"


async def test_a_refusal_reaches_the_caller_and_shows_as_problem(tmp_path: Path) -> None:
    disk = FailingDisk()
    log, broken = opened(tmp_path, disk)
    disk.fail("write", errno.EIO)
    with pytest.raises(AuditUnavailable):
        await log.intent(an_intent())
    assert (log.problem, broken) == ("io_error", [])
    await log.state(StateRecord(event="test.after"))
    assert log.problem is None
    await log.close()


@pytest.mark.proves("A3")
async def test_the_daemon_is_told_when_syncing_failed_twice(tmp_path: Path) -> None:
    disk = FailingDisk()
    log, broken = opened(tmp_path, disk)
    disk.fail("sync", errno.EIO, times=2)
    with pytest.raises(AuditUnavailable) as caught:
        await log.intent(an_intent())
    assert caught.value.facts.problem == "broken"
    assert len(broken) == 1
    await log.close()


@pytest.mark.proves("fault 133")
async def test_damage_in_older_records_stops_further_intents(tmp_path: Path) -> None:
    filled(tmp_path)
    path = segment_files(tmp_path)[1]
    octets = bytearray(path.read_bytes())
    octets[400] ^= 4
    path.write_bytes(octets)
    log, _ = opened(tmp_path, FailingDisk())
    with pytest.raises(Damaged):
        await log.check_all()
    with pytest.raises(AuditUnavailable):
        await log.intent(an_intent())
    await log.close()


async def test_a_whole_log_passes_the_check(tmp_path: Path) -> None:
    filled(tmp_path)
    log, _ = opened(tmp_path, FailingDisk())
    assert await log.check_all() == verify(tmp_path).records
    await log.intent(an_intent())
    await log.close()


@pytest.mark.proves("H8")
def test_the_check_ends_when_it_is_told_to(tmp_path: Path) -> None:
    filled(tmp_path)
    asked = iter([False, False, False, True])
    assert check_log(tmp_path, lambda: next(asked)) == 4


async def test_a_cancelled_check_leaves_no_thread_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, ended = threading.Event(), threading.Event()

    def endless(_directory: Path, stop: Callable[[], bool]) -> int:
        started.set()
        while not stop():
            threading.Event().wait(0.001)
        ended.set()
        return 0

    monkeypatch.setattr("cardd.audit.asynchronous.check_log", endless)
    log, _ = opened(tmp_path, FailingDisk())
    checking = asyncio.ensure_future(log.check_all())
    await asyncio.to_thread(started.wait, 20)
    checking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await checking
    assert await asyncio.to_thread(ended.wait, 20)
    await log.close()


def test_a_segment_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    filled(tmp_path)
    path = segment_files(tmp_path)[1]
    path.unlink()
    path.mkdir()
    with pytest.raises(Damaged) as caught:
        check_log(tmp_path)
    assert caught.value.problem == "unreadable"
