"""Why a decision is what it is: the line that decided, and the rows that came nearest. Pure, like the decision itself."""

from dataclasses import dataclass

from cardd.model import CardKind, Item, KeyRole, Operation
from cardd.policy.decide import decide
from cardd.policy.facts import Question
from cardd.policy.rules import Policy, objects_of
from cardd.policy.table import ANY_CLIENT, NEED_KEYS, ROW_OPERATIONS, CertificateStatus, Row

MOST_NEAR = 5
"""Rows that are named at most."""
WITH_CERTIFICATE = frozenset({Operation.SIGN, Operation.CERTIFICATE_CHECK})
STILL_NEAR = 3
"""What lacks more than this is not near."""


@dataclass(frozen=True, slots=True)
class Near:
    """A row that would allow it, but for what it lacks."""

    row: str
    line: int | None
    lacks: tuple[str, ...]
    """Of `role`, `purpose`, `operation`, `item`, `key`, `card`, `client`, `emergency` (counts under the override only)."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its reasons."""

    allowed: bool
    rule: str
    reason: str
    """One word; empty where it is allowed."""
    item: str | None
    """The first item or key that was refused."""
    line: int | None
    """Line of the policy file that decided, where one line did."""
    second_person: bool
    pin_again: bool
    certificate_status: CertificateStatus | None
    """For what uses a certificate: what holds where nobody can tell whether it was revoked."""
    near: tuple[Near, ...]
    """Where it is refused: rows that would allow it but for something, nearest first."""


def explain(question: Question, policy: Policy) -> Explanation:
    """The decision of `decide`, and what led to it."""
    decision = decide(question, policy)
    near = () if decision.allowed else _near(question, policy)
    return Explanation(
        decision.allowed,
        decision.rule,
        decision.reason,
        decision.item,
        _line(question, decision.rule, policy),
        decision.second_person,
        decision.pin_again,
        _status(question, policy),
        near,
    )


def _status(question: Question, policy: Policy) -> CertificateStatus | None:
    purpose = policy.purposes.get(question.purpose or "")
    if purpose is None or question.operation not in WITH_CERTIFICATE:
        return None
    checked = question.operation is Operation.CERTIFICATE_CHECK or question.card_kind is not CardKind.BADGE
    return purpose.certificate_status if checked else None


def _line(question: Question, rule: str, policy: Policy) -> int | None:
    """The row; or the purpose or role whose words a rule of cardd goes by."""
    if rule in ("number_law", "resident_code", "override"):
        return policy.lines.get(f"purpose:{question.purpose}")
    if rule == "rights":
        return policy.lines.get(f"role:{question.role}")
    return policy.lines.get(f"row:{rule}")


def _near(question: Question, policy: Policy) -> tuple[Near, ...]:
    if question.operation not in ROW_OPERATIONS:
        return ()
    refused = [what for what in objects_of(question) if not _allowed_alone(question, what, policy)]
    found = [
        Near(row.id, policy.lines.get(f"row:{row.id}"), _lacks(row, question, refused, policy))
        for row in policy.table.rows
    ]
    # A row that lacks nothing is not what refused it. Among equals what is meant for this role and purpose comes first,
    # then the order of the file holds.
    close = sorted((near for near in found if 0 < len(near.lacks) <= STILL_NEAR), key=_distance)
    return tuple(close[:MOST_NEAR])


def _distance(near: Near) -> tuple[int, int]:
    return len(near.lacks), len({"role", "purpose"} & set(near.lacks))


def _allowed_alone(question: Question, what: Item | KeyRole | None, policy: Policy) -> bool:
    """Whether some row allows this one item: then no row need be found for it."""
    return any(not _lacks(row, question, [what], policy) for row in policy.table.rows)


def _lacks(row: Row, question: Question, objects: list[Item | KeyRole | None], policy: Policy) -> tuple[str, ...]:
    purpose = policy.purposes.get(question.purpose or "")
    emergency = question.emergency and purpose is not None and purpose.emergency
    lacks = {
        "role": question.role not in row.roles,
        "purpose": question.purpose not in row.purposes,
        "operation": question.operation not in row.operations,
        "item": question.operation is Operation.READ and not set(objects) <= set(row.items),
        "key": question.operation in NEED_KEYS and not set(objects) <= set(row.keys),
        "card": question.card_kind not in row.cards,
        "client": not {question.client, ANY_CLIENT} & set(row.clients),
        "emergency": row.emergency_only and not emergency,
    }
    return tuple(name for name, lacking in lacks.items() if lacking)
