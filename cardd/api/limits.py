"""What callers may use up, and the counters for it. Time is an argument; nothing here waits (requirement I3)."""

from collections import Counter
from dataclasses import dataclass

from cardd.wire.framing import LINE_SECONDS, REQUEST_LINE, RESPONSE_LINE

REFUSAL_NOTE_SECONDS = 60.0
"""A refused uid is noted at most this often (fault 49)."""
REMEMBERED_UIDS = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """All settings; the defaults are requirement I3's."""

    connections: int = 32
    connections_per_user: int = 8
    requests_per_second: int = 20
    calls_in_flight: int = 16
    """Per connection."""
    output_queue_bytes: int = 256 * 1024
    request_line_bytes: int = REQUEST_LINE
    response_line_bytes: int = RESPONSE_LINE
    line_seconds: float = LINE_SECONDS
    agent_seconds: float = 60.0
    """A person's time for one PIN."""


class ConnectionCount:
    """How many connections there are, in all and per uid."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._of: Counter[int] = Counter()

    def admit(self, uid: int) -> bool:
        """Count one more connection of `uid`, or say no."""
        if self._of.total() >= self._limits.connections or self._of[uid] >= self._limits.connections_per_user:
            return False
        self._of[uid] += 1
        return True

    def leave(self, uid: int) -> None:
        """One connection of `uid` has ended."""
        self._of[uid] -= 1
        if self._of[uid] == 0:
            del self._of[uid]


class RequestRate:
    """A bucket of requests per uid, over all its connections: as many at once as per second, refilled steadily."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._buckets: dict[int, tuple[float, float]] = {}

    def admit(self, uid: int, now: float) -> bool:
        """Take one request out of `uid`'s bucket, or say no. `now`: seconds, monotonic."""
        left, since = self._buckets.get(uid, (float(self._per_second), now))
        left = min(self._per_second, left + (now - since) * self._per_second)
        admitted = left >= 1.0
        self._buckets[uid] = (left - 1.0 if admitted else left, now)
        return admitted


class SeldomNotes:
    """Which refusals are worth a note: one a minute per uid, with the number of those that were not noted."""

    def __init__(self) -> None:
        self._noted: dict[int, tuple[float, int]] = {}

    def count(self, uid: int, now: float) -> int:
        """0: do not note this one. Else: how many refusals of `uid` this note stands for."""
        since, silent = self._noted.get(uid, (now - REFUSAL_NOTE_SECONDS, 0))
        if now - since < REFUSAL_NOTE_SECONDS:
            self._noted[uid] = (since, silent + 1)
            return 0
        self._noted.pop(uid, None)
        if len(self._noted) >= REMEMBERED_UIDS:
            self._noted.pop(next(iter(self._noted)))
        self._noted[uid] = (now, 0)
        return silent + 1
