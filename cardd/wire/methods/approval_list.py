"""`approval.list`: what waits for a second person at this office's daemon, and what was approved and not used yet.

A client that is no public body gets what was asked at its own seat.
"""

from typing import Literal

from cardd.wire.base import Time, WireModel

METHOD = "approval.list"


class ApprovalRow(WireModel):
    approval: str
    operation: str
    state: Literal["asked", "given"]
    requester: str
    """Operator id."""
    seat: str
    content: dict[str, str]
    """What is approved, word by word: this is what the second person must be shown."""
    content_hash: str
    """SHA-256 of the RFC 8785 form of `content`: repeated in `approval.give`, so that what was shown is what is approved."""
    asked_at: Time
    expires_at: Time
    approver: str | None = None


class Result(WireModel):
    approvals: tuple[ApprovalRow, ...]
