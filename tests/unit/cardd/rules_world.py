"""The rules of the office as they run: real tables over a real state.db, the real gate and the real use cases, over cards of words.

Two seats with a reader for badges each, and one reader for a resident's card. Restarts and reboots build everything anew over
the same file. `plant` is given each new world, so that a test can break something in it.
"""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from applets_spec.testca.issue import Operator as BadgeHolder
from applets_spec.testca.issue import issue_badge
from applets_spec.testca.keys import KeyAlgorithm
from cardd.app.session_ends import card_gone
from cardd.approvals.service import ApprovalService
from cardd.audit.pseudonym import CardPseudonyms, PseudonymKey
from cardd.cards.card_type import Application, Recognition, TriesLeft
from cardd.errors import PinNowBlocked, PinRejected
from cardd.gate.door import Door, DoorTools
from cardd.gate.gate import Gate
from cardd.gate.guard import WrongPins
from cardd.gate.parts import GateParts
from cardd.gate.refusals import Refusals
from cardd.gate.request import Request
from cardd.gate.step import Step
from cardd.in_force import InForce
from cardd.lockdown.override import OverrideService
from cardd.lockdown.service import LockdownService, Means
from cardd.login.service import LoginService
from cardd.model import CardHandle, CardKind, Item, Operation, Peer, PinKind, PinOutcome, ReaderName, SeatName
from cardd.policy.load import load
from cardd.ports import Call, Caller, ReaderTraits
from cardd.proving.prover import BadgeProver, BadgeRules
from cardd.readers.lease import LeaseDesk
from cardd.readers.roles import RoleBook
from cardd.readers.table import PresenceTable
from cardd.register import Operator, Register
from cardd.sessions.overrides import Overrides
from cardd.sessions.table import SessionTable
from cardd.state.approvals import Approvals
from cardd.state.attempts import LoginAttempts
from cardd.state.badges import BadgeBook
from cardd.state.lockdown import Lockdown
from cardd.state.pin_counts import PinCounts
from cardd.state.store import StateStore
from tests.unit.cardd.gate.gate_house import POLICY, FakeCard, Journal, Person, Worker, Workers, fake_card_type
from tests.unit.cardd.known_accounts import KnownAccounts

PEOPLE = {
    "sato": ("supervisor", None),
    "day": ("supervisor", "sato"),
    "kato": ("supervisor", None),
    "tanaka": ("counter", None),
    "suzuki": ("administrator", None),
    "honda": ("administrator", None),
}
"""Operator: role, and whose second entry it is."""
SEATS = (SeatName("left"), SeatName("right"))
UID, STRANGER = 1000, 1001
RESIDENTS = ("resident one", "resident two")
RIGHT_PIN = b"1234"
BADGE_TRIES, RESIDENT_TRIES = 9, 3
RULES = load(POLICY)
PAIRS = {
    name: issue_badge(BadgeHolder(name.upper(), f"{number:04}"), KeyAlgorithm.P256, number).slots[0x9A]
    for number, name in enumerate(PEOPLE, start=1)
}
FINGERPRINTS = {name: hashlib.sha256(pair.certificate).hexdigest() for name, pair in PAIRS.items()}


