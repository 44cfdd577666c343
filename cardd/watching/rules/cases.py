"""W12: cards that were read, and nothing came of it."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from cardd.watch_settings import W12
from cardd.watching.memory import Bounded, Mark, Once, Window, evidence
from cardd.watching.rules.cards import used_card
from cardd.watching.seen import DAY, HOUR, MINUTE, Hit, Seen, hit

MOST_WAITING = 5000
"""Readings whose case may still be closed."""


class NoCaseClosed:
    """W12: cards read whose case was not closed in the time, so many in a day, for one operator.

    Rests on what applications tell with `case.close`. One that never told it says nothing by its silence: it counts from its
    first `case.close` on, or from the beginning where the settings name it.
    """

    def __init__(self, values: W12) -> None:
        self._values = values
        self._reporting = set(values.clients)
        """Applications that are known to report closed cases."""
        self._waiting: OrderedDict[tuple[str, int], tuple[int, Seen]] = OrderedDict()
        self._cases: Bounded[list[tuple[str, int]]] = Bounded(list, MOST_WAITING)
        self._window = Window(DAY)
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        client, case = seen.text("client") or "", seen.text("case")
        if seen.event == "case.close" and seen.text("code") is None:
            if len(self._reporting) < 1000:
                self._reporting.add(client)
            for key in self._cases.pop((client, case)) or ():
                self._waiting.pop(key, None)
        elif used_card(seen) is not None and seen.text("operation") == "read" and client in self._reporting:
            key = seen.log, seen.sequence
            self._waiting[key] = seen.at_us + self._values.minutes * MINUTE, seen
            self._cases[client, case].append(key)
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popitem(last=False)
        yield from ()

    def due(self, now_us: int) -> Iterable[Hit]:
        while self._waiting:
            key, (deadline_us, read) = next(iter(self._waiting.items()))
            if deadline_us > now_us and read.at_us < now_us + HOUR:
                return
            del self._waiting[key]
            self._forget(key, read)
            if deadline_us <= now_us:  # else the clock was set back (W15), and nobody knows how long ago it was
                yield from self._missed(read, deadline_us)

    def _forget(self, key: tuple[str, int], read: Seen) -> None:
        place = read.text("client") or "", read.text("case")
        left = [each for each in self._cases.pop(place) or () if each != key]
        if left:
            self._cases[place] = left

    def _missed(self, read: Seen, deadline_us: int) -> Iterator[Hit]:
        operator = read.text("operator")
        marks = self._window.add((operator, read.day), Mark(read.at_us, read.evidence))
        if len(marks) >= self._values.times and self._once.first(operator, read.day):
            about = {"operator": operator, "seat": read.text("seat"), "client": read.text("client")}
            found = hit("w12", read, about, evidence(marks), count=len(marks))
            yield Hit(found.watch, found.log, deadline_us, found.evidence, found.about, found.count)
