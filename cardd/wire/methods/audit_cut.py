"""`audit.cut`: cut off the oldest sealed segments of the record, when their years are over. Under four eyes."""

from typing import Annotated

from pydantic import StringConstraints

from cardd.wire.base import ApprovalWord, CallParams, Receipt, Time, WireModel

METHOD = "audit.cut"
DayWord = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
"""A day in Japan."""


class Params(CallParams):
    before: DayWord
    """Whole segments all of whose records are older than this day go."""
    preview: bool = False
    """Say what would go; nothing does, and no second person is asked."""
    approval: ApprovalWord | None = None
    """What a second person has agreed to. Without it the answer is `approval.required`."""


class Result(WireModel):
    cut: bool
    first_sequence: int
    last_sequence: int
    last_hash: str
    """SHA-256 of the last record that goes."""
    records: int
    segments: int
    size: int
    """Bytes on the disk."""
    first_at: Time
    last_at: Time
    receipt: Receipt
