"""Every refused use of the record that names an operator or a program stands on record, as other refusals do (fault 123)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from cardd.audit.chain import segments
from cardd.audit.records import IntentRecord
from cardd.auditing.cases import Cases
from cardd.auditing.desk import Desk
from cardd.auditing.exports import Exports, Order, Tools
from cardd.auditing.head_export import HeadExport
from cardd.errors import AuditUnknown, CardAbsent, LockedDown, SessionRequired
from cardd.gate.gate import Gate
from cardd.gate.request import NO_CARD, Request
from cardd.history.questions import Filters
from cardd.model import Operation
from tests.unit.cardd.auditing.asked import CALL as ASKING
from tests.unit.cardd.auditing.asked import Asked, asked
from tests.unit.cardd.auditing.long_life import BEFORE, old_log
from tests.unit.cardd.auditing.test_cutting import CALL, House, copied
from tests.unit.cardd.auditing.test_exports import ExportGate, files, sign
from tests.unit.cardd.gate.gate_house import GateHouse


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return old_log(tmp_path_factory.mktemp("made") / "log")


@pytest.fixture
async def house(made: Path, tmp_path: Path) -> AsyncIterator[House]:
    found = House(copied(made, tmp_path))
    yield found
    await found.journal.close()


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Asked]:
    with asked(tmp_path) as opened:
        opened.journal.intent(IntentRecord(event="card.read", operation=Operation.READ, operator="sato"))
        yield opened


# --- cutting ---------------------------------------------------------------------------------------------------------


@pytest.mark.proves("fault 123", "fault 120")
@pytest.mark.parametrize("way", ["preview", "cut"])
async def test_a_cut_that_nobody_is_logged_in_for_is_refused_on_record(house: House, way: str) -> None:
    def nobody(_: object) -> Any:
        raise SessionRequired

    house.gate.session = nobody  # type: ignore[method-assign]
    with pytest.raises(SessionRequired):
        await (house.cutting.preview(CALL, BEFORE) if way == "preview" else house.cutting.cut(CALL, BEFORE, "a-1"))
    assert house.gate.refused == [("session.required", None)]
    assert not house.gate.asked, "and nobody is asked to agree"


@pytest.mark.proves("fault 123", "fault 120")
@pytest.mark.parametrize("way", ["preview", "cut"])
async def test_a_session_that_ends_while_the_log_is_read_is_on_record(house: House, way: str) -> None:
    def ended(_: object) -> None:
        raise SessionRequired(problem="ended_meanwhile")

    house.gate.check_session = ended  # type: ignore[method-assign]
    files = segments(house.directory)
    with pytest.raises(SessionRequired):
        await (house.cutting.preview(CALL, BEFORE) if way == "preview" else house.cutting.cut(CALL, BEFORE, "a-1"))
    assert house.gate.refused == [("session.required", "ended_meanwhile")]
    assert segments(house.directory) == files


# --- exports ---------------------------------------------------------------------------------------------------------


@pytest.mark.proves("fault 123")
async def test_a_part_of_no_export_of_ones_own_is_refused_on_record(record: Asked, tmp_path: Path) -> None:
    """A wrong id, one of another session, a place behind the end, nobody logged in, an emergency stop."""
    gate = ExportGate(record.journal, record.gate.who)
    made = Exports(
        cast(Gate, gate),
        Desk(record.book),
        Tools(tmp_path / "exports", record.journal.log_id, sign, record.clock, 4096),
    )
    export = await made.export(ASKING, Order(Filters(operator="sato"), "jsonl", "audit"))
    for name, offset in (("x-0000000000000000", 0), (export.id, export.written.size + 1)):
        with pytest.raises(AuditUnknown):
            await made.part(ASKING, name, offset)
    gate.session = other_session(gate)  # type: ignore[method-assign]
    with pytest.raises(AuditUnknown):
        await made.part(ASKING, export.id, 0)
    assert gate.refused == ["export", "export", "export"]
    gate.check_lockdown = raising(LockedDown())  # type: ignore[method-assign]
    with pytest.raises(LockedDown):
        await made.part(ASKING, export.id, 0)
    gate.session = raising(SessionRequired(problem="nobody"))  # type: ignore[method-assign]
    with pytest.raises(SessionRequired):
        await made.part(ASKING, export.id, 0)
    assert gate.refused[3:] == [None, "nobody"]


def other_session(gate: ExportGate) -> Any:
    session = gate.session(ASKING)
    session.id = "s-2"
    return lambda *_: session


def raising(error: Exception) -> Any:
    def refuse(*_: object) -> Any:
        raise error

    return refuse


@pytest.mark.proves("fault 123")
async def test_an_export_whose_session_ends_before_it_is_given_is_refused_on_record(
    record: Asked, tmp_path: Path
) -> None:
    gate = ExportGate(record.journal, record.gate.who)
    made = Exports(
        cast(Gate, gate),
        Desk(record.book),
        Tools(tmp_path / "exports", record.journal.log_id, sign, record.clock, 4096),
    )
    gate.check_session = raising(SessionRequired(problem="ended_meanwhile"))  # type: ignore[method-assign]
    with pytest.raises(SessionRequired):
        await made.export(ASKING, Order(Filters(operator="sato"), "csv", "audit"))
    assert gate.refused == ["ended_meanwhile"]
    assert files(tmp_path / "exports") == []


# --- the gate, and what has no operation ------------------------------------------------------------------------------


@pytest.mark.proves("fault 123")
async def test_a_refusal_names_who_was_logged_in() -> None:
    """Else the refusals of two people at one seat would be counted as one, and nobody knew whose they were."""
    there = GateHouse()
    request = Request(there.call(), Operation.AUDIT_EXPORT, NO_CARD)
    await there.gate.refuse(request, AuditUnknown(problem="export"))
    (told,) = there.journal.states
    assert there.session is not None
    assert (told.operator, told.role, told.session) == (
        there.session.operator.id,
        there.session.operator.role,
        there.session.id,
    )
    assert (told.code, told.problem, told.operation) == ("audit.unknown", "export", Operation.AUDIT_EXPORT)


@pytest.mark.proves("fault 123")
@pytest.mark.parametrize("operation", [Operation.LOGIN, Operation.HEAD_EXPORT])
async def test_where_a_badge_says_who_it_is_nobody_else_is_named(operation: Operation) -> None:
    there = GateHouse()
    await there.gate.refuse(Request(there.call(), operation, NO_CARD), CardAbsent(problem="no_badge"))
    (told,) = there.journal.states
    assert (told.operator, told.session) == (None, None)
    assert told.client is not None


@pytest.mark.proves("fault 123")
async def test_a_case_that_nobody_is_logged_in_for_is_refused_on_record() -> None:
    there = GateHouse(role="")
    with pytest.raises(SessionRequired):
        await Cases(there.gate).close(there.call(), "R8-1")
    (told,) = there.journal.states
    assert (told.code, told.case, told.operator) == ("session.required", "R8-1", None)
    assert told.client is not None


@pytest.mark.proves("fault 123")
async def test_a_head_that_is_asked_for_without_a_badge_is_refused_on_record() -> None:
    there = GateHouse()
    export = HeadExport(there.gate, cast(Any, None), cast(Any, None), lambda _: None)
    with pytest.raises(CardAbsent):
        await export.export(there.call(), None)
    (told,) = there.journal.states
    assert (told.code, told.problem, told.operation) == ("card.absent", "no_badge", Operation.HEAD_EXPORT)
