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


FULL = Scope(zero=9, contactless=7, others=3, events=60, starts=7, idle_s=20.0, side_by_side_s=6.0)
QUICK = Scope(zero=3, contactless=2, others=1, events=15, starts=3, idle_s=6.0, side_by_side_s=2.0)

Say = Callable[[str], None]


def say(text: str) -> None:
    """One line of progress, beside the tables."""
    print(f"bench: {text}", file=sys.stderr, flush=True)
