"""`case.close`: the work on this reception number is done. An application that tells it lets W12 ask where nothing came of a reading."""

from cardd.wire.base import CallParams, CaseNumber, Receipt, WireModel

METHOD = "case.close"


class Params(CallParams):
    case: CaseNumber


class Result(WireModel):
    receipt: Receipt
