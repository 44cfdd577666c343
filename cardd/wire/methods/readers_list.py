"""`readers.list`: the readers that are there."""

from typing import Literal

from cardd.wire.base import Handle, WireModel

METHOD = "readers.list"


class ReaderRow(WireModel):
    name: str
    """Cleaned for display: no control characters."""
    role: Literal["badge", "resident", "any", "ignored"]
    usb_path: str | None
    serial: str | None
    virtual: bool
    pin_pad: bool
    state: Literal["empty", "card", "stuck"]
    card: Handle | None
    seat: str | None = None
    """The seat whose reader it is; None where the configuration has no seats, or gives it to none."""


class Result(WireModel):
    readers: tuple[ReaderRow, ...]
    pcsc: Literal["up", "down"]
