"""The rules of a decision, each a function with an id. A rule allows, denies with a reason, or has no opinion (None)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

from cardd.model import CardKind, Item, KeyRole, Operation, PinKind
from cardd.policy.facts import Decision, Question
from cardd.policy.table import ANY_CLIENT, NEED_KEYS, PolicyTable, Purpose, Role, Row

Cell = tuple[str, str, Operation, Item | KeyRole | None, CardKind, str]
"""role, purpose, operation, item or key, kind of card, client."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A loaded policy: the table, and an index of all that it allows, so that a decision is a few look-ups.

    `hash` is the SHA-256 of the file's bytes in lower-case hex; it stands in every record.
    """

    table: PolicyTable
    hash: str
    cells: Mapping[Cell, str]
    """Each allowed cell and the id of the first row that allows it."""
    purposes: Mapping[str, Purpose]
    roles: Mapping[str, Role]


def index(table: PolicyTable, file_hash: str) -> Policy:
    """Make a table quick to ask."""
    cells: dict[Cell, str] = {}
    for row in table.rows:
        for cell in cells_of(row):
            cells.setdefault(cell, row.id)
    return Policy(
        table,
        file_hash,
        cells,
        {purpose.code: purpose for purpose in table.purposes},
        {role.code: role for role in table.roles},
    )


def cells_of(row: Row) -> list[Cell]:
    """All that one row allows."""
    found: list[Cell] = []
    for operation in row.operations:
        objects: tuple[Item | KeyRole | None, ...] = (None,)
        if operation is Operation.READ:
            objects = row.items
        elif operation in NEED_KEYS:
            objects = row.keys
        for role, purpose, what, card, client in product(row.roles, row.purposes, objects, row.cards, row.clients):
            found.append((role, purpose, operation, what, card, client))
    return found


def cell_count(row: Row) -> int:
    """How many cells one row allows, without making them."""
    keyed = len(NEED_KEYS & set(row.operations))
    plain = len(row.operations) - keyed - (Operation.READ in row.operations)
    objects = len(row.items) + keyed * len(row.keys) + plain
    return objects * len(row.roles) * len(row.purposes) * len(row.cards) * len(row.clients)


Rule = Callable[[Question, Policy], Decision | None]


def login(question: Question, _policy: Policy) -> Decision | None:
    """`login`: a badge may always be tried; certificate, register and PIN decide."""
    if question.operation is not Operation.LOGIN:
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


def context(question: Question, policy: Policy) -> Decision | None:
    """`context`: a purpose that the policy knows and a reception number (S8)."""
    if not question.purpose:
        return Decision(False, "context", "purpose_missing")
    if question.purpose not in policy.purposes:
        return Decision(False, "context", "purpose_unknown")
    if not question.case:
        return Decision(False, "context", "case_missing")
    return None


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
    """Allowed when rows of the table allow each item; then the id is the row of the first one. One item too many: no."""
    objects: tuple[Item | KeyRole | None, ...] = (None,)
    if question.operation is Operation.READ:
        objects = question.items
    elif question.operation in NEED_KEYS:
        objects = (question.key,)
    first: str | None = None
    for what in objects:
        row = _row(question, what, policy)
        if row is None:
            return None if what is None else Decision(False, "default", "no_row", what.value)
        first = first or row
    return Decision(True, first) if first else None


def _row(question: Question, what: Item | KeyRole | None, policy: Policy) -> str | None:
    role, purpose = question.role or "", question.purpose or ""
    for client in (question.client, ANY_CLIENT):
        row = policy.cells.get((role, purpose, question.operation, what, question.card_kind, client))
        if row is not None:
            return row
    return None


RULES: tuple[Rule, ...] = (login, session, context, request_shape, number_law, rows)
"""In the order they are asked; the first opinion counts."""
