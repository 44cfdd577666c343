"""The audit journal for the event loop: calls run on one thread of their own, one after the other, in the order they were made."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from cardd.audit.chain import Damaged
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

    @property
    def log_id(self) -> str:
        return self._journal.log_id

    @property
    def problem(self) -> str | None:
        """One word for why nothing can be recorded now, None when all is well."""
        return self._journal.problem

    async def intent(self, record: IntentRecord) -> Receipt:
        """Durable: the card may now be touched. Raises `AuditUnavailable`.

        A caller that is cancelled meanwhile leaves no open intent behind: it is closed as soon as it is written.
        """
        writing = self._begin(partial(self._journal.intent, record))
        try:
            return await self._finish(writing)
        except asyncio.CancelledError:
            writing.add_done_callback(self._withdraw)
            raise

    async def outcome(self, intent: Receipt, record: OutcomeRecord) -> Receipt:
        """Durable: data may now leave. Raises `AuditUnavailable`; `ValueError` for an intent that is not open."""
        return await self._finish(self._begin(partial(self._journal.outcome, intent, record)))

    async def state(self, record: StateRecord) -> Receipt:
        """Durable. Raises `AuditUnavailable`."""
        return await self._finish(self._begin(partial(self._journal.state, record)))

    async def check_all(self) -> int:
        """Check the whole log beside the daily work, in a thread of its own; gives the number of records.

        On damage no intent is taken from then on, and `Damaged` is raised. The thread ends soon after this is cancelled.
        """
        stop = threading.Event()
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
        self._thread.shutdown()

    def _begin(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

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
            closing = self._begin(partial(self._journal.outcome, writing.result(), WITHDRAWN))
            closing.add_done_callback(self._withdrawn)

    def _withdrawn(self, closing: asyncio.Future[Receipt]) -> None:
        """Where the closing could not be written, the next start closes the intent as unknown; `problem` tells meanwhile."""
        error = closing.exception()
        if isinstance(error, JournalBroken):
            self._on_broken(error)
