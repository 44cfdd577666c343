"""`approval.give`: another person, with another badge and its PIN, agrees to exactly this content. Needs no session."""

from cardd.wire.base import ApprovalWord, CallParams, ContentHash, Handle, Receipt, Time, WireModel

METHOD = "approval.give"


class Params(CallParams):
    approval: ApprovalWord
    content_hash: ContentHash
    badge: Handle | None = None
    """The approver's badge, where more than one is there."""


class Result(WireModel):
    approval: str
    approver: str
    expires_at: Time
    """Until when it can be used, once."""
    receipt: Receipt
