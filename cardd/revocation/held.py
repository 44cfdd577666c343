"""The revocation lists that this machine holds, as they were taken over. Light: no certificate code.

Filled on the event loop, read on readers' threads: what is read is one tuple that is exchanged as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cardd.ports import Clock
from cardd.revocation_settings import ListFor

if TYPE_CHECKING:
    from certs.validation.evidence import LongList

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Two clocks are never equal: a list may be so much newer than now before this machine's clock is held for wrong (our choice)."""


@dataclass(frozen=True, slots=True)
class HeldList:
    """One list. `serials` is the sorted file of its serial numbers, open."""

    name: str
    about: ListFor
    this_update: datetime
    next_update: datetime | None
    serials: "LongList" = field(repr=False)


class HeldLists:
    """All of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: tuple[HeldList, ...] = ()

    def put(self, held: Sequence[HeldList]) -> None:
        """Exchange all lists at once. On the event loop."""
        self._held = tuple(held)

    @property
    def all(self) -> tuple[HeldList, ...]:
        return self._held

    def about(self, kinds: Sequence[ListFor]) -> "tuple[LongList, ...]":
        """The lists about these kinds of certificate."""
        return tuple(each.serials for each in self._held if each.about in kinds)

    def now(self) -> datetime:
        """Of this machine's clock, UTC."""
        return datetime.fromtimestamp(self._clock.utc_us() / 1_000_000, UTC)

    def age_s(self, held: HeldList) -> int:
        """Seconds since the list was made; 0 for one that is newer than the clock."""
        return max(0, int((self.now() - held.this_update).total_seconds()))

    @property
    def clock_behind(self) -> bool:
        """Whether a list is newer than now: its authority signed that it was that late already, so this clock is wrong (K6)."""
        return any(each.this_update > self.now() + CLOCK_TOLERANCE for each in self._held)
