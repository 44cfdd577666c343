"""W5: work when nobody should be there."""

from collections.abc import Iterator
from typing import Final

from cardd.watch_settings import W5
from cardd.watching.hours import Office
from cardd.watching.memory import Once
from cardd.watching.seen import Hit, Seen, hit

LEAVING: Final = frozenset({"session.logout"})
"""Whoever logs out late has worked before; that is looked at by itself."""


class OutOfHours:
    """W5: a person's act outside the opening hours and their tolerance, or on a holiday. Once for each operator and seat before the
    opening and behind the closing of a day, and each of these once more for the first contact with a resident's card: whoever comes
    early each morning, and has that explained, must not be unseen at night.

    An act is a call that somebody made: a use of a card, or a state with a request. What the daemon and the log write by
    themselves (starts, heads, ends of sessions, alarms) is none.
    """

    def __init__(self, values: W5, office: Office) -> None:
        self._tolerance, self._office = values.tolerance_minutes, office
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        if seen.text("request") is None or seen.event in LEAVING:
            return
        if self._office.open_at(seen.begun_us or seen.at_us, self._tolerance):
            return
        operator, seat = seen.text("operator"), seen.text("seat")
        half = self._office.closed_since(seen.begun_us or seen.at_us)
        if self._once.first((operator, seat, half, seen.resident_card is not None), seen.day):
            yield hit("w5", seen, {"operator": operator, "seat": seat, "client": seen.text("client")})
