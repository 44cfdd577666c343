"""`audit.head`: the newest signed head of the record, and how its key follows from the first one (docs/audit-log.md)."""

from typing import Annotated

from pydantic import Field, StringConstraints

from cardd.wire.base import CallParams, Receipt, Time, WireModel

METHOD = "audit.head"
LogWord = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
DayWord = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
LongBase64 = Annotated[str, StringConstraints(max_length=1024 * 1024)]
"""RFC 4648 clause 4, with padding."""


class Params(CallParams):
    keys_after: DayWord | None = None
    """Give the hand-overs of keys behind this day; None: from the first."""
    log_id: LogWord | None = None
    """A closed log that this one goes on from: its hand-overs alone."""


class KeyRow(WireModel):
    period: DayWord
    """The day whose key hands over."""
    record: LongBase64
    """The whole record `log.key`."""
    head: str
    """The head `key`, its whole text."""


class Result(WireModel):
    log_id: str
    head: str | None
    """The whole text of the newest head."""
    size: Annotated[int, Field(ge=0)] | None
    at: Time | None
    first_key: str | None
    """As it stands beside the log: whoever checks takes it from elsewhere."""
    keys: tuple[KeyRow, ...]
    more_keys: bool
    """Ask again with `keys_after` = the last `period`."""
    receipt: Receipt
