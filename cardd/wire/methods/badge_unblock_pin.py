"""`badge.unblock_pin`: a new PIN for a blocked badge, by means of its PUK, which nobody types. Under four eyes."""

from cardd.wire.base import CardCall, OperatorWord, Receipt, WireModel

METHOD = "badge.unblock_pin"


class Params(CardCall):
    operator: OperatorWord


class Result(WireModel):
    operator: str
    receipt: Receipt
