"""Signatures in two steps: one PIN, the certificate out, and one digest that names it, on the same connection, within 10 seconds.

XAdES and JWS sign bytes in which the signer's certificate stands (decision 10), and a resident's signature certificate is
readable only after its PIN. A key whose certificate is free and whose PIN must come directly before each signature (PIV 9C) is
not held: the certificate is read first, and the one PIN is asked with the digest. The person agrees to the document at the
beginning, either way.
"""

import asyncio
import math
import secrets
from dataclasses import dataclass, field
from typing import Final

from cardd.cards.card_type import KeySpec
from cardd.errors import CarddError, CardRemoved, CardWrongKind, SignUnknown
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.refusing import refusing
from cardd.gate.request import Performed
from cardd.gate.step import Step, Witness
from cardd.iso7816.connection import SmartCardConnection
from cardd.japan_time import utc
from cardd.model import CardOutcome, CardRef
from cardd.ports import Call, CertificateJudge, Clock
from cardd.sessions.session import Session
from cardd.signatures import key_kind, public_key
from cardd.signing import digest as digests
from cardd.signing.held_card import HeldCard
from cardd.signing.holding import hold
from cardd.signing.job import Asked, Judging, SignJob, compare
from cardd.signing.order import BeginOrder, FinishOrder, SignAnswer, Signed, SignOrder, fingerprint_of
from cardd.signing.repeats import Made, Repeats

HOLD_SECONDS: Final = 10.0
"""At most so long a card waits for its digest (decision 10): everybody else at this reader waits with it."""
MOST_OF_A_SESSION: Final = 8
"""The oldest go first, those that are over before those that wait; never another session's, whose holder has done nothing."""
MOST_OVER: Final = 64
"""So many that are over can be asked about, of all sessions and connections together."""
FINISHED: Final = "finished"
CARD_GONE: Final = "card_gone"
TIME_OVER: Final = "time_over"


@dataclass(slots=True, eq=False)
class Begun:
    """One that waits for its digest, or waited. `connection`: done when the connection has ended; known by it."""

    id: str
    order: BeginOrder
    session: Session
    connection: "asyncio.Future[None]"
    card: CardRef
    held: HeldCard | None
    """None for a key that is not held."""
    certificate: bytes = field(default=b"", repr=False)
    ends_at: float = 0.0
    """On CLOCK_BOOTTIME."""
    ends_us: int = 0
    """The same for people: UTC, microseconds."""
    ended: str | None = None
    """Why no digest is taken any more, in one word."""
    given_out: bool = False
    """Whether the certificate has left: then the beginning is done, whatever becomes of its end."""
    running: "asyncio.Task[Performed[None]] | None" = None
    timer: asyncio.TimerHandle | None = None
    """Ends what is not held; what is held ends on its own thread."""

    @property
    def fingerprint(self) -> str:
        """Of the certificate: SHA-256, 64 lower-case hex digits."""
        return fingerprint_of(self.certificate)

    def end(self, why: str) -> None:
        """Take no digest any more. The first reason stays; the card is cleared and let go."""
        if self.ended is None:
            self.ended = why
            if self.held is not None:
                self.held.end()
            else:
                self.forget()

    def forget(self) -> None:
        """Nothing of a person stays with what is over: the certificate names them, and so may the document's name."""
        self.certificate, self.order = b"", self.order.without_name()
        if self.timer is not None:
            self.timer.cancel()


