"""W8, W9: residents on a list."""

from collections.abc import Container, Iterator
from typing import Final

from cardd.watching.memory import Once
from cardd.watching.seen import Hit, Seen, hit

NOT_ASKED: Final = {"w8": frozenset({"disclose", "watch_list"}), "w9": frozenset({"watch_list"})}
"""What puts the card on the list, and, of staff, what is done for the resident. The list that a protected person's card gets tells
where it was used: somebody else may hold the card (支援措置), so that is looked at."""


class OnAList:
    """W8 (staff, their families and households) and W9 (protected or prominent): any contact with a card that is on the list.

    Also one that was refused or failed. Once a day for each operator and card.
    """

    def __init__(self, watch: str, cards: Container[str]) -> None:
        self._watch, self._cards = watch, cards
        self._not_asked = NOT_ASKED[watch] | {None}
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        card = seen.text("card")
        if card is None or card not in self._cards or seen.text("operation") in self._not_asked:
            return
        operator = seen.text("operator")
        if self._once.first((card, operator), seen.day):
            yield hit(self._watch, seen, {"card": card, "operator": operator, "seat": seen.text("seat")})
