"""The policy as the office writes it: roles, purposes, and rows that allow. What no row allows is refused."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from cardd.model import CardKind, Item, KeyRole, Operation
from cardd.tomlfile import TomlModel

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
"""Code of a role, purpose or row, as it stands in records and requests."""
ClientName = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z0-9][a-z0-9_-]{0,47})$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")]
ANY_CLIENT = "*"
CertificateStatus = Literal["require", "allow_not_checked"]
NEED_KEYS = frozenset({Operation.SIGN, Operation.CERTIFICATE, Operation.GRANT})
GRANT_KEYS = frozenset({KeyRole.AUTHENTICATION, KeyRole.KEY_MANAGEMENT})
"""Keys of a badge that sign more than once after one PIN. PIV 9C wants its PIN each time (SP 800-73-4 part 1, table 4b)."""
BADGE_PROOFS = frozenset(
    {Operation.LOGIN, Operation.UNLOCK, Operation.APPROVE, Operation.LOCKDOWN_RELEASE, Operation.HEAD_EXPORT}
)
"""A badge shows who its holder is. Any badge may try; certificate, register, PIN and rights decide afterwards."""
BADGE_CARE = frozenset({Operation.BADGE_ENROL, Operation.BADGE_RENEW, Operation.BADGE_UNBLOCK})
"""Never without a second person, whatever a row says (S9)."""
BY_TWO = frozenset({Operation.AUDIT_EXPORT, Operation.AUDIT_CUT})
"""Rights that are never used without a second person (S9)."""
RIGHTS = BY_TWO | frozenset(
    {
        Operation.AUDIT,
        Operation.AUDIT_REVIEW,
        Operation.HEAD_EXPORT,
        Operation.BADGE_BLOCK,
        Operation.BADGE_LIST,
        Operation.APPROVALS,
        Operation.OFFICE_FILES,
        Operation.LOCKDOWN,
        Operation.LOCKDOWN_RELEASE,
        Operation.OVERRIDE,
    }
)
"""What a role may do without a row, for it is not done with a card of the request."""
OWN = frozenset({Operation.OWN_DAY})
"""What everybody who is logged in may do: it concerns nobody but themselves."""
ROW_OPERATIONS = frozenset(Operation) - BADGE_PROOFS - RIGHTS - OWN
"""What is done with a card: rows allow it, and a second person may be asked for it."""
APPROVED = ROW_OPERATIONS | BY_TWO
"""What a second person may be asked for."""


class Role(TomlModel):
    """What an operator may be."""

    code: Code
    ja: Text
    en: Text
    may_spend_last_try: bool = False
    """Whether an operator of this role may go on when one try is left and the resident agrees (P3)."""
    rights: tuple[Operation, ...] = ()
    """What this role may do that needs no row."""
    approves: tuple[Operation, ...] = ()
    """What this role may agree to as the second person."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _each_once(self, "rights", "approves")
        return self


class Purpose(TomlModel):
    """Why a card is used."""

    code: Code
    ja: Text
    en: Text
    legal_basis: Text
    """Law and article, as text for people."""
    number_law: bool = False
    """Whether the purpose rests on 番号法; only then may 個人番号 be used."""
    high_risk: bool = False
    """Whether the operator's PIN must have been typed within the last minutes."""
    emergency: bool = False
    """Whether the emergency override may be used for it (S10)."""
    resident_code: bool = False
    """Whether it is about 住民票コード: never for clients of the private sector."""
    certificate_status: CertificateStatus = "allow_not_checked"
    """Where nobody can tell whether a certificate was revoked (no list, a list too old): `require` refuses it, `allow_not_checked`
    lets it be used, marked as not checked. What is revoked, expired or of another kind is refused under every purpose."""


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
    second_person: bool = False
    """Whether another person must agree each time. Where rows that allow the same differ in this, the stricter one holds."""
    emergency_only: bool = False
    """Whether the row counts only under the emergency override."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _each_once(self, "roles", "purposes", "operations", "items", "keys", "cards", "clients")
        if (Operation.READ in self.operations) != bool(self.items):
            raise ValueError("`items` and the operation `read` go together")
        if bool(NEED_KEYS & set(self.operations)) != bool(self.keys):
            raise ValueError("`keys` and the operations `sign`, `certificate` or `grant` go together")
        return self


class PolicyTable(TomlModel):
    """A whole policy file."""

    version: Annotated[int, Field(ge=1)]
    """Rises with each policy of an office."""
    office: Text
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    rows: tuple[Row, ...] = ()


def _each_once(table: TomlModel, *names: str) -> None:
    """Raises `ValueError` when a list names a word twice."""
    for name in names:
        words: tuple[str, ...] = getattr(table, name)
        if len(set(words)) < len(words):
            twice = next(word for place, word in enumerate(words) if word in words[:place])
            raise ValueError(f"`{name}` names {twice} twice")
