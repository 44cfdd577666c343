# ruff: noqa: ARG002 -- the shapes of the ports
"""A gate without a reader: real presence, queue, sessions and policy over a card that is a list of words."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardd.audit.journal import Receipt
from cardd.audit.pseudonym import CardPseudonyms, PseudonymKey
from cardd.audit.records import IntentRecord, OutcomeRecord, StateRecord
from cardd.cards.card_type import (
    Application,
    CardType,
    DateValue,
    ItemSource,
    ItemValue,
    KeySpec,
    PadEntry,
    PinSpec,
    Recognition,
    TokenInfo,
    TriesLeft,
)
from cardd.errors import AuditUnavailable, CarddError
from cardd.gate.door import DoorTools
from cardd.gate.gate import Gate
from cardd.gate.guard import WrongPins
from cardd.gate.parts import GateParts
from cardd.gate.refusals import Refusals
from cardd.in_force import InForce
from cardd.iso7816.connection import InsertionNotes
from cardd.model import (
    CardHandle,
    CardKind,
    CardRef,
    Item,
    KeyRole,
    Operation,
    Peer,
    PinKind,
    PinShape,
    ReaderName,
    SeatName,
)
from cardd.pin import Pin
from cardd.policy.load import load
from cardd.ports import Call, Caller, DocumentPrompt, Job, PinPrompt, Progress, ReaderTraits
from cardd.readers.entries import CardEntry
from cardd.readers.lease import LeaseDesk
from cardd.readers.roles import RoleBook
from cardd.readers.table import PresenceTable
from cardd.register import Operator, Register
from cardd.sessions.overrides import Overrides
from cardd.sessions.table import Session, SessionTable
from cardd.state.approvals import Approvals
from cardd.state.attempts import LoginAttempts
from cardd.state.badges import BadgeBook
from cardd.state.lockdown import Lockdown
from cardd.state.pin_counts import PinCounts
from cardd.state.store import StateStore
from tests.unit.cardd.readers.house import TurnedClock
from tests.unit.cardd.state.house import scratch_state

POLICY = Path(__file__).parents[4] / "cardd" / "policy" / "example.toml"
SEAT = SeatName("counter")
UID = 1000
FIRST_LOOK, HERE, ELSEWHERE = b"first look", b"this application", b"another card"
DIGITS = PinShape(4, 4, "digits")
RIGHT = b"1234"


class FakeCard:
    """A card as words. `fails`: what raises at the first use of a word. `identity`: what it shows, now."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.fails: dict[str, BaseException] = {}
        self.look = FIRST_LOOK
        self.identity = HERE
        self.tries = [TriesLeft(3)]
        """Answers to the status question, the last one for ever."""
        self.after: dict[str, Callable[[], None]] = {}
        """What happens behind the card's back once it has done something."""
        self.pin_seen: list[bytes] = []
        self.certificate = b"certificate"
        self.signer: Callable[[str, bytes], bytes] = lambda _name, _digest: b"signature"

    def check_there(self) -> None:
        """It is there as long as nobody takes it."""

    def do(self, word: str) -> None:
        self.did.append(word)
        failure = self.fails.pop(word, None)
        if failure is not None:
            raise failure
        self.after.get(word, lambda: None)()

    def count(self, word: str) -> int:
        return self.did.count(word)


def _select(card: Any, application: Application) -> bytes:
    card.do("select")
    found: bytes = card.identity if application is Application.CARD_INFO else card.look
    return found


def _reread(card: Any, application: Application) -> bytes:
    card.do("reread")
    found: bytes = card.identity if application is Application.CARD_INFO else card.look
    return found


def _tries_left(card: Any, which: PinKind) -> TriesLeft:
    card.do("tries")
    answer: TriesLeft = card.tries.pop(0) if len(card.tries) > 1 else card.tries[0]
    return answer


def _verify(card: Any, which: PinKind, pin: Pin | PadEntry) -> None:
    card.pin_seen.append(bytes(pin.octets) if isinstance(pin, Pin) else b"pad")
    card.do("verify")


def _change_pin(card: Any, which: PinKind, old: Pin, new: Pin) -> None:
    card.do("change")


def _read_certificate(card: Any, key: KeyRole) -> bytes:
    card.do("certificate")
    found: bytes = card.certificate
    return found


def _sign(card: Any, key: KeyRole, name: str, digest: bytes, public: Any) -> bytes:
    card.do("sign")
    made: bytes = card.signer(name, digest)
    return made


def _read_items(card: Any, items: tuple[Item, ...]) -> Mapping[Item, ItemValue]:
    card.do("items")
    return {item: _value(item) for item in items}


