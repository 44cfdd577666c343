"""What the agent knows of its seat, and when it locks. A table, without I/O.

                      started, seen_open
          EMPTY ──────────────────────────► OPEN ◄─────────────────────────┐
            ▲  │                             │ │                            │
            │  │                     ended   │ │ gone, lost, seen_none      │ started,
            └──┼─────────────────────────────┘ │ ═► lock                    │ seen_open
               │ gone ═► lock                  ▼                            │
               └──────────────────────────► LOCKING ───────────┐            │
                                               │ lock_done     │ lock_failed│
                                               ▼               ▼            │
                                            LOCKED          FAILED ─────────┤
                                               └────────────────────────────┘

`═► lock` is the only act: the desktop is to be locked, or whatever `[removal] action` says. Locking goes on whatever else is told
meanwhile, and is not asked for twice. When the daemon's connection ends while somebody is logged in (`lost`), the desktop is locked as
if the badge had been pulled: from then on nobody here would see it go, and a daemon that starts again knows no session. A `gone` that comes
while nobody is known to be logged in is believed: its beginning was missed.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Desk(StrEnum):
    """The seat, as far as locking goes."""

    EMPTY = "empty"
    """Nobody is logged in here."""
    OPEN = "open"
    LOCKING = "locking"
    LOCKED = "locked"
    """The desktop says that it is locked, or is ending."""
    FAILED = "failed"
    """It could neither be locked nor ended: an alarm was told."""


class Told(StrEnum):
    """What the desk hears."""

    STARTED = "started"
    GONE = "gone"
    """The session ended, and nobody can say that the badge's holder still sits there."""
    ENDED = "ended"
    """The session ended with its holder there: they logged out, or may not work any more."""
    LOST = "lost"
    """The daemon's connection ended."""
    SEEN_OPEN = "seen_open"
    """A new connection says that somebody is logged in."""
    SEEN_NONE = "seen_none"
    LOCK_DONE = "lock_done"
    LOCK_FAILED = "lock_failed"


STAYED: Final = frozenset({"logout", "too_old", "lockdown", "policy_changed", "role_ended"})
"""Reasons of a session's end (docs/api.md) with which its holder is still there. Any other is `gone`, a later daemon's too: the badge was
pulled or went with its reader or with pcscd, was reported lost, the machine slept, or the daemon stops and no longer watches it.
"""

TABLE: Final[Mapping[tuple[Desk, Told], tuple[Desk, bool]]] = MappingProxyType(
    {
        # (before, told): (after, lock now)
        (Desk.EMPTY, Told.STARTED): (Desk.OPEN, False),
        (Desk.EMPTY, Told.SEEN_OPEN): (Desk.OPEN, False),
        (Desk.EMPTY, Told.GONE): (Desk.LOCKING, True),
        (Desk.OPEN, Told.GONE): (Desk.LOCKING, True),
        (Desk.OPEN, Told.LOST): (Desk.LOCKING, True),
        (Desk.OPEN, Told.SEEN_NONE): (Desk.LOCKING, True),
        (Desk.OPEN, Told.ENDED): (Desk.EMPTY, False),
        (Desk.LOCKING, Told.STARTED): (Desk.OPEN, False),
        (Desk.LOCKING, Told.SEEN_OPEN): (Desk.OPEN, False),
        (Desk.LOCKING, Told.LOCK_DONE): (Desk.LOCKED, False),
        (Desk.LOCKING, Told.LOCK_FAILED): (Desk.FAILED, False),
        (Desk.LOCKED, Told.STARTED): (Desk.OPEN, False),
        (Desk.LOCKED, Told.SEEN_OPEN): (Desk.OPEN, False),
        (Desk.FAILED, Told.STARTED): (Desk.OPEN, False),
        (Desk.FAILED, Told.SEEN_OPEN): (Desk.OPEN, False),
    }
)
"""What is not here changes nothing and locks nothing."""


def after(desk: Desk, told: Told) -> tuple[Desk, bool]:
    """The desk after it was told something, and whether to lock now."""
    return TABLE.get((desk, told), (desk, False))


def of_end(reason: str) -> Told:
    """What the end of a session for `reason` is to the desk."""
    return Told.ENDED if reason in STAYED else Told.GONE


class State(StrEnum):
    """What the agent does at the moment, in one word, for screens and logs."""

    UNCONNECTED = "unconnected"
    TAKEN = "taken"
    """Another agent asks for this seat's PINs; this one only locks."""
    WATCHING = "watching"
    SERVING = "serving"
    """Somebody is logged in."""
    PROMPTING = "prompting"
    LOCKING = "locking"
    LOCKED = "locked"
    FAILED = "failed"


def state(desk: Desk, *, connected: bool, registered: bool, asking: bool) -> State:
    """The one word; what presses most comes first."""
    if desk in (Desk.LOCKING, Desk.FAILED):
        return State(desk.value)
    if not connected:
        return State.UNCONNECTED
    if asking:
        return State.PROMPTING
    if not registered:
        return State.TAKEN
    return {Desk.EMPTY: State.WATCHING, Desk.OPEN: State.SERVING, Desk.LOCKED: State.LOCKED}[desk]
