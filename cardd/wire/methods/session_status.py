"""`session.status`: whether somebody is logged in at this seat, for this uid."""

from cardd.wire.base import Handle, Time, WireModel
from cardd.wire.methods.session_login import Operator

METHOD = "session.status"


class Result(WireModel):
    seat: str
    logged_in: bool
    operator: Operator | None = None
    badge: Handle | None = None
    since: Time | None = None
    ends_at: Time | None = None
    locked: bool | None = None
    locks_at: Time | None = None
    """When it locks if no human does anything; None while it is locked."""
    badge_expires_at: Time | None = None
    badge_days_left: int | None = None
