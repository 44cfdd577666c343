"""A caller that goes away at any moment of an operation: nothing of it stays open, unwiped, held or unrecorded."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.verifier import verify
from cardd.gate.gate import Gate
from cardd.model import Item, PinKind
from cardd.pin import Pin
from cardd.ports import PinPrompt
from cardd.reading.service import ReadingService
from cardd.reading.target import Target
from tests.unit.cardd.audit.journals import FailingDisk, journal
from tests.unit.cardd.gate.gate_house import RIGHT, GateHouse, Person

CASE = "R8-1"


class SlowPerson(Person):
    """Takes a few turns of the loop for each answer."""

    async def pin(self, prompt: PinPrompt) -> Pin:
        for _ in range(3):
            await asyncio.sleep(0)
        return await super().pin(prompt)


class AtOnce(ThreadPoolExecutor):
    """Writes in the caller's thread, so that each turn of the loop is the same in every run."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@dataclass
class Scene:
    house: GateHouse
    journal: AsyncJournal
    service: ReadingService
    folder: Path


def scene(folder: Path) -> Scene:
    house = GateHouse()
    house.person = SlowPerson()
    log = AsyncJournal(journal(folder, FailingDisk()), folder, lambda _: None)
    log._thread.shutdown()
    log._thread = AtOnce()
    service = ReadingService(Gate(replace(house.gate._parts, journal=log)), house.clock)
    return Scene(house, log, service, folder)


def target(house: GateHouse) -> Target:
    return Target(house.entry.ref.handle, "identity_check", CASE)


async def two_steps(at: Scene) -> object:
    at.house.person.pins = [RIGHT, RIGHT]
    return await at.service.read(at.house.call(), target(at.house), [Item.NAME, Item.PHOTO])


async def new_pin(at: Scene) -> object:
    at.house.person.pins = [RIGHT, b"5678", b"5678"]
    where = Target(at.house.entry.ref.handle, "certificate_issue", CASE)
    return await at.service.change_pin(at.house.call("card.change_pin"), where, PinKind.CARD_INFO)


async def cancelled_after(turns: int, at: Scene, work: Callable[[Scene], Awaitable[object]]) -> bool:
    """Run `work`, cancel it after so many turns of the loop; whether it still ended by itself."""
    task = asyncio.ensure_future(work(at))
    for _ in range(turns):
        if task.done():
            break
        await asyncio.sleep(0)
    task.cancel("client.gone")
    await asyncio.wait([task])
    return not task.cancelled() and task.exception() is None


@pytest.mark.proves("A1", "P4", "P6", "I6", "fault 61")
@pytest.mark.parametrize("work", [two_steps, new_pin])
async def test_wherever_it_is_cancelled_all_is_put_away(
    work: Callable[[Scene], Awaitable[object]], tmp_path: Path
) -> None:
    turns, ended = 0, False
    while not ended:
        turns += 1
        assert turns < 400
        folder = tmp_path / str(turns)
        folder.mkdir()
        at = scene(folder)
        ended = await cancelled_after(turns, at, work)
        await at.journal.close()
        assert [bytes(pin.octets) for pin in at.house.person.given] == [b""] * len(at.house.person.given)
        assert [load.state for load in at.house.desk.show()] == ["free"]
        assert not at.house.entry.leased
        assert at.house.card.did[-1:] in ([], ["clear"])
        report = verify(folder)
        assert (report.finding, report.open_intents) == (None, []), turns
    assert turns > 10
