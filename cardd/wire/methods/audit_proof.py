"""`audit.proof`: that the record of a receipt stands in the tree under a signed head (docs/audit-log.md, proof of one record)."""

from typing import Annotated

from pydantic import Field

from cardd.wire.base import CallParams, ContentHash, Receipt, WireModel
from cardd.wire.methods.audit_head import LogWord, LongBase64

METHOD = "audit.proof"


class Params(CallParams):
    sequence: Annotated[int, Field(ge=1, le=2**53 - 1)]
    record_hash: ContentHash | None = None
    """SHA-256 of the record as the receipt says it; another one there is `audit.unknown`."""
    log_id: LogWord | None = None
    """Of the receipt, where the record stands in a closed log."""


class Result(WireModel):
    log_id: str
    sequence: int
    record_hash: str
    record: LongBase64
    leaf: str
    index: int
    inclusion: tuple[str, ...]
    """Hashes in hex, nearest first."""
    head: str
    receipt: Receipt
    """Of this question."""
