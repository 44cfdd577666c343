"""Grants: so many signatures with an operator's key after one PIN, for a bounded time. Never for a resident's card (decision 12)."""

import asyncio
import secrets
from collections import Counter, deque
from dataclasses import dataclass, field

from cardd.errors import BadRequest, CarddError, GrantImpossible, GrantMismatch, GrantUnknown
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.refusing import refusing
from cardd.gate.request import Performed, Receipt, Request
from cardd.gate.step import Step, Witness
from cardd.iso7816.connection import SmartCardConnection
from cardd.japan_time import utc
from cardd.model import CardKind, CardOutcome, Operation, PinKind
from cardd.ports import Call, Clock
from cardd.sessions.session import Session
from cardd.signing import digest as digests
from cardd.signing.held_card import HeldCard
from cardd.signing.holding import hold
from cardd.signing.job import Asked, SignJob
from cardd.signing.order import GrantOrder, Signed, SignOrder, fingerprint_of


@dataclass(slots=True, eq=False)
class Grant:
    """One that is open. Dies with the session's lock or end, its time, its count, and the daemon."""

    id: str
    order: GrantOrder
    session: Session
    client: str
    held: HeldCard
    ends_us: int
    remaining: int
    allowed: Counter[bytes] | None = field(repr=False)
    certificate: bytes = field(default=b"", repr=False)
    running: "asyncio.Task[Performed[None]] | None" = None

    @property
    def used(self) -> int:
        """How many signatures the badge has made under it."""
        return self.held.made

    @property
    def fingerprint(self) -> str:
        """Of the certificate: SHA-256, 64 lower-case hex digits."""
        return fingerprint_of(self.certificate)


