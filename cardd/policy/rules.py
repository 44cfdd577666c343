"""The rules of a decision, each a function with an id. A rule allows, denies with a reason, or has no opinion (None)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product

from cardd.model import CardKind, Item, KeyRole, Operation, PinKind
from cardd.policy.facts import Decision, Question
from cardd.policy.table import (
    ANY_CLIENT,
    BADGE_CARE,
    BADGE_PROOFS,
    BY_TWO,
    NEED_KEYS,
    OWN,
    RIGHTS,
    PolicyTable,
    Purpose,
    Role,
    Row,
)

OF_THE_RECORD = frozenset(
    {
        Operation.AUDIT,
        Operation.OWN_DAY,
        Operation.AUDIT_REVIEW,
        Operation.AUDIT_EXPORT,
        Operation.AUDIT_CUT,
        Operation.DISCLOSE,
        Operation.WATCH_LIST,
    }
)
"""What tells of others' work and of other residents, or steers who is watched. A signed head tells of nobody."""
Shape = tuple[Operation, Item | KeyRole | None, CardKind]
"""operation, item or key, kind of card"""
Cell = tuple[str, str, Operation, Item | KeyRole | None, CardKind, str]
"""role, purpose, operation, item or key, kind of card, client."""


@dataclass(frozen=True, slots=True)
class Allowing:
    """The first row that allows one cell, in each of the three ways a row can; None: no row does."""

    plain: str | None = None
    second_person: str | None = None
    emergency_only: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A loaded policy: the table, and an index of all that it allows, so that a decision is a few look-ups.

    `hash` is the SHA-256 of the file's bytes in lower-case hex; it stands in every record.
    """

    table: PolicyTable
    hash: str
    cells: Mapping[tuple[str, str, str], Mapping[Shape, Allowing]]
    """By role, purpose and client, what is allowed."""
    purposes: Mapping[str, Purpose]
    roles: Mapping[str, Role]
    lines: Mapping[str, int]
    """Lines of the file, by `role:CODE`, `purpose:CODE` and `row:ID`."""


def index(table: PolicyTable, file_hash: str, lines: Mapping[str, int]) -> Policy:
    """Make a table quick to ask. What stands in many cells is kept once."""
    cells: dict[tuple[str, str, str], dict[Shape, Allowing]] = {}
    shapes: dict[Shape, Shape] = {}
    known: dict[Allowing, Allowing] = {}
    for row in table.rows:
        way = "second_person" if row.second_person else "emergency_only" if row.emergency_only else "plain"
        row_shapes = [shapes.setdefault(shape, shape) for shape in shapes_of(row)]
        for place in product(row.roles, row.purposes, row.clients):
            allowed = cells.setdefault(place, {})
            for shape in row_shapes:
                before = allowed.get(shape, Allowing())
                if getattr(before, way) is None:
                    after = replace(before, **{way: row.id})
                    allowed[shape] = known.setdefault(after, after)
    return Policy(
        table,
        file_hash,
        cells,
        {purpose.code: purpose for purpose in table.purposes},
        {role.code: role for role in table.roles},
        lines,
    )


def shapes_of(row: Row) -> list[Shape]:
    """What one row allows to each of its roles, purposes and clients."""
    found: list[Shape] = []
    for operation in row.operations:
        objects: tuple[Item | KeyRole | None, ...] = (None,)
        if operation is Operation.READ:
            objects = row.items
        elif operation in NEED_KEYS:
            objects = row.keys
        found += product((operation,), objects, row.cards)
    return found


def cells_of(row: Row) -> list[Cell]:
    """All that one row allows."""
    return [
        (role, purpose, *shape, client)
        for role, purpose, shape, client in product(row.roles, row.purposes, shapes_of(row), row.clients)
    ]


def cell_count(row: Row) -> int:
    """How many cells one row allows, without making them."""
    keyed = len(NEED_KEYS & set(row.operations))
    plain = len(row.operations) - keyed - (Operation.READ in row.operations)
    objects = len(row.items) + keyed * len(row.keys) + plain
    return objects * len(row.roles) * len(row.purposes) * len(row.cards) * len(row.clients)


Rule = Callable[[Question, Policy], Decision | None]


def login(question: Question, _policy: Policy) -> Decision | None:
    """`login`: a badge may always show who its holder is; certificate, register, PIN and rights decide."""
    if question.operation not in BADGE_PROOFS:
        return None
    if question.card_kind is CardKind.BADGE:
        return Decision(True, "login")
    return Decision(False, "login", "not_a_badge")


def session(question: Question, policy: Policy) -> Decision | None:
    """`session`: nothing else without somebody logged in whose role this policy knows."""
    if question.role is None:
        return Decision(False, "session", "nobody_logged_in")
    if question.role not in policy.roles:
        return Decision(False, "session", "role_unknown")
    return None


def record(question: Question, _policy: Policy) -> Decision | None:
    """`record`: the record and its lists are the office's own business; whoever is logged in, no private-sector client asks for it."""
    if question.private_sector and question.operation in OF_THE_RECORD:
        return Decision(False, "record", "private_sector")
    return None


