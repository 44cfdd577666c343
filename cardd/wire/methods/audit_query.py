"""`audit.query`: which uses of cards fit, page by page, as they stand in the record."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from cardd.wire.base import (
    CallParams,
    CaseNumber,
    Handle,
    OperationWord,
    OperatorWord,
    PurposeCode,
    Receipt,
    SeatField,
    Time,
    WireModel,
)

METHOD = "audit.query"
PseudonymWord = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""How the record names a card or a badge in one year."""
EventWord = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", max_length=64)]
NameWord = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]*$", max_length=64)]
ResultWord = Literal["done", "refused", "failed", "unknown", "open"]
CursorWord = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}:[0-9]{0,16}$")]


class FilterParams(CallParams):
    """What a use must be; all that is given must fit."""

    operator: OperatorWord | None = None
    subject: NameWord | None = None
    """The operator that it is about, where that is not the one who did it."""
    approver: OperatorWord | None = None
    badge: PseudonymWord | None = None
    card: PseudonymWord | None = None
    present: Handle | None = None
    """The card in this reader is meant, in all years that are kept; instead of `card`."""
    purpose: PurposeCode | None = None
    case: CaseNumber | None = None
    seat: SeatField | None = None
    terminal: NameWord | None = None
    client: NameWord | None = None
    event: EventWord | None = None
    operation: OperationWord | None = None
    result: ResultWord | None = None
    """`refused` has what was refused before any card was touched, too; `open`: begun, and without a result yet."""
    code: EventWord | None = None
    """Name of an error."""
    number: Annotated[int, Field(ge=1, le=2**53)] | None = None
    """The use to which the record of this number belongs, as intent or result."""
    since: Time | None = None
    until: Time | None = None
    """Not included."""


class Params(FilterParams):
    order: Literal["newest", "oldest"] = "newest"
    cursor: CursorWord | None = None
    """From the answer before, with the same filters."""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class Outcome(WireModel):
    sequence: int
    record_hash: str
    at: Time
    record: dict[str, Any]


class UseRow(WireModel):
    """An intent with its result, or a state. `record`: the fields as they stand in the log (docs/audit-log.md)."""

    log_id: str
    sequence: int
    record_hash: str
    at: Time
    record: dict[str, Any]
    outcome: Outcome | None
    """None: a state, or an intent without a result yet."""


class CutLine(WireModel):
    """The record `log.cut` behind which the older records of a log went; two people agreed to it."""

    sequence: int
    at: Time


class KeptLine(WireModel):
    """From where on a log is kept at this machine."""

    log_id: str
    sequence: int
    """Its first record that is kept; more than 1: those before were cut off, and only counts of them are left."""
    at: Time
    cut: CutLine | None


class Result(WireModel):
    uses: tuple[UseRow, ...]
    """Fewer than `limit` where the records are long."""
    cursor: str | None
    """For the next page; None = that was all."""
    kept: tuple[KeptLine, ...]
    """On the first page; the log that is written first, then those before it. What was before is in no answer."""
    known_since: Time | None
    """With `present`, where its certificate was read in this insertion: from when on it holds (see `audit.disclose`)."""
    receipt: Receipt
