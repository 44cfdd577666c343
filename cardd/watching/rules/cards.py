"""W6, W7, W14: residents' cards, how many and how often."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from cardd.watch_settings import W6, W7, W14
from cardd.watching.memory import Bounded, Mark, Once, Window, evidence
from cardd.watching.seen import HOUR, MINUTE, Hit, Seen, hit

USES: Final = frozenset({"read", "certificate", "sign"})
"""Operations that take something from a resident's card."""
HISTORY_DAYS: Final = 30
MOST_CARDS: Final = 1000


def used_card(seen: Seen) -> str | None:
    """The resident's card from which something was taken; None for every other record."""
    return seen.resident_card if seen.done and seen.text("operation") in USES else None


@dataclass(slots=True)
class _Hourly:
    """How many different cards an operator used in each hour of the clock with work in it, in 30 days."""

    hours: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=HISTORY_DAYS * 24))
    hour: int = 0
    cards: set[str] = field(default_factory=set)

    def add(self, hour: int, card: str) -> None:
        if hour != self.hour:
            if self.cards:
                self.hours.append((self.hour, len(self.cards)))
            self.hour, self.cards = hour, set()
        if len(self.cards) < MOST_CARDS:
            self.cards.add(card)
        while self.hours and not hour - HISTORY_DAYS * 24 <= self.hours[0][0] <= hour:
            self.hours.popleft()


class ManyCards:
    """W6: more cards within 60 minutes than `factor` times the operator's own median of an hour with work, and than `cards`.

    The median counts the hours of the clock of the 30 days before, the running one left out; with too few of them a fixed
    number takes its place: somebody new has no habit yet.
    """

    def __init__(self, values: W6) -> None:
        self._values = values
        self._window, self._habits = Window(HOUR, each=MOST_CARDS), Bounded(_Hourly, most=2000)
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        card, operator = used_card(seen), seen.text("operator")
        if card is None or operator is None:
            return
        habit = self._habits[operator]
        habit.add(seen.at_us // HOUR, card)
        marks = self._window.add(operator, Mark(seen.at_us, seen.evidence, card))
        if len(marks) <= self._values.cards:
            return
        cards = len({mark.what for mark in marks})
        if cards > self._most(habit) and self._once.first(operator, seen.day):
            yield hit("w6", seen, {"operator": operator, "seat": seen.text("seat")}, evidence(marks), count=cards)

    def _most(self, habit: _Hourly) -> float:
        if len(habit.hours) < self._values.history_hours:
            return max(self._values.cards, self._values.cards_without_history)
        return max(self._values.cards, self._values.factor * median(count for _, count in habit.hours))


@dataclass(slots=True)
class _Visits:
    """The visits of one card: today's, and the days on which each reception number was used."""

    day: int = 0
    today: list[tuple[int, ...]] = field(default_factory=list)
    last: dict[str, int] = field(default_factory=dict)
    """When each reception number was last used, of today."""
    cases: dict[str, list[tuple[int, tuple[int, ...]]]] = field(default_factory=dict)
    """The days of each, with what shows it."""


MOST_CASES: Final = 16
CASE_DAYS: Final = 14


class SameCardAgain:
    """W7: one card on so many visits in a day; or on so many days under one reception number, within 14 days.

    A visit is all that is done under one reception number with pauses of less than `visit_minutes`: reading, certificate and
    signature of one case are one visit. A card has another name in the record each year, so that New Year begins anew.
    """

    def __init__(self, values: W7) -> None:
        self._values = values
        self._visits: Bounded[_Visits] = Bounded(_Visits)
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        card = used_card(seen)
        if card is None:
            return
        visits, case = self._visits[card], seen.text("case") or ""
        about = {"card": card, "operator": seen.text("operator"), "seat": seen.text("seat")}
        often = self._visit(visits, case, seen) and len(visits.today) >= self._values.visits
        if often and self._once.first((card, "visits"), seen.day):
            numbers = tuple(number for visit in visits.today for number in visit)
            yield hit("w7", seen, about | {"problem": "visits"}, numbers, count=len(visits.today))
        days = self._days(visits, case, seen)
        if case and len(days) >= self._values.days and self._once.first((card, "days"), seen.day):
            numbers = tuple(number for _, shown in days for number in shown)
            yield hit("w7", seen, about | {"problem": "same_case"}, numbers, count=len(days))

    def _visit(self, visits: _Visits, case: str, seen: Seen) -> bool:
        """Whether a visit begins with this use."""
        if visits.day != seen.day:
            visits.day, visits.today, visits.last = seen.day, [], {}
        last = visits.last.pop(case, None)
        visits.last[case] = seen.at_us
        if len(visits.last) > MOST_CASES:
            del visits.last[next(iter(visits.last))]
        if last is not None and seen.at_us - last < self._values.visit_minutes * MINUTE:
            return False
        if len(visits.today) < 50:  # as many as an alarm names
            visits.today.append(seen.evidence)
        return True

    def _days(self, visits: _Visits, case: str, seen: Seen) -> list[tuple[int, tuple[int, ...]]]:
        for known in [each for each, days in visits.cases.items() if days[-1][0] < seen.day - CASE_DAYS]:
            del visits.cases[known]
        days = [each for each in visits.cases.pop(case, []) if seen.day - CASE_DAYS <= each[0] <= seen.day]
        if not days or days[-1][0] != seen.day:
            days.append((seen.day, seen.evidence))
        visits.cases[case] = days
        if len(visits.cases) > MOST_CASES:
            del visits.cases[next(iter(visits.cases))]
        return days


class PulledAfterReading:
    """W14: cards pulled within 2 seconds after a reading, so many in the time, for one operator: reading at a run."""

    def __init__(self, values: W14) -> None:
        self._values = values
        self._window = Window(values.minutes * MINUTE)
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        if seen.event != "card.removed_soon":
            return
        operator = seen.text("operator")
        marks = self._window.add(operator, Mark(seen.at_us, seen.evidence))
        if len(marks) >= self._values.times and self._once.first(operator, seen.day):
            yield hit("w14", seen, {"operator": operator, "seat": seen.text("seat")}, evidence(marks), count=len(marks))