class WorldClock:
    """Three clocks, turned by hand."""

    def __init__(self) -> None:
        self.us, self.seconds, self.slept = 1_795_365_824_000_000, 500.0, 0.0

    def utc_us(self) -> int:
        return self.us

    def boottime(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds - self.slept

    def pass_s(self, seconds: float) -> None:
        self.us += round(seconds * 1e6)
        self.seconds += seconds


class CountingCard(FakeCard):
    """A card with a PIN and a counter that falls."""

    def __init__(self, identity: bytes, full: int) -> None:
        super().__init__()
        self.look = self.identity = identity
        self.full = self.left = full

    @property
    def tries(self) -> list[TriesLeft]:  # type: ignore[override]
        return [TriesLeft(self.left)]

    @tries.setter
    def tries(self, value: list[TriesLeft]) -> None: ...

    def do(self, word: str) -> None:
        super().do(word)
        if word != "verify":
            return
        if self.pin_seen[-1] == RIGHT_PIN:
            self.left = self.full
            return
        self.left -= 1
        kind = PinRejected if self.left else PinNowBlocked
        raise kind(tries_left=self.left, pin=PinOutcome.SPENT)


def badge_of(name: str) -> CountingCard:
    card = CountingCard(f"badge of {name}".encode(), BADGE_TRIES)
    key = PAIRS[name].key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    card.certificate = PAIRS[name].certificate
    card.signer = lambda _name, digest: key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    return card


class _Readers(Workers):
    """A worker for each reader."""

    def __init__(self) -> None:
        self.workers: dict[ReaderName, Worker] = {}

    def worker(self, reader: ReaderName) -> Worker:
        return self.workers[reader]


class World:
    """One installation: what lies in its readers outlives the daemon, everything else lives as long as `_build` says."""

    def __init__(self, folder: Path, plant: Callable[["World"], None] = lambda _world: None) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = WorldClock()
        self.folder, self.plant = folder, plant
        self.boots = 0
        self.badges = {name: badge_of(name) for name in PEOPLE}
        self.residents = {name: CountingCard(name.encode(), RESIDENT_TRIES) for name in RESIDENTS}
        self.lies: dict[ReaderName, tuple[str, CardKind]] = {}
        """What lies in each reader."""
        self._build()

    def _build(self) -> None:
        clock = self.clock
        self.store = StateStore(self.folder / "state.db", clock, f"{self.boots:032x}")
        self.journal, self.person = Journal(), Person()
        self.table = PresenceTable(boot_id="5f1e", roles=RoleBook((), True), clock=clock, publish=self._publish)
        self.readers = _Readers()
        desk = LeaseDesk(self.table, self.readers, clock=clock, publish=self._publish)
        self.sessions = SessionTable(clock, self._publish, ended=lambda _session, _why: None)
        self.in_force = InForce(RULES, self._register(), BadgeBook(self.store))
        self.lockdown = Lockdown(self.store, self._publish)
        self.approvals = Approvals(self.store, self._publish)
        self.attempts = LoginAttempts(self.store, self._publish)
        self.pin_counts = PinCounts(self.store)
        self.overrides = Overrides(clock)
        tools = DoorTools(desk, WrongPins(), clock, self._publish, operation_s=30.0, consent_s=60.0)
        self.gate = Gate(
            GateParts(
                self.table,
                self.sessions,
                self.journal,  # type: ignore[arg-type]
                Refusals(self.journal, clock, lambda _lost: None),  # type: ignore[arg-type]
                CardPseudonyms(PseudonymKey(bytes(range(32))), clock.utc_us),
                self.in_force,
                self.lockdown,
                self.approvals,
                self.overrides,
                self.pin_counts,
                clock,
                tools,
            )
        )
        self.table.on_removed(card_gone(self.sessions))
        self.table.on_removed(lambda card, _: self.pin_counts.insertion_ended(card.handle))
        self.sessions.on_stop(self.overrides.ended)
        rules = BadgeRules(lambda _der, _at: None, lambda _: None, lambda _: 0)
        prover = BadgeProver(self.gate, self.attempts, self.in_force, rules, clock)
        self.login = LoginService(self.gate, self.sessions, self.attempts, prover, lambda: None, KnownAccounts())
        self.second_person = ApprovalService(self.gate, self.approvals, prover)
        means = Means(self.sessions, self.lockdown, self._reset, self._publish)
        self.stop = LockdownService(self.gate, prover, means)
        self.override = OverrideService(self.gate, self.overrides, self._publish)
        for reader, (name, kind) in self.lies.items():
            self.loop.run_until_complete(self._present(reader, name, kind))
        self.plant(self)

    @staticmethod
    def _register() -> Register:
        return Register(
            1,
            tuple(
                Operator(id=name, name=name, role=role, certificates=(FINGERPRINTS[name],), person=person)
                for name, (role, person) in PEOPLE.items()
            ),
        )

    def _publish(self, topic: str, change: str, facts: object) -> None: ...

    async def _reset(self) -> None: ...

    # --- cards -------------------------------------------------------------------------------------------------------

    def put_in(self, reader: ReaderName, name: str, kind: CardKind) -> None:
        """Whatever lay there goes first."""
        self.take_out(reader)
        self.lies[reader] = name, kind
        self.loop.run_until_complete(self._present(reader, name, kind))

    def take_out(self, reader: ReaderName) -> None:
        if self.lies.pop(reader, None) is not None:
            self.table.card_withdrawn(reader)

    def handle(self, reader: ReaderName) -> CardHandle | None:
        entry = self.table.reader(reader)
        return entry.card.ref.handle if entry is not None and entry.card is not None else None

    async def _present(self, reader: ReaderName, name: str, kind: CardKind) -> None:
        card = self.badges[name] if kind is CardKind.BADGE else self.residents[name]
        self.readers.workers[reader] = Worker(card)
        if self.table.reader(reader) is None:
            self.table.reader_appeared(reader, ReaderTraits(usb_path=None, virtual=True, pin_pad=False))
        self.table.card_inserted(reader, b"\x3b\x00")
        self.table.identified_as(self.table.cards()[-1], Recognition(kind, card.look), fake_card_type(kind))

    # --- what people do ----------------------------------------------------------------------------------------------

    def run(self, doing: Any) -> Any:
        return self.loop.run_until_complete(doing)

    def call(self, method: str, seat: SeatName, uid: int = UID) -> Call:
        caller = Caller(Peer(uid, uid, 1), "counter-app", seat, "en")
        return Call("r-1", method, caller, self.person, lambda _progress: None, None)

    def typing(self, pin: bytes, *, agrees: bool = False) -> None:
        """Whoever is asked next types this, and says this when asked for a last try."""
        self.person.pins, self.person.agrees = [pin] * 4, agrees
        self.person.prompts.clear()
        self.person.consents_asked = 0

    async def read(self, seat: SeatName, uid: int, card: CardHandle, **more: Any) -> None:
        async def plan(door: Door) -> None:
            await door.run(Step(Application.CARD_INFO, lambda _card, _unlocked: None, pin=PinKind.CARD_INFO))

        request = Request(self.call("card.read", seat, uid), Operation.READ, card, items=(Item.NAME,), **more)
        await self.gate.perform(request, plan)

    # --- ends --------------------------------------------------------------------------------------------------------

    def restart(self, *, killed: bool) -> None:
        """The daemon ends and starts again; the machine runs on."""
        if killed:
            assert self.store._db is not None
            self.store._db.close()
        else:
            self.store.close()
        self._build()

    def reboot(self, off_s: float, set_by_s: float) -> None:
        """The machine is off for so long, and somebody sets its clock meanwhile; it has run for 20 s."""
        self.store.close()
        self.clock.us += round((off_s + set_by_s) * 1e6)
        self.clock.seconds, self.clock.slept = 20.0, 0.0
        self.boots += 1
        self._build()

    def close(self) -> None:
        self.store.close()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
