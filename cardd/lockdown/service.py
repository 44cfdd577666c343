"""The use case of the emergency stop: one right engages it, two administrators release it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cardd.errors import ApprovalInvalid, AuditUnavailable, CarddError, PolicyDenied
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.request import NO_CARD, Performed, Receipt, Request
from cardd.model import CardHandle, Operation, PinKind
from cardd.ports import Call, Publish
from cardd.proving.prover import BadgeProver, Proven
from cardd.register import Operator
from cardd.sessions.session import SessionEnd
from cardd.sessions.table import Session, SessionTable
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


@dataclass(frozen=True, slots=True)
class Means:
    """What the emergency stop acts on. `reset_cards` stops what runs on any card and cuts the power of all."""

    sessions: SessionTable
    lockdown: Lockdown
    reset_cards: Callable[[], Awaitable[None]]
    publish: Publish


class LockdownService:
    """Engages and releases the emergency stop."""

    def __init__(self, gate: Gate, prover: BadgeProver, means: Means) -> None:
        self._gate = gate
        self._prover = prover
        self._means = means

    async def engage(self, call: Call, reason: str) -> Performed[Engaged]:
        """End all sessions, reset all cards, refuse all card work from now on. It holds even when nothing can be written.

        Done whole, whatever becomes of the caller. Raises `SessionRequired`, `SessionLocked`, `PolicyDenied`;
        `AuditUnavailable` when it is in force, but not on the disk (`lockdown_not_kept`: a restart would lift it) or not on
        record (`lockdown_not_recorded`).
        """
        session = await self._gate.allow(Request(call, Operation.LOCKDOWN, NO_CARD))
        stopping = asyncio.ensure_future(self._stop_everything(call, session, reason))
        try:
            return await asyncio.shield(stopping)
        except asyncio.CancelledError:
            await asyncio.wait([stopping])
            if not stopping.cancelled():
                stopping.exception()
            raise

    async def release(self, call: Call, badge: CardHandle | None) -> Performed[Release]:
        """One administrator's badge and PIN; the second, another person, within 5 minutes releases it.

        Raises `ApprovalInvalid` (`not_engaged`, `same_person`), `PolicyDenied`, and what gate and proof raise.
        """
        lockdown = self._means.lockdown
        if lockdown.engaged is None:
            raise ApprovalInvalid(problem="not_engaged")
        handle = badge or await self._gate.badge_at(call.caller.seat)
        request = Request(call, Operation.LOCKDOWN_RELEASE, handle, pins=(PinKind.BADGE,))

        async def plan(door: Door) -> Proven:
            return await self._prover.prove(door, "release", fits=self._fits)

        performed = await self._gate.perform(request, plan)
        operator = performed.result.operator
        try:
            released = lockdown.vote(operator)
        except CarddError as error:
            told = {"operation": Operation.LOCKDOWN_RELEASE, "code": error.code, "problem": error.facts.problem}
            await self._gate.note(call, operator, **told)
            raise
        receipt: Receipt = performed.receipt
        if released:
            receipt = await self._gate.note(call, operator, operation=Operation.LOCKDOWN_RELEASE, problem="released")
        return Performed(Release(operator, None if released else lockdown.second_until_us), receipt)

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _stop_everything(self, call: Call, session: Session, reason: str) -> Performed[Engaged]:
        """In force first, then everything else: no failure of disk or card comes before it."""
        means, operator = self._means, session.operator.id
        unkept: AuditUnavailable | None = None
        try:
            means.lockdown.engage(operator, reason)
        except AuditUnavailable as error:
            unkept = error
        engaged = means.lockdown.engaged
        assert engaged is not None
        open_now = len(means.sessions.all())
        means.sessions.end_all(SessionEnd.LOCKDOWN)
        means.publish("alarm", "lockdown_engaged", {"seat": session.seat, "operator": operator, "problem": reason})
        resetting = asyncio.ensure_future(means.reset_cards())
        try:
            code = None if unkept is None else unkept.code
            receipt = await self._gate.note(
                call, session, operation=Operation.LOCKDOWN, problem=reason, code=code, count=open_now
            )
        except AuditUnavailable as error:
            raise AuditUnavailable(problem="lockdown_not_recorded") from error
        finally:
            await resetting
        if unkept is not None:
            raise AuditUnavailable(problem="lockdown_not_kept") from unkept
        return Performed(Engaged(engaged.since_us, open_now), receipt)

    def _fits(self, operator: Operator) -> None:
        if not self._gate.has_right(operator, Operation.LOCKDOWN_RELEASE):
            raise PolicyDenied(rule="rights", problem="no_right")
        self._means.lockdown.check_vote(operator)
