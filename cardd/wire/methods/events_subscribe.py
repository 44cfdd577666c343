"""`events.subscribe`: a snapshot and a number, then numbered changes as `events.changed`."""

from typing import Any, Literal

from cardd.wire.base import WireModel
from cardd.wire.methods.cards_list import CardRow
from cardd.wire.methods.readers_list import ReaderRow

METHOD = "events.subscribe"
CHANGED = "events.changed"

Topic = Literal["reader", "card", "session", "pin", "queue", "approval", "lockdown", "alarm", "health"]


class Params(WireModel):
    topics: tuple[Topic, ...] | None = None
    """None: all."""
    since: int | None = None
    """Replay what came after this number; when that is no longer kept, the answer says `gap` and gives a snapshot."""
    boot_id: str | None = None
    """The daemon's boot id the number belongs to; another one is a gap."""


class SessionState(WireModel):
    seat: str
    logged_in: bool


class Result(WireModel):
    number: int
    """Number of the newest change that the snapshot contains."""
    boot_id: str
    gap: bool
    readers: tuple[ReaderRow, ...]
    cards: tuple[CardRow, ...]
    sessions: tuple[SessionState, ...]


class Changed(WireModel):
    """Parameters of the notification `events.changed`."""

    number: int
    topic: Topic
    change: str
    """One word: `inserted`, `removed`, `identified`, `started`, `ended`…"""
    facts: dict[str, Any]
