"""The values that benchmarks hand around: what one run cost, and the spread over several runs."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest of several runs; seconds unless said otherwise."""

    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """At least one value."""
        kept = list(values)
        return cls(statistics.median(kept), min(kept), max(kept), len(kept))


@dataclass(frozen=True)
class Exchanges:
    """What passed between one reader and its card, as the card saw it."""

    commands: int = 0
    sent: int = 0
    """Bytes to the card."""
    received: int = 0
    """Bytes from the card."""
    card_s: float = 0.0
    """Seconds the card was at work, its sleep under a time model included."""
    sessions: tuple[tuple[bytes, ...], ...] = ()
    """The commands themselves, one group for each time the card was powered."""

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.commands + other.commands,
            self.sent + other.sent,
            self.received + other.received,
            self.card_s + other.card_s,
            self.sessions + other.sessions,
        )


@dataclass(frozen=True)
class Run:
    """One job done once: seconds from asking to having the answer, and what the card saw meanwhile."""

    seconds: float
    card: Exchanges

    def __add__(self, other: Self) -> Self:
        return type(self)(self.seconds + other.seconds, self.card + other.card)

    @property
    def added(self) -> float:
        """What came on top of the card's own time, as a part of that time."""
        return (self.seconds - self.card.card_s) / self.card.card_s


@dataclass(frozen=True)
class Cost:
    """One job done several times by one client with one time model. Counts are those of the median run."""

    commands: int
    sent: int
    received: int
    seconds: Spread
    card: Spread
    added: Spread
    """See `Run.added`."""

    @classmethod
    def of(cls, runs: Iterable[Run]) -> Self:
        """Raises `ValueError` when the runs did not all send the same number of commands: then it was not one job."""
        kept = list(runs)
        counts = {run.card.commands for run in kept}
        if len(counts) != 1:
            raise ValueError(f"the same job took different numbers of commands: {sorted(counts)}")
        middle = sorted(kept, key=lambda run: run.card.sent + run.card.received)[len(kept) // 2].card
        return cls(
            counts.pop(),
            middle.sent,
            middle.received,
            Spread.of(run.seconds for run in kept),
            Spread.of(run.card.card_s for run in kept),
            Spread.of(run.added for run in kept),
        )
