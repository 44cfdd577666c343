"""What a careful administrator wants told of a policy that may be used: nothing of it is wrong, and some of it may not be meant."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from cardd.model import CardKind, KeyRole, Operation
from cardd.policy.rules import cells_of
from cardd.policy.table import BADGE_CARE, BY_TWO, PolicyTable, Row
from cardd.policy.words import Two

BADGE_KEYS = frozenset({KeyRole.KEY_MANAGEMENT, KeyRole.CARD_AUTHENTICATION})
People = Mapping[str, Collection[str]]
"""Active people of the register by role."""


def remarks(table: PolicyTable) -> Iterator[Two]:
    """About the policy alone."""
    yield from _unused(table)
    yield from _approvals_for_nothing(table)
    yield from _two_ways(table)
    for row in table.rows:
        dead = sorted(BADGE_KEYS & set(row.keys)) if CardKind.BADGE not in row.cards else []
        if dead:
            yield Two(
                f"行 {row.id}: 住民のカードに鍵 {', '.join(dead)} はない。",
                f"row {row.id}: a resident's card has no key {', '.join(dead)}.",
            )


def remarks_with(table: PolicyTable, people: People) -> Iterator[Two]:
    """About the policy and those who are to live with it."""
    for role in people:
        if role not in {each.code for each in table.roles}:
            yield Two(
                f"名簿の役割 {role} は規則にない。", f"the register has a role that the policy does not know: {role}."
            )
    for operation, asking in sorted(_needing(table).items()):
        requesters = _who(asking, people)
        approvers = _who({role.code for role in table.roles if operation in role.approves}, people)
        alone = [person for person in sorted(requesters) if not approvers - {person}]
        if alone:
            yield Two(
                f"操作 {operation}: {', '.join(alone)} が行うとき、承認できる別の人がいない。",
                f"{operation}: when {', '.join(alone)} asks for it, there is no other person who may approve.",
            )
    for operation in (Operation.LOCKDOWN_RELEASE, Operation.OFFICE_FILES):
        able = _who({role.code for role in table.roles if operation in role.rights}, people)
        if len(able) < 2:
            yield Two(
                f"権限 {operation} は2人必要だが、名簿には {len(able)} 人しかいない。",
                f"{operation} takes two people, and the register has {len(able)}.",
            )


def _unused(table: PolicyTable) -> Iterator[Two]:
    in_rows = {code for row in table.rows for code in row.purposes}
    with_rows = {code for row in table.rows for code in row.roles}
    for purpose in table.purposes:
        if purpose.code not in in_rows:
            yield Two(
                f"利用目的 {purpose.code} を認める行がない。",
                f"no row allows anything under the purpose {purpose.code}.",
            )
    for role in table.roles:
        if role.code not in with_rows and not role.rights and not role.approves:
            yield Two(f"役割 {role.code} には何も認められていない。", f"nothing is allowed to the role {role.code}.")
        if Operation.OVERRIDE in role.rights and not any(purpose.emergency for purpose in table.purposes):
            yield Two(
                f"役割 {role.code} に緊急時の特例の権限があるが、対象の利用目的がない。",
                f"the role {role.code} has the right `override`, and no purpose is for emergencies.",
            )


def _approvals_for_nothing(table: PolicyTable) -> Iterator[Two]:
    needed = _needing(table)
    for role in table.roles:
        for operation in role.approves:
            if operation not in needed:
                yield Two(
                    f"役割 {role.code}: 操作 {operation} に承認が必要な行はない。",
                    f"the role {role.code} approves {operation}, and no row asks for that.",
                )


def _two_ways(table: PolicyTable) -> Iterator[Two]:
    """Rows that allow the same, one with and one without a second person."""
    cells = {cell: row.id for row in table.rows if row.second_person for cell in cells_of(row)}
    told = set()
    for row in table.rows:
        if row.second_person or row.emergency_only:
            continue
        for cell in cells_of(row):
            other = cells.get(cell) or cells.get((*cell[:5], "*"))
            if other is not None and (other, row.id) not in told:
                told.add((other, row.id))
                yield Two(
                    f"行 {row.id} と {other} が同じものを認めている。承認が必要な {other} が優先する。",
                    f"the rows {row.id} and {other} allow the same; {other}, which asks for a second person, holds.",
                )


def _needing(table: PolicyTable) -> dict[str, set[str]]:
    """Operations and rights that need a second person, and the roles that may ask for them."""
    found: dict[str, set[str]] = {}
    for row in table.rows:
        for operation in _second(row):
            found.setdefault(operation.value, set()).update(row.roles)
    for role in table.roles:
        for operation in BY_TWO & set(role.rights):
            found.setdefault(operation.value, set()).add(role.code)
    return found


def _second(row: Row) -> Iterable[Operation]:
    return [operation for operation in row.operations if row.second_person or operation in BADGE_CARE]


def _who(roles: Iterable[str], people: People) -> set[str]:
    return {person for role in roles for person in people.get(role, ())}
