"""The one door to a card: decide, record the intent, let the plan work, record the outcome, and only then give the result.

Nothing else in cardd reaches a card for a caller. What is refused before the intent is recorded as a refusal.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.journal import Receipt
from cardd.audit.pseudonym import CardPseudonyms
from cardd.audit.records import IntentRecord, RecordContext, StateRecord
from cardd.cards.card_type import CardType
from cardd.errors import (
    AuditUnavailable,
    BadRequest,
    CardAbsent,
    CarddError,
    CardRemoved,
    CardUnsupported,
    CardWrongKind,
    CardWrongReader,
    Internal,
    PolicyDenied,
    SessionRequired,
)
from cardd.gate.door import Door, DoorTools, Standing
from cardd.gate.outcomes import given_up, outcome_of
from cardd.gate.refusals import Refusals
from cardd.gate.request import Performed, Request
from cardd.model import CardHandle, CardKind, CardOutcome, CardRef, Operation, PinKind, SeatName
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
        admitted = await self._admit(request)
        intent = await self._parts.journal.intent(IntentRecord(**admitted.facts))
        session = admitted.session
        spends = session is not None and may_spend_last_try(session.operator.role, self._parts.policy)
        standing = Standing(spends, lambda: self._still(session))
        door = Door(self._parts.tools, request, admitted.entry, admitted.card_type, standing)
        return await self._work(intent, door, plan)

    async def repeat(self, request: Request, kind: CardKind) -> None:
        """Let an answer that was given before be given again, about a card that may be gone: no card is touched, and yet
        session, policy and record hold as they did the first time. `kind`: what the card was.

        Raises `SessionRequired`, `PolicyDenied`, `AuditUnavailable`.
        """
        facts = _who(request) | {"card_kind": kind}
        try:
            session = self._session(request)
            facts |= _of_session(session)
            self._judge(request, kind, session, facts)
        except CarddError as error:
            await self._parts.refusals.note(RecordContext(**facts), error.code, error.facts.problem)
            raise
        await self._parts.journal.state(StateRecord(**facts, problem="repeated"))
        self._still(session)

    async def refuse(self, request: Request, error: CarddError) -> None:
        """Put on record that a use case said no before it came to the gate."""
        await self._parts.refusals.note(RecordContext(**_who(request)), error.code, error.facts.problem)

    def present(self, card: CardRef) -> bool:
        """Whether this insertion still lasts."""
        return self._parts.presence.current(card) is not None

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
        receipt = await self._parts.journal.state(StateRecord(**_caller(call), **_of_session(session)))
        self._parts.sessions.end(session, SessionEnd.LOGOUT)
        return receipt

    # --- before ------------------------------------------------------------------------------------------------------

    async def _admit(self, request: Request) -> "_Admitted":
        """Card, session and policy agree; else the refusal is on record, with all that was known by then."""
        facts = _who(request)
        try:
            entry = await self._parts.presence.identified(request.card)
            facts |= self._of_card(entry)
            _check_seat(entry, request.call.caller.seat)
            session = self._session(request)
            facts |= _of_session(session)
            if entry.card_type is None:
                raise CardUnsupported()
            if request.operation is Operation.LOGIN and entry.kind is not CardKind.BADGE:
                raise CardWrongKind()
            self._judge(request, entry.kind, session, facts)
        except CarddError as error:
            error.with_outcome(card=CardOutcome.REMOVED if isinstance(error, CardRemoved) else CardOutcome.UNTOUCHED)
            await self._parts.refusals.note(RecordContext(**facts), error.code, error.facts.problem)
            raise
        return _Admitted(entry, entry.card_type, session, facts)

    def _session(self, request: Request) -> Session | None:
        if request.operation is Operation.LOGIN:
            return None
        return self._parts.sessions.need(request.call.caller.seat, request.call.caller.peer.uid)

    def _judge(self, request: Request, kind: CardKind, session: Session | None, facts: dict[str, Any]) -> None:
        """Ask the policy, and note in `facts` which rule spoke. Raises `PolicyDenied`."""
        decision = self._decide(request, kind, session)
        facts |= {"policy": self._parts.policy.hash, "rule": decision.rule}
        if not decision.allowed:
            raise PolicyDenied(rule=decision.rule, problem=decision.reason, field=decision.item)

    def _decide(self, request: Request, kind: CardKind, session: Session | None) -> Decision:
        question = Question(
            operation=request.operation,
            client=request.call.caller.client,
            card_kind=kind,
            role=session.operator.role if session is not None else None,
            purpose=request.purpose,
            case=request.case,
            items=request.items,
            key=request.key,
            pin=_sternest(request.pins),
            private_sector=request.call.caller.private_sector,
        )
        decision = decide(question, self._parts.policy)
        if decision.allowed and session and kind is CardKind.BADGE and session.badge.handle != request.card:
            # A badge works for the person who is logged in with it, and for nobody else.
            return Decision(False, "own_badge", "foreign_badge")
        return decision

    def _of_card(self, entry: CardEntry) -> dict[str, Any]:
        pseudonym = self._parts.pseudonyms.of_card(entry.kind, entry.identity)
        return {
            "reader": entry.place,
            "reader_role": "badge" if entry.kind is CardKind.BADGE else "resident",
            "card_kind": entry.kind,
            "card": pseudonym.value if pseudonym is not None else None,
            "card_source": pseudonym.source if pseudonym is not None else None,
        }

    # --- while it runs, and after ------------------------------------------------------------------------------------

    async def _work(self, intent: Receipt, door: Door, plan: Callable[[Door], Awaitable[T]]) -> Performed[T]:
        started = self._parts.clock.boottime()
        try:
            result = await plan(door)
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
        return Performed(result, await self._close(intent, door, started, None))

    def _still(self, session: Session | None) -> None:
        """Raise `SessionRequired` when the session under which an operation began has ended."""
        if session is not None and not self._parts.sessions.still(session):
            raise SessionRequired(problem="ended_meanwhile")

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


@dataclass(frozen=True, slots=True)
class _Admitted:
    """What was found out before the intent. `facts`: the fields of its record."""

    entry: CardEntry
    card_type: CardType
    session: Session | None
    facts: dict[str, Any]


def _caller(call: Call) -> dict[str, Any]:
    """The fields of a record that say who calls."""
    caller = call.caller
    return {
        "event": call.method,
        "request": call.request_id,
        "seat": caller.seat,
        "client": caller.client,
        "uid": caller.peer.uid,
        "gid": caller.peer.gid,
    }


def _who(request: Request) -> dict[str, Any]:
    """The fields of a record that the request alone knows."""
    return _caller(request.call) | {
        "operation": request.operation,
        "purpose": request.purpose,
        "case": request.case,
        "items": request.items or None,
        "key": request.key,
        "pin": _only(request.pins),
        "digests": request.digests,
        "algorithm": request.algorithm,
        "fingerprint_given": request.fingerprint_given,
    }


def _of_session(session: Session | None) -> dict[str, Any]:
    if session is None:
        return {}
    return {"session": session.id, "operator": session.operator.id, "role": session.operator.role}


def _sternest(pins: tuple[PinKind, ...]) -> PinKind | None:
    """The PIN that a rule must look at: 照合番号A is the individual number, also in the company of others."""
    return PinKind.VERIFICATION_A if PinKind.VERIFICATION_A in pins else _only(pins)


def _only(pins: tuple[PinKind, ...]) -> PinKind | None:
    return pins[0] if len(pins) == 1 else None


def _check_seat(entry: CardEntry, seat: SeatName) -> None:
    if entry.reader.seat not in (None, seat):
        raise CardWrongReader(reader=entry.reader.shown, problem="other_seat")
