"""One reader's worker as the event loop sees it: jobs in, results out, time limits, and what happens when a card never answers."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TypeVar

from cardd.errors import CardNoAnswer, ReaderBusy, ReaderStuck
from cardd.iso7816.connection import InsertionNotes
from cardd.model import ReaderName
from cardd.pcsc.job_clock import JobClock, Now, boottime
from cardd.pcsc.lane import Lane, Run
from cardd.pcsc.reader_session import CONNECTING, ReaderSession
from cardd.ports import Job

T = TypeVar("T")

COMMAND_LIMIT_S = 10.0
"""One card command (requirement C7)."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What all workers share."""

    make_session: Callable[[ReaderName], ReaderSession]
    on_stuck: Callable[[ReaderName, bool], None]
    """Called on the event loop when a reader gets stuck (True) and when it is free again (False)."""
    command_limit_s: float = COMMAND_LIMIT_S
    now: Now = boottime


class PcscReaderWorker:
    """`ports.ReaderWorker` over PC/SC.

    When a limit passes, the caller is told and the thread is abandoned: PC/SC has no time-out, cannot be cancelled, and
    releasing its context from here would block every PC/SC call of the process (measured). It comes back when the card is
    pulled, closes its own handle and context, and ends.
    """

    def __init__(self, reader: ReaderName, settings: WorkerSettings) -> None:
        self._reader = reader
        self._settings = settings
        self._lane: Lane | None = None
        self._stuck: Lane | None = None
        self._lanes: set[Lane] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def stuck(self) -> bool:
        return self._stuck is not None

    async def perform(self, job: Job[T], *, notes: InsertionNotes, limit_s: float = 30.0) -> T:
        """See `ports.ReaderWorker`. Cancelling the caller does not stop the job: half a sequence cannot be taken back."""
        if self.stuck:
            raise ReaderStuck()
        clock = JobClock(limit_s, self._settings.command_limit_s, self._settings.now)
        run = Run(job, notes, clock, asyncio.get_running_loop())
        lane = self._lane or self._start_lane()
        lane.submit(run)
        self._own(self._supervise(lane, run))
        result: T = await asyncio.shield(run.result)
        return result

    @property
    def alive(self) -> bool:
        """Whether a thread of this worker still runs."""
        return bool(self._lanes)

    def card_withdrawn(self) -> None:
        """The card left: a stuck reader may be tried again, with a new thread and a new context."""
        if self._stuck is not None:
            self._stuck = None
            self._settings.on_stuck(self._reader, False)

    def stop_jobs(self) -> None:
        """No job of this reader sends another command."""
        for lane in self._lanes:
            lane.stop_jobs()

    def end(self) -> None:
        """Take no more jobs; the thread leaves when its job has ended. Whatever was stuck is no news any longer."""
        self._stuck = None
        if self._lane is not None:
            self._lane.end()
            self._lane = None

    async def close(self, limit_s: float) -> None:
        """`end`, and wait for it at most `limit_s` seconds; a thread that a card still holds is left behind."""
        self.end()
        endings = [asyncio.ensure_future(lane.ended.wait()) for lane in self._lanes if not lane.abandoned]
        if endings:
            await asyncio.wait(endings, timeout=limit_s)
        for lane in self._lanes:
            lane.abandon(CardNoAnswer(problem="stopping"))
        left = [*endings, *self._tasks]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _start_lane(self) -> Lane:
        session = self._settings.make_session(self._reader)
        lane = Lane(session, f"reader {len(self._lanes)}", asyncio.get_running_loop())
        self._lane = lane
        self._lanes.add(lane)
        self._own(self._see_off(lane))
        return lane

    def _own(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _supervise(self, lane: Lane, run: Run) -> None:
        while not run.result.done():
            await asyncio.wait({run.result}, timeout=run.clock.next_look())
            limit = run.clock.passed()
            if limit is not None and not run.result.done():
                self._abandon(lane, run, limit)

    def _abandon(self, lane: Lane, run: Run, limit: str) -> None:
        # Who waits for the card itself waits for another program; who has it waits for the card.
        kind = ReaderBusy if limit == CONNECTING else CardNoAnswer
        run.fail(kind(problem=f"{limit}_limit"))
        run.clock.abandon()
        lane.abandon(ReaderStuck())
        if self._lane is lane:
            self._lane = None
        self._stuck = lane
        self._settings.on_stuck(self._reader, True)

    async def _see_off(self, lane: Lane) -> None:
        """When a thread has left by itself, its reader is free."""
        await lane.ended.wait()
        self._lanes.discard(lane)
        if self._stuck is lane:
            self.card_withdrawn()
