"""The register of operators: who holds which badge, in which role, and whether it still counts. A TOML file of the office."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cardd.tomlfile import BrokenFile, KeyPath, Layout, TomlModel, parse, read_bytes

OperatorId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of the DER of the badge's 9A certificate, lower-case hex."""
Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""The badge's card UUID: tag 34 of its CHUID (SP 800-73-4 part 1, 3.1.2), lower-case hex."""
RoleCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
DisplayName = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")
]
UnixUser = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]


class Operator(TomlModel):
    """One person with one badge."""

    id: OperatorId
    name: Annotated[DisplayName, Field(repr=False)]
    role: RoleCode
    certificates: tuple[Fingerprint, ...] = ()
    """Of the badge's 9A; two while a renewed one is being handed out."""
    guid: Guid | None = None
    """If given, the badge must carry it as well."""
    status: Literal["active", "blocked"] = "active"
    unix_user: UnixUser | None = None
    person: OperatorId | None = None
    """Who it is, where one person stands here twice (a day badge); left out, the id itself. Two entries of a person are one person
    wherever two people are needed."""
    until: date | None = None
    """Last day on which the role holds, in Japan; the login is refused after it."""

    def stands_on(self, day: date) -> bool:
        """Whether this entry counts on a day in Japan: active, and its last day not passed."""
        return self.status == "active" and (self.until is None or day <= self.until)

    @property
    def who(self) -> str:
        """The person behind this entry."""
        return self.person or self.id


class RegisterFile(TomlModel):
    """A whole register."""

    version: Annotated[int, Field(ge=1)]
    operators: tuple[Operator, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """The operators, found by the certificate of their badge."""

    version: int
    operators: tuple[Operator, ...]
    blocked: frozenset[str] = frozenset()
    """Certificates (fingerprints) and badges (GUIDs) that count no more, whoever holds them."""

    def blocks(self, fingerprint: str, guid: str | None = None) -> bool:
        """Whether a badge with this 9A certificate, or this GUID, was reported lost."""
        return fingerprint in self.blocked or (guid is not None and guid in self.blocked)

    def by_certificate(self, fingerprint: str) -> Operator | None:
        """Who holds the badge with this 9A certificate (SHA-256, 64 lower-case hex digits); blocked ones are found as well."""
        return next((each for each in self.operators if fingerprint in each.certificates), None)

    def by_id(self, operator_id: str) -> Operator | None:
        """The operator of this id; blocked ones are found as well."""
        return next((each for each in self.operators if each.id == operator_id), None)


def load(path: Path) -> Register:
    """Raises `BrokenFile`."""
    return from_bytes(read_bytes(path), str(path))


def from_bytes(content: bytes, name: str = "register") -> Register:
    """`content`: TOML, UTF-8. Raises `BrokenFile`: also when two operators share an id, a certificate, a badge or a Unix user."""
    file = parse(RegisterFile, content, name)
    text = content.decode("utf-8")
    layout = Layout(text)
    problems = [layout.problem(name, what, key) for key, what in _shared(file.operators)]
    if problems:
        raise BrokenFile(problems)
    return Register(file.version, file.operators)


def _shared(operators: tuple[Operator, ...]) -> Iterator[tuple[KeyPath, str]]:
    """What stands twice though it belongs to one person (S12)."""
    holders: dict[tuple[str, str], Operator] = {}
    for number, operator in enumerate(operators):
        for field, value in _marks(operator):
            holder = holders.get((field, value))
            # A day badge opens the account that its holder's own badge opens.
            if holder is not None and not (field == "unix_user" and holder.who == operator.who):
                yield ("operators", number, field), f"stands with operator `{holder.id}` already"
            holders[field, value] = operator


def _marks(operator: Operator) -> Iterator[tuple[str, str]]:
    yield "id", operator.id
    for fingerprint in operator.certificates:
        yield "certificates", fingerprint
    if operator.guid:
        yield "guid", operator.guid
    if operator.unix_user:
        yield "unix_user", operator.unix_user
