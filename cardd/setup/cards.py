"""Readers and badges while no daemon runs: who is in, one job a step, and a door for the steps of enrolment."""

import asyncio
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from cardd.cards.card_type import CardType
from cardd.cards.operator_card import BADGE
from cardd.gate.step import Expected, Step, Unlocked, Witness, run_step
from cardd.iso7816.connection import InsertionNotes
from cardd.model import PinKind, ReaderName
from cardd.pcsc.calls import PyscardCalls
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.monitor import PcscMonitor
from cardd.pcsc.workers import PcscReaderWorkers
from cardd.ports import (
    CardInserted,
    CardWithdrawn,
    ReaderAppeared,
    ReaderEvent,
    ReaderVanished,
    ReaderWorker,
    ServiceDown,
    ServiceUp,
)
from cardd.readers.names import clean_name
from cardd.setup.stopped import Stopped
from cardd.setup.talk import Talk

T = TypeVar("T")

OPERATION_S = 30.0
"""One step on a badge, as `limits.operation_seconds` has it."""
STOP_S = 5.0
SERVICE_S = 5.0
"""How long pcscd may take to answer at all."""
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"


@dataclass(frozen=True, slots=True)
class Insertion:
    """One card in one reader, until it is pulled."""

    reader: ReaderName
    number: int
    notes: InsertionNotes = field(default_factory=InsertionNotes, compare=False)

    @property
    def shown(self) -> str:
        """The reader's name for people."""
        return clean_name(self.reader)


class BadgeDoor:
    """One insertion's way to the badge: `cardd.enrolment.card_steps` asks nothing else of the gate's door."""

    def __init__(self, worker: ReaderWorker, insertion: Insertion) -> None:
        self._worker = worker
        self._insertion = insertion
        self._identity: bytes | None = None
        self.witness = Witness()

    @property
    def card_type(self) -> CardType:
        return BADGE

    async def run(self, step: Step[T]) -> T:
        """One step, which types no PIN of its own. Raises what card, driver and work raise."""
        assert step.pin is None
        witness = self.witness = Witness()
        expected = Expected(self._identity)

        def job(card: object) -> T:
            return run_step(card, BADGE, step, Unlocked(), None, expected, witness)  # type: ignore[arg-type]  # a connection

        result = await self._worker.perform(job, notes=self._insertion.notes, limit_s=OPERATION_S + step.patience_s)
        if witness.identity is not None:
            self._identity = witness.identity
        return result

    def remember_tries(self, which: PinKind, count: int | None) -> None:
        """Nothing is remembered here: counters are asked anew."""


class Readers:
    """The readers and what lies in them. A context manager on the event loop."""

    def __init__(self, *, virtual: bool) -> None:
        """`virtual`: readers without USB count too, as mode test has it. Raises `Stopped` for a foreign pcscd in production."""
        if not virtual and SOCKET_VARIABLE in os.environ:
            raise Stopped("foreign_pcscd", variable=SOCKET_VARIABLE)
        calls = PyscardCalls()
        contexts = Contexts(calls)
        self._virtual = virtual
        self._monitor = PcscMonitor(calls, contexts)
        self._workers = PcscReaderWorkers(calls, contexts)
        self._readers: dict[ReaderName, bool] = {}
        """Whether it counts."""
        self._cards: dict[ReaderName, Insertion] = {}
        self._count = 0
        self._up: bool | None = None
        self._changed = asyncio.Event()

    async def __aenter__(self) -> "Readers":
        self._monitor.start(self._hear)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._monitor.stop()
        await self._workers.close(STOP_S)

    @property
    def names(self) -> tuple[ReaderName, ...]:
        """The readers that count."""
        return tuple(sorted(name for name, counts in self._readers.items() if counts))

    def present(self) -> Mapping[ReaderName, Insertion]:
        """The cards that are in."""
        return {name: card for name, card in sorted(self._cards.items()) if self._readers.get(name)}

    def door(self, insertion: Insertion) -> BadgeDoor:
        return BadgeDoor(self._workers.worker(insertion.reader), insertion)

    def is_in(self, insertion: Insertion) -> bool:
        return self._cards.get(insertion.reader) == insertion

    def ask_for_room(self, talk: Talk, aside: Collection[Insertion]) -> None:
        """Where every reader holds a card that nobody waits for: say that one is to be taken out."""
        present = self.present()
        if present and len(present) == len(self.names) and all(card in aside for card in present.values()):
            talk.say("take_out", readers="、".join(map(clean_name, present)))

    async def wait_for_service(self) -> None:
        """Until pcscd answers and has told its readers. Raises `Stopped`."""
        try:
            async with asyncio.timeout(SERVICE_S):
                while self._up is None:
                    await self._change()
        except TimeoutError:
            self._up = False
        if not self._up:
            raise Stopped("pcscd_down")
        await asyncio.sleep(0.3)  # the readers and cards that are there already follow at once

    async def wait_for_reader(self) -> None:
        """Until a reader that counts is there."""
        while not self.names:
            await self._change()

    async def wait_for_card(self, but: Collection[Insertion]) -> Insertion:
        """A card that is in and is none of `but`; the first by the reader's name."""
        while True:
            for insertion in self.present().values():
                if insertion not in but:
                    return insertion
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _hear(self, event: ReaderEvent) -> None:
        match event:
            case ServiceUp():
                self._up = True
            case ServiceDown():
                self._up = False
            case ReaderAppeared(reader, traits):
                self._readers[reader] = self._virtual or not traits.virtual
            case ReaderVanished(reader):
                self._readers.pop(reader, None)
                self._workers.forget(reader)
            case CardInserted(reader, _):
                self._count += 1
                self._cards[reader] = Insertion(reader, self._count)
            case CardWithdrawn(reader, _):
                self._cards.pop(reader, None)
                self._workers.card_withdrawn(reader)
        self._changed.set()
