"""Alarms as an auditor sees them: what is open, what is overdue, who may say what became of one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.records import IntentRecord, StateRecord
from cardd.auditing.alarms import Wanted
from cardd.errors import AuditUnavailable, AuditUnknown, BadRequest, PolicyDenied
from cardd.model import Operation
from tests.unit.cardd.auditing.asked import CALL, Asked, asked
from tests.unit.cardd.history.logs import HOUR_US


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Asked]:
    with asked(tmp_path) as opened:
        yield opened


async def numbers(house: Asked, **wanted: Any) -> list[int]:
    listed, _ = await house.alarms.alarms(CALL, Wanted(**wanted))
    return [each.entry.sequence for each in listed.alarms]


async def review(house: Asked, alarm: int, verdict: str = "explained") -> None:
    await house.alarms.review(CALL, alarm, verdict, "work")


@pytest.mark.proves("A9")
async def test_what_nobody_looked_at_is_overdue_behind_the_next_working_day(house: Asked) -> None:
    """The record begins on Monday, 2026-11-23 (勤労感謝の日), so that the working day after it is the 24th."""
    first = house.alarm()
    listed, _ = await house.alarms.alarms(CALL, Wanted())
    (alarm,) = listed.alarms
    assert not alarm.overdue
    house.clock.us = alarm.due_us - 60_000_000
    (alarm,) = (await house.alarms.alarms(CALL, Wanted()))[0].alarms
    assert not alarm.overdue
    house.clock.us = alarm.due_us
    (alarm,) = (await house.alarms.alarms(CALL, Wanted()))[0].alarms
    assert alarm.overdue
    await review(house, first)
    (alarm,) = (await house.alarms.alarms(CALL, Wanted(state="reviewed")))[0].alarms
    assert not alarm.overdue, "somebody has looked"


@pytest.mark.proves("A9")
async def test_the_newest_review_counts_and_each_is_seen_at_once(house: Asked) -> None:
    one, two, three = (house.alarm(watch) for watch in ("w8", "w1", "w8"))
    assert await numbers(house) == [three, two, one]
    await review(house, two, "misuse")
    assert await numbers(house) == [three, one]
    assert await numbers(house, state="reviewed") == [two]
    await review(house, two)
    (alarm,) = (await house.alarms.alarms(CALL, Wanted(state="reviewed")))[0].alarms
    assert alarm.review is not None
    assert alarm.review.verdict == "explained"
    four = house.alarm("w8")
    assert await numbers(house, watch="w8") == [four, three, one]
    (w1, w8) = (await house.alarms.alarms(CALL, Wanted(shares=True)))[0].shares
    assert (w1.watch, w1.alarms, w1.explained, w1.misuse, w1.still_open) == ("w1", 1, 1, 0, 0)
    assert (w8.watch, w8.alarms, w8.still_open) == ("w8", 3, 3)


async def test_pages_follow_each_other_whatever_was_asked_for(house: Asked) -> None:
    made = [house.alarm("w1" if number % 3 else "w8") for number in range(20)]
    for alarm in made[::4]:
        await review(house, alarm)
    wanted = {"all": made, "open": [each for each in made if each not in made[::4]], "reviewed": made[::4]}
    for state, whole in wanted.items():
        found: list[int] = []
        cursor: str | None = None
        while True:
            listed, _ = await house.alarms.alarms(CALL, Wanted(state=state, limit=3, cursor=cursor))  # type: ignore[arg-type]
            found += [each.entry.sequence for each in listed.alarms]
            cursor = listed.cursor
            if cursor is None:
                break
        assert found == whole[::-1]
    with pytest.raises(BadRequest):
        await house.alarms.alarms(CALL, Wanted(cursor=f"{'0' * 32}:3"))


@pytest.mark.proves("A9", "S9")
async def test_nobody_reviews_what_is_about_themselves_under_whichever_id(house: Asked) -> None:
    """`ueda` and `ueda-2` are one person with two entries in the register."""
    house.gate.same = lambda _, named: named in {"ueda", "ueda-2"}
    for about in ({"operator": "ueda"}, {"operator": "ueda-2"}, {"operator": "hanako", "approver": "ueda-2"}):
        alarm = house.alarm(**about)
        with pytest.raises(PolicyDenied) as caught:
            await review(house, alarm)
        assert caught.value.facts.problem == "own_alarm"
    assert house.gate.refused == ["own_alarm"] * 3
    await review(house, house.alarm(operator="hanako"))


@pytest.mark.proves("A9")
@pytest.mark.parametrize(("watch", "free"), [("w13", False), ("w2", False), ("w15", True), ("w18", True)])
async def test_nobody_reviews_what_rests_on_their_own_acts_though_it_names_a_seat_alone(
    house: Asked, watch: str, free: bool
) -> None:
    mine = house.journal.intent(IntentRecord(event="card.read", operation=Operation.READ, operator="ueda"))
    alarm = house.alarm(watch, operator=None, seat="left", evidence=(mine.sequence,))
    if free:
        await review(house, alarm)  # the machine's own alarm: the record beside it was there by chance
        return
    with pytest.raises(PolicyDenied, match=r"policy\.denied"):
        await review(house, alarm)


async def test_what_is_no_alarm_has_no_review(house: Asked) -> None:
    alarm = house.alarm()
    other = house.journal.state(StateRecord(event="daemon.started")).sequence
    for number in (other, alarm + 1000):
        with pytest.raises(AuditUnknown):
            await review(house, number)
    assert house.gate.refused == ["alarm", "alarm"]


@pytest.mark.proves("A1")
async def test_nothing_is_told_and_nothing_becomes_of_it_while_the_disk_takes_no_record(house: Asked) -> None:
    alarm = house.alarm()
    house.gate.full = True
    with pytest.raises(AuditUnavailable):
        await house.alarms.alarms(CALL, Wanted())
    with pytest.raises(AuditUnavailable):
        await review(house, alarm)
    house.gate.full = False
    assert await numbers(house) == [alarm], "still open: nobody can prove who looked"
    await review(house, alarm)
    assert await numbers(house) == []


@pytest.mark.proves("A9")
async def test_a_list_reads_what_it_shows_and_not_the_years_before(house: Asked, monkeypatch: Any) -> None:
    """Counted, not timed: alarms and reviews of the past are read once, whoever asks how often."""
    for number in range(300):
        await review(house, house.alarm(f"w{1 + number % 3}"))
    house.clock.us += HOUR_US
    await numbers(house)
    from cardd.history.questions import Records

    read: list[int] = []
    real = Records.entry

    def counted(records: Records, sequence: int) -> Any:
        read.append(sequence)
        return real(records, sequence)

    monkeypatch.setattr(Records, "entry", counted)
    assert len(await numbers(house, state="all", limit=10)) == 10
    assert await numbers(house) == []
    assert len(read) < 40
