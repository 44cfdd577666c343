"""`audit.export`: records as a file with its own signed head, when two people agree to exactly which (docs/audit-log.md)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cardd.wire.base import ApprovalWord, ContentHash, Receipt, WireModel
from cardd.wire.methods.audit_query import FilterParams

METHOD = "audit.export"
ExportWord = Annotated[str, StringConstraints(pattern=r"^x-[0-9a-f]{16}$")]


class Params(FilterParams):
    present: None = None
    """A card is named by its pseudonyms here: `audit.query` tells them."""
    form: Literal["jsonl", "csv"] = "jsonl"
    reason: Literal["audit", "inspection", "investigation", "court", "archive"]
    approval: ApprovalWord | None = None


class Result(WireModel):
    export: ExportWord
    """For `audit.export_part`, by the same session, within 15 minutes."""
    form: Literal["jsonl", "csv"]
    lines: int
    size: Annotated[int, Field(ge=0)]
    """Bytes of the file."""
    digest: ContentHash
    """SHA-256 of the file."""
    root: ContentHash
    """Over the lines."""
    note: str
    """The signed head of the file, its whole text."""
    part_bytes: int
    """A part has at most so many."""
    receipt: Receipt
