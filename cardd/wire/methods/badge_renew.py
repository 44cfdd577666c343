"""`badge.renew`: new keys and certificates for a badge that is in the register. Under four eyes."""

from cardd.wire.base import CardCall, OperatorWord
from cardd.wire.methods.badge_enrol import Result

__all__ = ["METHOD", "Params", "Result"]

METHOD = "badge.renew"


class Params(CardCall):
    operator: OperatorWord
