# ruff: noqa: ARG002 -- the shapes of the ports
"""A small presence for tests: table, watch and desk over workers that run jobs on the event loop when a test lets them."""

import asyncio
from collections.abc import Mapping
from typing import Any

from cardd.cards.card_type import CardType, Recognition
from cardd.cards.identify import Identified
from cardd.config import Seat
from cardd.errors import ReaderStuck
from cardd.iso7816.connection import InsertionNotes
from cardd.model import CardHandle, CardKind, ReaderName
from cardd.ports import CardInserted, Job, ReaderAppeared, ReaderTraits
from cardd.readers.entries import CardEntry
from cardd.readers.lease import LeaseDesk
from cardd.readers.roles import RoleBook
from cardd.readers.table import PresenceTable
from cardd.readers.watch import Watch

R, S = ReaderName("R"), ReaderName("S")
CONTACT, CONTACTLESS = b"\x3b\x00", bytes.fromhex("3b80800101")
USB = ReaderTraits(usb_path="1-1", virtual=False)
BADGE = Recognition(CardKind.BADGE, b"badge one")
OTHER_BADGE = Recognition(CardKind.BADGE, b"badge two")
RESIDENT = Recognition(CardKind.MY_NUMBER, b"resident one")
UNSUPPORTED = Recognition(CardKind.UNSUPPORTED, None)
BOOT_ID = "5F1E0badc0de"


class TurnedClock:
    """Time stands still until a test turns it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def utc_us(self) -> int:
        return int(self.now * 1e6)

    def boottime(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.boottime()


class FakeWorker:
    """Runs jobs at once, or holds them until `go` is set."""

    def __init__(self, house: "House", reader: ReaderName) -> None:
        self._house = house
        self._reader = reader
        self.stuck = False
        self.go = asyncio.Event()
        self.go.set()
        self.begun = 0
        self.ended = 0

    async def perform(self, job: Job[Any], *, notes: InsertionNotes, limit_s: float = 30.0) -> Any:
        if self.stuck:
            raise ReaderStuck()
        return await asyncio.shield(asyncio.ensure_future(self._run(job, notes)))

    async def _run(self, job: Job[Any], notes: InsertionNotes) -> Any:
        self.begun += 1
        try:
            await self.go.wait()
            return job(FakeConnection(self._house.cards[self._reader], notes))  # type: ignore[arg-type]
        finally:
            self.ended += 1


class FakeWorkers:
    def __init__(self, house: "House") -> None:
        self._house = house
        self.made: dict[ReaderName, FakeWorker] = {}
        self.forgotten: list[ReaderName] = []
        self.withdrawn: list[ReaderName] = []

    def worker(self, reader: ReaderName) -> FakeWorker:
        return self.made.setdefault(reader, FakeWorker(self._house, reader))

    def forget(self, reader: ReaderName) -> None:
        self.forgotten.append(reader)

    def card_withdrawn(self, reader: ReaderName) -> None:
        self.withdrawn.append(reader)

    async def close(self, limit_s: float) -> None:
        """Nothing runs on."""


class FakeConnection:
    def __init__(self, card: Recognition | Exception, notes: InsertionNotes) -> None:
        self.card = card
        self.notes = notes


def card_type(kind: CardKind) -> CardType:
    """A row that can do nothing but recognise the card that lies there."""

    def recognise(connection: Any) -> Recognition | None:
        return connection.card if connection.card.kind is kind else None

    parts: dict[str, Any] = dict.fromkeys(
        ["select", "reread", "clear", "tries_left", "verify", "change_pin", "read_certificate", "sign", "read_items"]
    )
    return CardType(kind=kind, recognise=recognise, pins={}, keys={}, items={}, **parts)


def identify(connection: Any) -> Identified:
    if isinstance(connection.card, Exception):
        raise connection.card
    known = connection.card.kind is not CardKind.UNSUPPORTED
    return Identified(connection.card, card_type(connection.card.kind) if known else None)


class House:
    """Everything wired. `told` collects what was published."""

    def __init__(self, *seats: Seat, virtual_readers: bool = False, grace_s: float = 0.02, **limits: int) -> None:
        self.clock = TurnedClock()
        self.told: list[tuple[str, str, Mapping[str, str | int | None]]] = []
        self.cards: dict[ReaderName, Recognition | Exception] = {}
        self.table = PresenceTable(
            boot_id=BOOT_ID,
            roles=RoleBook(seats, virtual_readers),
            clock=self.clock,
            publish=self.publish,
            grace_s=grace_s,
        )
        self.workers = FakeWorkers(self)
        self.watch = Watch(self.table, self.workers, identify, again_s=(0.0,))
        self.desk = LeaseDesk(self.table, self.workers, clock=self.clock, publish=self.publish, **limits)

    def publish(self, topic: str, change: str, facts: Mapping[str, str | int | None]) -> None:
        self.told.append((topic, change, facts))

    def words(self, *topics: str) -> list[str]:
        return [change for topic, change, _ in self.told if topic in topics]

    def plug(self, reader: ReaderName = R, traits: ReaderTraits = USB) -> None:
        self.watch.listen(ReaderAppeared(reader, traits))

    def insert(self, card: Recognition | Exception, reader: ReaderName = R, atr: bytes = CONTACT) -> None:
        self.cards[reader] = card
        self.watch.listen(CardInserted(reader, atr))

    async def settle(self) -> None:
        """Let everything happen that can."""
        for _ in range(30):
            await asyncio.sleep(0)

    async def present(self, card: Recognition | Exception = BADGE, atr: bytes = CONTACT) -> CardEntry:
        """One reader with one identified card."""
        self.plug()
        self.insert(card, atr=atr)
        await self.settle()
        return self.table.cards()[-1]

    def handle(self, number: int) -> CardHandle:
        return CardHandle(f"c-5f1e-{number}")
