"""The use case of the emergency override (S10): for one case of a listed purpose, with a reason, on record and loud."""

from cardd.gate.gate import Gate
from cardd.gate.request import NO_CARD, Performed, Request
from cardd.model import Operation
from cardd.ports import Call, Publish
from cardd.sessions.overrides import Override, Overrides


class OverrideService:
    """Takes the override for the session of the caller."""

    def __init__(self, gate: Gate, overrides: Overrides, publish: Publish) -> None:
        self._gate = gate
        self._overrides = overrides
        self._publish = publish

    async def take(self, call: Call, purpose: str, case: str, reason: str) -> Performed[Override]:
        """From its record on, rows for emergencies count for this purpose and case, and no second person is needed.

        `reason`: one word of the wire's list. Raises `SessionRequired`, `SessionLocked`, `PolicyDenied`
        (no right, or no purpose for emergencies), `AuditUnavailable`; then nothing is overridden.
        """
        session = await self._gate.allow(Request(call, Operation.OVERRIDE, NO_CARD, purpose, case))
        receipt = await self._gate.note(
            call, session, operation=Operation.OVERRIDE, purpose=purpose, case=case, problem=reason, emergency=True
        )
        self._gate.check_session(session)  # it may have been locked, or be over, while the record was written
        taken = self._overrides.take(session, purpose, case)
        self._publish(
            "alarm", "emergency_override", {"seat": session.seat, "uid": session.uid, "operator": session.operator.id}
        )
        return Performed(taken, receipt)
