"""A contactless badge that is exchanged in the moment in which cardd itself had cut its power."""

import asyncio

import pytest

from cardd.cards.card_type import Recognition
from cardd.model import CardRef
from cardd.ports import CardWithdrawn
from tests.unit.cardd.readers.house import BADGE, CONTACTLESS, OTHER_BADGE, RESIDENT, House, R


async def left_and_came_back(house: House, card: Recognition) -> None:
    house.watch.listen(CardWithdrawn(R))
    house.insert(card, atr=CONTACTLESS)
    await house.settle()


@pytest.mark.proves("S2", "C5", "fault 79")
async def test_a_badge_exchanged_behind_a_session_is_found_out_without_any_job(house: House) -> None:
    house.table._prove_s = 1.0
    ended: asyncio.Future[CardRef] = asyncio.get_running_loop().create_future()
    entry = await house.present(BADGE, CONTACTLESS)
    house.table.on_removed(lambda ref, _: ended.set_result(ref))
    await left_and_came_back(house, OTHER_BADGE)
    assert entry.unproven
    assert await asyncio.wait_for(ended, 30) == entry.ref


async def test_the_same_badge_stays(house: House) -> None:
    house.table._prove_s = 0.0
    entry = await house.present(BADGE, CONTACTLESS)
    await left_and_came_back(house, BADGE)
    await asyncio.sleep(0.01)
    await house.settle()
    assert house.workers.worker(R).begun == 2
    assert house.table.cards() == (entry,)


async def test_a_residents_card_is_asked_by_its_next_job_alone(house: House) -> None:
    house.table._prove_s = 0.0
    await house.present(RESIDENT, CONTACTLESS)
    await left_and_came_back(house, RESIDENT)
    await asyncio.sleep(0.01)
    await house.settle()
    assert house.workers.worker(R).begun == 1


async def test_a_badge_that_was_pulled_is_not_asked_any_more(house: House) -> None:
    house.table._prove_s = 0.01
    entry = await house.present(BADGE, CONTACTLESS)
    await left_and_came_back(house, BADGE)
    house.table.end(entry)
    assert entry.proof is None
