"""Whether a request may begin: lockdown, card, session, policy, the age of the operator's PIN, a second person. In this order.

What is refused here is on record as a refusal, with all that was known by then; no card was touched.
"""

from dataclasses import dataclass
from typing import Any

from cardd.audit.records import RecordContext, StateRecord
from cardd.cards.card_type import CardType
from cardd.errors import (
    ApprovalInvalid,
    ApprovalRequired,
    CarddError,
    CardRemoved,
    CardUnsupported,
    CardWrongKind,
    CardWrongReader,
    PinTooOld,
    PolicyDenied,
)
from cardd.gate import fields
from cardd.gate.parts import GateParts
from cardd.gate.request import NO_CARD, Request
from cardd.japan_time import today
from cardd.model import CardHandle, CardKind, CardOutcome, Operation, SeatName
from cardd.policy.decide import decide, may_approve
from cardd.policy.facts import Decision, Question
from cardd.policy.table import BADGE_CARE, BADGE_PROOFS
from cardd.readers.entries import CardEntry
from cardd.sessions.table import Session
from cardd.state.approvals import Approval, content_hash
from cardd.state.people import marks_of

WITHOUT_SESSION = frozenset({Operation.LOGIN, Operation.APPROVE, Operation.LOCKDOWN_RELEASE, Operation.HEAD_EXPORT})
"""A badge proves its holder here; nobody need be logged in."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """What was found out before the intent. `facts`: the fields of its record."""

    entry: CardEntry
    card_type: CardType
    session: Session | None
    facts: dict[str, Any]


class Admission:
    """Says yes, or raises."""

    def __init__(self, parts: GateParts) -> None:
        self._parts = parts

    async def to_card(self, request: Request) -> Admitted:
        """For an operation on a card. Raises `LockedDown`, `CardAbsent`, `CardChanged`, `CardRemoved`, `CardUnsupported`,
        `CardWrongKind`, `CardWrongReader`, `SessionRequired`, `SessionLocked`, `PolicyDenied`, `PinTooOld`,
        `ApprovalRequired`, `ApprovalInvalid`, `AuditUnavailable`.
        """
        facts = fields.of_request(request)
        try:
            if request.operation is not Operation.LOCKDOWN_RELEASE:
                self._parts.lockdown.check()
            entry = await self._parts.presence.identified(request.card)
            facts |= fields.of_card(entry, self._parts.pseudonyms)
            _check_seat(entry, request.call.caller.seat)
            session = self._session(request)
            facts |= fields.of_session(session)
            if entry.card_type is None:
                raise CardUnsupported()
            if request.operation in BADGE_PROOFS and entry.kind is not CardKind.BADGE:
                raise CardWrongKind()
            decision = self._judge(request, entry.kind, session, facts)
            await self._agreed(request, decision, session, facts)
        except CarddError as error:
            error.with_outcome(card=CardOutcome.REMOVED if isinstance(error, CardRemoved) else CardOutcome.UNTOUCHED)
            await self._refused(facts, error)
            raise
        return Admitted(entry, entry.card_type, session, facts)

    async def to_repeat(self, request: Request, kind: CardKind) -> Session | None:
        """For an answer that was given before and is given again; `kind`: what the card was. It is on record then.

        Raises `LockedDown`, `SessionRequired`, `SessionLocked`, `PolicyDenied`, `PinTooOld`, `AuditUnavailable`.
        """
        facts = fields.of_request(request) | {"card_kind": kind}
        try:
            self._parts.lockdown.check()
            session = self._session(request)
            facts |= fields.of_session(session)
            self._judge(request, kind, session, facts)
        except CarddError as error:
            await self._refused(facts, error)
            raise
        await self._parts.journal.state(StateRecord(**facts, problem="repeated"))
        return session

    async def without_card(self, request: Request, kind: CardKind = CardKind.UNKNOWN) -> tuple[Session, dict[str, Any]]:
        """For what touches no card: the role's rights, or a row about cards of this `kind`, allow it. Also the fields that name a
        second person, where one agreed.

        Raises `LockedDown` (but never for the stop itself), `SessionRequired`, `SessionLocked`, `PolicyDenied`,
        `ApprovalRequired`, `ApprovalInvalid`, `AuditUnavailable`.
        """
        facts = fields.of_request(request)
        try:
            if request.operation is not Operation.LOCKDOWN:
                self._parts.lockdown.check()
            session = self._session(request)
            assert session is not None
            facts |= fields.of_session(session)
            decision = self._judge(request, kind, session, facts)
            await self._agreed(request, decision, session, facts)
        except CarddError as error:
            await self._refused(facts, error)
            raise
        return session, {name: facts.get(name) for name in ("approval", "approver", "content")}

    # --- one by one --------------------------------------------------------------------------------------------------

    def _session(self, request: Request) -> Session | None:
        if request.operation in WITHOUT_SESSION:
            return None
        caller = request.call.caller
        uid = caller.peer.uid if request.owner_uid is None else request.owner_uid
        return self._parts.sessions.need(caller.seat, uid, locked_too=request.operation is Operation.UNLOCK)

    def _judge(self, request: Request, kind: CardKind, session: Session | None, facts: dict[str, Any]) -> Decision:
        """Ask the policy, and note in `facts` which rule spoke. Raises `PolicyDenied`, `PinTooOld`."""
        decision = self._decide(request, kind, session, facts)
        facts |= {"policy": self._parts.in_force.policy.hash, "rule": decision.rule}
        if not decision.allowed:
            raise PolicyDenied(rule=decision.rule, problem=decision.reason, field=decision.item)
        if decision.pin_again and session and self._parts.sessions.pin_age_s(session) > self._parts.pin_fresh_s:
            raise PinTooOld(limit=int(self._parts.pin_fresh_s))
        return decision

    def _decide(self, request: Request, kind: CardKind, session: Session | None, facts: dict[str, Any]) -> Decision:
        emergency = session is not None and self._parts.overrides.covers(session, request.purpose, request.case)
        if emergency:
            facts["emergency"] = True
        question = Question(
            operation=request.operation,
            client=request.call.caller.client,
            card_kind=kind,
            role=session.operator.role if session is not None else None,
            purpose=request.purpose,
            case=request.case,
            items=request.items,
            key=request.key,
            pin=fields.sternest(request.pins),
            private_sector=request.call.caller.private_sector,
            emergency=emergency,
        )
        decision = decide(question, self._parts.in_force.policy)
        if decision.allowed and session and kind is CardKind.BADGE and request.card != NO_CARD:
            return _whose_badge(decision, request.operation, request.card, session)
        return decision

    async def _agreed(
        self, request: Request, decision: Decision, session: Session | None, facts: dict[str, Any]
    ) -> None:
        """Use a second person's approval where one is needed; without one it is asked for. Raises `ApprovalRequired`."""
        if session is None:
            return
        if not decision.second_person:
            # Nobody looked at what the caller says was approved: it must not stand on record as if somebody had.
            facts["approval"] = None
            return
        approvals, content = self._parts.approvals, fields.content_of(request, facts)
        facts["content"] = content_hash(content)
        if request.resumes is not None:
            facts |= self._resumed(request.resumes, session, facts["content"])
            return
        if request.approval is None:
            asked = approvals.ask(session.operator, request.operation, request.call.method, content, session.seat)
            facts["approval"] = asked.id
            raise ApprovalRequired(approval=asked.id)
        facts["approval"] = request.approval
        self._check_approver(approvals.find(request.approval))
        used = approvals.use(request.approval, session.operator, request.operation, content)
        facts["approver"] = used.approver

    def _resumed(self, approval: str, session: Session, content: str) -> dict[str, Any]:
        """An approval that was used already lets its own work be finished, for the same requester and content."""
        known = self._parts.approvals.find(approval)
        if known is None or known.state != "used":
            raise ApprovalInvalid(approval=approval, problem="unknown")
        if known.requester_person != session.operator.who:
            raise ApprovalInvalid(approval=approval, problem="other_requester")
        if known.content_hash != content:
            raise ApprovalInvalid(approval=approval, problem="other_content")
        return {"approval": approval, "approver": known.approver}

    def _check_approver(self, given: Approval | None) -> None:
        """Whoever agreed must still be somebody who may: since then the badge may have been reported lost, or the role be over.

        Raises `ApprovalInvalid` (`approver`).
        """
        if given is None or given.approver is None:
            return
        policy, register = self._parts.in_force.policy, self._parts.in_force.register
        approver = register.by_id(given.approver)
        day = today(self._parts.clock.utc_us())
        stands = approver is not None and approver.stands_on(day) and not marks_of(approver) & register.blocked
        if approver is None or not stands or not may_approve(approver.role, given.operation, policy):
            raise ApprovalInvalid(approval=given.id, problem="approver")

    async def _refused(self, facts: dict[str, Any], error: CarddError) -> None:
        await self._parts.refusals.note(RecordContext(**facts), error.code, error.facts.problem)


def _whose_badge(decision: Decision, operation: Operation, card: CardHandle, session: Session) -> Decision:
    """A badge works for the person who is logged in with it, and for nobody else; its care is another one's work."""
    own = session.badge.handle == card
    if operation in BADGE_CARE:
        return decision if not own else Decision(False, "own_badge", "own_badge")
    return decision if own or operation in WITHOUT_SESSION else Decision(False, "own_badge", "foreign_badge")


def _check_seat(entry: CardEntry, seat: SeatName) -> None:
    if entry.reader.seat not in (None, seat):
        raise CardWrongReader(reader=entry.reader.shown, problem="other_seat")
