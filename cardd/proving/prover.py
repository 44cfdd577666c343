"""Does this badge belong to somebody of the register, and is its holder here: the plan that login, unlock, approval and release share.

The order protects the badge: nothing about a PIN is asked before certificate, block list and register have agreed to it.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cardd.cards.card_type import Application
from cardd.cards.chuid import guid_of
from cardd.errors import LoginRefused, SignatureMismatch
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.step import Step, Unlocked
from cardd.in_force import InForce
from cardd.iso7816.connection import SmartCardConnection
from cardd.japan_time import today, utc
from cardd.model import CardRef, KeyRole, PinKind, PinOutcome
from cardd.ports import CertificateFinding, Clock
from cardd.proving.challenge import Challenge
from cardd.register import Operator
from cardd.signatures import check_signature, key_kind, public_key
from cardd.state.attempts import LoginAttempts

PASSING = ("good", "not_checked")
"""Findings with which a badge goes on; the second where a list should have said whether it is revoked, and could not."""


@dataclass(frozen=True, slots=True)
class BadgeRules:
    """How certificates are judged, given from outside because it takes the certificate code."""

    problem: Callable[[bytes, datetime], str | None]
    """Judges a badge certificate (DER) at a time: None = good, else one word of what is wrong with it."""
    card_uuid: Callable[[bytes], str | None]
    """The card UUID that a good certificate names, 32 lower-case hex digits, or None."""
    not_after_us: Callable[[bytes], int]
    """When a good certificate ends, microseconds since 1970."""
    finding: Callable[[bytes, datetime], CertificateFinding] | None = None
    """In place of `problem` for a badge that proves its holder: looks into the operator CA's lists as well."""

    def find(self, certificate: bytes, at: datetime) -> CertificateFinding:
        """`good`, `not_checked`, or the word for which the badge is refused."""
        if self.finding is not None:
            return self.finding(certificate, at)
        return CertificateFinding(self.problem(certificate, at) or PASSING[0])


@dataclass(frozen=True, slots=True)
class Proven:
    """Who proved themselves with which insertion of which badge.

    proof    the challenge's nonce (32 bytes) and the badge's signature over its message: an outsider can check it with the
             badge's certificate.
    """

    operator: Operator
    badge: CardRef
    fingerprint: str
    expires_us: int
    proof: bytes = field(repr=False)


Fits = Callable[[Operator], None]
"""Whether this operator may do what is to be proven; raises before a PIN is asked."""


class BadgeProver:
    """Runs the proof at a door. Failures count for seat and badge alike (S5)."""

    def __init__(self, gate: Gate, attempts: LoginAttempts, in_force: InForce, rules: BadgeRules, clock: Clock) -> None:
        self._gate = gate
        self._attempts = attempts
        self._in_force = in_force
        self._rules = rules
        self._clock = clock

    async def prove(self, door: Door, act: str, *, about: bytes = b"", fits: Fits | None = None) -> Proven:
        """The plan: who holds this badge, and does the badge know its PIN and its key. `act`, `about`: see `Challenge`.

        Raises `LoginLocked` after three failures in 15 minutes, `LoginRefused` when certificate, block list, register or
        the badge's signature say no, and what door, people and `fits` raise.
        """
        self._attempts.check(f"seat:{door.seat}")
        certificate = await door.run(
            Step(Application.PIV, lambda card, _: door.card_type.read_certificate(card, KeyRole.AUTHENTICATION))
        )
        fingerprint = hashlib.sha256(certificate).hexdigest()
        door.notes.badge = self._gate.pseudonym(fingerprint)
        counted = (f"seat:{door.seat}", f"badge:{self._gate.mark(fingerprint)}")
        operator = await self._admit(door, certificate, fingerprint)
        if fits is not None:
            fits(operator)
        self._attempts.check(*counted)
        try:
            proof = await self._signed(door, certificate, fingerprint, act, about)
        except SignatureMismatch as error:
            self._attempts.failed(*counted)
            raise LoginRefused(problem="badge_signature") from error
        finally:
            # A try that was spent counts, also when the caller hung up to not be counted.
            if door.witness.pin is PinOutcome.SPENT:
                self._attempts.failed(*counted)
        self._attempts.succeeded(counted[1])
        door.remember_certificate(KeyRole.AUTHENTICATION, certificate)
        return Proven(operator, door.ref, fingerprint, self._rules.not_after_us(certificate), proof)

    def still(self, who: Proven) -> Operator:
        """The holder as the register has them now: it, blocks and policy may be others than before the PIN. Raises `LoginRefused`."""
        operator = self._operator(who.fingerprint, who.operator.guid)
        if (operator.id, operator.role) != (who.operator.id, who.operator.role):
            raise LoginRefused(problem="role_ended")
        return operator

    async def _admit(self, door: Door, certificate: bytes, fingerprint: str) -> Operator:
        # On a thread: a responder may be asked, and everybody else's call goes on meanwhile.
        finding = await asyncio.to_thread(self._rules.find, certificate, utc(self._clock.utc_us()))
        door.notes.certificate, door.notes.list_age_s = finding.word, finding.list_age_s
        problem = None if finding.word in PASSING else finding.word
        if problem is not None:
            raise LoginRefused(problem=problem)
        on_card = guid_of(door.identity)
        operator = self._holder(fingerprint, on_card)
        for expected in (self._rules.card_uuid(certificate), operator.guid):
            # CHUID, certificate and register must mean one badge (SP 800-73-4 part 1, 3.4.1): a copied certificate does not.
            if expected is not None and expected != on_card:
                raise LoginRefused(problem="card_uuid")
        door.notes.operator, door.notes.role = operator.id, operator.role
        return self._operator(fingerprint, on_card)

    def _holder(self, fingerprint: str, guid: str | None) -> Operator:
        register = self._in_force.register
        if register.blocks(fingerprint, guid):
            raise LoginRefused(problem="badge_blocked")
        operator = register.by_certificate(fingerprint)
        if operator is None:
            raise LoginRefused(problem="not_registered")
        return operator

    def _operator(self, fingerprint: str, guid: str | None) -> Operator:
        """The holder, with a role that counts today."""
        operator = self._holder(fingerprint, guid)
        if operator.status != "active":
            raise LoginRefused(problem="operator_blocked")
        if not operator.stands_on(today(self._clock.utc_us())):
            raise LoginRefused(problem="role_ended")
        if operator.role not in self._in_force.policy.roles:
            raise LoginRefused(problem="role_unknown")
        return operator

    async def _signed(self, door: Door, certificate: bytes, fingerprint: str, act: str, about: bytes) -> bytes:
        key = public_key(certificate)
        kind = key_kind(key)
        challenge: list[Challenge] = []

        def sign(card: SmartCardConnection, _: Unlocked) -> bytes:
            # Made here, after the human time of the PIN: its 30 seconds are for the card alone.
            challenge.append(Challenge.fresh(self._clock.boottime(), act, about))
            digest = challenge[0].digest(fingerprint)
            return door.card_type.sign(card, KeyRole.AUTHENTICATION, "sha256", digest, kind)

        signature = await door.run(Step(Application.PIV, sign, pin=PinKind.BADGE))
        if not challenge[0].spend(self._clock.boottime()):
            raise LoginRefused(problem="challenge_expired")
        check_signature(key, signature, challenge[0].digest(fingerprint), "sha256")
        door.notes.proof = f"{challenge[0].nonce.hex()}:{signature.hex()}"
        return challenge[0].nonce + signature
