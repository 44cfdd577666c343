"""`events.subscribe`: a snapshot and a number, then numbered changes as `events.changed`."""

from typing import Any, Literal

from cardd.wire import names
from cardd.wire.base import WireModel
from cardd.wire.methods.cards_list import CardRow
from cardd.wire.methods.readers_list import ReaderRow

METHOD = names.SUBSCRIBE
CHANGED = names.CHANGED
LAGGED = names.LAGGED

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
    locked: bool = False


class Result(WireModel):
    number: int
    """Number of the newest change that the snapshot contains. A replay repeats the changes after `since` up to it."""
    boot_id: str
    gap: bool
    readers: tuple[ReaderRow, ...]
    cards: tuple[CardRow, ...]
    sessions: tuple[SessionState, ...]
    lockdown: bool = False
    """Whether the emergency stop is in force."""


class Changed(WireModel):
    """Parameters of the notification `events.changed`.

    Numbers are consecutive. Where a subscriber leaves topics out, or a change belongs to another user, `after` is the
    number of the change before this one that it was sent: equal to the last number it saw, or something was missed.
    """

    number: int
    after: int
    topic: Topic
    change: str
    """One word: `inserted`, `removed`, `identified`, `started`, `ended`…"""
    facts: dict[str, Any]


class Lagged(WireModel):
    """Parameters of the notification `events.lagged`: this consumer reads too slowly, and its subscription has ended.

    Subscribe again with `since` = `number` to get what was missed, or a snapshot.
    """

    number: int
    """Of the last change that was sent."""
