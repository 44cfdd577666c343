"""Gives the tests of this folder a house whose watch runs."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from cardd.config import Seat
from tests.unit.cardd.readers.house import House

MakeHouse = Callable[..., House]


@pytest.fixture
async def make_house() -> AsyncIterator[MakeHouse]:
    watches: list[asyncio.Task[None]] = []

    def make(*seats: Seat, **settings: object) -> House:
        house = House(*seats, **settings)  # type: ignore[arg-type]
        watches.append(asyncio.get_running_loop().create_task(house.watch.run()))
        return house

    yield make
    for watch in watches:
        assert not watch.done(), "the watch must never end by itself"
        watch.cancel()
    await asyncio.gather(*watches, return_exceptions=True)


@pytest.fixture
async def house(make_house: MakeHouse) -> House:
    return make_house()
