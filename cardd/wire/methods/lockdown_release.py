"""`lockdown.release`: one administrator's badge and PIN. The emergency stop ends with the second one, another person, within 5 minutes."""

from cardd.wire.base import CallParams, Handle, Receipt, Time, WireModel

METHOD = "lockdown.release"


class Params(CallParams):
    badge: Handle | None = None


class Result(WireModel):
    released: bool
    operator: str
    """Whose badge it was."""
    second_until: Time | None = None
    """Until when another administrator must follow."""
    receipt: Receipt
