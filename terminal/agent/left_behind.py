"""Which cards were left behind: a table without I/O, fed with the daemon's events and a clock.

A badge counts as left when it is still in its reader `badge_minutes` after the seat was last used, and nobody works: the login is
locked or over, or nothing was done. A resident's card counts as left when it is still in its reader `resident_seconds` after its last
use. Each is told once for each insertion and use. Where the seat is named in the settings there may be others at this machine: then only
cards count whose PIN was asked for here, and badges that logged in here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from terminal.settings import LeftSettings

MINUTE: Final = 60.0
RESIDENTS: Final = frozenset({"my_number", "juki"})
BADGE: Final = "badge"

Kind = Literal["badge_left", "resident_left"]


@dataclass(frozen=True, slots=True)
class Left:
    """A card that was left. `reader` as the daemon shows it."""

    what: Kind
    reader: str


@dataclass(slots=True)
class _Card:
    reader: str
    kind: str
    ours: bool
    used: float
    told: bool = False


class LeftBehind:
    """Times are seconds of any clock that does not go back."""

    def __init__(self, settings: LeftSettings, *, all_are_ours: bool) -> None:
        self._badge_s = settings.badge_minutes * MINUTE
        self._resident_s = settings.resident_seconds
        self._all_are_ours = all_are_ours
        self._cards: dict[str, _Card] = {}

    def snapshot(self, cards: Iterable[Mapping[str, Any]], now: float) -> None:
        """What is there at the beginning of a connection. Cards that were known keep their times."""
        found = {
            row["card"]: self._cards.get(row["card"])
            or _Card(row["reader"], row["kind"], ours=self._all_are_ours, used=now)
            for row in cards
        }
        self._cards = found

    def heard(self, topic: str, change: str, facts: Mapping[str, Any], now: float) -> None:
        """One event of the daemon."""
        if topic == "card":
            self._card(change, facts, now)
        elif topic == "pin":
            self._used(facts.get("card"), now)
        elif topic == "queue":
            for card in self._cards.values():
                if card.reader == facts.get("reader") and card.ours:
                    card.used, card.told = now, False
        elif topic == "session":
            self._seat_used(now)

    def badge_of_ours(self, handle: str | None) -> None:
        """This badge logged in here."""
        if handle in self._cards:
            self._cards[handle].ours = True

    def due(self, now: float) -> list[Left]:
        """What is to be told now; each once."""
        left = []
        for card in self._cards.values():
            limit = self._limit(card)
            if limit and card.ours and not card.told and now - card.used >= limit:
                card.told = True
                left.append(Left("badge_left" if card.kind == BADGE else "resident_left", card.reader))
        return left

    def next_due(self, now: float) -> float | None:
        """Seconds until `due` has something to tell if nothing happens; None: nothing is in a reader that could be left."""
        waits = [
            card.used + limit - now
            for card in self._cards.values()
            if (limit := self._limit(card)) and card.ours and not card.told
        ]
        return max(0.0, min(waits)) if waits else None

    def _limit(self, card: _Card) -> float:
        """0: never."""
        if card.kind == BADGE:
            return self._badge_s
        return self._resident_s if card.kind in RESIDENTS else 0.0

    def _card(self, change: str, facts: Mapping[str, Any], now: float) -> None:
        handle = facts["card"]
        if change == "removed":
            self._cards.pop(handle, None)
        elif handle in self._cards:
            self._cards[handle].kind = facts["kind"]
        else:
            self._cards[handle] = _Card(facts["reader"], facts["kind"], ours=self._all_are_ours, used=now)

    def _used(self, handle: Any, now: float) -> None:
        """A PIN was asked for here: the person is here, with this card."""
        card = self._cards.get(handle)
        if card is not None:
            card.ours, card.used, card.told = True, now, False
        self._seat_used(now)

    def _seat_used(self, now: float) -> None:
        for card in self._cards.values():
            if card.kind == BADGE and card.ours:
                card.used, card.told = now, False
