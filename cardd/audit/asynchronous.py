"""The audit journal for the event loop: calls run on one thread of their own, one after the other, in the order they were made."""

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from cardd.audit.chain import Damaged
from cardd.audit.checkpoint import SignedHead
from cardd.audit.journal import Journal, Receipt
from cardd.audit.records import IntentRecord, OutcomeRecord, Result, StateRecord
from cardd.audit.startup import check_log
from cardd.audit.store import JournalBroken
from cardd.errors import AuditUnavailable

T = TypeVar("T")

WITHDRAWN = OutcomeRecord(result=Result.REFUSED, problem="caller_gone_before_work", caller_gone=True)
"""Closes an intent whose caller was cancelled while it was being written: no card was touched."""


class AsyncJournal:
    """A `Journal` that never blocks the event loop. A record that was begun is finished, whatever becomes of its caller."""

    def __init__(self, journal: Journal, directory: Path, on_broken: Callable[[JournalBroken], None]) -> None:
        """`on_broken` is called on the event loop when syncing failed twice: the daemon must end (A3)."""
        self._journal, self._directory, self._on_broken = journal, directory, on_broken
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")
        self._on_durable: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._whole = asyncio.Lock()

    @property
    def log_id(self) -> str:
        return self._journal.log_id

    @property
    def problem(self) -> str | None:
        """One word for why nothing can be recorded now, None when all is well."""
        return self._journal.problem

    @property
    def clock_problem(self) -> str | None:
        """One word for what is odd about the clock, as `Heads.clock_problem` has it; None when all is well."""
        return self._journal.heads.clock_problem

    async def intent(self, record: IntentRecord) -> Receipt:
        """Durable: the card may now be touched. Raises `AuditUnavailable`.

        A caller that is cancelled meanwhile leaves no open intent behind: it is closed as soon as it is written.
        """
        writing = self._begin(partial(self._journal.intent, record), writes=True)
        try:
            return await self._finish(writing)
        except asyncio.CancelledError:
            writing.add_done_callback(self._withdraw)
            raise

    async def outcome(self, intent: Receipt, record: OutcomeRecord) -> Receipt:
        """Durable: data may now leave. Raises `AuditUnavailable`; `ValueError` for an intent that is not open."""
        return await self._finish(self._begin(partial(self._journal.outcome, intent, record), writes=True))

    async def state(self, record: StateRecord) -> Receipt:
        """Durable. Raises `AuditUnavailable`."""
        return await self._finish(self._begin(partial(self._journal.state, record), writes=True))

    def newest_head(self) -> SignedHead | None:
        """The signed head that covers most records; None only while a log has its first key made."""
        return self._journal.heads.newest

    def on_durable(self, callback: Callable[[], None]) -> None:
        """`callback` is called on the event loop after each durable record: whoever reads along can go on."""
        self._on_durable.append(callback)

    async def sign(self, text: bytes) -> bytes:
        """A text that is no head (an export's), signed with the key of the day: the whole note, as c2sp.org/signed-note has it.

        `text` ends in a newline, has no empty line, and begins with `cardd/<log id>/…`. Raises `ValueError`, `AuditUnavailable`.
        """
        return await self._finish(self._begin(partial(self._journal.heads.sign_note, text)))

    async def head(self, why: str) -> SignedHead:
        """A head over all records now, durable. `why`: its word. Raises `AuditUnavailable`."""
        return await self._finish(self._begin(partial(self._journal.head, why)))

    async def keep(self) -> None:
        """Now and then: change keys at midnight (UTC), record a step of the clock, try again what the disk refused."""
        if self._journal.due:
            await self._finish(self._begin(_nothing))  # behind each work the journal keeps what is due

    async def check_all(self) -> int:
        """Check the whole log beside the daily work, in a thread of its own; gives the number of records.

        On damage no intent is taken from then on, and `Damaged` is raised. The thread ends soon after this is cancelled.
        """
        stop = threading.Event()
        async with self._whole:
            return await self._check(stop)

    @contextlib.asynccontextmanager
    async def undisturbed(self) -> AsyncIterator[None]:
        """While old segments are removed: no check of the whole log runs beside it, and finds files gone."""
        async with self._whole:
            yield

    async def _check(self, stop: threading.Event) -> int:
        try:
            return await asyncio.to_thread(check_log, self._directory, stop.is_set)
        except asyncio.CancelledError:
            stop.set()
            raise
        except Damaged:
            self._journal.refuse("log_damaged")
            raise

    async def close(self) -> None:
        """Finish what was asked for, then give up the files."""
        await self._finish(self._begin(self._journal.close))
        if self._timer is not None:
            self._timer.cancel()
        self._thread.shutdown()

    def _begin(self, work: Callable[[], T], *, writes: bool = False) -> asyncio.Future[T]:
        """Queue `work`. Its result goes up at once; heads that it made due are signed behind it on the same thread."""
        loop = asyncio.get_running_loop()
        done: concurrent.futures.Future[T] = concurrent.futures.Future()
        done.set_running_or_notify_cancel()  # what was begun is finished
        self._thread.submit(self._run, work, done, loop, writes=writes)
        return asyncio.wrap_future(done, loop=loop)

    def _run(
        self,
        work: Callable[[], T],
        done: concurrent.futures.Future[T],
        loop: asyncio.AbstractEventLoop,
        *,
        writes: bool,
    ) -> None:
        """On the journal's thread."""
        try:
            found = work()
        except BaseException as error:  # goes up to whoever waits
            done.set_exception(error)
            return
        done.set_result(found)
        if self._journal.closed:
            return
        try:
            self._journal.keep()
        except JournalBroken as error:
            loop.call_soon_threadsafe(self._on_broken, error)
        except Exception as error:  # nobody waits for this: it would be lost, and the heads with it
            loop.call_soon_threadsafe(self._on_broken, JournalBroken(f"keeping the heads: {type(error).__name__}"))
            raise
        else:
            if writes:
                loop.call_soon_threadsafe(self._woken)

    def _woken(self) -> None:
        """A record is durable, and may wait for a head."""
        for callback in self._on_durable:
            callback()
        self._set_timer()

    def _set_timer(self) -> None:
        left_s = self._journal.heads.seconds_left
        if left_s is not None and self._timer is None and not self._journal.closed:
            self._timer = asyncio.get_running_loop().call_later(left_s, self._time_is_up)

    def _time_is_up(self) -> None:
        """Sign, if the oldest record without a head is as old as it may be; a younger one gets a timer of its own."""
        self._timer = None
        if self._journal.heads.seconds_left == 0.0:
            self._begin(_nothing)  # what is due is signed behind it; what the disk refuses, `keep` tries again
        else:
            self._set_timer()

    async def _finish(self, writing: asyncio.Future[T]) -> T:
        try:
            return await asyncio.shield(writing)
        except JournalBroken as error:
            self._on_broken(error)
            raise AuditUnavailable(problem="broken") from error

    def _withdraw(self, writing: asyncio.Future[Receipt]) -> None:
        """The intent is written, or could not be; nobody waits for it any more."""
        error = writing.exception()
        if isinstance(error, JournalBroken):
            self._on_broken(error)
        if error is None:
            closing = self._begin(partial(self._journal.outcome, writing.result(), WITHDRAWN), writes=True)
            closing.add_done_callback(self._withdrawn)

    def _withdrawn(self, closing: asyncio.Future[Receipt]) -> None:
        """Where the closing could not be written, the next start closes the intent as unknown; `problem` tells meanwhile."""
        error = closing.exception()
        if isinstance(error, JournalBroken):
            self._on_broken(error)


def _nothing() -> None:
    """Work that is done: what follows each work is wanted."""
