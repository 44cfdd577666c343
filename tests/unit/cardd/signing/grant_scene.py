"""Somebody logged in with a badge that works on a thread of its own, slowly where a test wants it."""

import asyncio
import threading
from dataclasses import replace
from hashlib import sha256
from typing import Any

from applets_spec.holder import Holder
from applets_spec.testca.issue import issue_jpki
from cardd.cards.card_type import Application, KeySpec
from cardd.gate.request import Performed
from cardd.iso7816.connection import InsertionNotes
from cardd.model import CardKind, KeyRole, PinKind
from cardd.ports import Job
from cardd.signing.grants import Grant, Grants
from cardd.signing.job import Asked
from cardd.signing.order import GrantOrder, Signed, SignOrder
from cardd.signing.repeats import Repeats
from cardd.signing.service import SigningService
from tests.unit.cardd.gate.gate_house import FakeCard, GateHouse, fake_card_type
from tests.unit.cardd.signing.test_service import Keys, sign

CERTIFICATE = issue_jpki(Holder.example("long_address"), 1).authentication_certificate
DIGESTS = tuple(sha256(b"%d" % number).digest() for number in range(4))
BADGE_KEY = {KeyRole.AUTHENTICATION: KeySpec(Application.PIV, PinKind.BADGE)}


class ThreadedWorker:
    """One thread, as a reader has. `give_up`: what the watchdog says in front of a silent card."""

    stuck = False

    def __init__(self, card: FakeCard) -> None:
        self.card = card
        self.give_up: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def perform(self, job: Job[Any], *, notes: InsertionNotes, limit_s: float = 30.0) -> Any:  # noqa: ARG002
        running = asyncio.ensure_future(asyncio.to_thread(job, self.card))  # type: ignore[arg-type]
        await asyncio.wait({running, self.give_up}, return_when=asyncio.FIRST_COMPLETED)
        return await (running if running.done() else self.give_up)


class HeldBackCard(FakeCard):
    """Each signature waits for `go`; `busy` says that one has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.busy = threading.Event(), threading.Event()
        self.go.set()
        self.certificate = CERTIFICATE
        self.signer = self._sign
        self.after["verify"] = lambda: None

    def begin_operation(self) -> None:
        self.do("begin")

    def _sign(self, name: str, digest: bytes) -> bytes:
        self.busy.set()
        assert self.go.wait(60)
        return sign(name, digest)


class Scene:
    """Somebody logged in with the badge that lies in the reader."""

    def __init__(self) -> None:
        self.house = house = GateHouse(kind=CardKind.BADGE, role="", make_worker=ThreadedWorker)
        self.card = house.worker.card = HeldBackCard()
        house.entry.card_type = replace(fake_card_type(CardKind.BADGE), keys=BADGE_KEY)
        house.log_in("supervisor", house.entry.ref)
        self.grants = Grants(house.gate, house.clock, most_count=100, most_seconds=900)
        house.sessions.on_stop(self.grants.stopped)
        self.keys = Keys()
        repeats = Repeats(house.gate, house.clock, self.keys)
        self.service = SigningService(house.gate, house.clock, repeats, self.grants)
        self.given: list[Grant] = []

    async def give(self, **more: Any) -> Grant:
        self.house.person.pins = [b"1234"]
        plain = GrantOrder(
            self.house.entry.ref.handle, "online_signature", "R8-1", KeyRole.AUTHENTICATION, "sha256", 3, 60
        )
        performed = await self.grants.give(self.house.call("sign.grant"), replace(plain, **more))
        self.given.append(performed.result)
        return performed.result

    def order(self, grant: Grant, *digests: bytes, **more: Any) -> SignOrder:
        plain = SignOrder(
            grant.order.card, "online_signature", "R8-1", KeyRole.AUTHENTICATION, "sha256",
            digests or DIGESTS[:1], "pkcs1v15", grant=grant.id,
        )  # fmt: skip
        return replace(plain, **more)

    def begin(self, grant: Grant, *digests: bytes, **more: Any) -> "asyncio.Task[Performed[Signed]]":
        order = self.order(grant, *digests, **more)
        return asyncio.create_task(self.grants.sign(self.house.call("sign.digest"), order, Asked()))

    async def hold(self, grant: Grant) -> "asyncio.Task[Performed[Signed]]":
        """A use that the card is busy with until `card.go`."""
        self.card.go.clear()
        self.card.busy.clear()
        running = self.begin(grant)
        await asyncio.to_thread(self.card.busy.wait, 30)
        return running

    async def over(self, grant: Grant) -> None:
        """Wait until its thread has let the card go."""
        self.card.go.set()
        assert grant.running is not None
        await asyncio.wait({grant.running}, timeout=30)
        assert grant.running.done()
