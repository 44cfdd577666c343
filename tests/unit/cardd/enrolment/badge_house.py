# ruff: noqa: ARG002 -- the shapes of the ports
"""The use case of badges over a reference badge in this process: real gate, queue, state, operator CA; no reader, socket or daemon."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from applets_spec.card import Card
from applets_spec.fault_script import Fault
from applets_spec.faults import FaultyCard
from applets_spec.insertion import CardGone
from applets_spec.piv.personalise import make_blank_badge
from applets_spec.piv.quirks import PivQuirks
from applets_spec.piv.spec import Algorithm
from cardd.app.certificates import OperatorCa, badge_expires_us, badge_uuid
from cardd.app.session_ends import standing
from cardd.cards import operator_card
from cardd.enrolment.authority import PASSPHRASE
from cardd.enrolment.order import Made, NewOperator, Place
from cardd.enrolment.secrets import BadgeMasterKey
from cardd.enrolment.service import EnrolmentService
from cardd.enrolment.workshop import Workshop
from cardd.errors import ApprovalRequired, AuthorityUnavailable, CarddError, CardRemoved
from cardd.gate.request import Performed
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.connection import InsertionNotes
from cardd.model import CardHandle, CardKind, CardRef, KeyRole, PinKind, PinShape, ReaderName
from cardd.pin import Pin
from cardd.ports import Job, PinPrompt
from cardd.proving.prover import BadgeRules
from cardd.readers.entries import CardEntry
from cardd.register import Operator
from certs.ca.authority import Authority, create_root
from certs.ca.file_key import FileKey
from certs.ca.issued import IssuedBook
from tests.conformance.driver_connection import CardConnection
from tests.unit.cardd.gate.gate_house import SEAT, UID, GateHouse, Person, Workers

NOW = 1_800_000_000.0
"""Some day in January 2027, UTC."""
WORDS = b"correct horse battery"
HOLDER = b"805173"
FACTORY_PIN, FACTORY_PUK = b"123456", b"12345678"
TANAKA = NewOperator("tanaka", "田中 一郎", "counter")
FIRST = Operator(id="suzuki", name="鈴木 次郎", role="administrator", certificates=("1" * 64,))
SECOND = Operator(id="ito", name="伊藤 三郎", role="administrator", certificates=("2" * 64,))


class Staff(Person):
    """Whoever is asked: the CA's passphrase, the holder's PIN; `pins` come first, an error standing for a person who does not type."""

    async def pin(self, prompt: PinPrompt) -> Pin:
        if self.before_typing is not None:
            await self.before_typing(prompt)
        if not self.pins:
            self.pins = [self.answers[prompt.which]]
        return await super().pin(prompt)

    before_typing: Callable[[PinPrompt], Awaitable[None]] | None = None
    answers: ClassVar[dict[PinKind, bytes]] = {PinKind.OPERATOR_CA: WORDS, PinKind.BADGE: HOLDER}

    def asked(self) -> list[tuple[str, str]]:
        """What was asked for, and in which step."""
        return [(prompt.which.value, prompt.step) for prompt in self.prompts]


class Seen:
    """What reached the badge: class, instruction and reference of each command, never its data."""

    def __init__(self, card: Any) -> None:
        self.card = card
        self.sent: list[str] = []
        self.atr = card.atr

    def power_on(self) -> bytes:
        octets: bytes = self.card.power_on()
        return octets

    def power_off(self) -> None:
        self.card.power_off()

    def transmit(self, command: bytes) -> bytes:
        self.sent.append(command[:4].hex())
        answer: bytes = self.card.transmit(command)
        return answer

    def count(self, head: str) -> int:
        """How many commands began like this, e.g. `0020` for VERIFY."""
        return sum(header.startswith(head) for header in self.sent)


class _Connection(CardConnection):
    """A pulled card, as the adapter to PC/SC tells it."""

    gone = False

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        try:
            return super().transmit(command)
        except CardGone:
            self.gone = True
            raise CardRemoved() from None


class BadgeWorker:
    """Runs jobs on whatever lies in the reader, each from power-on to power-off."""

    stuck = False

    def __init__(self) -> None:
        self.card: Any = None
        self.pulled: Callable[[], None] = lambda: None

    async def perform(self, job: Job[Any], *, notes: InsertionNotes, limit_s: float = 30.0) -> Any:
        await asyncio.sleep(0)
        if self.card is None:
            raise CardRemoved()
        with _Connection(self.card, notes) as connection:
            try:
                # As in the daemon: on a thread that must not ask what belongs to the event loop.
                return await asyncio.to_thread(job, connection)
            finally:
                if connection.gone:
                    self.pulled()


@dataclass
class Ca:
    """Opens like `CaAccess`, without the time that the encryption of a file takes."""

    certificate: bytes
    key: ec.EllipticCurvePrivateKey
    book: IssuedBook
    opened: int = 0

    needs_secret: PinShape = PASSPHRASE

    def open(self, secret: Pin) -> Authority:
        self.opened += 1
        if secret.octets != WORDS:
            raise AuthorityUnavailable(problem="passphrase")
        return Authority(self.certificate, FileKey(self.key), self.book)


class BadgeHouse(GateHouse):
    """An administrator is logged in; a badge lies in the reader; the second administrator agrees when asked."""

    def __init__(self, folder: Path, card: Card | None = None) -> None:
        super().__init__(role="", kind=CardKind.BADGE)
        self.clock.now = NOW
        self.person: Staff = Staff()
        self.table.end(self.entry)
        self.reader = BadgeWorker()
        self.reader.pulled = self.take_out
        self.desk._workers = Workers(self.reader)  # type: ignore[arg-type, assignment]
        self.in_force.put_register(self.in_force.signed_register.__class__(3, (FIRST, SECOND)))
        self.in_force.on_change(
            lambda: self.sessions.recheck(
                lambda each: standing(each, self.in_force.policy, self.in_force.register, self.clock)
            )
        )
        self.ca = _new_ca(folder, self.clock.now)
        self.shop = Workshop(
            gate=self.gate,
            sessions=self.sessions,
            in_force=self.in_force,
            book=self.badges,
            approvals=self.approvals,
            rules=BadgeRules(OperatorCa((folder / "ca.pem",), test=True).badge_problem, badge_uuid, badge_expires_us),
            clock=self.clock,
            publish=self.publish,
            ca=self.ca,  # type: ignore[arg-type]
            read_master=lambda: BadgeMasterKey(bytes(range(64))),
            moment=self.store.now,
            valid_months=36,
        )
        self.service = EnrolmentService(self.shop)
        self.begin_session()
        self.badge: Card
        self.put_in(card if card is not None else blank())

    def begin_session(self, operator: Operator = FIRST) -> None:
        """Somebody logs in with a badge in another reader."""
        for session in self.sessions.all():
            self.sessions.end(session, session_end())
        where = CardRef(ReaderName("B"), 99, CardHandle("c-5f1e-99"))
        self.session = self.sessions.start(SEAT, where, UID, operator, operator.certificates[0])

    # --- the badge ---------------------------------------------------------------------------------------------------

    def put_in(self, card: Card, *faults: Fault) -> CardEntry:
        """A badge into the reader, whatever lay there; from then on it follows `faults`."""
        self.take_out()
        self.badge, self.faulty = card, FaultyCard(card, ())
        self.seen = self.reader.card = Seen(self.faulty)
        name = ReaderName("R")
        self.table.card_inserted(name, card.atr)
        self.entry = next(entry for entry in self.table.cards() if entry.reader.name == name)
        with CardConnection(self.seen, InsertionNotes()) as connection:
            found = operator_card.recognise(connection)
        assert found is not None
        self.table.identified_as(self.entry, found, operator_card.BADGE)
        self.seen.sent.clear()
        self.faulty.follow(faults)
        return self.entry

    def take_out(self) -> None:
        """Pulled."""
        self.reader.card = None
        self.table.end(self.entry)

    def tries(self) -> tuple[int, int]:
        """Of PIN and PUK, as the badge itself knows them."""
        references = self.badge.references()
        return references["piv.pin"].tries, references["piv.puk"].tries

    def takes_pin(self, pin: bytes) -> bool:
        """Whether this is the badge's PIN; asked of a copy, so that no try is used."""
        copy = Card.from_state(self.badge.to_state())
        copy.power_on()
        copy.transmit(bytes.fromhex("00A4040009A0000003080000100000"))
        return copy.transmit(bytes.fromhex("0020008008") + pin.ljust(8, b"\xff")) == b"\x90\x00"

    def takes_puk(self, puk: bytes) -> bool:
        """The same for the PUK."""
        copy = Card.from_state(self.badge.to_state())
        copy.power_on()
        copy.transmit(bytes.fromhex("00A4040009A0000003080000100000"))
        return copy.transmit(bytes.fromhex("0024008110") + puk + puk) == b"\x90\x00"

    def own_puk(self, guid: str) -> bytes:
        with BadgeMasterKey(bytes(range(64))).puk(bytes.fromhex(guid)) as puk:
            return bytes(puk.octets)

    # --- orders ------------------------------------------------------------------------------------------------------

    def place(self, approval: str | None = None, case: str = "R8-0100") -> Place:
        return Place(self.entry.ref.handle, "badge_care", case, approval)

    async def enrol(self, who: NewOperator = TANAKA, typed: Sequence[Any] = ()) -> Performed[Made]:
        """The order; if a second person is asked for, that person agrees and the order is given again."""
        return await self._agreed(lambda place: self.service.enrol(self.call("badge.enrol"), place, who), typed)

    async def renew(self, operator: str = "tanaka", typed: Sequence[Any] = ()) -> Performed[Made]:
        return await self._agreed(lambda place: self.service.renew(self.call("badge.renew"), place, operator), typed)

    async def unblock(self, operator: str = "tanaka", typed: Sequence[Any] = (b"271904", b"271904")) -> None:
        await self._agreed(lambda place: self.service.unblock(self.call("badge.unblock_pin"), place, operator), typed)

    async def again(self, who: NewOperator = TANAKA, typed: Sequence[Any] = ()) -> Performed[Made]:
        """The same order once more, without any approval. Raises `ApprovalRequired` where one is needed."""
        self.person.pins = list(typed)
        return await self.service.enrol(self.call("badge.enrol"), self.place(), who)

    async def renew_again(self, operator: str = "tanaka", typed: Sequence[Any] = ()) -> Performed[Made]:
        """As `again`, for a renewal."""
        self.person.pins = list(typed)
        return await self.service.renew(self.call("badge.renew"), self.place(), operator)

    async def _agreed(self, order: Callable[[Place], Any], typed: Sequence[Any]) -> Any:
        self.person.pins = list(typed)
        try:
            return await order(self.place())
        except ApprovalRequired as asked:
            approval = str(asked.facts.approval)
        self.approve(approval)
        return await order(self.place(approval))

    def approve(self, approval: str) -> None:
        known = self.approvals.find(approval)
        assert known is not None
        self.approvals.give(approval, SECOND, known.content_hash, b"proof")

    async def fails(self, run: Any) -> CarddError:
        """The error of an order that must fail."""
        try:
            await run
        except CarddError as error:
            return error
        raise AssertionError("it did not fail")

    def live(self, role: KeyRole = KeyRole.AUTHENTICATION) -> list[str]:
        """Certificates for this key that the CA issued and that nobody has blocked."""
        issued = [entry.fingerprint for entry in self.ca.book.entries() if entry.role == role.value]
        return [mark for mark in issued if mark not in self.badges.blocked()]


def session_end() -> Any:
    from cardd.sessions.session import SessionEnd

    return SessionEnd.LOGOUT


def blank(number: int = 1, *, own_key: bool = False, management: Algorithm = Algorithm.TDES, **quirks: bool) -> Card:
    """A badge from the factory. `own_key`: it has the vendor's command for another management key."""
    return make_blank_badge(
        quirks=PivQuirks(set_management_key=own_key, **quirks), management_algorithm=management, number=number
    )


def _new_ca(folder: Path, now: float) -> Ca:
    from datetime import UTC, datetime

    key = ec.generate_private_key(ec.SECP256R1())
    certificate = create_root(FileKey(key), "TEST 見本町 職員認証局", 10, datetime.fromtimestamp(now - 86_400, tz=UTC))
    (folder / "ca.pem").write_bytes(load_der_x509_certificate(certificate).public_bytes(Encoding.PEM))
    return Ca(certificate, key, IssuedBook(folder / "issued.jsonl"))


def fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
