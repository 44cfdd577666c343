"""`queue.show`: who has a card and who waits for it."""

from typing import Literal

from cardd.wire.base import WireModel

METHOD = "queue.show"


class QueueRow(WireModel):
    place: int
    """0 = running, 1 = next."""
    client: str
    operation: str
    since_s: float
    """Seconds it has been running or waiting."""


class ReaderLoad(WireModel):
    reader: str
    state: Literal["free", "busy", "stuck"]
    rows: tuple[QueueRow, ...]


class Result(WireModel):
    readers: tuple[ReaderLoad, ...]
