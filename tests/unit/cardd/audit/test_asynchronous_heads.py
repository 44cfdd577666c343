"""Heads beside the event loop: nobody waits for them, the timer signs, readers are woken."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.checkpoint import SignedHead
from cardd.audit.journal import Journal
from cardd.audit.records import StateRecord
from tests.unit.cardd.audit.head_rules import check, words
from tests.unit.cardd.audit.journals import DAY_S, FailingDisk, HandClock, an_intent, an_outcome, settings

LIMIT_S = 60.0


class SlowHeads(FailingDisk):
    """Waits before each head until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.waiting = threading.Event(), threading.Event()
        self.go.set()

    def open_append(self, path: Path) -> int:
        if path.suffix == ".heads":
            self.waiting.set()
            assert self.go.wait(LIMIT_S)
        return super().open_append(path)


def opened(directory: Path, clock: HandClock, disk: FailingDisk | None = None, **facts: float) -> AsyncJournal:
    log = Journal(directory, clock, replace(settings(), **facts), disk)
    return AsyncJournal(log, directory, lambda error: pytest.fail(str(error)))


async def head_of(log: AsyncJournal, why: str) -> SignedHead:
    async with asyncio.timeout(LIMIT_S):
        while (found := log.newest_head()) is None or found.head.why != why:
            await asyncio.sleep(0.005)
    return found


@pytest.mark.proves("A4")
async def test_the_receipt_is_given_while_the_head_still_waits_for_the_disk(tmp_path: Path) -> None:
    disk = SlowHeads()
    log = opened(tmp_path, HandClock(), disk)
    disk.go.clear()
    receipt = await asyncio.wait_for(log.state(StateRecord(event="daemon.started")), LIMIT_S)
    await asyncio.to_thread(disk.waiting.wait, LIMIT_S)
    before = log.newest_head()
    assert before is not None
    assert before.head.size < receipt.sequence
    disk.go.set()
    assert (await head_of(log, "start")).head.size == receipt.sequence
    await log.close()
    check(tmp_path)


@pytest.mark.proves("A4")
async def test_the_timer_signs_what_is_old_enough(tmp_path: Path) -> None:
    clock = HandClock()
    log = opened(tmp_path, clock, head_seconds=0.05)
    receipt = await log.outcome(await log.intent(an_intent()), an_outcome())
    clock.pass_s(1)
    assert (await head_of(log, "time")).head.size == receipt.sequence
    await log.close()


async def test_readers_along_are_woken_after_each_record(tmp_path: Path) -> None:
    log = opened(tmp_path, HandClock())
    woken: list[int] = []
    log.on_durable(lambda: woken.append(1))
    for number in range(3):
        await log.outcome(await log.intent(an_intent(number)), an_outcome())
    await log.close()
    await asyncio.sleep(0)
    assert len(woken) == 6


@pytest.mark.proves("A4", "A10")
async def test_keep_changes_the_key_at_midnight_and_tells_a_step(tmp_path: Path) -> None:
    clock = HandClock()
    log = opened(tmp_path, clock)
    await log.keep()
    clock.pass_s(DAY_S)
    await log.keep()
    await head_of(log, "period")
    clock.us -= 10_000_000
    await log.keep()
    await log.head("time")
    await log.close()
    assert words(tmp_path) == {"2026-11-22": ["period", "key"], "2026-11-23": ["period", "time"]}
    check(tmp_path)


@pytest.mark.proves("fault 121")
async def test_an_export_is_signed_by_the_key_of_the_day(tmp_path: Path) -> None:
    log = opened(tmp_path, HandClock())
    text = f"cardd/{log.log_id}/export\nrecords 3\n".encode()
    note = await log.sign(text)
    assert note.startswith(text + b"\n\xe2\x80\x94 cardd/" + log.log_id.encode() + b"/2026-11-22 ")
    with pytest.raises(ValueError, match="cannot be signed"):
        await log.sign(b"anything\n")
    await log.close()
