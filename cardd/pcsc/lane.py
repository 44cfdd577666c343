"""One thread with one PC/SC context that serves one reader's jobs in order."""

import asyncio
import threading
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

from cardd.errors import CarddError
from cardd.iso7816.connection import InsertionNotes
from cardd.pcsc.job_clock import JobClock
from cardd.pcsc.reader_session import ReaderSession
from cardd.ports import Job


@dataclass(slots=True)
class Run:
    """One job on its way through a lane; `result` belongs to the event loop."""

    job: Job[Any]
    notes: InsertionNotes
    clock: JobClock
    loop: asyncio.AbstractEventLoop
    result: asyncio.Future[Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.result = self.loop.create_future()
        # A caller that was cancelled never asks for the result; without this the loop would complain of it.
        self.result.add_done_callback(lambda done: None if done.cancelled() else done.exception())

    def succeed(self, value: object) -> None:
        if not self.result.done():
            self.result.set_result(value)

    def fail(self, error: BaseException) -> None:
        if not self.result.done():
            self.result.set_exception(error)


class Lane:
    """A reader's thread. A daemon thread: one that a card holds for ever must not hold the process as well."""

    def __init__(self, session: ReaderSession, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self._session = session
        self._loop = loop
        self._runs: SimpleQueue[Run | None] = SimpleQueue()
        self.waiting: list[Run] = []
        """Submitted and not done; kept by the event loop."""
        self.abandoned = False
        """Nobody waits for its thread any longer."""
        self.ended = asyncio.Event()
        """Set on the event loop when the thread has left and its context is released."""
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def submit(self, run: Run) -> None:
        self.waiting.append(run)
        run.result.add_done_callback(lambda _done: self.waiting.remove(run))
        self._runs.put(run)

    def stop_jobs(self) -> None:
        """Let no job that was submitted send another command."""
        for run in self.waiting:
            run.clock.stop()

    def end(self) -> None:
        """Leave after the jobs that were submitted."""
        self._runs.put(None)

    def abandon(self, error: CarddError) -> None:
        """Tell all who wait that nothing comes, and let the thread leave as soon as its card lets it go."""
        self.abandoned = True
        for run in list(self.waiting):
            run.clock.abandon()
            run.fail(type(error)(error.facts))  # one object each: callers complete the facts of theirs
        self.end()

    def _serve(self) -> None:
        try:
            while (run := self._runs.get()) is not None:
                if not run.clock.abandoned:
                    self._serve_one(run)
        finally:
            self._session.end()
            self._tell(self.ended.set)

    def _serve_one(self, run: Run) -> None:
        run.clock.begin()
        try:
            value = self._session.run(run.job, run.notes, run.clock)
        except BaseException as error:
            self._tell(run.fail, error)
        else:
            self._tell(run.succeed, value)

    def _tell(self, callback: Any, *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            # A thread that a card lets go after the daemon has closed its loop has nobody left to tell.
            if not self._loop.is_closed():
                raise
