"""The one door to a card: decide, record the intent, let the plan work, record the outcome, and only then give the result.

Nothing else in cardd reaches a card for a caller. What is refused before the intent is recorded as a refusal.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.journal import Receipt
from cardd.audit.pseudonym import CardPseudonyms
from cardd.audit.records import IntentRecord, OutcomeRecord, RecordContext, Result, StateRecord
from cardd.errors import (
    BadRequest,
    CardAbsent,
    CarddError,
    CardUnsupported,
    CardWrongReader,
    Internal,
    PolicyDenied,
    SessionRequired,
)
from cardd.gate.door import Door, DoorTools
from cardd.gate.refusals import Refusals
from cardd.gate.request import Performed, Request
from cardd.model import CardHandle, CardKind, Operation, PinOutcome, SeatName
from cardd.policy.decide import decide, may_spend_last_try
from cardd.policy.facts import Decision, Question
from cardd.policy.rules import Policy
from cardd.ports import Call, Clock
from cardd.readers.entries import CardEntry, CardState
from cardd.readers.table import PresenceTable
from cardd.sessions.table import Session, SessionEnd, SessionTable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class GateParts:
    """What the gate asks and tells."""

    presence: PresenceTable
    sessions: SessionTable
    journal: AsyncJournal
    refusals: Refusals
    pseudonyms: CardPseudonyms
    policy: Policy
    clock: Clock
    tools: DoorTools


class Gate:
    """A reference monitor: every use of a card passes `perform`."""

    def __init__(self, parts: GateParts) -> None:
        self._parts = parts

    async def perform(self, request: Request, plan: Callable[[Door], Awaitable[T]]) -> Performed[T]:
        """Let `plan` work on the card of `request`, if policy and record agree; give its result once it is on record.

        Raises `CardAbsent`, `CardChanged`, `CardUnsupported`, `SessionRequired`, `PolicyDenied`, `AuditUnavailable`
        (nothing was done, or nothing is given out), and what the plan raises, completed by what became of card and PIN.
        """
        parts = self._parts
        entry = await parts.presence.identified(request.card)
        _check_seat(entry, request.call.caller.seat)
        session = self._session(request)
        decision = self._decide(request, entry, session)
        context = self._context(request, entry, session, decision)
        if not decision.allowed:
            await parts.refusals.note(context, PolicyDenied.code, decision.reason)
            raise PolicyDenied(rule=decision.rule, problem=decision.reason, field=decision.item)
        if entry.card_type is None:
            raise CardUnsupported()
        intent = await parts.journal.intent(IntentRecord(**dict(context)))
        spends = session is not None and may_spend_last_try(session.operator.role, parts.policy)
        door = Door(parts.tools, request, entry, entry.card_type, may_spend_last_try=spends)
        return await self._work(intent, door, session, plan)

    def pseudonym(self, fingerprint: str) -> str:
        """How the record names a badge's certificate (SHA-256 of its DER in hex)."""
        return self._parts.pseudonyms.of_certificate(fingerprint).value

    async def badge_at(self, seat: SeatName) -> CardHandle:
        """The only badge at a seat. Raises `CardAbsent` for none, `BadRequest` where more than one is there."""
        badges = []
        for entry in self._parts.presence.cards():
            if entry.reader.seat in (None, seat) and not entry.ended:
                await entry.settled.wait()
                if entry.kind is CardKind.BADGE and entry.state is CardState.READY:
                    badges.append(entry.ref.handle)
        if not badges:
            raise CardAbsent(problem="no_badge")
        if len(badges) > 1:
            raise BadRequest(field="badge", problem="more_than_one")
        return badges[0]

    async def end_session(self, call: Call) -> Receipt:
        """Log out: recorded first, then ended. Raises `SessionRequired`, `AuditUnavailable`."""
        session = self._parts.sessions.need(call.caller.seat, call.caller.peer.uid)
        receipt = await self._parts.journal.state(
            StateRecord(
                event=call.method,
                request=call.request_id,
                session=session.id,
                operator=session.operator.id,
                role=session.operator.role,
                seat=session.seat,
                client=call.caller.client,
                uid=call.caller.peer.uid,
                gid=call.caller.peer.gid,
            )
        )
        self._parts.sessions.end(session, SessionEnd.LOGOUT)
        return receipt

    async def _work(
        self, intent: Receipt, door: Door, session: Session | None, plan: Callable[[Door], Awaitable[T]]
    ) -> Performed[T]:
        started = self._parts.clock.boottime()
        try:
            result = await plan(door)
            if session is not None and not self._parts.sessions.still(session):
                # The badge was pulled meanwhile: what was read is thrown away (fault 78).
                raise SessionRequired(problem="ended_meanwhile")
        except CarddError as error:
            error.with_outcome(card=door.card_outcome, pin=door.pin_outcome)
            await self._close(intent, door, started, error)
            raise
        except asyncio.CancelledError:
            await self._close(intent, door, started, None, caller_gone=True)
            raise
        except BaseException:
            await self._close(intent, door, started, Internal())
            raise
        return Performed(result, await self._close(intent, door, started, None))

    def _session(self, request: Request) -> Session | None:
        if request.operation is Operation.LOGIN:
            return None
        return self._parts.sessions.need(request.call.caller.seat, request.call.caller.peer.uid)

    def _decide(self, request: Request, entry: CardEntry, session: Session | None) -> Decision:
        question = Question(
            operation=request.operation,
            client=request.call.caller.client,
            card_kind=entry.kind,
            role=session.operator.role if session is not None else None,
            purpose=request.purpose,
            case=request.case,
            items=request.items,
            key=request.key,
            pin=request.pins[0] if len(request.pins) == 1 else None,
            private_sector=request.call.caller.private_sector,
        )
        decision = decide(question, self._parts.policy)
        if decision.allowed and session is not None and entry.kind is CardKind.BADGE and session.badge != entry.ref:
            # A badge works for the person who is logged in with it, and for nobody else.
            return Decision(False, "own_badge", "foreign_badge")
        return decision

    def _context(
        self, request: Request, entry: CardEntry, session: Session | None, decision: Decision
    ) -> RecordContext:
        caller = request.call.caller
        pseudonym = self._parts.pseudonyms.of_card(entry.kind, entry.identity)
        return RecordContext(
            event=request.call.method,
            operation=request.operation,
            request=request.call.request_id,
            session=session.id if session is not None else None,
            operator=session.operator.id if session is not None else None,
            role=session.operator.role if session is not None else None,
            purpose=request.purpose,
            case=request.case,
            seat=caller.seat,
            reader=entry.place,
            reader_role="badge" if entry.kind is CardKind.BADGE else "resident",
            client=caller.client,
            uid=caller.peer.uid,
            gid=caller.peer.gid,
            card_kind=entry.kind,
            card=pseudonym.value if pseudonym is not None else None,
            card_source=pseudonym.source if pseudonym is not None else None,
            items=request.items or None,
            key=request.key,
            pin=request.pins[0] if len(request.pins) == 1 else None,
            digests=request.digests,
            algorithm=request.algorithm,
            fingerprint_given=request.fingerprint_given,
            policy=self._parts.policy.hash,
            rule=decision.rule,
        )

    async def _close(
        self, intent: Receipt, door: Door, started: float, error: CarddError | None, *, caller_gone: bool = False
    ) -> Receipt:
        """Write the outcome; also when the caller has gone, for then it matters most."""
        witness, notes = door.witness, door.notes
        untouched = witness.pin is PinOutcome.UNTOUCHED and witness.tries_before is None
        done = error is None and not caller_gone
        record = OutcomeRecord(
            result=Result.DONE if done else _result_of(error),
            code=error.code if error is not None else None,
            problem=error.facts.problem if error is not None else None,
            items=notes.items if done else None,
            signatures=notes.signatures if done else None,
            pin=door.pin,
            pin_outcome=None if door.pin is None else witness.pin,
            tries_before=None if untouched else witness.tries_before,
            tries_after=None if untouched else witness.tries_after,
            pin_pad=door.pin_pad,
            last_try_agreed=door.last_try_agreed,
            card_outcome=witness.card,
            operator=notes.operator,
            role=notes.role,
            badge=notes.badge,
            certificate=notes.certificate,
            duration_ms=int((self._parts.clock.boottime() - started) * 1000),
            caller_gone=caller_gone or None,
        )
        writing = asyncio.ensure_future(self._parts.journal.outcome(intent, record))
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])
            raise


def _check_seat(entry: CardEntry, seat: SeatName) -> None:
    if entry.reader.seat not in (None, seat):
        raise CardWrongReader(reader=entry.reader.shown, problem="other_seat")


# Codes by which a person or a rule said no before the card's work was done; everything else is a failure.
_REFUSALS = frozenset({"auth.failed", "auth.locked", "session.required", "sign.wrong_certificate", "request.bad"})


def _result_of(error: CarddError | None) -> Result:
    if error is None or error.code in _REFUSALS or error.code.startswith("pin."):
        return Result.UNKNOWN if error is not None and error.code == "pin.unknown" else Result.REFUSED
    return Result.FAILED
