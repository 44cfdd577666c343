"""`badge.block`: a loss report. The operator's badges count no more, at once; an open session of theirs ends."""

from typing import Literal

from cardd.wire.base import CallParams, OperatorWord, Receipt, WireModel

METHOD = "badge.block"


class Params(CallParams):
    operator: OperatorWord
    reason: Literal["lost", "stolen", "left", "misuse", "replaced", "other"]


class Result(WireModel):
    operator: str
    sessions_ended: int
    receipt: Receipt
