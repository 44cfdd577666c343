"""Sees that UTC was set: it moves against CLOCK_BOOTTIME, which nobody can set (requirement A10).

Slewing by NTP moves both clocks alike (clock_gettime(2)), so only steps are seen; small ones add up until they are recorded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

MOST_MISSED: Final = timedelta(days=400)
"""A clock that is further ahead of the key than this is not believed: each day takes a few writes, and nobody stores a terminal so long."""
TRUSTED_DAYS: Final = 31
"""A clock that nothing keeps right is believed so many days ahead of the key, unless the settings say otherwise."""
NOTED_DAYS: Final = 7
"""More than so many days between two runs, and nothing that keeps the clock right: on record, and a warning."""
FAR_AHEAD: Final = "clock_far_ahead"
UNSURE: Final = "clock_unsure"
SYNCHRONISED: Final = "synchronised"

STEP_US: Final = 2_000_000
"""Microseconds; a step is a record when it is larger (A10)."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How far ahead of the key of the day the clock is believed. Days only go forward: a year that was believed by mistake (a clock without
    battery, a wrong date typed in) would keep one key for a year."""

    quality: Callable[[], str] = lambda: "unknown"
    """`synchronised` while something keeps the clock right. May be asked from any thread."""
    days: int = TRUSTED_DAYS
    confirmed: date | None = None
    """Days up to this one (UTC) were confirmed by whoever answers for the machine."""

    def problem(self, period: date, today: date) -> str | None:
        """Why the key of `period` is not changed for that of `today`, in one word; None: it may be."""
        if today - period > MOST_MISSED:
            return FAR_AHEAD
        return UNSURE if (today - period).days > self.days and not self.sure(today) else None

    def sure(self, today: date) -> bool:
        """Whether anything or anybody says that it is this day."""
        return self.quality() == SYNCHRONISED or self.is_confirmed(today)

    def is_confirmed(self, today: date) -> bool:
        return self.confirmed is not None and today <= self.confirmed


class Clock(Protocol):
    """What is compared."""

    def utc_us(self) -> int: ...

    def boottime(self) -> float: ...


class ClockSteps:
    """How far UTC has moved since it was last told."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._base = self._difference()

    @property
    def step_us(self) -> int:
        """Microseconds, negative when the clock went back."""
        return self._difference() - self._base

    @property
    def seen(self) -> bool:
        """Whether there is a step to record."""
        return abs(self.step_us) > STEP_US

    def told(self, step_us: int) -> None:
        """A step of so many microseconds is on record: count anew from there."""
        self._base += step_us

    def _difference(self) -> int:
        return self._clock.utc_us() - int(self._clock.boottime() * 1_000_000)
