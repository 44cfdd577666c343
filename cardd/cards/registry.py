"""The list of all kinds of card, in the order in which a new card is tried. A new kind is one more line."""

from cardd.cards.card_type import CardType
from cardd.cards.my_number import JUKI_CARD, MY_NUMBER_CARD
from cardd.cards.operator_card import BADGE
from cardd.model import CardKind

CARD_TYPES: tuple[CardType, ...] = (MY_NUMBER_CARD, JUKI_CARD, BADGE)


def card_type(kind: CardKind) -> CardType | None:
    """The row of that kind; None for kinds that cardd does not work with."""
    return next((row for row in CARD_TYPES if row.kind is kind), None)
