"""The faults that clients see, and the facts that an error answer may carry. The rows stand in `fault_table`, which needs no model."""

from typing import Any, Literal

from cardd.wire.base import Answer, PinWord
from cardd.wire.fault import Actor, Fault, Locale, TwoTexts
from cardd.wire.fault_table import FAULTS, INTERNAL, fault

__all__ = ["FAULTS", "INTERNAL", "Actor", "ErrorData", "Fault", "Locale", "TwoTexts", "fault"]


class PinFate(Answer):
    """What became of a PIN's retry counter."""

    outcome: Literal["untouched", "accepted", "spent", "may_be_spent"]
    tries_left: int | None = None


class ErrorData(Answer):
    """Member `data` of an error answer. Absent = not known or without meaning here; never anything read from a card."""

    name: str
    actor: Actor
    retryable: bool
    remedy: str
    exit_code: int
    doc: str
    request_id: str | None = None
    """Stands in log and record as well."""
    incident: str | None = None
    """With `internal`: number of the entry in the daemon's log."""
    card: Literal["untouched", "cleared", "removed", "held", "unknown"] | None = None
    """What became of the card."""
    pin: PinFate | None = None
    reader: str | None = None
    command: str | None = None
    sw: str | None = None
    """Status word, four hex digits."""
    pcsc_code: str | None = None
    """PC/SC return code, eight hex digits."""
    which: PinWord | None = None
    tries_left: int | None = None
    field: str | None = None
    rule: str | None = None
    approval: str | None = None
    """With `approval.required`: what the second person approves."""
    remaining: int | None = None
    """Signatures that a grant still allows."""
    holder: str | None = None
    place: int | None = None
    retry_after_s: int | None = None
    limit: int | None = None
    percent: int | None = None
    """With `audit.indexing`: how much of the record is read, 0 to 99."""
    problem: str | None = None
    level_min: int | None = None
    level_max: int | None = None

    def told(self) -> dict[str, Any]:
        """As it goes over the wire."""
        return self.model_dump(mode="json", exclude_none=True)
