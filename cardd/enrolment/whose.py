"""Whose badge is it, and may this person get one: one badge for a person, one person for a badge (S12)."""

from datetime import date, timedelta, timezone

from cardd.cards.card_type import Application
from cardd.cards.chuid import guid_of
from cardd.cards.piv_admin import BadgeCondition
from cardd.enrolment.order import NewOperator
from cardd.enrolment.workshop import Workshop
from cardd.errors import BadgeTaken, BadgeUnfit, BadRequest, OperatorExists, OperatorUnknown
from cardd.gate.door import Door
from cardd.model import KeyRole
from cardd.register import Operator, Register

JAPAN = timezone(timedelta(hours=9))
"""Days of the register are days in Japan, which has no summer time."""


def today(shop: Workshop) -> date:
    return shop.now().astimezone(JAPAN).date()


def may_come_in(operator: Operator, day: date) -> bool:
    """Whether the register lets this operator in on this day."""
    return operator.status == "active" and (operator.until is None or day <= operator.until)


def has_live_badge(operator: Operator, register: Register, day: date) -> bool:
    """Whether any badge of this entry would be let in on this day."""
    live = any(not register.blocks(fingerprint, operator.guid) for fingerprint in operator.certificates)
    return live and may_come_in(operator, day)


def check_free(who: NewOperator, shop: Workshop) -> None:
    """Whether this person may get a badge.

    Raises `OperatorExists`: `has_badge`, `person` (has one under another entry), `unix_user`, `not_active`, `other_role` (the signed
    register says otherwise); `OperatorUnknown` for a person who is nowhere; `BadRequest` for a role that the policy does not know.
    """
    if who.role not in shop.in_force.policy.roles:
        raise BadRequest(field="role", problem="role_unknown")
    register, day = shop.in_force.register, today(shop)
    if who.person not in (None, who.id) and not any(who.person in (each.id, each.who) for each in register.operators):
        raise OperatorUnknown(field="person")
    known = register.by_id(who.id)
    if known is not None:
        _check_entry(known, who, register, day)
    for other in register.operators:
        if other.id == who.id:
            continue
        if {who.id, who.who} & {other.id, other.who} and has_live_badge(other, register, day):
            raise OperatorExists(problem="person")
        if who.unix_user is not None and other.unix_user == who.unix_user:
            raise OperatorExists(problem="unix_user")


def _check_entry(known: Operator, who: NewOperator, register: Register, day: date) -> None:
    if has_live_badge(known, register, day):
        raise OperatorExists(problem="has_badge")
    if not may_come_in(known, day):
        raise OperatorExists(problem="not_active")
    if known.role != who.role:
        raise OperatorExists(problem="other_role")


def check_not_taken(guid: str | None, certificates: frozenset[str], shop: Workshop, operator_id: str) -> None:
    """Whether a badge with this number and these 9A certificates is nobody's. Raises `BadgeTaken`."""
    register = shop.in_force.register
    open_here = shop.book.progress(guid) if guid is not None else None
    if open_here is not None and open_here.guid == guid:
        if open_here.operator_id != operator_id:
            raise BadgeTaken(problem="enrolment_open")
        return
    marks = certificates | ({guid} if guid is not None else frozenset())
    if marks & register.blocked:
        raise BadgeTaken(problem="blocked")
    for operator in register.operators:
        if marks & (frozenset(operator.certificates) | ({operator.guid} if operator.guid else frozenset())):
            raise BadgeTaken()


def fingerprints(found: BadgeCondition) -> frozenset[str]:
    """Of the certificates that a badge carries."""
    return frozenset(fingerprint for fingerprint in found.certificates.values() if fingerprint is not None)


def number_of(door: Door) -> str:
    """The number that the badge in the reader shows, 32 hex digits. Raises `BadgeUnfit` (`no_number`)."""
    guid = guid_of(door.expected(Application.PIV).identity)
    if guid is None:
        raise BadgeUnfit(problem="no_number")
    return guid


def check_holder(found: BadgeCondition, operator: Operator, shop: Workshop) -> str:
    """The number of the badge, if it is this operator's and counts.

    Raises `BadgeTaken` for somebody else's, `BadgeUnfit`: `no_number`, `other_badge`, `blocked`.
    """
    if found.guid is None:
        raise BadgeUnfit(problem="no_number")
    register, guid = shop.in_force.register, found.guid.hex()
    certificate = found.certificates.get(KeyRole.AUTHENTICATION) or ""
    if guid in register.blocked or certificate in register.blocked:
        raise BadgeUnfit(problem="blocked")
    unfinished = shop.book.progress(guid)
    if unfinished is not None and (unfinished.guid, unfinished.operator_id) == (guid, operator.id):
        return guid
    holder = next((each for each in register.operators if each.guid == guid), register.by_certificate(certificate))
    if holder is None:
        raise BadgeUnfit(problem="other_badge")
    if holder.id != operator.id:
        raise BadgeTaken()
    return guid
