"""What rules remember: bounded, and without a trace of it on any disk."""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Final, Generic, NamedTuple, TypeVar

V = TypeVar("V")
MOST_KEYS: Final = 20_000
"""Subjects (operators, cards, badges) that one memory has; the one that was not seen for longest goes first."""
MOST_EACH: Final = 1000
"""Events that one subject's window has; the oldest goes first."""


class Mark(NamedTuple):
    """One event in a window."""

    at_us: int
    evidence: tuple[int, ...]
    what: str = ""


class Bounded(Generic[V]):
    """A table of at most `most` subjects."""

    def __init__(self, make: Callable[[], V], most: int = MOST_KEYS) -> None:
        self._make, self._most = make, most
        self._table: OrderedDict[Hashable, V] = OrderedDict()

    def __getitem__(self, key: Hashable) -> V:
        """What is remembered of `key`, made where there is nothing yet. It counts as seen."""
        found = self._table.get(key)
        if found is None:
            found = self._table[key] = self._make()
            if len(self._table) > self._most:
                self._table.popitem(last=False)
        else:
            self._table.move_to_end(key)
        return found

    def get(self, key: Hashable) -> V | None:
        """What is remembered, or None."""
        return self._table.get(key)

    def __setitem__(self, key: Hashable, value: V) -> None:
        self[key]
        self._table[key] = value

    def pop(self, key: Hashable) -> V | None:
        """Forget it."""
        return self._table.pop(key, None)

    def __len__(self) -> int:
        return len(self._table)


class Window:
    """The events of each subject within the last `span_us` microseconds."""

    def __init__(self, span_us: int, most: int = MOST_KEYS, each: int = MOST_EACH) -> None:
        self._span_us = span_us
        self._marks: Bounded[deque[Mark]] = Bounded(lambda: deque(maxlen=each), most)

    def add(self, key: Hashable, mark: Mark) -> deque[Mark]:
        """Take one more event; gives all of this subject that still count, the newest last.

        A clock that was set back leaves events that lie ahead: they count no more, for nobody knows how long ago they were.
        """
        marks = self._marks[key]
        if marks and marks[-1].at_us > mark.at_us:
            kept = [each for each in marks if each.at_us <= mark.at_us]
            marks.clear()
            marks.extend(kept)
        while marks and marks[0].at_us <= mark.at_us - self._span_us:
            marks.popleft()
        marks.append(mark)
        return marks

    def forget(self, key: Hashable) -> None:
        """Begin anew for this subject."""
        self._marks.pop(key)

    def __len__(self) -> int:
        return len(self._marks)


class Once:
    """At most one hit per subject in so many days (of Japan)."""

    def __init__(self, days: int = 1) -> None:
        self._days = days
        self._told: Bounded[list[int]] = Bounded(list)

    def first(self, key: Hashable, day: int) -> bool:
        """Whether this subject was not told in the days before `day`; from now on it is."""
        told = self._told[key]
        if told and told[0] <= day < told[0] + self._days:
            return False
        told[:] = [day]
        return True

    def __len__(self) -> int:
        return len(self._told)


def evidence(marks: deque[Mark]) -> tuple[int, ...]:
    """The numbers of all records behind these events."""
    return tuple(number for mark in marks for number in mark.evidence)
