"""The list of operators and their badges, with what runs out soon."""

from datetime import UTC, datetime
from typing import Literal

from cardd.enrolment import whose
from cardd.enrolment.order import BadgeLine, Page, Status
from cardd.enrolment.workshop import Workshop
from cardd.gate.request import NO_CARD, Request
from cardd.model import Operation
from cardd.ports import Call
from cardd.register import Operator
from cardd.state.badges import LocalBadge, Progress

DAY_US = 86_400_000_000


class BadgeList:
    """`page`. Touches no card."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    async def page(self, call: Call, cursor: str | None, limit: int) -> Page:
        """Up to `limit` operators behind the id `cursor`, by id. On record before it is given. Raises as `Gate.allow`."""
        gate = self._shop.gate
        session = await gate.allow(Request(call, Operation.BADGE_LIST, NO_CARD))
        behind = [line for line in self._lines() if cursor is None or line.operator > cursor]
        lines = tuple(behind[:limit])
        receipt = await gate.note(call, session, operation=Operation.BADGE_LIST, count=len(lines))
        return Page(lines, lines[-1].operator if len(behind) > limit else None, receipt)

    def _lines(self) -> list[BadgeLine]:
        shop = self._shop
        register, day = shop.in_force.register, whose.today(shop)
        local = {badge.operator.id: badge for badge in shop.book.operators()}
        signed = {operator.id for operator in shop.in_force.signed_register.operators}
        unfinished = {each.operator_id: each for each in shop.book.all_progress()}
        lines = []
        for operator in register.operators:
            made = _still_in_force(local.get(operator.id), operator)
            blocked = operator.status == "blocked" or _all_blocked(operator, register.blocked)
            status: Status = "blocked" if blocked else "active" if whose.may_come_in(operator, day) else "ended"
            if operator.id in unfinished:
                status = "incomplete"
            source: Literal["register", "here"] = "register" if operator.id in signed else "here"
            lines.append(self._line(operator, status, source, made))
        known = {operator.id for operator in register.operators}
        lines += [self._unfinished(each) for each in unfinished.values() if each.operator_id not in known]
        return sorted(lines, key=lambda line: line.operator)

    def _line(
        self, operator: Operator, status: Status, source: Literal["register", "here"], made: LocalBadge | None
    ) -> BadgeLine:
        left = (made.expires_us - self._shop.clock.utc_us()) // DAY_US if made is not None else None
        return BadgeLine(
            operator.id,
            operator.name,
            operator.role,
            status,
            source,
            operator.guid,
            datetime.fromtimestamp(made.expires_us / 1e6, tz=UTC) if made is not None else None,
            left,
            made.management_key if made is not None else None,
        )

    def _unfinished(self, progress: Progress) -> BadgeLine:
        """An enrolment that was broken off: who it was for stands in its order alone."""
        facts = progress.facts
        name, role = facts.get("name", progress.operator_id), facts.get("role", "")
        return BadgeLine(progress.operator_id, name, role, "incomplete", "here", progress.guid, None, None, None)


def _still_in_force(made: LocalBadge | None, operator: Operator) -> LocalBadge | None:
    """What is known of a badge made here, unless a newer register gives this operator another one."""
    if made is None or not set(made.operator.certificates) & set(operator.certificates):
        return None
    return made


def _all_blocked(operator: Operator, blocked: frozenset[str]) -> bool:
    if operator.guid is not None and operator.guid in blocked:
        return True
    return bool(operator.certificates) and all(mark in blocked for mark in operator.certificates)
