"""A loss report: the operator's badge counts no more, at once. One person is enough; a badge that is lost waits for nobody (S12)."""

from cardd.enrolment.course import issued_of
from cardd.enrolment.order import Blocked
from cardd.enrolment.workshop import Workshop
from cardd.errors import CarddError, OperatorUnknown
from cardd.gate.request import NO_CARD, Request
from cardd.model import Operation
from cardd.ports import Call
from certs.ca.building import fingerprint


class LossReports:
    """`block`."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    async def block(self, call: Call, operator_id: str, reason: str) -> Blocked:
        """All badges of this operator, whole or half made, count no more; sessions opened with them end.

        `reason`: one word. Said again for the same operator, it blocks what is new. Raises `OperatorUnknown`, and what `Gate.allow`
        raises.
        """
        shop = self._shop
        request = Request(
            call,
            Operation.BADGE_BLOCK,
            NO_CARD,
            content=(("operator", operator_id), ("reason", reason)),
            subject=operator_id,
        )
        session = await shop.gate.allow(request)
        marks = self._marks(operator_id)
        if marks is None:
            error: CarddError = OperatorUnknown(field="operator")
            await shop.gate.refuse(request, error)
            raise error
        receipt = await shop.gate.note(
            call, session, operation=Operation.BADGE_BLOCK, subject=operator_id, problem=reason
        )
        open_before = {each.id for each in shop.sessions.all()}
        shop.book.block(marks, operator_id=operator_id, by=session.operator.id, reason=reason)
        if shop.book.progress(operator_id) is not None:
            shop.book.finish(operator_id)
        shop.in_force.badges_changed()
        ended = open_before - {each.id for each in shop.sessions.all()}
        shop.publish(
            "alarm", "badge_blocked", {"seat": call.caller.seat, "uid": call.caller.peer.uid, "problem": reason}
        )
        return Blocked(operator_id, len(ended), receipt)

    def _marks(self, operator_id: str) -> set[str] | None:
        """Fingerprints and numbers of all that this operator has; None: there is no such operator."""
        shop = self._shop
        known, progress = shop.in_force.register.by_id(operator_id), shop.book.progress(operator_id)
        if progress is not None and progress.operator_id != operator_id:
            progress = None
        if known is None and progress is None:
            return None
        marks: set[str] = set()
        if known is not None:
            marks |= {*known.certificates, *([known.guid] if known.guid else [])}
        if progress is not None:
            marks |= {progress.guid, *(fingerprint(der) for der in issued_of(progress).values())}
        return marks
