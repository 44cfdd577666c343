"""People with badges over a card of words: who puts theirs in proves who they are, as at a counter."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from applets_spec.testca.issue import KeyAndCertificate, issue_badge
from applets_spec.testca.issue import Operator as BadgeHolder
from applets_spec.testca.keys import KeyAlgorithm
from cardd.approvals.service import ApprovalService
from cardd.lockdown.override import OverrideService
from cardd.lockdown.service import LockdownService, Means
from cardd.model import CardKind, CardRef, Operation
from cardd.proving.prover import BadgeProver, BadgeRules
from cardd.register import Operator, Register
from cardd.sessions.table import Session
from cardd.state.approvals import Approval
from cardd.state.store import StateStore
from tests.unit.cardd.gate.gate_house import RIGHT, SEAT, UID, GateHouse

PAIRS = [issue_badge(BadgeHolder(f"TESTER {n}", f"{n:04}"), KeyAlgorithm.P256, n).slots[0x9A] for n in range(1, 5)]
CONTENT = {"operation": "read", "purpose": "resident_code", "case": "R8-1", "items": "name"}


def _fingerprint(pair: KeyAndCertificate) -> str:
    return hashlib.sha256(pair.certificate).hexdigest()


class People:
    """`sato` (supervisor) works here; `kato` (supervisor), `suzuki` (administrator), `honda` (administrator) have badges.

    One reader for badges. What services get as `reset_cards` counts in `resets`.
    """

    def __init__(self, store: StateStore | None = None) -> None:
        self.house = house = GateHouse(kind=CardKind.BADGE, role="", store=store)
        roles = {"sato": "supervisor", "kato": "supervisor", "suzuki": "administrator", "honda": "administrator"}
        self.operators = {
            name: Operator(id=name, name=name, role=role, certificates=(_fingerprint(pair),))
            for (name, role), pair in zip(roles.items(), PAIRS, strict=True)
        }
        self.pairs = dict(zip(roles, PAIRS, strict=True))
        self.put_register(*self.operators.values())
        self.resets = 0
        self.while_resetting: Callable[[], Awaitable[None]] | None = None
        rules = BadgeRules(lambda _der, _at: None, lambda _: None, lambda _: 0)
        self.prover = BadgeProver(house.gate, house.attempts, house.in_force, rules, house.clock)
        self.approvals = ApprovalService(house.gate, house.approvals, self.prover)
        means = Means(house.sessions, house.lockdown, self._reset, house.publish)
        self.lockdown = LockdownService(house.gate, self.prover, means)
        self.override = OverrideService(house.gate, house.overrides, house.publish)
        house.sessions.on_stop(house.overrides.ended)

    def put_register(self, *operators: Operator) -> None:
        self.house.in_force.put_register(Register(1, operators))

    def badge(self, name: str, pin: bytes = RIGHT) -> None:
        """Whose badge lies in the reader from now on, and what its holder types."""
        pair = self.pairs[name]
        key = pair.key
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self.house.card.certificate = pair.certificate
        self.house.card.signer = lambda _name, digest: key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        self.house.person.pins = [pin] * 3

    def logged_in(self, name: str, badge: CardRef | None = None) -> Session:
        """A session of this person with a badge that is not in this reader."""
        house = self.house
        where = badge or CardRef(house.entry.ref.reader, 99, "c-5f1e-99")  # type: ignore[arg-type]
        house.session = house.sessions.start(SEAT, where, UID, self.operators[name], _fingerprint(self.pairs[name]))
        return house.session

    def asked(self, by: str = "sato", operation: Operation = Operation.READ, **content: str) -> Approval:
        return self.house.approvals.ask(self.operators[by], operation, "card.read", {**CONTENT, **content}, str(SEAT))

    def call(self, method: str) -> Any:
        return self.house.call(method)

    async def _reset(self) -> None:
        if self.while_resetting is not None:
            await self.while_resetting()
        self.resets += 1
