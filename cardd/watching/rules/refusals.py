"""W10, W13: what the policy refused, and what is hardly ever needed."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cardd.watch_settings import W10, W13
from cardd.watching.memory import Bounded, Mark, Once, Window
from cardd.watching.rules.cards import used_card
from cardd.watching.seen import MINUTE, Hit, Seen, hit

DENIED: Final = "policy.denied"
HISTORY_DAYS: Final = 30
MOST_PURPOSES: Final = 1000


@dataclass(slots=True)
class _Day:
    day: int
    readings: int = 0
    items: Counter[str] = field(default_factory=Counter)


class Curious:
    """W10: the policy refused one operator so often in a day; or an item was read that this purpose hardly ever needs."""

    def __init__(self, values: W10) -> None:
        self._values = values
        self._refused: Bounded[list[tuple[int, int, int]]] = Bounded(list)
        self._days: Bounded[deque[_Day]] = Bounded(deque, MOST_PURPOSES)
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        if seen.text("code") == DENIED:
            yield from self._refusal(seen)
        elif used_card(seen) is not None and seen.text("operation") == "read":
            yield from self._reading(seen)

    def _refusal(self, seen: Seen) -> Iterator[Hit]:
        operator = seen.text("operator")
        if operator is None:
            return
        refused = self._refused[operator]
        today = [each for each in refused if each[0] == seen.day]
        refused[:] = [*today[-99:], (seen.day, seen.sequence, seen.times)]
        count = sum(times for _, _, times in refused)
        if count >= self._values.refusals and self._once.first((operator, DENIED), seen.day):
            about = {"operator": operator, "seat": seen.text("seat"), "problem": "refusals"}
            yield hit("w10", seen, about, tuple(number for _, number, _ in refused), count=count)

    def _reading(self, seen: Seen) -> Iterator[Hit]:
        purpose, operator = seen.text("purpose"), seen.text("operator")
        days, items = self._days[purpose], seen.words("items")
        while days and not seen.day - HISTORY_DAYS <= days[0].day <= seen.day:
            days.popleft()
        readings = sum(day.readings for day in days)
        if self._values.rare_per_mille and readings >= self._values.history:
            for item in items:
                share = 1000 * sum(day.items[item] for day in days)
                if share <= self._values.rare_per_mille * readings and self._once.first(
                    (operator, purpose, item), seen.day
                ):
                    about = {
                        "operator": operator,
                        "purpose": purpose,
                        "seat": seen.text("seat"),
                        "problem": f"rare_{item}",
                    }
                    yield hit("w10", seen, about)
        if not days or days[-1].day != seen.day:
            days.append(_Day(seen.day))
        days[-1].readings += 1
        days[-1].items.update(items)


class Probing:
    """W13: the policy refused one application so often in the time. Totals of refusals count with their number."""

    def __init__(self, values: W13) -> None:
        self._values = values
        self._window = Window(values.minutes * MINUTE)
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        client = seen.text("client")
        if seen.text("code") != DENIED or client is None:
            return
        marks = self._window.add(client, Mark(seen.at_us, seen.evidence, str(seen.times)))
        count = sum(int(mark.what) for mark in marks)
        if count >= self._values.times and self._once.first(client, seen.day):
            numbers = tuple(number for mark in marks for number in mark.evidence)
            yield hit("w13", seen, {"client": client, "seat": seen.text("seat")}, numbers, count=count)
