"""`audit.alarms`: what the rules found in the record, the newest first, and what became of it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cardd.wire.base import CallParams, Receipt, Time, WireModel
from cardd.wire.methods.audit_query import CursorWord

METHOD = "audit.alarms"
WatchWord = Annotated[str, StringConstraints(pattern=r"^w([1-9]|1[0-8])$")]
VerdictWord = Literal["explained", "unexplained", "misuse"]
ReasonWord = Literal[
    "work", "resident_asked", "mistake", "training", "maintenance", "equipment", "agreed_hours", "not_known", "under_inquiry",
    "curiosity", "private_use", "badge_lent", "other",
]  # fmt: skip


class Params(CallParams):
    state: Literal["open", "reviewed", "all"] = "open"
    watch: WatchWord | None = None
    cursor: CursorWord | None = None
    """From the answer before, with the same `state` and `watch`."""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    shares: bool = False
    """Also count, for each rule and month, how many alarms had an explanation."""


class ReviewRow(WireModel):
    sequence: int
    at: Time
    operator: str | None
    verdict: str
    reason: str | None


class AlarmRow(WireModel):
    log_id: str
    alarm: int
    """Number of its record."""
    at: Time
    watch: str
    evidence: tuple[int, ...]
    """Numbers of the records that it rests on, at most 100."""
    count: int | None
    about: dict[str, str]
    """Whom it is about: `operator`, `approver`, `seat`, `client`, `card`, `badge`, `reader`, `purpose`, `problem`."""
    due_at: Time
    """Until when somebody must have looked at it."""
    overdue: bool
    review: ReviewRow | None


class ShareRow(WireModel):
    watch: str
    month: str
    alarms: int
    explained: int
    unexplained: int
    misuse: int
    open: int


class Result(WireModel):
    alarms: tuple[AlarmRow, ...]
    """May be fewer than `limit`, and still have a next page."""
    cursor: str | None
    """For the next page; None = that was all."""
    shares: tuple[ShareRow, ...]
    receipt: Receipt
