"""Who signed a file of the office, and whether these two may: two persons of the register, each with the right to it (S9)."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from cardd.model import Operation
from cardd.policy.decide import has_right
from cardd.policy.rules import Policy
from cardd.register import Operator, Register
from cardd.state.people import marks_of, one_person

NEEDED = 2


class Refused(Exception):
    """A file is not put in force. `problem`: one word of `office.reload`; `details`: sentences for the administrator."""

    def __init__(self, problem: str, *details: str) -> None:
        self.problem, self.details = problem, details
        super().__init__(problem)


class Badge(Protocol):
    """What a signature's certificate says of the badge that made it."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def card_uuid(self) -> str | None: ...


def check_two_badges(badges: Sequence[Badge]) -> None:
    """Two signatures of two badges. Raises `Refused`: `one_signer`, `same_person`."""
    if len(badges) < NEEDED:
        raise Refused("one_signer", "one signature is there; a second person must sign too")
    if len({each.fingerprint for each in badges}) < NEEDED or len({each.card_uuid for each in badges}) < NEEDED:
        raise Refused("same_person", "both signatures were made with one badge")


def two_administrators(
    badges: Sequence[Badge], register: Register, policy: Policy, today: date
) -> tuple[Operator, Operator]:
    """The two persons behind the signatures. `today`: in Japan. Raises `Refused`: `one_signer`, `same_person`, `badge_blocked`,
    `not_administrator`."""
    check_two_badges(badges)
    first, second = (_administrator(each, register, policy, today) for each in badges)
    if one_person(second, first.id, first.who, marks_of(first)):
        raise Refused("same_person", f"`{first.id}` and `{second.id}` are one person")
    return first, second


def _administrator(badge: Badge, register: Register, policy: Policy, today: date) -> Operator:
    if register.blocks(badge.fingerprint, badge.card_uuid):
        raise Refused("badge_blocked", "a badge that signed was reported lost")
    operator = _holder(badge, register)
    if operator is None:
        raise Refused(
            "not_administrator",
            f"nobody in the register holds the badge {badge.card_uuid or 'of a signature'}; the entry needs its `guid`",
        )
    if operator.status != "active" or (operator.until is not None and today > operator.until):
        raise Refused("not_administrator", f"operator `{operator.id}` counts no more")
    if not has_right(operator.role, Operation.OFFICE_FILES, policy):
        raise Refused(
            "not_administrator", f"operator `{operator.id}`, role `{operator.role}`, has no right `office_files`"
        )
    return operator


def _holder(badge: Badge, register: Register) -> Operator | None:
    """By the badge's own number, which all its certificates carry (SP 800-73-4 part 1, 3.4.1), else by the certificate itself."""
    if badge.card_uuid is not None:
        for operator in register.operators:
            if operator.guid == badge.card_uuid:
                return operator
    return register.by_certificate(badge.fingerprint)


def signing_persons(register: Register, policy: Policy, today: date) -> int:
    """How many persons could sign the next file."""
    return len(
        {
            operator.who
            for operator in register.operators
            if operator.status == "active"
            and (operator.until is None or today <= operator.until)
            and has_right(operator.role, Operation.OFFICE_FILES, policy)
        }
    )
