"""Whose badge is it, and may this person get one: one badge for a person, one person for a badge (S12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cardd.cards.card_type import Application
from cardd.cards.chuid import guid_of
from cardd.cards.piv_admin import BadgeCondition
from cardd.enrolment.order import NewOperator
from cardd.enrolment.workshop import Workshop
from cardd.errors import BadgeTaken, BadgeUnfit, BadRequest, OperatorExists, OperatorUnknown
from cardd.gate.door import Door
from cardd.japan_time import day_of
from cardd.model import KeyRole
from cardd.register import Operator, Register
from cardd.state.people import marks_of

"""Days of the register are days in Japan, which has no summer time."""


def today(shop: Workshop) -> date:
    return day_of(shop.now())


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
        if who.unix_user is not None and other.unix_user == who.unix_user and other.who != who.who:
            raise OperatorExists(problem="unix_user")


def _check_entry(known: Operator, who: NewOperator, register: Register, day: date) -> None:
    if has_live_badge(known, register, day):
        raise OperatorExists(problem="has_badge")
    if not may_come_in(known, day):
        raise OperatorExists(problem="not_active")
    if known.role != who.role:
        raise OperatorExists(problem="other_role")


@dataclass(frozen=True, slots=True)
class Holders:
    """Who has which badge, as it is now: a picture that the reader's thread may look at, where the state must not be asked."""

    register: Register
    unfinished: Mapping[str, str]
    """Operator ids by the numbers of badges that are half made."""

    @classmethod
    def now(cls, shop: Workshop) -> "Holders":
        return cls(shop.in_force.register, {each.guid: each.operator_id for each in shop.book.all_progress()})

    def check_not_taken(self, guid: str | None, certificates: frozenset[str], operator_id: str) -> None:
        """Whether a badge with this number and these certificates is nobody's, or half made for this operator. Raises `BadgeTaken`."""
        half_made_for = self.unfinished.get(guid or "")
        if half_made_for == operator_id:
            return
        if half_made_for is not None:
            raise BadgeTaken(problem="enrolment_open")
        marks = certificates | ({guid} if guid is not None else frozenset())
        if marks & self.register.blocked:
            raise BadgeTaken(problem="blocked")
        if any(marks & marks_of(operator) for operator in self.register.operators):
            raise BadgeTaken()

    def check_holder(self, found: BadgeCondition, operator: Operator) -> str:
        """The number of the badge, if it is this operator's and counts.

        Raises `BadgeTaken` for somebody else's, `BadgeUnfit`: `no_number`, `other_badge`, `blocked`.
        """
        if found.guid is None:
            raise BadgeUnfit(problem="no_number")
        register, guid = self.register, found.guid.hex()
        certificate = found.certificates.get(KeyRole.AUTHENTICATION) or ""
        if guid in register.blocked or certificate in register.blocked:
            raise BadgeUnfit(problem="blocked")
        if self.unfinished.get(guid) == operator.id:
            return guid
        holder = next((each for each in register.operators if each.guid == guid), register.by_certificate(certificate))
        if holder is None:
            raise BadgeUnfit(problem="other_badge")
        if holder.id != operator.id:
            raise BadgeTaken()
        return guid


def fingerprints(found: BadgeCondition) -> frozenset[str]:
    """Of the certificates that a badge carries."""
    return frozenset(fingerprint for fingerprint in found.certificates.values() if fingerprint is not None)


def number_of(door: Door) -> str:
    """The number that the badge in the reader shows, 32 hex digits. Raises `BadgeUnfit` (`no_number`)."""
    guid = guid_of(door.expected(Application.PIV).identity)
    if guid is None:
        raise BadgeUnfit(problem="no_number")
    return guid
