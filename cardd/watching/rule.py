"""What a rule is."""

from collections.abc import Iterable
from typing import Protocol

from cardd.watching.seen import Hit, Seen


class Rule(Protocol):
    """One pattern. Given every record in order; remembers a bounded part of what it needs; knows no clock but the records'."""

    def see(self, seen: Seen) -> Iterable[Hit]:
        """Take one record; the hits that it completes."""
        ...