class BegunSignatures:
    """All signatures that were begun. Lives on the event loop."""

    def __init__(self, gate: Gate, clock: Clock, repeats: Repeats, judge: CertificateJudge | None = None) -> None:
        self._gate = gate
        self._clock = clock
        self._repeats = repeats
        self._judge = judge
        self._known: dict[str, Begun] = {}
        """In the order in which they were begun."""

    async def begin(self, call: Call, order: BeginOrder, connection: "asyncio.Future[None]") -> Performed[Begun]:
        """Ask whether the person agrees, then for the PIN; give the certificate out, and keep the card for one digest.

        Raises `CardWrongKind`, `WrongCertificate`, `ConsentRefused`, the `cert.*` of the judge, all that the gate raises, and
        `SignUnknown` when it was over before anybody could use it.
        """
        async with refusing(self._gate, order.request(call)):
            session = self._gate.session(call)
        held: asyncio.Future[HeldCard] = asyncio.get_running_loop().create_future()
        opened: list[Begun] = []

        async def plan(door: Door) -> None:
            spec = door.card_type.keys.get(order.key)
            if spec is None:
                raise CardWrongKind()
            # What ends with a session must hang on the one that was admitted, and not on one that has ended since.
            self._gate.check_session(session)
            begun = Begun(f"b-{secrets.token_hex(8)}", order, session, connection, door.ref, None)
            opened.append(begun)
            if spec.pin is None or spec.pin_always:
                await self._look(door, begun, spec)
            else:
                await self._hold(door, begun, spec, held)

        running = await hold(self._gate, order.request(call), plan, held)
        begun = opened[0]
        begun.running = running
        self._set_end(begun)
        self._check_open(begun)
        try:
            self._keep(begun)
            receipt = await self._gate.note(
                call, session, begun=begun.id, purpose=order.purpose, case=order.case, key=order.key,
                document=order.document.sha256,
            )  # fmt: skip
        except BaseException:
            begun.end("not_given_out")
            raise
        self._check_open(begun)
        begun.given_out = True
        return Performed(begun, receipt)

    async def finish(self, call: Call, order: FinishOrder, connection: "asyncio.Future[None]") -> SignAnswer:
        """The one signature, or its stored answer for a repeated idempotency key; the card is cleared and let go behind it.

        Raises `SignUnknown`, `CardRemoved`, `BadRequest` for a digest of another length, `AlgorithmUnsupported`, what
        `Repeats.once` raises, what gate and job raise, and for a key that is not held what people raise.
        """

        async def make(asked: Asked, mark: bytes | None) -> Made:
            begun, sign_order = await self._take(call, order, connection)

            async def plan(door: Door) -> Signed:
                await self._repeats.keep(mark)
                job = SignJob(door.card_type, sign_order, begun.certificate, asked, utc(self._clock.utc_us()))
                signed = await (self._now(door, job) if begun.held is None else self._on_held(door, begun.held, job))
                door.notes.signatures = len(signed.signatures)
                return signed

            try:
                return Made(await self._gate.perform(sign_order.request(call), plan), sign_order)
            finally:
                if begun.held is not None:
                    begun.held.finish()
                else:
                    begun.forget()

        return await self._repeats.once(call, order.idempotency_key, order.hashed(), make)

    def stopped(self, session: Session) -> None:
        """The session was locked or has ended."""
        for begun in self._known.values():
            if begun.session is session:
                begun.end("session_over")

    def card_gone(self, card: CardRef) -> None:
        """This insertion is over."""
        for begun in self._known.values():
            if begun.card == card:
                begun.end(CARD_GONE)

    # --- the beginning -----------------------------------------------------------------------------------------------

    async def _hold(self, door: Door, begun: Begun, spec: KeySpec, told: "asyncio.Future[HeldCard]") -> None:
        """VERIFY, and keep the card. A certificate that went out is a use of the card, and done; how the hold ended stands with it."""
        look, judging = self._looking(door, begun)
        after_pin = spec.certificate_pin is not None
        begun.held = held = HeldCard(
            door.card_type,
            math.inf,
            self._clock.boottime,
            application=spec.application,
            lasts_s=HOLD_SECONDS,
            opening=look if after_pin else None,
            over=SignUnknown,
        )
        self._keep(begun)
        told.set_result(held)
        error: BaseException | None = None
        try:
            step = Step(spec.application, held.work, spec.pin, None if after_pin else look, patience_s=HOLD_SECONDS)
            await door.run(step)
            if not begun.given_out:
                raise SignUnknown(problem=begun.ended or TIME_OVER)
        except CarddError as raised:
            error = raised
            if not begun.given_out:
                raise
            # What went wrong with the digest stands on the record of its own call; that the card went is said here.
        except BaseException as raised:
            error = raised
            raise
        finally:
            begun.end(CARD_GONE if isinstance(error, CardRemoved) else TIME_OVER)
            held.over(error)
            begun.forget()
            judging.note(door.notes)
            door.notes.problem = None if begun.ended == FINISHED else begun.ended
            door.notes.handed_out = held.ready.done()

    async def _look(self, door: Door, begun: Begun, spec: KeySpec) -> None:
        """The certificate alone, which this key's card gives to everybody."""
        look, judging = self._looking(door, begun)
        try:
            await door.run(Step(spec.application, lambda card, _: look(card)))
        finally:
            judging.note(door.notes)
        door.remember_certificate(begun.order.key, begun.certificate)

    def _looking(self, door: Door, begun: Begun) -> "tuple[_Look, Judging]":
        judging = Judging(self._judge, door.kind, begun.order.key, begun.order.purpose)
        known = door.known_certificate(begun.order.key)
        if known is not None:
            compare(begun.order.fingerprint, known)
            begun.certificate = known
        return _Look(door, begun, judging), judging

    def _keep(self, begun: Begun) -> None:
        if begun.id in self._known:
            return
        self._known[begun.id] = begun
        begun.connection.remove_done_callback(self._connection_gone)  # once for each connection, however much it begins
        begun.connection.add_done_callback(self._connection_gone)
        self._make_room(begun.session)

    def _make_room(self, session: Session) -> None:
        own = [each for each in self._known.values() if each.session is session]
        if len(own) > MOST_OF_A_SESSION:
            oldest = next((each for each in own if each.ended is not None), own[0])
            oldest.end(TIME_OVER)
            del self._known[oldest.id]
        over = [each.id for each in self._known.values() if each.ended is not None]
        for id_ in over[: max(0, len(over) - MOST_OVER)]:
            del self._known[id_]

    def _connection_gone(self, connection: "asyncio.Future[None]") -> None:
        """Nobody can bring the digest any more, or ask what became of it."""
        for begun in [each for each in self._known.values() if each.connection is connection]:
            begun.end("client_gone")
            del self._known[begun.id]

    def _set_end(self, begun: Begun) -> None:
        now = self._clock.boottime()
        begun.ends_at = now + HOLD_SECONDS if begun.held is None else begun.held.ends_at
        if begun.held is None:
            begun.timer = asyncio.get_running_loop().call_later(HOLD_SECONDS, begun.end, TIME_OVER)
        begun.ends_us = self._clock.utc_us() + int((begun.ends_at - now) * 1_000_000)

    def _check_open(self, begun: Begun) -> None:
        if begun.ended == CARD_GONE:
            raise CardRemoved(reader=begun.card.reader)
        if begun.ended is not None or (begun.held is not None and begun.held.ended):
            raise SignUnknown(problem=begun.ended or TIME_OVER)
        if self._clock.boottime() >= begun.ends_at:
            raise SignUnknown(problem=TIME_OVER)

    # --- the end -----------------------------------------------------------------------------------------------------

    async def _take(
        self, call: Call, order: FinishOrder, connection: "asyncio.Future[None]"
    ) -> tuple[Begun, SignOrder]:
        """What was begun, given out once. What it refuses is on record, and a digest of another form may be sent once more."""
        begun = self._known.get(order.begun)
        if begun is None or begun.connection is not connection:
            unknown = SignUnknown()
            await self._gate.refuse_call(call, unknown, begun=order.begun)
            raise unknown
        sign_order = begun.order.finishing(begun.id, order.digest, order.signature_format)
        async with refusing(self._gate, sign_order.request(call)):
            self._gate.check_lockdown()
            if self._gate.session(call) is not begun.session:
                raise SignUnknown(problem="session_over")
            self._check_open(begun)
            digests.check_digest(sign_order.hash_name, order.digest, "params.digest_base64")
            digests.check_format(order.signature_format, key_kind(public_key(begun.certificate)))
        begun.ended = FINISHED
        return begun, sign_order

    async def _on_held(self, door: Door, held: HeldCard, job: SignJob) -> Signed:
        door.witness = Witness(card=CardOutcome.HELD)
        try:
            return await held.sign(job)
        except CarddError as error:
            # Before its turn nothing was sent; after a failure the beginning's own outcome says what became of the card.
            ended = isinstance(error, SignUnknown)
            door.witness = Witness(card=CardOutcome.UNTOUCHED if ended else CardOutcome.UNKNOWN)
            raise

    async def _now(self, door: Door, job: SignJob) -> Signed:
        spec = door.card_type.keys[job.key]
        return await door.run(Step(spec.application, job.work, pin=spec.pin, prepare=job.read_certificate))


@dataclass(slots=True, eq=False)
class _Look:
    """Reads the certificate on the reader's thread, unless it is known, and refuses it before the key can be used."""

    door: Door
    begun: Begun
    judging: Judging

    def __call__(self, card: SmartCardConnection) -> None:
        begun = self.begun
        if not begun.certificate:
            begun.certificate = self.door.card_type.read_certificate(card, begun.order.key)
        compare(begun.order.fingerprint, begun.certificate)
        public_key(begun.certificate)
        self.judging(begun.certificate, card)
