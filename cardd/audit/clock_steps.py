"""Sees that UTC was set: it moves against CLOCK_BOOTTIME, which nobody can set (requirement A10).

Slewing by NTP moves both clocks alike (clock_gettime(2)), so only steps are seen; small ones add up until they are recorded.
"""

from typing import Final, Protocol

STEP_US: Final = 2_000_000
"""Microseconds; a step is a record when it is larger (A10)."""


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