def _read_token_info(card: Any) -> TokenInfo:
    card.do("token info")
    return TokenInfo("label", "maker", "model", True, True)


def fake_card_type(kind: CardKind = CardKind.MY_NUMBER) -> CardType:
    """One application whose identity is the first look (JPKI) and one with its own (CARD_INFO)."""

    def recognise(card: Any) -> Recognition:
        card.do("recognise")
        return Recognition(kind, card.look)

    return CardType(
        kind=kind,
        recognise=recognise,
        pins={
            PinKind.CARD_INFO: PinSpec(Application.CARD_INFO, DIGITS, 3, changeable=True),
            PinKind.AUTHENTICATION: PinSpec(Application.JPKI, DIGITS, 3, changeable=True),
            PinKind.SIGNATURE: PinSpec(Application.JPKI, PinShape(6, 16, "upper_alnum"), 5),
            PinKind.VERIFICATION_B: PinSpec(Application.CARD_SURFACE, DIGITS, 10),
            PinKind.BADGE: PinSpec(Application.PIV, DIGITS, 3),
        },
        keys={
            KeyRole.AUTHENTICATION: KeySpec(Application.JPKI, PinKind.AUTHENTICATION),
            KeyRole.SIGNATURE: KeySpec(Application.JPKI, PinKind.SIGNATURE, certificate_pin=PinKind.SIGNATURE),
        },
        items={
            Item.NAME: ItemSource(Application.CARD_INFO, (PinKind.CARD_INFO,)),
            Item.AGE_OVER: ItemSource(Application.CARD_INFO, (PinKind.CARD_INFO,)),
            Item.PHOTO: ItemSource(Application.CARD_SURFACE, (PinKind.VERIFICATION_B,)),
        },
        select=_select,
        reread=_reread,
        clear=lambda card: card.do("clear"),  # type: ignore[attr-defined]
        tries_left=_tries_left,
        verify=_verify,
        change_pin=_change_pin,
        read_certificate=_read_certificate,
        sign=_sign,
        read_items=_read_items,
        read_token_info=_read_token_info,
        same_identity=frozenset({Application.JPKI, Application.CARD_SURFACE, Application.PIV}),
    )


def _value(item: Item) -> ItemValue:
    if item is Item.AGE_OVER:
        return ItemValue(DateValue("2000-01-02", "20000102"), b"20000102")
    return ItemValue(item.value, b"source")


class Worker:
    """Runs jobs on the fake card; `go` holds them back."""

    stuck = False

    def __init__(self, card: FakeCard) -> None:
        self.card = card
        self.go = asyncio.Event()
        self.go.set()
        self.limits: list[float] = []

    async def perform(self, job: Job[Any], *, notes: InsertionNotes, limit_s: float = 30.0) -> Any:
        return await asyncio.shield(asyncio.ensure_future(self._run(job, limit_s)))

    async def _run(self, job: Job[Any], limit_s: float) -> Any:
        self.limits.append(limit_s)
        await self.go.wait()
        return job(self.card)  # type: ignore[arg-type]


class Workers:
    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def worker(self, reader: ReaderName) -> Worker:
        return self._worker

    def forget(self, reader: ReaderName) -> None: ...

    def card_withdrawn(self, reader: ReaderName) -> None: ...

    def stop_jobs(self) -> None: ...

    async def close(self, limit_s: float) -> None: ...


class Journal:
    """Keeps what was written. `broken`: which kinds of record cannot be written now."""

    def __init__(self) -> None:
        self.intents: list[IntentRecord] = []
        self.outcomes: list[OutcomeRecord] = []
        self.states: list[StateRecord] = []
        self.broken: set[str] = set()

    async def intent(self, record: IntentRecord) -> Receipt:
        return self._keep("intent", self.intents, record)

    async def outcome(self, intent: Receipt, record: OutcomeRecord) -> Receipt:
        return self._keep("outcome", self.outcomes, record)

    async def state(self, record: StateRecord) -> Receipt:
        return self._keep("state", self.states, record)

    def _keep(self, kind: str, kept: list[Any], record: Any) -> Receipt:
        if kind in self.broken:
            raise AuditUnavailable(problem="disk_full")
        kept.append(record)
        return Receipt("0" * 32, len(kept), "0" * 64)


