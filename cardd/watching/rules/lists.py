"""W8, W9: residents on a list."""

from collections.abc import Container, Iterator
from typing import Final

from cardd.watching.memory import Once
from cardd.watching.seen import Hit, Seen, hit

NOT_ASKED: Final = frozenset({"disclose", "watch_list"})
"""What is done for the resident, or to put the card on the list."""


class OnAList:
    """W8 (staff, their families and households) and W9 (protected or prominent): any contact with a card that is on the list.

    Also one that was refused or failed. Once a day for each operator and card.
    """

    def __init__(self, watch: str, cards: Container[str]) -> None:
        self._watch, self._cards = watch, cards
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        card = seen.text("card")
        if card is None or card not in self._cards or seen.text("operation") in NOT_ASKED | {None}:
            return
        operator = seen.text("operator")
        if self._once.first((card, operator), seen.day):
            yield hit(self._watch, seen, {"card": card, "operator": operator, "seat": seen.text("seat")})
