"""The use case of four eyes: another person, with another badge and its PIN, agrees to exactly what was asked for (S9)."""

from cardd.errors import ApprovalInvalid
from cardd.gate.gate import Gate
from cardd.gate.request import NO_CARD, Performed, Receipt, Request
from cardd.model import CardHandle, Operation, PinKind
from cardd.ports import Call
from cardd.proving.prover import BadgeProver
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
        the seat beside that of the session there. Raises `ApprovalInvalid` before any PIN is asked when it cannot be given,
        and what gate and proof raise.
        """
        known = self._open(approval, content_hash)
        handle = badge or await self._gate.badge_at(call.caller.seat, self._gate.session_badge(call))
        request = Request(
            call,
            Operation.APPROVE,
            handle,
            pins=(PinKind.BADGE,),
            approval=known.id,
            agrees_to=content_hash,
            content=(*known.content.items(), ("requester", known.requester)),
            subject=known.requester,
        )
        about = bytes.fromhex(content_hash)
        performed = await self._gate.perform(
            request,
            lambda door: self._prover.prove(door, "approve", about=about, fits=lambda who: self._fits(who, known)),
        )
        proven = performed.result
        given = self._approvals.give(known.id, proven.operator, content_hash, proven.proof)
        return Performed(given, performed.receipt)

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

    def _open(self, approval: str, content_hash: str) -> Approval:
        known = self._approvals.find(approval)
        if known is None or known.state == "expired":
            raise ApprovalInvalid(approval=approval, problem="unknown" if known is None else "expired")
        if known.state != "asked":
            raise ApprovalInvalid(approval=approval, problem="used" if known.state == "given" else known.state)
        if known.content_hash != content_hash:
            raise ApprovalInvalid(approval=approval, problem="other_content")
        return known

    def _fits(self, approver: Operator, known: Approval) -> None:
        if approver.who == known.requester_person:
            raise ApprovalInvalid(approval=known.id, problem="same_person")
        if not self._gate.may_approve(approver, known.operation):
            raise ApprovalInvalid(approval=known.id, problem="role")
