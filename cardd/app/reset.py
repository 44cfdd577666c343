"""Stops what runs on any card, and cuts the power of all: for the emergency stop."""

import asyncio

from cardd.errors import CarddError
from cardd.log import get_logger
from cardd.ports import ReaderWorkers
from cardd.readers.entries import CardEntry
from cardd.readers.table import PresenceTable

LIMIT_S = 5.0


class CardReset:
    """Called with the emergency stop; a card that does not let itself be reset is told to the log, and keeps nobody waiting."""

    def __init__(self, table: PresenceTable, workers: ReaderWorkers) -> None:
        self._table = table
        self._workers = workers

    async def __call__(self) -> None:
        self._workers.stop_jobs()
        await asyncio.gather(*(self._reset(entry) for entry in self._table.cards()))

    async def _reset(self, entry: CardEntry) -> None:
        """A job that does nothing: it ends with the power cut, as every job does."""
        clean = False
        self._table.job_begins(entry)
        try:
            worker = self._workers.worker(entry.reader.name)
            await worker.perform(lambda _: None, notes=entry.notes, limit_s=LIMIT_S)
            clean = True
        except CarddError as error:
            get_logger().warning("card_not_reset", code=error.code)
        finally:
            self._table.job_ended(entry, clean=clean)