class Grants:
    """All open grants. Lives on the event loop."""

    def __init__(self, gate: Gate, clock: Clock, *, most_count: int, most_seconds: int) -> None:
        self._gate = gate
        self._clock = clock
        self._most_count = most_count
        self._most_seconds = most_seconds
        self._open: dict[str, Grant] = {}
        self._ended: deque[Grant] = deque(maxlen=16)

    async def give(self, call: Call, order: GrantOrder) -> Performed[Grant]:
        """Ask for the PIN once and keep the badge. Raises `BadRequest` beyond the office's limits, `GrantImpossible`, and all
        that the gate raises; `GrantUnknown` (`ended`) when lock, logout or time ended it before anybody could use it."""
        self._check(order)
        session = self._gate.session(call)
        ends_at = self._clock.boottime() + order.seconds
        opened: list[Grant] = []

        async def plan(door: Door) -> None:
            spec = door.card_type.keys.get(order.key)
            if door.kind is not CardKind.BADGE or spec is None or spec.pin_always or spec.pin is not PinKind.BADGE:
                raise GrantImpossible(problem="key")
            # What ends with a session must hang on the one that was admitted, and not on one that has ended since.
            self._gate.check_session(session)
            held = HeldCard(door.card_type, ends_at, self._clock.boottime)
            grant = self._new(call, order, session, held)
            opened.append(grant)
            begun.set_result(held)

            def prepare(card: SmartCardConnection) -> None:
                grant.certificate = door.card_type.read_certificate(card, order.key)

            error: BaseException | None = None
            try:
                await door.run(Step(spec.application, held.work, spec.pin, prepare, patience_s=float(order.seconds)))
            except BaseException as raised:
                error = raised
                raise
            finally:
                held.over(error)
                self._open.pop(grant.id, None)
                self._ended.append(grant)
                door.notes.signatures, door.notes.handed_out = grant.used, held.ready.done()

        begun: asyncio.Future[HeldCard] = asyncio.get_running_loop().create_future()
        running = await hold(self._gate, _request(call, order), plan, begun)
        if running.done() or opened[0].held.ended:
            raise GrantUnknown(problem="ended")
        return await self._opened(call, opened[0], running)

    async def sign(self, call: Call, order: SignOrder, asked: Asked) -> Performed[Signed]:
        """Sign under a grant, without a PIN; policy and record as for any signature, and for what the grant does not cover.

        Raises `GrantUnknown`, `GrantMismatch` (`field` names what differs), and what gate and job raise; a card or job that
        fails ends the grant.
        """
        async with refusing(self._gate, order.request(call)):
            grant = self._need(call, order)

        async def plan(door: Door) -> Signed:
            self._take(grant, order)
            door.witness = Witness(card=CardOutcome.HELD)
            now = utc(self._clock.utc_us())
            job = SignJob(door.card_type, order, grant.certificate, asked, now)
            try:
                signed = await grant.held.sign(job)
            except CarddError as error:
                # Before its turn nothing was sent; after a failure the grant's own outcome says what became of the card.
                ended = isinstance(error, GrantUnknown)
                door.witness = Witness(card=CardOutcome.UNTOUCHED if ended else CardOutcome.UNKNOWN)
                raise
            door.notes.signatures = len(signed.signatures)
            return signed

        try:
            return await self._gate.perform(order.request(call), plan)
        finally:
            if grant.remaining <= 0:
                grant.held.finish()

    async def revoke(self, call: Call, grant_id: str) -> Performed[int]:
        """End it now; how many signatures it made. Raises `GrantUnknown`, `SessionRequired`, `AuditUnavailable`."""
        session = self._gate.session(call)
        grant = self._open.get(grant_id)
        if grant is None or grant.session is not session:
            raise GrantUnknown()
        grant.held.end()
        receipt = await self._gate.note(call, session, grant=grant.id, count=grant.used)
        return Performed(grant.used, receipt)

    def find(self, grant_id: str) -> Grant | None:
        """A grant of this run of the daemon; the last ones that ended are found as well."""
        return self._open.get(grant_id) or next((each for each in self._ended if each.id == grant_id), None)

    def stopped(self, session: Session) -> None:
        """The session was locked or has ended."""
        for grant in tuple(self._open.values()):
            if grant.session is session:
                grant.held.end()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _check(self, order: GrantOrder) -> None:
        if order.count > self._most_count:
            raise BadRequest(field="params.count", limit=self._most_count)
        if order.seconds > self._most_seconds:
            raise BadRequest(field="params.seconds", limit=self._most_seconds)
        if order.digests and len(order.digests) != order.count:
            raise BadRequest(field="params.digests_base64", limit=order.count)
        for digest in order.digests:
            digests.check_digest(order.hash_name, digest)

    def _new(self, call: Call, order: GrantOrder, session: Session, held: HeldCard) -> Grant:
        grant = Grant(
            id=f"g-{secrets.token_hex(8)}",
            order=order,
            session=session,
            client=call.caller.client,
            held=held,
            ends_us=self._clock.utc_us() + order.seconds * 1_000_000,
            remaining=order.count,
            allowed=Counter(order.digests) if order.digests else None,
        )
        self._open[grant.id] = grant
        return grant

    async def _opened(self, call: Call, grant: Grant, running: "asyncio.Task[Performed[None]]") -> Performed[Grant]:
        grant.running = running
        try:
            receipt: Receipt = await self._gate.note(
                call, grant.session, grant=grant.id, purpose=grant.order.purpose, case=grant.order.case,
                key=grant.order.key, digests=grant.order.count,
            )  # fmt: skip
        except BaseException:
            grant.held.end()
            raise
        if grant.held.ended:
            raise GrantUnknown(problem="ended")
        return Performed(grant, receipt)

    def _need(self, call: Call, order: SignOrder) -> Grant:
        session = self._gate.session(call)
        grant = self._open.get(order.grant or "")
        if grant is None or grant.held.ended or grant.remaining <= 0 or grant.session is not session:
            raise GrantUnknown()
        given = grant.order
        pairs = (
            ("client", call.caller.client, grant.client),
            ("params.card", order.card, given.card),
            ("params.purpose", order.purpose, given.purpose),
            ("params.case", order.case, given.case),
            ("params.key", order.key, given.key),
            ("params.hash", order.hash_name, given.hash_name),
        )
        for name, asked, granted in pairs:
            if asked != granted:
                raise GrantMismatch(field=name, remaining=grant.remaining)
        return grant

    def _take(self, grant: Grant, order: SignOrder) -> None:
        """Count before the card is asked: what may have been signed is used up."""
        wanted = Counter(order.digests)
        if len(order.digests) > grant.remaining:
            raise GrantMismatch(field="params.digests_base64", problem="count", remaining=grant.remaining)
        if grant.allowed is not None:
            if wanted - grant.allowed:
                raise GrantMismatch(field="params.digests_base64", problem="not_listed", remaining=grant.remaining)
            grant.allowed -= wanted
        grant.remaining -= len(order.digests)


def _request(call: Call, order: GrantOrder) -> Request:
    listed = (("digests", fingerprint_of(b"".join(order.digests))),) if order.digests else ()
    return Request(
        call,
        Operation.GRANT,
        order.card,
        order.purpose,
        order.case,
        key=order.key,
        digests=order.count,
        algorithm=order.hash_name,
        approval=order.approval,
        content=(("count", str(order.count)), ("seconds", str(order.seconds)), ("hash", order.hash_name), *listed),
    )
