"""The one door to a card: decide, record the intent, let the plan work, record the outcome, and only then give the result.

Nothing else in cardd reaches a card for a caller. What is refused before the intent is recorded as a refusal.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from cardd.audit.journal import Receipt
from cardd.audit.records import IntentRecord, RecordContext, StateRecord
from cardd.errors import (
    AuditUnavailable,
    BadRequest,
    CardAbsent,
    CarddError,
    CardUnsupported,
    CardWrongReader,
    Internal,
    SessionRequired,
)
from cardd.gate import fields
from cardd.gate.admission import WITHOUT_SESSION, Admission, Admitted
from cardd.gate.after_read import AfterRead
from cardd.gate.door import Door, Standing
from cardd.gate.outcomes import given_up, outcome_of
from cardd.gate.parts import GateParts
from cardd.gate.request import Performed, Request
from cardd.model import CardHandle, CardKind, CardRef, KeyRole, Operation, PinKind, SeatName
from cardd.policy.decide import has_right, may_approve, may_spend_last_try
from cardd.ports import Call
from cardd.readers.entries import CardState
from cardd.register import Operator
from cardd.sessions.table import Session, SessionEnd
from cardd.state.people import marks_of, one_person

T = TypeVar("T")


class Gate:
    """A reference monitor: every use of a card passes `perform`."""

    def __init__(self, parts: GateParts) -> None:
        self._parts = parts
        self._under_way: set[asyncio.Task[Any]] = set()
        """Whose intent is on the disk, and whose outcome is not yet."""
        self._admission = Admission(parts)
        self.after_read = AfterRead(parts.clock)

    async def perform(self, request: Request, plan: Callable[[Door], Awaitable[T]]) -> Performed[T]:
        """Let `plan` work on the card of `request`, if policy and record agree; give its result once it is on record.

        Raises what `Admission.to_card` raises, `AuditUnavailable` (nothing was done, or nothing is given out), and what
        the plan raises, completed by what became of card and PIN.
        """
        admitted = await self._admission.to_card(request)
        intent = await self._parts.journal.intent(IntentRecord(**admitted.facts))
        door = Door(
            self._parts.tools, request, admitted.entry, admitted.card_type, self._standing(request.operation, admitted)
        )
        performed = await self._work(intent, door, plan)
        if request.operation is Operation.READ and self.present(admitted.entry.ref):
            self.after_read.read(admitted.entry.ref.handle, admitted.facts)
        return performed

    async def repeat(self, request: Request, kind: CardKind) -> None:
        """Let an answer that was given before be given again, about a card that may be gone: no card is touched, and yet
        session, policy and record hold as they did the first time. `kind`: what the card was. Raises as `Admission.to_repeat`.
        """
        session = await self._admission.to_repeat(request, kind)
        self._still(session)

    async def allow(self, request: Request) -> Session:
        """Whether the role of whoever is logged in has the right to do something that touches no card. The caller acts, and
        puts it on record with `note`. Raises `LockedDown`, `SessionRequired`, `SessionLocked`, `PolicyDenied`, `AuditUnavailable`."""
        session, _ = await self._admission.without_card(request)
        return session

    async def allow_by_two(self, request: Request, kind: CardKind = CardKind.UNKNOWN) -> tuple[Session, dict[str, Any]]:
        """The same for what may need a second person; `kind`: of the card that the row must be about. Also the fields `approval`,
        `approver` and `content` for the caller's `note`. Raises `ApprovalRequired` and `ApprovalInvalid` as well."""
        return await self._admission.without_card(request, kind)

    def session(self, call: Call) -> Session:
        """Who is logged in at the caller's seat. Raises `SessionRequired`, `SessionLocked`."""
        return self._parts.sessions.need(call.caller.seat, call.caller.peer.uid)

    def session_at(self, seat: SeatName) -> Session | None:
        """Who is logged in at a seat, whoever asks."""
        return next((each for each in self._parts.sessions.all() if each.seat == seat), None)

    def check_session(self, session: Session) -> None:
        """Raise `SessionRequired` when this session has ended or is locked meanwhile."""
        self._still(session)

    def check_lockdown(self) -> None:
        """Raise `LockedDown` while the emergency stop is in force: asked again by whoever opens something after the outcome."""
        self._parts.lockdown.check()

    async def note(self, call: Call, who: Session | Operator | None, **more: Any) -> Receipt:
        """Put something that became so on record: fields of `StateRecord` beside those of caller and operator. Raises
        `AuditUnavailable`."""
        known = fields.of_caller(call) | {"policy": self._parts.in_force.policy.hash}
        if isinstance(who, Session):
            known |= fields.of_session(who)
        elif who is not None:
            known |= {"operator": who.id, "role": who.role}
        return await self._parts.journal.state(StateRecord(**known | more))

    async def refuse(self, request: Request, error: CarddError) -> None:
        """Put on record that a use case said no before it came to the gate, to whoever is logged in there."""
        await self._note_refusal(fields.of_request(request), request.call, error, request.operation)

    async def refuse_call(self, call: Call, error: CarddError, **more: Any) -> None:
        """The same for a call that is no operation of the policy. `more`: fields of `RecordContext`."""
        await self._note_refusal(fields.of_caller(call) | more, call, error)

    async def _note_refusal(
        self, facts: dict[str, Any], call: Call, error: CarddError, operation: Operation | None = None
    ) -> None:
        session = self._parts.sessions.find(call.caller.seat, call.caller.peer.uid)
        if operation not in WITHOUT_SESSION:  # there a badge says who it is, whoever is logged in beside it
            facts |= fields.of_session(session)
        await self._parts.refusals.note(RecordContext(**facts), error.code, error.facts.problem)

    # --- questions of the use cases ----------------------------------------------------------------------------------

    def present(self, card: CardRef) -> bool:
        """Whether this insertion still lasts."""
        return self._parts.presence.current(card) is not None

    def pseudonym(self, fingerprint: str) -> str:
        """How the record names a badge's certificate (SHA-256 of its DER in hex)."""
        return self._parts.pseudonyms.of_certificate(fingerprint).value

    def mark(self, fingerprint: str) -> str:
        """By what failures of a badge are counted, in every year the same."""
        found = self._parts.pseudonyms.mark(bytes.fromhex(fingerprint))
        assert found is not None
        return found

    def card_names(self, kind: CardKind, identities: Iterable[bytes], years_back: int) -> tuple[str, ...]:
        """How the record has named a card in this year and so many before it (`CardPseudonyms.over_years`)."""
        return self._parts.pseudonyms.over_years(kind, identities, years_back)

    def names_by_year(self, kind: CardKind, identity: bytes, years_ahead: int) -> dict[int, str]:
        """How the record will name a card in this year and so many after it (`CardPseudonyms.by_year`)."""
        return self._parts.pseudonyms.by_year(kind, identity, years_ahead)

    async def names_of_present(self, call: Call, card: CardHandle, years_back: int) -> tuple[str, ...]:
        """The same for a card at the caller's seat, by what it showed when it was put in. Raises `CardAbsent`, `CardChanged`,
        `CardRemoved`, `CardWrongReader`, `CardUnsupported` (nothing by which it could be known)."""
        entry = await self._parts.presence.identified(card)
        if entry.reader.seat not in (None, call.caller.seat):
            raise CardWrongReader(reader=entry.reader.shown, problem="other_seat")
        if entry.identity is None:
            raise CardUnsupported(problem="no_identity")
        return self.card_names(entry.kind, (entry.identity,), years_back)

    async def certificate_of_present(self, card: CardHandle, key: KeyRole) -> bytes | None:
        """A certificate (DER) that was read in this insertion and opens without a PIN, or None. Raises as `names_of_present`."""
        return (await self._parts.presence.identified(card)).memory.certificates.get(key)

    def has_right(self, operator: Operator, operation: Operation) -> bool:
        """Whether the role of `operator` has this right."""
        return has_right(operator.role, operation, self._parts.in_force.policy)

    def may_approve(self, operator: Operator, operation: Operation) -> bool:
        """Whether the role of `operator` may be the second person of this operation."""
        return may_approve(operator.role, operation, self._parts.in_force.policy)

    def is_person(self, operator: Operator, named: str) -> bool:
        """Whether `named`, an operator's id as it stands on record, is the same person as `operator`: by id, person or badge."""
        known = self._parts.in_force.register.by_id(named)
        if known is None:
            return one_person(operator, named, named, frozenset())
        return one_person(operator, known.id, known.who, marks_of(known))

    async def badge_at(self, seat: SeatName, other_than: CardHandle | None = None) -> CardHandle:
        """The only badge at a seat, `other_than` left aside. Raises `CardAbsent` for none, `BadRequest` for more than one."""
        badges = []
        for entry in self._parts.presence.cards():
            if entry.reader.seat in (None, seat) and not entry.ended:
                await entry.settled.wait()
                if entry.kind is CardKind.BADGE and entry.state is CardState.READY and entry.ref.handle != other_than:
                    badges.append(entry.ref.handle)
        if not badges:
            raise CardAbsent(problem="no_badge")
        if len(badges) > 1:
            raise BadRequest(field="badge", problem="more_than_one")
        return badges[0]

    async def end_session(self, call: Call) -> Receipt:
        """Log out: recorded first, then ended. Raises `SessionRequired`, `AuditUnavailable`."""
        session = self._parts.sessions.need(call.caller.seat, call.caller.peer.uid, locked_too=True)
        receipt = await self.note(call, session)
        self._parts.sessions.end(session, SessionEnd.LOGOUT)
        return receipt

    # --- while it runs, and after ------------------------------------------------------------------------------------

    def _standing(self, operation: Operation, admitted: Admitted) -> Standing:
        session, counts = admitted.session, self._parts.pin_counts
        card, insertion = self._parts.pseudonyms.mark(admitted.entry.identity), admitted.entry.ref.handle
        operator = session.operator.id if session is not None else None

        def check() -> None:
            if operation is not Operation.LOCKDOWN_RELEASE:
                self._parts.lockdown.check()
            self._still(session, locked_too=operation is Operation.UNLOCK)

        def guard(which: PinKind) -> None:
            counts.check(card, insertion, operator, which)

        def spent(which: PinKind) -> None:
            counts.spent(card, insertion, operator, which)

        def human() -> None:
            if session is not None and self._parts.sessions.still(session):
                self._parts.sessions.activity(session)

        async def consented(which: PinKind) -> None:
            agreed = StateRecord(**admitted.facts | {"pin": which, "last_try_agreed": True})
            await self._parts.journal.state(agreed)

        async def document_agreed() -> None:
            await self._parts.journal.state(StateRecord(**admitted.facts | {"document_agreed": True}))

        role = session.operator.role if session is not None else ""
        may_spend = may_spend_last_try(role, self._parts.in_force.policy)
        return Standing(may_spend, check, guard, spent, human, consented, document_agreed)

    def _still(self, session: Session | None, *, locked_too: bool = False) -> None:
        """Raise `SessionRequired` when the session under which an operation began has ended or is locked."""
        if session is None:
            return
        lives = self._parts.sessions.find(session.seat, session.uid) is session
        if not lives or not (locked_too or self._parts.sessions.still(session)):
            raise SessionRequired(problem="ended_meanwhile" if not lives else "locked_meanwhile")

    async def _work(self, intent: Receipt, door: Door, plan: Callable[[Door], Awaitable[T]]) -> Performed[T]:
        started, task = self._parts.clock.boottime(), asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            result = await plan(door)
            if not door.notes.handed_out:
                # The badge may have been pulled meanwhile: then what was read is thrown away (fault 78).
                door.check_standing()
        except CarddError as error:
            error.with_outcome(card=door.witness.card, pin=door.witness.pin)
            await self._close(intent, door, started, error)
            raise
        except asyncio.CancelledError as told:
            await self._close(intent, door, started, None, given_up(told))
            raise
        except BaseException:
            await self._close(intent, door, started, Internal())
            raise
        else:
            return Performed(result, await self._close(intent, door, started, None))
        finally:
            self._under_way.discard(task)

    async def quiet(self, limit_s: float) -> None:
        """Wait until every operation that was begun has its outcome on record, at most `limit_s` seconds: the daemon stops."""
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=limit_s)

    async def _close(
        self, intent: Receipt, door: Door, started: float, error: CarddError | None, gone: str | None = None
    ) -> Receipt:
        """Write the outcome; also when the caller has gone, for then it matters most."""
        record = outcome_of(door, error, gone, int((self._parts.clock.boottime() - started) * 1000))
        writing = asyncio.ensure_future(self._parts.journal.outcome(intent, record))
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])
            raise
        except AuditUnavailable as unwritten:
            # The caller hears that nothing is given out, and still what became of card and PIN.
            unwritten.with_outcome(card=door.witness.card, pin=door.witness.pin)
            raise
