"""How much is measured: the runs of each part, for the whole benchmark and for the quick one."""

import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """Numbers of runs, and seconds of the parts that watch for a time."""

    zero: int
    """Rounds at zero latency."""
    contactless: int
    """Rounds at the contactless model."""
    others: int
    """Runs of each other program at the model."""
    events: int
    starts: int
    idle_s: float
    side_by_side_s: float
    slow_too: bool
    """Readers side by side with slower cards as well."""


FULL = Scope(zero=9, contactless=6, others=3, events=50, starts=7, idle_s=20.0, side_by_side_s=5.0, slow_too=True)
QUICK = Scope(zero=3, contactless=1, others=1, events=10, starts=2, idle_s=5.0, side_by_side_s=1.5, slow_too=False)

Say = Callable[[str], None]


def say(text: str) -> None:
    """One line of progress, beside the tables."""
    print(f"bench: {text}", file=sys.stderr, flush=True)
