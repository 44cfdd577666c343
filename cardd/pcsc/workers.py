"""The workers of all readers, one thread each."""

import asyncio
from collections.abc import Callable

from cardd.model import ReaderName
from cardd.pcsc.calls import PcscCalls
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.job_clock import Now, boottime
from cardd.pcsc.reader_session import ReaderSession
from cardd.pcsc.reader_worker import COMMAND_LIMIT_S, PcscReaderWorker, WorkerSettings
from cardd.ports import ReaderWorker


class PcscReaderWorkers:
    """`ports.ReaderWorkers` over PC/SC. All methods are called on the event loop.

    `on_stuck(reader, stuck)` is called on the event loop when a card that does not answer holds a reader, and when the
    reader is free again.
    """

    def __init__(
        self,
        calls: PcscCalls,
        contexts: Contexts,
        *,
        on_stuck: Callable[[ReaderName, bool], None] = lambda _reader, _stuck: None,
        command_limit_s: float = COMMAND_LIMIT_S,
        now: Now = boottime,
    ) -> None:
        self._settings = WorkerSettings(
            make_session=lambda reader: ReaderSession(reader, calls, contexts),
            on_stuck=on_stuck,
            command_limit_s=command_limit_s,
            now=now,
        )
        self._workers: dict[ReaderName, PcscReaderWorker] = {}
        self._leaving: list[PcscReaderWorker] = []

    def worker(self, reader: ReaderName) -> ReaderWorker:
        """The worker of `reader`, made on first use."""
        found = self._workers.get(reader)
        if found is None:
            found = self._workers[reader] = PcscReaderWorker(reader, self._settings)
        return found

    def forget(self, reader: ReaderName) -> None:
        """The reader is gone: its thread ends when its job has ended."""
        worker = self._workers.pop(reader, None)
        if worker is not None:
            worker.end()
            self._leaving = [other for other in self._leaving if other.alive] + [worker]

    def card_withdrawn(self, reader: ReaderName) -> None:
        """The card left the reader: a stuck worker is replaced by a new one."""
        if reader in self._workers:
            self._workers[reader].card_withdrawn()

    def stop_jobs(self) -> None:
        """See `ports.ReaderWorkers`."""
        for worker in self._workers.values():
            worker.stop_jobs()

    async def close(self, limit_s: float) -> None:
        """Let running jobs end within `limit_s` seconds, then leave; idle workers end at once."""
        workers = [*self._workers.values(), *self._leaving]
        self._workers.clear()
        self._leaving.clear()
        await asyncio.gather(*(worker.close(limit_s) for worker in workers))
