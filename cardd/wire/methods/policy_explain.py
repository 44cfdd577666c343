"""`policy.explain`: may this be done, and which line of the policy says so. No card is touched, nobody need be logged in."""

from typing import Literal

from cardd.wire.base import CaseNumber, ItemWord, KeyWord, OperationWord, PinWord, PurposeCode, WireModel

METHOD = "policy.explain"


class Params(WireModel):
    operation: OperationWord
    role: PurposeCode | None = None
    """Left out: the role of whoever is logged in at this seat."""
    purpose: PurposeCode | None = None
    case: CaseNumber | None = None
    """Left out: some reception number is supposed."""
    items: tuple[ItemWord, ...] = ()
    key: KeyWord | None = None
    pin: PinWord | None = None
    card_kind: Literal["my_number", "juki", "badge"] | None = None
    """Left out: what the operation is usually done with, a resident's My Number card or a badge."""
    client: str | None = None
    """Left out: the caller's own name in the configuration."""
    emergency: bool = False


class Near(WireModel):
    """A row that would allow it, but for what it `lacks`: `role`, `purpose`, `operation`, `item`, `key`, `card`, `client`,
    `emergency` (it counts under the override only)."""

    row: str
    line: int | None
    lacks: tuple[str, ...]


class Result(WireModel):
    allowed: bool
    rule: str
    """The rule of cardd or the row of the policy that decided."""
    reason: str | None
    item: str | None
    """The first item or key that was refused."""
    line: int | None
    """Line of the policy file that decided, where one line did."""
    second_person: bool
    pin_again: bool
    """Whether the operator's PIN must have been typed within the last minutes."""
    certificate_status: Literal["require", "allow_not_checked"] | None
    """For what uses a resident's certificate: what holds where nobody can tell whether it was revoked."""
    near: tuple[Near, ...]
    policy_hash: str
    policy_version: int
