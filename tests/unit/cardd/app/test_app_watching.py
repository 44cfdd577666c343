"""An alarm that the disk does not take is asked for again until it does: on record first, then told, and none of them lost."""

import asyncio
from typing import Any, cast

import pytest

from cardd.app import watching
from cardd.app.watching import MOST_WAITING, WatchedCards, WatchTask
from cardd.audit.asynchronous import AsyncJournal
from cardd.config import Settings
from cardd.errors import AuditUnavailable
from cardd.ports import Clock
from cardd.watching.seen import Hit


class FullJournal:
    """Takes nothing for so many tries."""

    def __init__(self, tries: int) -> None:
        self.tries, self.asked = tries, 0
        self.taken: list[Any] = []

    async def state(self, record: Any) -> Any:
        self.asked += 1
        if self.asked <= self.tries:
            raise AuditUnavailable(problem="disk_full")
        self.taken.append(record)
        return type("Receipt", (), {"sequence": len(self.taken)})


class House:
    def __init__(self, tries: int = 0) -> None:
        self.journal = FullJournal(tries)
        self.told: list[tuple[str, int]] = []
        self.task = WatchTask(
            cast(Settings, None),
            cast(WatchedCards, None),
            cast(AsyncJournal, self.journal),
            cast(Clock, None),
            self.publish,
        )

    def publish(self, _topic: str, change: str, facts: Any) -> None:
        assert len(self.journal.taken) >= facts["alarm"], "on record before anybody hears"
        self.told.append((change, facts["alarm"]))

    async def write(self, number: int) -> None:
        for _ in range(number):
            await self.task._write(*self.task._waiting.get_nowait())


def a_hit(number: int) -> Hit:
    return Hit("w1", "0" * 32, 1_000_000, (number,), (("operator", "hanako"),), 2)


@pytest.mark.proves("A9", "A1")
async def test_a_full_disk_delays_an_alarm_and_loses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def no_time(seconds: float) -> None:
        waits.append(seconds)

    house = House(tries=3)
    monkeypatch.setattr(watching.asyncio, "sleep", no_time)
    for number in (1, 2, 3):
        house.task._hit(a_hit(number))
    await house.write(3)
    assert [record.evidence for record in house.journal.taken] == [(1,), (2,), (3,)]
    assert house.told == [("watch", 1), ("watch", 2), ("watch", 3)]
    assert waits == [watching.AGAIN_SECONDS] * 3


async def test_more_alarms_than_wait_are_left_to_the_next_start() -> None:
    """The rules go over the days before, then, and what has no record is told: nothing is dropped for good."""
    house = House()
    for number in range(MOST_WAITING + 5):
        house.task._hit(a_hit(number))
    await house.write(MOST_WAITING)
    with pytest.raises(asyncio.QueueEmpty):
        await house.write(1)
    assert [record.evidence[0] for record in house.journal.taken] == list(range(MOST_WAITING))


async def test_a_hit_that_no_record_takes_still_names_its_evidence() -> None:
    house = House()
    house.task._hit(Hit("w1", "0" * 32, 1_000_000, (7,), (("operator", "x" * 5000),)))
    await house.write(1)
    (record,) = house.journal.taken
    assert (record.watch, record.evidence, record.problem, record.operator) == ("w1", (7,), "unreadable", None)
