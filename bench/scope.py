"""How much is measured: the runs of each part, for the whole benchmark and for the quick one."""

import sys
import time
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
    decisions: int
    """Rounds of decisions."""
    starts: int
    idle_s: float
    side_by_side_s: float
    record_rounds: int
    """Rounds of adding records."""
    readings: int
    """Pairs of intent and result in each of them."""
    thorough: bool
    """Other programs at the contactless model, starts from the checkout, and readers side by side with slower cards as well."""


FULL = Scope(
    zero=5,
    contactless=6,
    others=2,
    events=40,
    decisions=30,
    starts=7,
    idle_s=20.0,
    side_by_side_s=4.0,
    record_rounds=5,
    readings=600,
    thorough=True,
)
QUICK = Scope(
    zero=2,
    contactless=1,
    others=1,
    events=5,
    decisions=5,
    starts=2,
    idle_s=4.0,
    side_by_side_s=1.0,
    record_rounds=3,
    readings=150,
    thorough=False,
)

Say = Callable[[str], None]


def make_say() -> Say:
    """One line of progress, beside the tables, with the seconds since now."""
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"bench: {time.monotonic() - began:3.0f} s  {text}", file=sys.stderr, flush=True)

    return say
