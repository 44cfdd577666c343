"""`session.activity`: a human has just done something at this seat. Nothing else keeps a session from locking."""

from cardd.wire.base import Time, WireModel

METHOD = "session.activity"


class Result(WireModel):
    locks_at: Time
    """When the session locks if nothing more happens."""
