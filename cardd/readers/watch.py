"""The task that turns monitor events into table changes, and asks each new card what it is."""

import asyncio
from collections.abc import Callable
from itertools import chain, repeat
from typing import assert_never

from cardd.cards.card_type import Recognition
from cardd.cards.identify import Identified
from cardd.errors import (
    CardAbsent,
    CardBadAnswer,
    CarddError,
    CardRemoved,
    CardUnsupported,
    Internal,
    LockedDown,
    PcscDown,
    PcscFull,
    ReaderBusy,
)
from cardd.iso7816.connection import SmartCardConnection
from cardd.log import get_logger
from cardd.model import CardKind
from cardd.ports import (
    CardInserted,
    CardWithdrawn,
    ReaderAppeared,
    ReaderEvent,
    ReaderVanished,
    ReaderWorkers,
    ServiceDown,
    ServiceUp,
)
from cardd.readers.entries import CardEntry
from cardd.readers.table import PresenceTable

IDENTIFY_LIMIT_S = 10.0
AGAIN_S = (1.0, 2.0, 5.0)
"""Pauses before a card is asked again that could not be asked; the last one repeats."""
STANDING = (ReaderBusy, PcscDown, PcscFull)
"""Reasons that go away by themselves: asked until they have."""
PASSING = (*STANDING, CardRemoved, CardAbsent, CardBadAnswer, LockedDown)
"""Perhaps a card at the edge of the field, or one that an emergency stop cut off in the middle: asked once more."""

Identify = Callable[[SmartCardConnection], Identified]


class Watch:
    """Applies `ReaderEvent`s in order. `listen` is given to the monitor, `run` is a task of `app`."""

    def __init__(
        self,
        table: PresenceTable,
        workers: ReaderWorkers,
        identify: Identify,
        *,
        again_s: tuple[float, ...] = AGAIN_S,
    ) -> None:
        self._again_s = again_s
        self._table = table
        self._workers = workers
        self._identify = identify
        self._events: asyncio.Queue[ReaderEvent | CardEntry] = asyncio.Queue()
        table.on_inserted(self._events.put_nowait)

    def listen(self, event: ReaderEvent) -> None:
        """Take one event; called on the event loop."""
        self._events.put_nowait(event)

    async def run(self) -> None:
        """Apply events until cancelled. Identifications run beside, each on its reader."""
        async with asyncio.TaskGroup() as identifications:
            while True:
                event = await self._events.get()
                if isinstance(event, CardEntry):
                    identifications.create_task(self._ask(event))
                else:
                    self._apply(event)

    def _apply(self, event: ReaderEvent) -> None:
        match event:
            case ServiceUp():
                self._table.service_changed(up=True)
            case ServiceDown(code):
                self._table.service_changed(up=False, pcsc_code=code)
            case ReaderAppeared(reader, traits):
                self._table.reader_appeared(reader, traits)
            case ReaderVanished(reader):
                self._table.reader_vanished(reader)
                self._workers.forget(reader)
            case CardInserted(reader, atr):
                self._table.card_inserted(reader, atr)
            case CardWithdrawn(reader, with_reader):
                self._workers.card_withdrawn(reader)
                self._table.card_withdrawn(reader, with_reader=with_reader)
            case _:
                assert_never(event)

    async def _ask(self, entry: CardEntry) -> None:
        """Ask until there is an answer, the card is gone, or asking again is of no use."""
        for turn, pause_s in enumerate(chain(self._again_s, repeat(self._again_s[-1]))):
            try:
                found = await self._ask_once(entry)
            except CardUnsupported as error:
                get_logger().info("card_cannot_be_talked_to", code=error.code)
                found = Identified(Recognition(CardKind.UNSUPPORTED, None), None)
            except CarddError as error:
                self._table.identification_failed(entry, error)
                if not isinstance(error, PASSING if turn == 0 else STANDING):
                    return
                await asyncio.sleep(pause_s)
                if entry.ended:
                    return
                continue
            self._table.identified_as(entry, found.recognition, found.card_type)
            return

    async def _ask_once(self, entry: CardEntry) -> Identified:
        clean = False
        self._table.job_begins(entry)
        try:
            worker = self._workers.worker(entry.reader.name)
            found = await worker.perform(self._identify, notes=entry.notes, limit_s=IDENTIFY_LIMIT_S)
            clean = True
        except (CarddError, asyncio.CancelledError):
            raise
        except Exception as bug:
            # A bug of ours must cost this card, not the watch. The message may hold card data, so only the place is told.
            get_logger().error("identification_failed", exc_info=bug)
            raise Internal(problem="identification") from bug
        finally:
            self._table.job_ended(entry, clean=clean, identification=True)
        return found
