"""A flood of refusals fills no disk, and none of them is lost in number."""

import pytest

from cardd.audit.records import RecordContext
from cardd.errors import AuditUnavailable
from cardd.gate.refusals import MOST_KINDS, WINDOW_SECONDS, Refusals
from tests.unit.cardd.gate.gate_house import Journal
from tests.unit.cardd.readers.house import TurnedClock

DENIED, NOBODY = "policy.denied", "session.required"


def of(uid: int, rule: str = "default") -> RecordContext:
    return RecordContext(event="card.read", uid=uid, rule=rule)


class House:
    def __init__(self) -> None:
        self.journal, self.clock = Journal(), TurnedClock()
        self.lost: list[AuditUnavailable] = []
        self.refusals = Refusals(self.journal, self.clock, self.lost.append)  # type: ignore[arg-type]

    def written(self) -> list[tuple[int | None, str | None, int | None]]:
        return [(record.uid, record.code, record.count) for record in self.journal.states]


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.proves("fault 150")
async def test_the_first_is_written_and_the_others_are_counted(house: House) -> None:
    for _ in range(1000):
        await house.refusals.note(of(7), DENIED, "no_row")
    assert house.written() == [(7, DENIED, None)]
    house.clock.now += WINDOW_SECONDS
    await house.refusals.tick()
    assert house.written() == [(7, DENIED, None), (7, DENIED, 999)]
    assert house.journal.states[1].problem == "more_of_the_same"
    await house.refusals.note(of(7), DENIED, "no_row")
    assert len(house.written()) == 3, "a new minute begins with a whole record"


@pytest.mark.proves("fault 150")
async def test_users_codes_and_rules_are_counted_apart(house: House) -> None:
    for context, code in ((of(7), DENIED), (of(8), DENIED), (of(7), NOBODY), (of(7, "session"), DENIED)):
        await house.refusals.note(context, code, None)
    assert len(house.written()) == 4


@pytest.mark.proves("fault 123", "fault 150")
async def test_whoever_probes_the_record_stands_there_by_method_whatever_noise_he_makes_first(house: House) -> None:
    """Within one minute, under one user, with one code and rule: the noise at the counter must not swallow the probe."""
    for number in range(1000):
        await house.refusals.note(
            RecordContext(event="card.read", uid=7, rule="default", seat=f"s-{number}"), DENIED, None
        )
    for event in ("audit.query", "audit.disclose", "audit.cut", "audit.query"):
        await house.refusals.note(RecordContext(event=event, uid=7, rule="default", seat="s-1"), DENIED, "no_right")
    probes = [record.event for record in house.journal.states if str(record.event).startswith("audit.")]
    assert probes == ["audit.query", "audit.disclose", "audit.cut"]
    await house.refusals.flush()
    totals = {record.event: record.count for record in house.journal.states if record.problem == "more_of_the_same"}
    assert totals["audit.query"] == 1


@pytest.mark.proves("A11", "fault 150")
@pytest.mark.parametrize("field", ["operator", "seat", "card"])
async def test_nobodys_refusal_is_counted_under_somebody_else(house: House, field: str) -> None:
    """Two seats of one user, two operators, two residents: each stands on record, and a resident hears of the own card only."""
    for name in ("0" * 32, "1" * 32):
        context = RecordContext(event="card.read", uid=7, rule="default", **{field: name})  # type: ignore[arg-type]
        await house.refusals.note(context, DENIED, None)
        await house.refusals.note(context, DENIED, None)
    assert [getattr(record, field) for record in house.journal.states] == ["0" * 32, "1" * 32]


@pytest.mark.proves("fault 150")
async def test_kinds_without_end_are_counted_by_their_code(house: House) -> None:
    for number in range(10 * MOST_KINDS):
        context = RecordContext(event="card.read", uid=7, card=f"{number:032x}")
        await house.refusals.note(context, DENIED, None)
    assert len(house.written()) == MOST_KINDS + 1
    await house.refusals.flush()
    assert sum(record.count or 1 for record in house.journal.states) == 10 * MOST_KINDS


async def test_a_window_that_is_not_over_is_left_alone(house: House) -> None:
    await house.refusals.note(of(7), DENIED, None)
    await house.refusals.note(of(7), DENIED, None)
    house.clock.now += WINDOW_SECONDS - 1
    await house.refusals.tick()
    assert len(house.written()) == 1


async def test_a_single_refusal_has_no_total(house: House) -> None:
    await house.refusals.note(of(7), DENIED, None)
    house.clock.now += WINDOW_SECONDS
    await house.refusals.tick()
    assert house.written() == [(7, DENIED, None)]


async def test_at_the_end_all_totals_are_written(house: House) -> None:
    for _ in range(3):
        await house.refusals.note(of(7), DENIED, None)
    await house.refusals.flush()
    assert house.written()[-1] == (7, DENIED, 2)


async def test_what_cannot_be_written_is_told(house: House) -> None:
    house.journal.broken = {"state"}
    await house.refusals.note(of(7), DENIED, None)
    assert [error.code for error in house.lost] == ["audit.unavailable"]
