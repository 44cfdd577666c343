"""What nobody waits for still goes on record: in order, in number, and without holding anybody up."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from cardd.app.recorder import MOST_WAITING, Recorder
from cardd.audit.records import StateRecord
from cardd.errors import AuditUnavailable
from cardd.model import CardRef, Peer, ReaderName, SeatName
from cardd.register import Operator
from cardd.sessions.session import LockReason, Session, SessionEnd

PEER = Peer(uid=1001, gid=1002, pid=4242)
SESSION = Session(
    id="s-1",
    seat=SeatName("left"),
    badge=CardRef(ReaderName("R"), 1, "c-5f1e-1"),  # type: ignore[arg-type]
    uid=1001,
    operator=Operator(id="op-1", name="KANARIYA TSUGUMI", role="counter"),
    badge_certificate="00",
    since_us=0,
    ends_us=0,
    deadline=0.0,
)


class Written:
    """A journal of which only state records are wanted; `broken`: it cannot be written."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.records: list[dict[str, Any]] = []

    async def state(self, record: StateRecord) -> None:
        if self.broken:
            raise AuditUnavailable(problem="disk_full")
        self.records.append(record.model_dump(mode="json", exclude_none=True))


def recorder(journal: Written) -> Recorder:
    return Recorder(journal)  # type: ignore[arg-type]


async def written(recorder: Recorder) -> None:
    """Let everything that waits be written."""
    await recorder.finish()
    await recorder.run()


@pytest.mark.parametrize("why", [why for why in SessionEnd if why is not SessionEnd.LOGOUT])
async def test_a_session_that_ends_by_itself(why: SessionEnd) -> None:
    journal = Written()
    book = recorder(journal)
    book.session_ended(SESSION, why)
    await written(book)
    assert journal.records == [
        {
            "event": "session.ended",
            "problem": why.value,
            "session": "s-1",
            "operator": "op-1",
            "role": "counter",
            "seat": "left",
            "uid": 1001,
        }
    ]


@pytest.mark.proves("S3")
@pytest.mark.parametrize("why", LockReason)
async def test_a_session_that_locks(why: LockReason) -> None:
    journal = Written()
    book = recorder(journal)
    book.session_locked(SESSION, why)
    await written(book)
    (record,) = journal.records
    assert (record["event"], record["problem"]) == ("session.locked", why.value)
    assert (record["session"], record["operator"], record["seat"], record["uid"]) == ("s-1", "op-1", "left", 1001)


async def test_a_logout_is_on_record_already() -> None:
    journal = Written()
    book = recorder(journal)
    book.session_ended(SESSION, SessionEnd.LOGOUT)
    await written(book)
    assert journal.records == []


@pytest.mark.proves("fault 49", "fault 150")
async def test_a_refused_connection_without_its_pid() -> None:
    journal = Written()
    book = recorder(journal)
    book.refused(PEER, "client.unknown", 17)
    await written(book)
    assert journal.records == [
        {"event": "connection.refused", "code": "client.unknown", "uid": 1001, "gid": 1002, "count": 17}
    ]


async def test_alarms_keep_only_what_a_record_may_hold() -> None:
    journal = Written()
    book = recorder(journal)
    book.alarm("reader_ignored", {"reader": "読 R", "problem": "virtual", "seat": "left", "uid": 7})
    book.alarm("pin_guard", {"problem": "card.no_answer", "uid": "seven"})
    book.alarm("emergency_override", {"seat": "left", "uid": 7, "operator": "sato", "reason": "TEXT"})
    await written(book)
    assert journal.records == [
        {"event": "alarm.reader_ignored", "problem": "virtual", "seat": "left", "uid": 7, "reader": "\\u8aad R"},
        {"event": "alarm.pin_guard", "problem": "card_no_answer"},
        {"event": "alarm.emergency_override", "seat": "left", "uid": 7, "operator": "sato"},
    ]


async def test_a_journal_that_cannot_be_written_is_told_in_the_log(log: io.StringIO) -> None:
    book = recorder(Written(broken=True))
    book.refused(PEER, "client.unknown", 1)
    book.alarm("socket_removed", {})
    await written(book)
    assert log.getvalue().count("event=record_lost") == 2
    assert "event_lost=alarm.socket_removed problem=disk_full" in log.getvalue()


async def test_a_stuck_disk_holds_nobody_up(log: io.StringIO) -> None:
    journal = Written()
    book = recorder(journal)
    for number in range(MOST_WAITING + 3):
        book.refused(PEER, "client.unknown", number)
    assert log.getvalue().count("problem=queue_full") == 3
    running = asyncio.create_task(book.run())
    await book.finish()
    await running
    assert [record["count"] for record in journal.records] == list(range(MOST_WAITING))
