"""`session.login`: open a session at this seat with the badge that is in its reader. The PIN is asked through the agent."""

from typing import Annotated

from pydantic import StringConstraints

from cardd.wire.base import CallParams, Handle, Receipt, Time, WireModel

METHOD = "session.login"
UnixUser = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]
"""An account of the machine, as the register of operators names it."""


class Params(CallParams):
    badge: Handle | None = None
    """Which badge, where more than one is there."""
    unix_user: UnixUser | None = None
    """The badge must be that of this account of the machine, or nobody is asked for a PIN."""
    hand_over: bool = False
    """The session is to belong to that account, and not to the caller: for clients that `may_log_in_others`."""


class Operator(WireModel):
    id: str
    name: str
    role: str
    role_ja: str | None = None
    role_en: str | None = None
    """The role in words, as the policy names it."""


class Result(WireModel):
    seat: str
    operator: Operator
    badge: Handle
    since: Time
    ends_at: Time
    locks_at: Time
    """When the session locks if no human does anything."""
    badge_expires_at: Time | None = None
    """When the badge's certificate ends."""
    badge_days_left: int | None = None
    receipt: Receipt
