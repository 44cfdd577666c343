"""The nouns of a session: who sits where with which badge, why that ended, why it is locked."""

from dataclasses import dataclass
from enum import StrEnum

from cardd.model import CardRef, SeatName
from cardd.register import Operator


class SessionEnd(StrEnum):
    """Why a session ended."""

    LOGOUT = "logout"
    BADGE_REMOVED = "badge_removed"
    READER_LOST = "reader_lost"
    """The reader went, and the badge with it."""
    PCSC_LOST = "pcsc_lost"
    """pcscd went: nobody can prove that the badge which is there afterwards never left."""
    TOO_OLD = "too_old"
    SUSPENDED = "suspended"
    """The machine slept: nobody knows who sat there meanwhile."""
    LOCKDOWN = "lockdown"
    POLICY_CHANGED = "policy_changed"
    """The policy in force has no such role any more."""
    ROLE_ENDED = "role_ended"
    """The register in force gives this badge no longer to this operator in this role."""
    BLOCKED = "blocked"
    """The badge was reported lost."""
    STOP = "stop"
    """The daemon ends."""


class LockReason(StrEnum):
    """Why a session was locked."""

    INACTIVITY = "inactivity"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Session:
    """One operator at one seat. There is no token: the kernel's uid and the seat find it."""

    id: str
    """For the record; says nothing to a client."""
    seat: SeatName
    badge: CardRef
    uid: int
    operator: Operator
    badge_certificate: str
    """SHA-256 of the DER of the badge's 9A certificate, lower-case hex."""
    since_us: int
    ends_us: int
    """When it ends at the latest, in UTC for people."""
    deadline: float
    """The same on CLOCK_BOOTTIME; this one counts."""
    badge_expires_us: int | None = None
    """When the badge's certificate ends, in UTC, where it is known."""

    @property
    def role(self) -> str:
        return self.operator.role
