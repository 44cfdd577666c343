"""`session.logout`: end the session of this seat."""

from cardd.wire.base import Receipt, WireModel

METHOD = "session.logout"


class Result(WireModel):
    receipt: Receipt
