"""`audit.own_day`: what the record has of today's acts of whoever is logged in. Needs no right; names no card and no resident."""

from typing import Annotated

from pydantic import Field

from cardd.wire.base import CallParams, Receipt, Time, WireModel
from cardd.wire.methods.audit_query import CursorWord

METHOD = "audit.own_day"


class Params(CallParams):
    cursor: CursorWord | None = None
    """From the answer before."""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class OwnUse(WireModel):
    """One act. Neither the pseudonym of a card nor that of a badge stands in it."""

    at: Time
    terminal: str | None
    seat: str | None
    client: str | None
    """The program that asked, as the office names it."""
    approver: str | None
    """The second person."""
    purpose: str | None
    case: str | None
    event: str
    operation: str | None
    items: tuple[str, ...]
    """Names of what was asked for."""
    key: str | None
    result: str
    """`done`, `refused`, `failed`, `unknown`; `open`: not ended yet; `noted`: a state, nothing was done with a card."""
    code: str | None
    """Name of the error, for what was refused or failed."""
    problem: str | None
    receipt: Receipt
    """Of this act: its outcome where it has one."""


class Result(WireModel):
    day: str
    """`2026-11-23`, in Japan."""
    uses: tuple[OwnUse, ...]
    """Newest first; fewer than `limit` where the records are long."""
    cursor: str | None
    """For the next page; None = that was all."""
    receipt: Receipt
    """Of this question."""
