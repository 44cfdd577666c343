"""Where a policy does not agree with itself: what can never count, or what nobody could ever do. Such a file is refused."""

from collections.abc import Collection, Iterable, Iterator

from cardd.model import CardKind, Item, KeyRole, Operation
from cardd.policy.table import (
    APPROVED,
    BADGE_CARE,
    BY_TWO,
    GRANT_KEYS,
    RIGHTS,
    ROW_OPERATIONS,
    PolicyTable,
    Purpose,
    Row,
)
from cardd.tomlfile import KeyPath

Found = Iterator[tuple[KeyPath, str]]
"""The key, and what is wrong with it."""


def disagreements(table: PolicyTable) -> Found:
    """All of them, roles first. Nothing: the policy may be used."""
    yield from _repeated("roles", "code", [role.code for role in table.roles])
    yield from _repeated("purposes", "code", [purpose.code for purpose in table.purposes])
    yield from _repeated("rows", "id", [row.id for row in table.rows])
    yield from _of_roles(table)
    yield from _of_purposes(table)
    roles = {role.code for role in table.roles}
    purposes = {purpose.code: purpose for purpose in table.purposes}
    not_overriding = {role.code for role in table.roles if Operation.OVERRIDE not in role.rights}
    approved = {operation for role in table.roles for operation in role.approves}
    for number, row in enumerate(table.rows):
        here = ("rows", number)
        yield from _unknown((*here, "roles"), row.roles, roles, "there is no role `{}`")
        yield from _unknown((*here, "purposes"), row.purposes, purposes, "there is no purpose `{}`")
        yield from _unknown(
            (*here, "operations"), row.operations, ROW_OPERATIONS, "`{}` needs no row: register or rights decide it"
        )
        yield from _number_law(here, row, purposes)
        yield from _emergency_row(here, row, purposes, not_overriding)
        yield from _second_person(here, row, approved)
        yield from _badge_only(here, row)


def _of_roles(table: PolicyTable) -> Found:
    rights: set[Operation] = set()
    for number, role in enumerate(table.roles):
        here = ("roles", number)
        yield from _unknown((*here, "rights"), role.rights, RIGHTS, "`{}` is no right of a role")
        yield from _unknown(
            (*here, "approves"), role.approves, APPROVED, "`{}` is nothing a second person is asked for"
        )
        rights.update(role.rights)
    approved = {operation for role in table.roles for operation in role.approves}
    for operation in sorted((BY_TWO & rights) - approved):
        yield ("roles",), f"a role has the right `{operation}`, which needs a second person, and no role approves it"
    if Operation.LOCKDOWN in rights and Operation.LOCKDOWN_RELEASE not in rights:
        yield ("roles",), "a role may engage the emergency stop (`lockdown`), and none may end it (`lockdown_release`)"


def _of_purposes(table: PolicyTable) -> Found:
    may_override = any(Operation.OVERRIDE in role.rights for role in table.roles)
    for number, purpose in enumerate(table.purposes):
        if purpose.emergency and not may_override:
            yield ("purposes", number, "emergency"), "no role has the right `override`, so nobody could use it"


def _number_law(here: KeyPath, row: Row, purposes: dict[str, Purpose]) -> Found:
    for code in row.purposes:
        if Item.MY_NUMBER in row.items and code in purposes and not purposes[code].number_law:
            path = (*here, "items", row.items.index(Item.MY_NUMBER))
            yield path, f"`my_number` under `{code}`, which does not rest on the number law"


def _emergency_row(here: KeyPath, row: Row, purposes: dict[str, Purpose], not_overriding: Collection[str]) -> Found:
    """An override holds for the session of whoever took it: a role without that right never gets there."""
    if not row.emergency_only:
        return
    if row.second_person:
        yield (*here, "second_person"), "under the override no second person is asked, and this row counts nowhere else"
    for place, code in enumerate(row.roles):
        if code in not_overriding:
            yield (*here, "roles", place), f"the row is for emergencies only, and `{code}` has no right `override`"
    for place, code in enumerate(row.purposes):
        if code in purposes and not purposes[code].emergency:
            yield (
                (*here, "purposes", place),
                f"the row is for emergencies only, and `{code}` is no purpose with `emergency`",
            )


def _second_person(here: KeyPath, row: Row, approved: Collection[Operation]) -> Found:
    for place, operation in enumerate(row.operations):
        needed = row.second_person or operation in BADGE_CARE
        if needed and operation in ROW_OPERATIONS and operation not in approved:
            yield (*here, "operations", place), f"`{operation}` needs a second person here, and no role approves it"


def _badge_only(here: KeyPath, row: Row) -> Found:
    """Badge care and grants are for badges; a grant is for a key that signs more than once after one PIN."""
    care = sorted((BADGE_CARE | {Operation.GRANT}) & set(row.operations))
    if not care:
        return
    for place, card in enumerate(row.cards):
        if card is not CardKind.BADGE:
            yield (*here, "cards", place), f"`{care[0]}` is for badges only, never for a resident's card"
    for place, key in enumerate(row.keys):
        if Operation.GRANT in row.operations and key not in GRANT_KEYS:
            yield (*here, "keys", place), f"`grant` is not for the key `{key}`; {_why_not(key)}"


def _why_not(key: KeyRole) -> str:
    return "it wants its PIN each time" if key is KeyRole.SIGNATURE else "it wants no PIN at all"


def _unknown(path: KeyPath, words: Iterable[str], known: Collection[str], what: str) -> Found:
    for place, word in enumerate(words):
        if word not in known:
            yield (*path, place), what.format(word)


def _repeated(table: str, key: str, codes: list[str]) -> Found:
    seen: set[str] = set()
    for number, code in enumerate(codes):
        if code in seen:
            yield (table, number, key), f"`{code}` stands there twice"
        seen.add(code)
