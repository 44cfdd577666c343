"""The use case of four eyes: another person, with another badge and its PIN, agrees to exactly what was asked for (S9)."""

from cardd.errors import ApprovalInvalid, CarddError
from cardd.gate.door import Door
from cardd.gate.fields import REQUESTER
from cardd.gate.gate import Gate
from cardd.gate.request import NO_CARD, Performed, Receipt, Request
from cardd.model import CardHandle, Operation, PinKind
from cardd.ports import Call
from cardd.proving.prover import BadgeProver, Proven
from cardd.register import Operator
from cardd.state.approvals import Approval, Approvals


class ApprovalService:
    """Shows what waits, and takes the second person's yes or no."""

    def __init__(self, gate: Gate, approvals: Approvals, prover: BadgeProver) -> None:
        self._gate = gate
        self._approvals = approvals
        self._prover = prover

    def waiting(self) -> tuple[Approval, ...]:
        """What was asked for and what was approved and not used yet. Nothing of a resident stands in it but the case number."""
        return self._approvals.open()

    async def give(self, call: Call, approval: str, content_hash: str, badge: CardHandle | None) -> Performed[Approval]:
        """The holder of `badge` agrees. Needs no session: the badge proves its holder for this one act, and signs the content.

        `content_hash`: of the content that the person was shown (SHA-256, 64 hex digits). `badge` None: the only badge at
        the seat beside that of whoever asked. Raises `ApprovalInvalid`, on record, before any PIN is asked when it cannot be
        given, and what gate and proof raise.
        """
        try:
            known = self._open(approval, content_hash)
        except ApprovalInvalid as error:
            request = Request(call, Operation.APPROVE, NO_CARD, approval=approval, agrees_to=content_hash)
            await self._gate.refuse(request, error)
            raise
        handle = badge or await self._gate.badge_at(call.caller.seat, self._requester_s_badge(call, known))
        request = Request(
            call,
            Operation.APPROVE,
            handle,
            pins=(PinKind.BADGE,),
            approval=known.id,
            agrees_to=content_hash,
            content=(*known.content.items(), (REQUESTER, known.requester)),
            subject=known.requester,
        )

        async def plan(door: Door) -> Proven:
            about = bytes.fromhex(content_hash)
            proven = await self._prover.prove(door, "approve", about=about, fits=lambda who: self._fits(who, known))
            # It took a person's time: what was asked for may be over, or be given by somebody else.
            self._open(approval, content_hash)
            self._fits(proven.operator, known)
            return proven

        performed = await self._gate.perform(request, plan)
        return Performed(await self._given(call, known, performed.result), performed.receipt)

    async def refuse(self, call: Call, approval: str) -> Receipt:
        """Whoever asked takes it back, or somebody with the right `approvals` says no.

        Raises `ApprovalInvalid`, `SessionRequired`, `PolicyDenied`, `AuditUnavailable`.
        """
        known = self._approvals.find(approval)
        if known is None:
            raise ApprovalInvalid(approval=approval, problem="unknown")
        session = self._gate.session(call)
        if session.operator.who != known.requester_person:
            session = await self._gate.allow(Request(call, Operation.APPROVALS, NO_CARD, subject=known.requester))
        self._approvals.refuse(approval, session.operator)
        return await self._gate.note(
            call, session, approval=approval, content=known.content_hash, subject=known.requester, problem="refused"
        )

    async def _given(self, call: Call, known: Approval, who: Proven) -> Approval:
        """Make it count: its proof is on record. What hinders it in the last moment is put on record as well."""
        try:
            self._gate.check_lockdown()
            return self._approvals.give(known.id, who.operator, known.content_hash, who.proof)
        except CarddError as error:
            facts = {"approval": known.id, "content": known.content_hash, "subject": known.requester}
            told = {"operation": Operation.APPROVE, "code": error.code, "problem": error.facts.problem}
            await self._gate.note(call, who.operator, **facts, **told)
            raise

    def _requester_s_badge(self, call: Call, known: Approval) -> CardHandle | None:
        """The badge that cannot be meant, where whoever asked is logged in at this seat."""
        session = self._gate.session_at(call.caller.seat)
        asked_here = session is not None and session.operator.who == known.requester_person
        return session.badge.handle if session is not None and asked_here else None

    def _open(self, approval: str, content_hash: str) -> Approval:
        known = self._approvals.find(approval)
        if known is None:
            raise ApprovalInvalid(approval=approval, problem="unknown")
        if known.state != "asked":
            raise ApprovalInvalid(approval=approval, problem=known.state)
        if known.content_hash != content_hash:
            raise ApprovalInvalid(approval=approval, problem="other_content")
        return known

    def _fits(self, approver: Operator, known: Approval) -> None:
        self._approvals.check_approver(known.id, approver)
        if not self._gate.may_approve(approver, known.operation):
            raise ApprovalInvalid(approval=known.id, problem="role")
