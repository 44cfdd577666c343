"""A resident's card that is kept for one digest: on a thread of its own, its holder at the window, a connection that may end."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, utils

from applets_spec.holder import Holder
from applets_spec.testca.issue import issue_jpki
from cardd.cards.card_type import Application, KeySpec
from cardd.gate.request import Performed
from cardd.model import CardKind, KeyRole, PinKind
from cardd.ports import CertificateFinding, CertificateJudge, DocumentFacts
from cardd.signing.begun import Begun, BegunSignatures
from cardd.signing.order import BeginOrder, FinishOrder, SignAnswer
from cardd.signing.repeats import Repeats
from tests.unit.cardd.gate.gate_house import RIGHT, GateHouse, fake_card_type
from tests.unit.cardd.signing.grant_scene import HeldBackCard, ThreadedWorker
from tests.unit.cardd.signing.test_service import HASHES, Keys

ISSUED = issue_jpki(Holder.example("long_address"), 1)
CERTIFICATE = ISSUED.signature_certificate
FINGERPRINT = hashlib.sha256(CERTIFICATE).hexdigest()
NAME = "転出届　髙橋太郎.xml"
DOCUMENT = DocumentFacts(NAME, 4711, "ab" * 32, 3)
DIGEST = hashlib.sha256(b"signed info").digest()
PIN = b"ABC123"
KEYS = {
    KeyRole.SIGNATURE: KeySpec(Application.JPKI, PinKind.SIGNATURE, certificate_pin=PinKind.SIGNATURE),
    KeyRole.AUTHENTICATION: KeySpec(Application.JPKI, PinKind.AUTHENTICATION),
}
BADGE_KEYS = {
    KeyRole.SIGNATURE: KeySpec(Application.PIV, PinKind.BADGE, pin_always=True),
    KeyRole.AUTHENTICATION: KeySpec(Application.PIV, PinKind.BADGE),
}


def sign(name: str, digest: bytes) -> bytes:
    return ISSUED.signature_key.sign(digest, padding.PKCS1v15(), utils.Prehashed(HASHES[name]))


class Judge:
    """Says what it is told to; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, KeyRole, str | None]] = []
        self.refuses: Exception | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self, der: bytes, key: KeyRole, purpose: str | None, still: Callable[[], None]) -> CertificateFinding:
        still()
        self.asked.append((der, key, purpose))
        self.meanwhile()
        if self.refuses is not None:
            raise self.refuses
        return CertificateFinding("good", 3600)


class BegunScene:
    """Somebody logged in; a card, resident's or their badge, in the reader."""

    def __init__(self, *, badge: bool = False, judge: CertificateJudge | None = None) -> None:
        kind = CardKind.BADGE if badge else CardKind.MY_NUMBER
        self.house = house = GateHouse(kind=kind, role="", make_worker=ThreadedWorker)
        self.card = house.worker.card = HeldBackCard()
        self.card.certificate = CERTIFICATE
        self.card.signer = sign
        house.entry.card_type = replace(fake_card_type(kind), keys=BADGE_KEYS if badge else KEYS)
        house.log_in("supervisor", house.entry.ref if badge else None)
        house.person.signs = True
        self.keys = Keys()
        self.repeats = Repeats(house.gate, house.clock, self.keys)
        self.begun = BegunSignatures(house.gate, house.clock, self.repeats, judge)
        house.sessions.on_stop(self.begun.stopped)
        house.table.on_removed(lambda card, _: self.begun.card_gone(card))
        self.connection: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.opened: list[Begun] = []

    def order(self, **more: Any) -> BeginOrder:
        plain = BeginOrder(
            self.house.entry.ref.handle, "online_signature", "R8-1", KeyRole.SIGNATURE, "sha256", DOCUMENT
        )
        return replace(plain, **more)

    async def begin(self, *pins: Any, **more: Any) -> Begun:
        self.house.person.pins = list(pins) or [PIN]
        call = self.house.call("sign.begin")
        performed: Performed[Begun] = await self.begun.begin(call, self.order(**more), self.connection)
        self.opened.append(performed.result)
        return performed.result

    async def finish(self, begun: Begun | str, *, connection: Any = None, pins: Any = (), **more: Any) -> SignAnswer:
        self.house.person.pins = list(pins)
        order = FinishOrder(begun if isinstance(begun, str) else begun.id, DIGEST, "pkcs1v15")
        call = self.house.call("sign.finish")
        return await self.begun.finish(call, replace(order, **more), connection or self.connection)

    async def over(self, begun: Begun) -> None:
        """Wait until its thread has let the card go, and the outcome is on record."""
        self.card.go.set()
        assert begun.running is not None
        await asyncio.wait({begun.running}, timeout=30)
        assert begun.running.done()

    async def close(self) -> None:
        for begun in self.opened:
            begun.end("client_gone")
            await self.over(begun)


assert RIGHT != PIN
