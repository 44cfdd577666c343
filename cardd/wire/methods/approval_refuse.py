"""`approval.refuse`: whoever asked takes it back, or somebody who might approve says no. Needs a session."""

from cardd.wire.base import ApprovalWord, CallParams, Receipt, WireModel

METHOD = "approval.refuse"


class Params(CallParams):
    approval: ApprovalWord


class Result(WireModel):
    approval: str
    receipt: Receipt
