"""`session.login`: open a session at this seat with the badge that is in its reader. The PIN is asked through the agent."""

from cardd.wire.base import CallParams, Handle, Receipt, Time, WireModel

METHOD = "session.login"


class Params(CallParams):
    badge: Handle | None = None
    """Which badge, where more than one is there."""


class Operator(WireModel):
    id: str
    name: str
    role: str


class Result(WireModel):
    seat: str
    operator: Operator
    badge: Handle
    since: Time
    ends_at: Time
    receipt: Receipt
