"""Disclosures that are longer than one answer: who may go on with which, and where (A11, S9).

One approval serves the whole of one disclosure. What goes on is bound to the session, the card, purpose, case and approval of the
first answer, and shows only what was before it; each further answer is a use of its own on record, with the same approval.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from cardd.errors import AuditUnknown
from cardd.ports import Clock

GOES_ON_S: Final = 300.0
"""From the first answer on: as long as an approval holds."""
MOST_KEPT: Final = 200
"""Words at once, of all seats; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Bound:
    """To what a disclosure is bound. `names`: the pseudonyms of its card; `first`: log id and number of its first record."""

    session: str
    purpose: str
    case: str
    approval: str | None
    names: frozenset[str]
    first: tuple[str, int]
    until: float
    """On `Clock.boottime`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a disclosure goes on. `until_us`: what the first answer was limited to."""

    bound: Bound
    cursor: str
    until_us: int | None


class GoingOn:
    """The words `d-…` that were given out. In memory: a restart ends them, and another approval begins anew."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._places: dict[str, Place] = {}

    def limit(self) -> float:
        """Until when a disclosure that begins now may be gone on with, on `Clock.boottime`."""
        return self._clock.boottime() + GOES_ON_S

    def keep(self, place: Place) -> str:
        """The word for it: `d-` and 16 hex digits."""
        self._forget()
        while len(self._places) >= MOST_KEPT:
            del self._places[next(iter(self._places))]
        word = f"d-{secrets.token_hex(8)}"
        self._places[word] = place
        return word

    def find(self, word: str, session: str, purpose: str, case: str) -> Place:
        """Raises `AuditUnknown` (`disclosure`): too late, of another session, or for something else."""
        self._forget()
        place = self._places.get(word)
        if place is None or (place.bound.session, place.bound.purpose, place.bound.case) != (session, purpose, case):
            raise AuditUnknown(problem="disclosure")
        return place

    def _forget(self) -> None:
        now = self._clock.boottime()
        for word in [word for word, place in self._places.items() if place.bound.until <= now]:
            del self._places[word]
