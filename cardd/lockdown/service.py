"""The use case of the emergency stop: one right engages it, two administrators release it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cardd.errors import ApprovalInvalid, PolicyDenied
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.request import NO_CARD, Performed, Receipt, Request
from cardd.model import CardHandle, Operation, PinKind
from cardd.ports import Call
from cardd.proving.prover import BadgeProver, Proven
from cardd.register import Operator
from cardd.sessions.session import SessionEnd
from cardd.sessions.table import SessionTable
from cardd.state.lockdown import Lockdown


@dataclass(frozen=True, slots=True)
class Engaged:
    """Since when (UTC, microseconds), and how many sessions it ended."""

    since_us: int
    sessions_ended: int


@dataclass(frozen=True, slots=True)
class Release:
    """One administrator's word. `second_until_us`: until when another one must follow, None = it is released."""

    operator: Operator
    second_until_us: int | None


class LockdownService:
    """Engages and releases the emergency stop."""

    def __init__(
        self,
        gate: Gate,
        sessions: SessionTable,
        lockdown: Lockdown,
        prover: BadgeProver,
        reset_cards: Callable[[], Awaitable[None]],
    ) -> None:
        """`reset_cards` stops what runs on any card and cuts the power of all."""
        self._gate = gate
        self._sessions = sessions
        self._lockdown = lockdown
        self._prover = prover
        self._reset_cards = reset_cards

    async def engage(self, call: Call, reason: str) -> Performed[Engaged]:
        """End all sessions, reset all cards, refuse all card work from now on. It holds even when nothing can be written.

        Raises `SessionRequired`, `SessionLocked`, `PolicyDenied`, `AuditUnavailable` (it is engaged all the same).
        """
        session = await self._gate.allow(Request(call, Operation.LOCKDOWN, NO_CARD))
        open_now = len(self._sessions.all())
        try:
            engaged = self._lockdown.engage(session.operator.id, reason)
        finally:
            self._sessions.end_all(SessionEnd.LOCKDOWN)
            await self._reset_cards()
        receipt = await self._gate.note(call, session, operation=Operation.LOCKDOWN, problem=reason, count=open_now)
        return Performed(Engaged(engaged.since_us, open_now), receipt)

    async def release(self, call: Call, badge: CardHandle | None) -> Performed[Release]:
        """One administrator's badge and PIN; the second, another person, within 5 minutes releases it.

        Raises `ApprovalInvalid` (`not_engaged`, `same_person`), `PolicyDenied`, and what gate and proof raise.
        """
        if self._lockdown.engaged is None:
            raise ApprovalInvalid(problem="not_engaged")
        handle = badge or await self._gate.badge_at(call.caller.seat)
        request = Request(call, Operation.LOCKDOWN_RELEASE, handle, pins=(PinKind.BADGE,))

        async def plan(door: Door) -> Proven:
            return await self._prover.prove(door, "release", fits=self._fits)

        performed = await self._gate.perform(request, plan)
        operator = performed.result.operator
        released = self._lockdown.vote(operator)
        receipt: Receipt = performed.receipt
        if released:
            receipt = await self._gate.note(call, operator, operation=Operation.LOCKDOWN_RELEASE, problem="released")
        return Performed(Release(operator, None if released else self._lockdown.second_until_us), receipt)

    def _fits(self, operator: Operator) -> None:
        if not self._gate.has_right(operator, Operation.LOCKDOWN_RELEASE):
            raise PolicyDenied(rule="rights", problem="no_right")
        self._lockdown.check_vote(operator)
