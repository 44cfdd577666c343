"""What the administrator orders, and what comes of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cardd.gate.request import Receipt
from cardd.model import CardHandle, KeyRole

Status = Literal["active", "blocked", "ended", "incomplete"]
"""`ended`: the last day of the role has passed. `incomplete`: making the badge was broken off."""
ManagementKeyWord = Literal["own", "factory"]
"""`own`: derived from the office's master key. `factory`: everybody knows it; this badge has no command to change it."""

Content = tuple[tuple[str, str], ...]
"""Word and value, as a second person reads and approves them."""


@dataclass(frozen=True, slots=True)
class Place:
    """One badge, for what, in which case, and who agreed."""

    card: CardHandle
    purpose: str
    case: str
    approval: str | None = None


@dataclass(frozen=True, slots=True)
class NewOperator:
    """Who gets the badge, as it will stand in the register."""

    id: str
    name: str
    role: str
    person: str | None = None
    """Who it is, where this person stands in the register already."""
    unix_user: str | None = None

    @property
    def who(self) -> str:
        """The person behind it."""
        return self.person or self.id

    def content(self) -> Content:
        """What a second person agrees to."""
        known = {
            "operator": self.id,
            "name": self.name,
            "role": self.role,
            "person": self.person,
            "unix_user": self.unix_user,
        }
        return tuple((word, value) for word, value in known.items() if value is not None)


@dataclass(frozen=True, slots=True)
class Made:
    """A badge that was made or renewed, and works."""

    operator: str
    guid: str
    """Card UUID, 32 hex digits."""
    certificates: Mapping[KeyRole, str]
    """SHA-256 of each new certificate's DER, hex."""
    expires: datetime
    management_key: ManagementKeyWord
    resumed: bool
    """Whether an earlier run, broken off, was finished."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """What a loss report did."""

    operator: str
    sessions_ended: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class BadgeLine:
    """One operator and badge of the list."""

    operator: str
    name: str
    role: str
    status: Status
    source: Literal["register", "here"]
    guid: str | None
    expires: datetime | None
    """When the badge's certificate ends, where this machine made it."""
    days_left: int | None
    """Whole days; negative: it has ended."""
    management_key: ManagementKeyWord | None


@dataclass(frozen=True, slots=True)
class Page:
    """So many lines, and behind which operator the next page begins."""

    lines: tuple[BadgeLine, ...]
    cursor: str | None
    receipt: Receipt


def hash_of(place: Place, content: Content) -> str:
    """SHA-256 over an order, hex: an interrupted one is gone on with by exactly the same order."""
    told = {"purpose": place.purpose, "case": place.case, **dict(content)}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
