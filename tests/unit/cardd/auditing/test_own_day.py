"""An operator hears what the record has of their own day: their own acts, of today, and no alarm about them."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from cardd.audit.records import IntentRecord, OutcomeRecord, Result, StateRecord
from cardd.auditing.desk import Desk
from cardd.auditing.own_day import Day, OwnDays
from cardd.errors import AuditUnavailable
from cardd.japan_time import JAPAN
from cardd.model import Operation
from tests.unit.cardd.auditing.asked import CALL, Asked, asked
from tests.unit.cardd.history.logs import HOUR_US


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Asked]:
    with asked(tmp_path) as opened:
        yield opened


def own_days(house: Asked) -> OwnDays:
    return OwnDays(house.as_gate(), Desk(house.book), house.clock)


async def day(house: Asked, cursor: str | None = None, limit: int = 50) -> Day:
    told, _ = await own_days(house).own_day(CALL, cursor, limit)
    return told


def read(house: Asked, who: str, case: str) -> int:
    intent = house.journal.intent(
        IntentRecord(event="card.read", operation=Operation.READ, operator=who, case=case, card="ab" * 16)
    )
    return house.journal.outcome(intent, OutcomeRecord(result=Result.DONE)).sequence


async def test_one_hears_of_ones_own_acts_and_of_nobody_else_s(house: Asked) -> None:
    read(house, "ueda", "R8-1")
    read(house, "hanako", "R8-2")
    read(house, "ueda", "R8-3")
    assert [use.told("case") for use in (await day(house)).page.uses] == ["R8-3", "R8-1"]


async def test_the_question_is_on_record_and_is_an_act_itself(house: Asked) -> None:
    await day(house)
    (asked_before,) = (await day(house)).page.uses
    assert (asked_before.told("operation"), asked_before.told("count")) == ("own_day", 0)


async def test_yesterday_is_not_today_in_japan(house: Asked) -> None:
    """The day turns at midnight in Japan, 15:00 UTC."""
    here = datetime.fromtimestamp(house.clock.us / 1_000_000, JAPAN)
    house.clock.us += (23 - here.hour) * HOUR_US
    read(house, "ueda", "R8-1")
    before = await day(house)
    assert [use.told("case") for use in before.page.uses] == ["R8-1"]
    house.clock.us += HOUR_US
    after = await day(house)
    assert (after.day - before.day).days == 1
    assert [use.told("case") for use in after.page.uses] == []


@pytest.mark.proves("A9")
async def test_alarms_about_oneself_and_watch_lists_are_not_told(house: Asked) -> None:
    house.alarm(operator="ueda")
    house.journal.state(StateRecord(event="audit.watch_list", operation=Operation.WATCH_LIST, operator="ueda"))
    read(house, "ueda", "R8-1")
    assert [use.entry.event for use in (await day(house)).page.uses] == ["card.read"]


async def test_pages_follow_each_other(house: Asked) -> None:
    for number in range(5):
        read(house, "ueda", f"R8-{number}")
    first = await day(house, limit=2)
    second = await day(house, first.page.cursor, limit=10)
    assert [use.told("case") for use in (*first.page.uses, *second.page.uses)] == [f"R8-{n}" for n in (4, 3, 2, 1, 0)]
    assert second.page.cursor is None


async def test_nothing_is_told_that_is_not_on_record(house: Asked) -> None:
    house.gate.full = True
    with pytest.raises(AuditUnavailable):
        await day(house)
