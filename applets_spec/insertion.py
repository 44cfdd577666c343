"""What passes between a card and the reader it sits in, beyond commands: being pulled, going away, being exchanged."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from applets_spec.card import VirtualCard


@runtime_checkable
class NoticesRemoval(Protocol):
    """A card that may be busy (slow, silent) and wants to know when it is pulled, to stop at once."""

    def inserted(self) -> None:
        """The card has been put into a reader."""

    def pulled(self) -> None:
        """The card has been taken out; a running `transmit` ends soon with `CardGone`. Called from another thread."""


class CardGone(Exception):
    """Raised by a card or a reader when the card is no longer there: no answer comes."""


class CardExchanged(CardGone):
    """Raised by a card when a person puts another one in its place.

    `noticed` False: so quickly that the reader never saw an empty slot, and the old connection talks to the new card.
    """

    def __init__(self, other: VirtualCard, *, noticed: bool = True) -> None:
        super().__init__("another card has been put in")
        self.other = other
        self.noticed = noticed


def tell_inserted(card: VirtualCard) -> None:
    """Tell a card that wants to know that it now sits in a reader."""
    if isinstance(card, NoticesRemoval):
        card.inserted()


def tell_pulled(card: VirtualCard) -> None:
    """Tell a card that wants to know that it has been taken out."""
    if isinstance(card, NoticesRemoval):
        card.pulled()
