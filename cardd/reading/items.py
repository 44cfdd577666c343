"""The values of items, for those above that hand them on and must not know the cards."""

from cardd.cards.card_type import DateValue, ItemValue

__all__ = ["DateValue", "ItemValue"]