@dataclass
class Person:
    """Types what is in `pins`, an error standing for a person who does not."""

    pins: list[bytes | CarddError] = field(default_factory=list)
    agrees: bool = False
    prompts: list[PinPrompt] = field(default_factory=list)
    consents_asked: int = 0
    signs: bool = False
    """Whether the person agrees to sign a document."""
    shown: list[DocumentPrompt] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None
    given: list[Pin] = field(default_factory=list)

    async def pin(self, prompt: PinPrompt) -> Pin:
        self.prompts.append(prompt)
        await asyncio.sleep(0)
        self.meanwhile()
        typed = self.pins.pop(0)
        if isinstance(typed, CarddError):
            raise typed
        self.given.append(Pin(bytearray(typed)))
        return self.given[-1]

    async def agrees_to_last_try(self, prompt: PinPrompt) -> bool:
        self.consents_asked += 1
        return self.agrees

    async def agrees_to_document(self, prompt: DocumentPrompt) -> bool:
        self.shown.append(prompt)
        await asyncio.sleep(0)
        return self.signs


class GateHouse:
    """Everything wired; one resident's card in one reader, and somebody logged in with a badge that is not there."""

    def __init__(
        self,
        *,
        role: str = "supervisor",
        kind: CardKind = CardKind.MY_NUMBER,
        pin_pad: bool = False,
        store: StateStore | None = None,
        make_worker: Callable[[FakeCard], Any] = Worker,
    ) -> None:
        self.clock = TurnedClock()
        self.told: list[tuple[str, str, Mapping[str, Any]]] = []
        self.card, self.journal, self.person = FakeCard(), Journal(), Person([RIGHT])
        self.worker = make_worker(self.card)
        self.table = PresenceTable(
            boot_id="5f1e0badc0de", roles=RoleBook((), True), clock=self.clock, publish=self.publish
        )
        self.desk = LeaseDesk(self.table, Workers(self.worker), clock=self.clock, publish=self.publish)
        self.sessions = SessionTable(self.clock, self.publish, ended=lambda _session, _why: None)
        self.wrong_pins = WrongPins()
        self.refusals = Refusals(self.journal, self.clock, lambda _lost: None)  # type: ignore[arg-type]
        self.kind = kind
        self.entry = self.insert(pin_pad=pin_pad)
        tools = DoorTools(self.desk, self.wrong_pins, self.clock, self.publish, operation_s=30.0, consent_s=60.0)
        pseudonyms = CardPseudonyms(PseudonymKey(bytes(range(32))), self.clock.utc_us)
        self.store = store or scratch_state(self.clock)
        self.badges = BadgeBook(self.store)
        self.in_force = InForce(load(POLICY), Register(1, ()), self.badges)
        self.lockdown = Lockdown(self.store, self.publish)
        self.approvals = Approvals(self.store, self.publish)
        self.attempts = LoginAttempts(self.store, self.publish)
        self.pin_counts = PinCounts(self.store)
        self.overrides = Overrides(self.clock)
        parts = GateParts(
            self.table,
            self.sessions,
            self.journal,  # type: ignore[arg-type]
            self.refusals,
            pseudonyms,
            self.in_force,
            self.lockdown,
            self.approvals,
            self.overrides,
            self.pin_counts,
            self.clock,
            tools,
        )
        self.gate = Gate(parts)
        self.session: Session | None = None
        if role:
            self.log_in(role)

    def publish(self, topic: str, change: str, facts: Mapping[str, Any]) -> None:
        self.told.append((topic, change, facts))

    def insert(self, reader: str = "R", *, pin_pad: bool = False, identity: bytes = FIRST_LOOK) -> CardEntry:
        """A card that was identified, in a reader that is new."""
        name = ReaderName(reader)
        self.table.reader_appeared(name, ReaderTraits(usb_path=None, virtual=True, pin_pad=pin_pad))
        self.table.card_inserted(name, b"\x3b\x00")
        entry = self.table.cards()[-1]
        self.table.identified_as(entry, Recognition(self.kind, identity), fake_card_type(self.kind))
        return entry

    def log_in(self, role: str = "supervisor", badge: CardRef | None = None) -> None:
        who = Operator(id="sato", name="佐藤", role=role)
        where = badge or CardRef(ReaderName("B"), 99, CardHandle("c-5f1e-99"))
        self.session = self.sessions.start(SEAT, where, UID, who, "f" * 64)

    def call(self, method: str = "card.read", deadline: float | None = None) -> Call:
        self.progress: list[Progress] = []
        caller = Caller(Peer(UID, UID, 1), "counter-app", SEAT, "en")
        return Call("r-1", method, caller, self.person, self.progress.append, deadline)

    def words(self, topic: str) -> list[str]:
        return [change for told, change, _ in self.told if told == topic]


READ = Operation.READ