def own_day(question: Question, _policy: Policy) -> Decision | None:
    """`own_day`: whoever is logged in may always hear what the record has of their own acts today."""
    return Decision(True, "own_day") if question.operation in OWN else None


def rights(question: Question, policy: Policy) -> Decision | None:
    """`rights`: what needs no card is a right of the role; the override must also fit its purpose and case."""
    if question.operation not in RIGHTS:
        return None
    if question.operation not in policy.roles[question.role or ""].rights:
        return Decision(False, "rights", "no_right")
    if question.operation is Operation.OVERRIDE:
        return None
    return Decision(True, "rights", second_person=question.operation in BY_TWO)


def context(question: Question, policy: Policy) -> Decision | None:
    """`context`: a purpose that the policy knows and a reception number (S8)."""
    if not question.purpose:
        return Decision(False, "context", "purpose_missing")
    if question.purpose not in policy.purposes:
        return Decision(False, "context", "purpose_unknown")
    if not question.case:
        return Decision(False, "context", "case_missing")
    return None


def resident_code(question: Question, policy: Policy) -> Decision | None:
    """`resident_code`: nothing for the private sector under a purpose about 住民票コード."""
    if question.private_sector and policy.purposes[question.purpose or ""].resident_code:
        return Decision(False, "resident_code", "private_sector")
    return None


def override(question: Question, policy: Policy) -> Decision | None:
    """`override`: the emergency override is for the purposes that are listed for it (S10)."""
    if question.operation is not Operation.OVERRIDE:
        return None
    if policy.purposes[question.purpose or ""].emergency:
        return Decision(True, "override")
    return Decision(False, "override", "purpose_not_for_emergency")


def request_shape(question: Question, _policy: Policy) -> Decision | None:
    """`request_shape`: a reading names its items, a signature or certificate its key."""
    if question.operation is Operation.READ and not question.items:
        return Decision(False, "request_shape", "items_missing")
    if question.operation in NEED_KEYS and question.key is None:
        return Decision(False, "request_shape", "key_missing")
    return None


def number_law(question: Question, policy: Policy) -> Decision | None:
    """`number_law`: 個人番号, also as 照合番号A, only for public bodies under a purpose that rests on 番号法."""
    if Item.MY_NUMBER not in question.items and question.pin is not PinKind.VERIFICATION_A:
        return None
    if question.private_sector:
        return Decision(False, "number_law", "private_sector", Item.MY_NUMBER)
    purpose = policy.purposes.get(question.purpose or "")
    if purpose is None or not purpose.number_law:
        return Decision(False, "number_law", "purpose_not_under_number_law", Item.MY_NUMBER)
    return None


def rows(question: Question, policy: Policy) -> Decision | None:
    """Allowed when rows of the table allow each item; one item too many: no.

    Where any of them wants a second person, the request does: the stricter row holds, and it is the one that is named.
    Otherwise the id is the row of the first item. Under the override no row asks for a second person; badge care always does.
    """
    purpose = policy.purposes[question.purpose or ""]
    emergency = question.emergency and purpose.emergency
    found: list[tuple[str, bool]] = []
    for what in objects_of(question):
        row = _row(question, what, policy, emergency=emergency)
        if row is None:
            return None if what is None else Decision(False, "default", "no_row", what.value)
        found.append(row)
    strict = next((row for row, second in found if second), None)
    second_person = strict is not None or question.operation in BADGE_CARE
    return Decision(True, strict or found[0][0], second_person=second_person, pin_again=purpose.high_risk)


def objects_of(question: Question) -> tuple[Item | KeyRole | None, ...]:
    """What rows must allow one by one: the items of a reading, the key of a signature, or nothing more than the operation."""
    if question.operation is Operation.READ:
        return question.items
    return (question.key,) if question.operation in NEED_KEYS else (None,)


def _row(
    question: Question, what: Item | KeyRole | None, policy: Policy, *, emergency: bool
) -> tuple[str, bool] | None:
    """The row that allows `what`, and whether it wants a second person."""
    role, purpose = question.role or "", question.purpose or ""
    shape = (question.operation, what, question.card_kind)
    named = policy.cells.get((role, purpose, question.client), _NOTHING).get(shape, _BY_NONE)
    anyone = policy.cells.get((role, purpose, ANY_CLIENT), _NOTHING).get(shape, _BY_NONE)
    strict = named.second_person or anyone.second_person
    if strict and not emergency:
        return strict, True
    row = named.plain or anyone.plain or strict
    if row is None and emergency:
        row = named.emergency_only or anyone.emergency_only
    return (row, False) if row else None


_NOTHING: Mapping[Shape, Allowing] = {}
_BY_NONE = Allowing()

RULES: tuple[Rule, ...] = (
    login,
    session,
    record,
    own_day,
    rights,
    context,
    resident_code,
    override,
    request_shape,
    number_law,
    rows,
)
"""In the order they are asked; the first opinion counts."""
