"""From a fresh card to its kind: harmless SELECTs and free reads in the registry's order, no PIN, a bounded number of commands."""

from dataclasses import dataclass

from cardd.cards.card_type import CardType, Recognition
from cardd.cards.registry import CARD_TYPES
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import CardKind


@dataclass(frozen=True, slots=True)
class Identified:
    """What a card is, and the row that works with it; no row for `CardKind.UNSUPPORTED`."""

    recognition: Recognition
    card_type: CardType | None


def identify(connection: SmartCardConnection) -> Identified:
    """Try each kind of card, and clear what was selected. A My Number card takes 4 commands, a badge 5.

    Raises as `SmartCardConnection.transmit`; a card that clears in no known way raises `CardBadAnswer`.
    """
    for card_type in CARD_TYPES:
        recognition = card_type.recognise(connection)
        if recognition is not None:
            card_type.clear(connection)
            return Identified(recognition, card_type)
    return Identified(Recognition(CardKind.UNSUPPORTED, None), None)
