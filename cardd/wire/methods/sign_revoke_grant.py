"""`sign.revoke_grant`: the grant ends now."""

from cardd.wire.base import CallParams, GrantWord, Receipt, WireModel

METHOD = "sign.revoke_grant"


class Params(CallParams):
    grant: GrantWord


class Result(WireModel):
    used: int
    receipt: Receipt
