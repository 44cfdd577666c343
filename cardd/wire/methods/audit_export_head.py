"""`audit.export_head`: the newest signed head of the record, to be kept outside this machine. Badge and PIN, no session."""

from cardd.wire.base import CallParams, Handle, Receipt, Time, WireModel

METHOD = "audit.export_head"


class Params(CallParams):
    badge: Handle | None = None


class Result(WireModel):
    head: str
    """The whole note, as c2sp.org/tlog-checkpoint has it; some 400 characters, to be kept byte for byte."""
    size: int
    """How many records it covers."""
    signed_at: Time
    operator: str
    """Whose badge it was."""
    receipt: Receipt
