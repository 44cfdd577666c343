"""The policy as the office writes it: roles, purposes, and rows that allow. What no row allows is refused."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from cardd.model import CardKind, Item, KeyRole, Operation
from cardd.tomlfile import KeyPath, TomlModel

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
"""Code of a role, purpose or row, as it stands in records and requests."""
ClientName = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z0-9][a-z0-9_-]{0,47})$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")]
ANY_CLIENT = "*"
NEED_KEYS = frozenset({Operation.SIGN, Operation.CERTIFICATE})


class Role(TomlModel):
    """What an operator may be."""

    code: Code
    ja: Text
    en: Text
    may_spend_last_try: bool = False
    """Whether an operator of this role may go on when one try is left and the resident agrees (P3)."""


class Purpose(TomlModel):
    """Why a card is used."""

    code: Code
    ja: Text
    en: Text
    legal_basis: Text
    """Law and article, as text for people."""
    number_law: bool = False
    """Whether the purpose rests on 番号法; only then may 個人番号 be used."""


class Row(TomlModel):
    """Roles × purposes × operations (and items, keys) × card kinds × clients that are allowed, each with each."""

    id: Code
    roles: Annotated[tuple[Code, ...], Field(min_length=1)]
    purposes: Annotated[tuple[Code, ...], Field(min_length=1)]
    operations: Annotated[tuple[Operation, ...], Field(min_length=1)]
    items: tuple[Item, ...] = ()
    """For `read`."""
    keys: tuple[KeyRole, ...] = ()
    """For `sign` and `certificate`."""
    cards: Annotated[tuple[Literal[CardKind.MY_NUMBER, CardKind.JUKI, CardKind.BADGE], ...], Field(min_length=1)]
    clients: Annotated[tuple[ClientName, ...], Field(min_length=1)]
    """Names of the configuration's clients, or `*` for each of them."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name in ("roles", "purposes", "operations", "items", "keys", "cards", "clients"):
            twice = _twice(getattr(self, name))
            if twice is not None:
                raise ValueError(f"`{name}` names {twice} twice")
        if Operation.LOGIN in self.operations:
            raise ValueError("`login` needs no row: the register decides it")
        if (Operation.READ in self.operations) != bool(self.items):
            raise ValueError("`items` and the operation `read` go together")
        if bool(NEED_KEYS & set(self.operations)) != bool(self.keys):
            raise ValueError("`keys` and the operations `sign` or `certificate` go together")
        return self


class PolicyTable(TomlModel):
    """A whole policy file."""

    version: Annotated[int, Field(ge=1)]
    """Rises with each policy of an office."""
    office: Text
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    rows: tuple[Row, ...] = ()


def disagreements(table: PolicyTable) -> Iterator[tuple[KeyPath, str]]:
    """Where a table does not agree with itself: the key, and what is wrong. Nothing: it may be used."""
    roles = {role.code for role in table.roles}
    purposes = {purpose.code: purpose for purpose in table.purposes}
    yield from _repeated("roles", "code", [role.code for role in table.roles])
    yield from _repeated("purposes", "code", [purpose.code for purpose in table.purposes])
    yield from _repeated("rows", "id", [row.id for row in table.rows])
    for number, row in enumerate(table.rows):
        for place, role in enumerate(row.roles):
            if role not in roles:
                yield ("rows", number, "roles", place), f"there is no role `{role}`"
        for place, purpose in enumerate(row.purposes):
            if purpose not in purposes:
                yield ("rows", number, "purposes", place), f"there is no purpose `{purpose}`"
            elif Item.MY_NUMBER in row.items and not purposes[purpose].number_law:
                yield ("rows", number, "items"), f"`my_number` under `{purpose}`, which does not rest on the number law"


def _repeated(table: str, key: str, codes: list[str]) -> Iterator[tuple[KeyPath, str]]:
    for number, code in enumerate(codes):
        if code in codes[:number]:
            yield (table, number, key), f"`{code}` stands there twice"


def _twice(words: Iterable[object]) -> object | None:
    """The first word that stands there a second time."""
    seen = set()
    for word in words:
        if word in seen:
            return word
        seen.add(word)
    return None
