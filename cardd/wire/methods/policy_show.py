"""`policy.show`: the policy in force as a table. No card is touched, nobody need be logged in."""

from typing import Literal

from cardd.wire.base import WireModel

METHOD = "policy.show"


class RoleRow(WireModel):
    code: str
    ja: str
    en: str
    rights: tuple[str, ...]
    approves: tuple[str, ...]
    may_spend_last_try: bool


class PurposeRow(WireModel):
    code: str
    ja: str
    en: str
    legal_basis: str
    number_law: bool
    high_risk: bool
    emergency: bool
    resident_code: bool
    certificate_status: Literal["require", "allow_not_checked"]
    """What holds where nobody can tell whether a certificate was revoked."""


class PolicyRow(WireModel):
    id: str
    line: int | None
    roles: tuple[str, ...]
    purposes: tuple[str, ...]
    operations: tuple[str, ...]
    items: tuple[str, ...]
    keys: tuple[str, ...]
    cards: tuple[str, ...]
    clients: tuple[str, ...]
    second_person: bool
    emergency_only: bool


class Result(WireModel):
    version: int
    hash: str
    office: str
    roles: tuple[RoleRow, ...]
    purposes: tuple[PurposeRow, ...]
    rows: tuple[PolicyRow, ...]
