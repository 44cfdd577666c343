"""The use case of logging in: badge, its certificate, the register, the PIN, and a signature over a fresh challenge.

The order protects the badge: nothing about a PIN is asked before certificate and register have agreed to this badge.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cardd.cards.card_type import Application
from cardd.cards.chuid import guid_of
from cardd.errors import CarddError, CardRemoved, LoginRefused, SessionExists, SignatureMismatch
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.request import Performed, Receipt, Request
from cardd.gate.step import Step, Unlocked
from cardd.iso7816.connection import SmartCardConnection
from cardd.login.challenge import Challenge
from cardd.model import CardHandle, CardRef, KeyRole, Operation, PinKind, PinOutcome, SeatName
from cardd.ports import Call, Clock
from cardd.register import Operator, Register
from cardd.sessions.attempts import LoginAttempts
from cardd.sessions.table import Session, SessionTable
from cardd.signatures import check_signature, key_kind, public_key


@dataclass(frozen=True, slots=True)
class BadgeRules:
    """How certificates are judged, given from outside because it takes the certificate code."""

    problem: Callable[[bytes, datetime], str | None]
    """Judges a badge certificate (DER) at a time: None = good, else one word of what is wrong with it."""
    card_uuid: Callable[[bytes], str | None]
    """The card UUID that a good certificate names, 32 lower-case hex digits, or None."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who logged in with which insertion of which badge."""

    operator: Operator
    badge: CardRef
    fingerprint: str


class LoginService:
    """Opens and closes sessions; the only place that does."""

    def __init__(
        self,
        gate: Gate,
        sessions: SessionTable,
        attempts: LoginAttempts,
        register: Register,
        rules: BadgeRules,
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._sessions = sessions
        self._attempts = attempts
        self._register = register
        self._rules = rules
        self._clock = clock
        self._running: set[SeatName] = set()

    async def login(self, call: Call, badge: CardHandle | None) -> Performed[Session]:
        """Log the holder of `badge` in at the caller's seat; None: the only badge that is there.

        Raises `LoginLocked` after three failures in 15 minutes, `SessionExists` (also while another login runs at this
        seat), `CardWrongKind` for a card that is no badge, `LoginRefused` when certificate, register or the badge's
        signature say no, and all that the gate raises.
        """
        seat = call.caller.seat
        handle = badge or await self._gate.badge_at(seat)
        request = Request(call, Operation.LOGIN, handle, pins=(PinKind.BADGE,))
        try:
            self._check_free(seat)
        except CarddError as error:
            await self._gate.refuse(request, error)
            raise
        self._running.add(seat)
        try:
            performed = await self._gate.perform(request, self._identify)
            return Performed(self._open(call, performed.result), performed.receipt)
        finally:
            self._running.discard(seat)

    async def logout(self, call: Call) -> Receipt:
        """End the session of the caller's seat. Raises `SessionRequired`, `AuditUnavailable` (the session goes on)."""
        return await self._gate.end_session(call)

    def status(self, call: Call) -> Session | None:
        """The session of the caller's seat, if it is this user's."""
        return self._sessions.find(call.caller.seat, call.caller.peer.uid)

    def _check_free(self, seat: SeatName) -> None:
        self._attempts.check(f"seat:{seat}")
        if self._sessions.taken(seat):
            raise SessionExists()
        if seat in self._running:
            raise SessionExists(problem="login_running")

    async def _identify(self, door: Door) -> LoggedIn:
        """The plan: who holds this badge, and does the badge know its PIN and its key."""
        certificate = await door.run(
            Step(Application.PIV, lambda card, _: door.card_type.read_certificate(card, KeyRole.AUTHENTICATION))
        )
        fingerprint = hashlib.sha256(certificate).hexdigest()
        badge = door.notes.badge = self._gate.pseudonym(fingerprint)
        operator = self._admit(door, certificate, fingerprint)
        self._attempts.check(f"badge:{badge}")
        counted = (f"seat:{door.seat}", f"badge:{badge}")
        try:
            await self._prove(door, certificate, fingerprint)
        except SignatureMismatch as error:
            self._attempts.failed(*counted)
            raise LoginRefused(problem="badge_signature") from error
        finally:
            # A try that was spent counts, also when the caller hung up to not be counted.
            if door.witness.pin is PinOutcome.SPENT:
                self._attempts.failed(*counted)
        self._attempts.succeeded(f"badge:{badge}")
        door.remember_certificate(KeyRole.AUTHENTICATION, certificate)
        return LoggedIn(operator, door.ref, fingerprint)

    def _open(self, call: Call, who: LoggedIn) -> Session:
        """Start the session. Raises `CardRemoved`: the badge may have gone while the outcome was being written."""
        session = self._sessions.start(call.caller.seat, who.badge, call.caller.peer.uid, who.operator, who.fingerprint)
        if not self._gate.present(who.badge):
            self._sessions.badge_gone(who.badge)
            raise CardRemoved(reader=who.badge.reader)
        return session

    def _admit(self, door: Door, certificate: bytes, fingerprint: str) -> Operator:
        problem = self._rules.problem(certificate, datetime.fromtimestamp(self._clock.utc_us() / 1e6, tz=UTC))
        door.notes.certificate = problem or "good"
        if problem is not None:
            raise LoginRefused(problem=problem)
        operator = self._register.by_certificate(fingerprint)
        if operator is None:
            raise LoginRefused(problem="not_registered")
        self._check_uuid(door, certificate, operator)
        door.notes.operator, door.notes.role = operator.id, operator.role
        if operator.status != "active":
            raise LoginRefused(problem="operator_blocked")
        return operator

    def _check_uuid(self, door: Door, certificate: bytes, operator: Operator) -> None:
        """CHUID, certificate and register must mean one badge (SP 800-73-4 part 1, 3.4.1): a copied certificate does not."""
        on_card = guid_of(door.identity)
        for expected in (self._rules.card_uuid(certificate), operator.guid):
            if expected is not None and expected != on_card:
                raise LoginRefused(problem="card_uuid")

    async def _prove(self, door: Door, certificate: bytes, fingerprint: str) -> None:
        key = public_key(certificate)
        kind = key_kind(key)
        challenge: list[Challenge] = []

        def sign(card: SmartCardConnection, _: Unlocked) -> bytes:
            # Made here, after the human time of the PIN: its 30 seconds are for the card alone.
            challenge.append(Challenge.fresh(self._clock.boottime()))
            digest = challenge[0].digest(fingerprint)
            return door.card_type.sign(card, KeyRole.AUTHENTICATION, "sha256", digest, kind)

        signature = await door.run(Step(Application.PIV, sign, pin=PinKind.BADGE))
        if not challenge[0].spend(self._clock.boottime()):
            raise LoginRefused(problem="challenge_expired")
        check_signature(key, signature, challenge[0].digest(fingerprint), "sha256")
