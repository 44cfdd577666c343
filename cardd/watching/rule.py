"""What a rule is."""

from collections.abc import Iterable
from typing import Protocol

from cardd.watching.seen import Hit, Seen


class Rule(Protocol):
    """One pattern. Given every record in order; remembers a bounded part of what it needs; knows no clock but the records'."""

    def see(self, seen: Seen) -> Iterable[Hit]:
        """Take one record; the hits that it completes."""
        ...


class Waiting(Protocol):
    """A rule that also speaks when something does not happen."""

    def due(self, now_us: int) -> Iterable[Hit]:
        """The hits of all that was to happen by `now_us` (microseconds since 1970) and did not. Asked before each record too."""
        ...
