"""What the adapter tests share: a card that does as a test says, and an adapter over the running pcscd."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from applets_spec.insertion import CardGone
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.connection import InsertionNotes, SmartCardConnection
from cardd.model import ReaderName
from cardd.pcsc.calls import PyscardCalls
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.monitor import PcscMonitor
from cardd.pcsc.workers import PcscReaderWorkers
from cardd.ports import Job, ReaderEvent

T = TypeVar("T")
E = TypeVar("E")

PATIENCE_S = 60.0
CONTACT_ATR = bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B")
CONTACTLESS_ATR = bytes.fromhex("3B80800101")
SELECT = CommandApdu(0x00, 0xA4, 0x04, 0x00)


def select(card: SmartCardConnection) -> ResponseApdu:
    return card.transmit(SELECT)


class ScriptedCard:
    """Answers what `answer` gives, 9000 if nothing is said; counts what its reader does to it."""

    def __init__(self, answer: Callable[[bytes], bytes] = lambda _: b"\x90\x00", atr: bytes = CONTACT_ATR) -> None:
        self.answer = answer
        self.atr = atr
        self.commands: list[bytes] = []
        self.off = threading.Event()
        self.warm_resets = 0
        self.silent = False
        self.asked = threading.Event()
        self._pulled = threading.Event()

    def power_on(self) -> bytes:
        self.off.clear()
        return self.atr

    def reset(self) -> bytes:
        self.warm_resets += 1
        return self.atr

    def power_off(self) -> None:
        self.off.set()

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        self.asked.set()
        if self.silent:
            self._pulled.wait()
            raise CardGone
        return self.answer(command)

    def inserted(self) -> None:
        self._pulled.clear()

    def pulled(self) -> None:
        self._pulled.set()


@dataclass
class Adapter:
    """Monitor and workers over the pcscd that the test started."""

    calls: PyscardCalls
    workers: PcscReaderWorkers
    monitor: PcscMonitor
    stuck: list[tuple[str, bool]]
    events: list[ReaderEvent] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def listen(self) -> None:
        """Start the monitor; events collect in `events`."""
        self.monitor.start(self._hear)

    def _hear(self, event: ReaderEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, wanted: ReaderEvent | type[E], count: int = 1) -> list[ReaderEvent]:
        """Wait until `wanted` (an event, or a class of them) came `count` times; everything so far, which is then forgotten."""
        async with asyncio.timeout(PATIENCE_S):
            while sum(event == wanted or type(event) is wanted for event in self.events) < count:
                self._news.clear()
                await self._news.wait()
        seen, self.events = self.events, []
        return seen

    async def perform(self, reader: str, job: Job[T], limit_s: float = 30.0) -> T:
        return await self.workers.worker(ReaderName(reader)).perform(job, notes=InsertionNotes(), limit_s=limit_s)


@asynccontextmanager
async def running_adapter(
    sys_usb: Path = Path("/nonexistent"), command_limit_s: float = 10.0, pause_s: float = 0.5
) -> AsyncIterator[Adapter]:
    """An adapter that is closed at the end."""
    calls = PyscardCalls()
    contexts = Contexts(calls)
    stuck: list[tuple[str, bool]] = []
    workers = PcscReaderWorkers(
        calls, contexts, on_stuck=lambda *news: stuck.append(news), command_limit_s=command_limit_s
    )
    monitor = PcscMonitor(calls, contexts, sys_usb=sys_usb, pause_shortest_s=pause_s)
    adapter = Adapter(calls, workers, monitor, stuck)
    try:
        yield adapter
    finally:
        await monitor.stop()
        await workers.close(5.0)


def open_files() -> int:
    """File descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))


def adapter_threads() -> int:
    """Threads of monitor and workers."""
    return sum(thread.name.startswith("reader ") for thread in threading.enumerate())
