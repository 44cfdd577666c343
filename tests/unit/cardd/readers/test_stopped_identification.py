"""A card that an emergency stop cut off while it was asked what it is, is asked again: after the release it is there."""

import asyncio

import pytest

from cardd.errors import LockedDown
from cardd.model import CardKind
from tests.unit.cardd.readers.house import BADGE, House, R


@pytest.mark.proves("S9")
async def test_a_card_that_the_stop_cut_off_is_asked_again(house: House) -> None:
    house.plug()
    house.insert(LockedDown())
    while "card_not_identified" not in house.words("alarm"):
        await asyncio.sleep(0)
    house.cards[R] = BADGE
    await house.settle()
    assert [card.kind for card in house.table.cards()] == [CardKind.BADGE]
