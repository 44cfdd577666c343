"""A loss report counts at once; the list says whose badge is in which state, a page at a time."""

from dataclasses import replace
from pathlib import Path

import pytest

from applets_spec.fault_script import Fault, Kind
from cardd.enrolment.order import BadgeLine
from cardd.errors import AuditUnavailable, OperatorUnknown, PolicyDenied, SessionRequired
from cardd.model import CardHandle, CardRef, Operation, ReaderName, SeatName
from cardd.register import Operator, Register
from tests.unit.cardd.enrolment.badge_house import FIRST, SECOND, TANAKA, BadgeHouse, blank


@pytest.fixture
async def house(tmp_path: Path) -> BadgeHouse:
    """`tanaka` has a badge that was made here."""
    opened = BadgeHouse(tmp_path)
    await opened.enrol()
    return opened


def sit_down(house: BadgeHouse, operator_id: str, seat: str = "window") -> None:
    """Somebody is logged in at another seat."""
    operator = house.in_force.register.by_id(operator_id)
    assert operator is not None
    where = CardRef(ReaderName("W"), 77, CardHandle("c-5f1e-77"))
    house.sessions.start(SeatName(seat), where, 1001, operator, operator.certificates[0])


async def lines(house: BadgeHouse, cursor: str | None = None, limit: int = 200) -> dict[str, BadgeLine]:
    page = await house.service.page(house.call("badge.list"), cursor, limit)
    return {line.operator: line for line in page.lines}


# --- loss ------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S12")
async def test_a_lost_badge_counts_no_more_at_once(house: BadgeHouse) -> None:
    operator = house.in_force.register.by_id("tanaka")
    assert operator is not None
    sit_down(house, "tanaka")
    blocked = await house.service.block(house.call("badge.block"), "tanaka", "lost")
    assert (blocked.operator, blocked.sessions_ended) == ("tanaka", 1)
    assert house.in_force.register.blocks(operator.certificates[0])
    assert house.in_force.register.blocks("0" * 64, operator.guid)
    assert [session.operator.id for session in house.sessions.all()] == ["suzuki"]
    assert ("alarm", "badge_blocked") in [(topic, change) for topic, change, _ in house.told]


async def test_the_record_says_who_reported_what(house: BadgeHouse) -> None:
    await house.service.block(house.call("badge.block"), "tanaka", "stolen")
    record = house.journal.states[-1]
    assert (record.event, record.operator, record.subject, record.problem, record.operation) == (
        "badge.block", "suzuki", "tanaka", "stolen", Operation.BADGE_BLOCK,
    )  # fmt: skip


async def test_what_cannot_be_recorded_is_not_done(house: BadgeHouse) -> None:
    house.journal.broken.add("state")
    with pytest.raises(AuditUnavailable):
        await house.service.block(house.call("badge.block"), "tanaka", "lost")
    assert house.badges.blocked() == frozenset()


async def test_said_twice_it_stays_as_it_was(house: BadgeHouse) -> None:
    for reason in ("lost", "stolen"):
        await house.service.block(house.call("badge.block"), "tanaka", reason)
    assert {block.reason for block in house.badges.blocks()} == {"lost"}


async def test_nobody_of_that_id(house: BadgeHouse) -> None:
    with pytest.raises(OperatorUnknown):
        await house.service.block(house.call("badge.block"), "nobody", "lost")


@pytest.mark.parametrize("role", ["counter", "auditor"])
async def test_it_takes_the_right(house: BadgeHouse, role: str) -> None:
    house.begin_session(FIRST.model_copy(update={"role": role}))
    with pytest.raises(PolicyDenied):
        await house.service.block(house.call("badge.block"), "tanaka", "lost")
    assert house.badges.blocked() == frozenset()


async def test_it_takes_somebody_who_is_logged_in(house: BadgeHouse) -> None:
    for session in house.sessions.all():
        house.sessions.badge_gone(session.badge)
    with pytest.raises(SessionRequired):
        await house.service.block(house.call("badge.block"), "tanaka", "lost")
    with pytest.raises(SessionRequired):
        await house.service.page(house.call("badge.list"), None, 10)


@pytest.mark.proves("S12")
async def test_after_the_report_the_person_gets_another_badge(house: BadgeHouse) -> None:
    await house.service.block(house.call("badge.block"), "tanaka", "lost")
    house.put_in(blank(2))
    made = (await house.enrol()).result
    operator = house.in_force.register.by_id("tanaka")
    assert operator is not None
    assert operator.guid == made.guid
    assert not house.in_force.register.blocks(operator.certificates[0], operator.guid)


@pytest.mark.proves("S12")
async def test_a_badge_that_was_found_again_stays_blocked(house: BadgeHouse) -> None:
    found = house.badge
    await house.service.block(house.call("badge.block"), "tanaka", "lost")
    house.put_in(found)
    error = await house.fails(house.enrol(replace(TANAKA, id="kato", name="加藤")))
    assert (error.code, error.facts.problem) == ("badge.taken", "blocked")


# --- the list --------------------------------------------------------------------------------------------------------


async def test_each_operator_with_the_state_of_the_badge(house: BadgeHouse) -> None:
    ended = Operator(id="abe", name="阿部", role="counter", certificates=("3" * 64,), until="2020-01-01")  # type: ignore[arg-type]
    gone = Operator(id="baba", name="馬場", role="counter", certificates=("4" * 64,), status="blocked")
    house.in_force.put_register(Register(4, (FIRST, SECOND, ended, gone)))
    house.put_in(blank(2), Fault(Kind.DROP, at=1, match=bytes.fromhex("0047009A")))
    await house.fails(house.enrol(replace(TANAKA, id="kato", name="加藤", role="supervisor")))
    found = await lines(house)
    assert {name: (line.status, line.source) for name, line in found.items()} == {
        "abe": ("ended", "register"),
        "baba": ("blocked", "register"),
        "ito": ("active", "register"),
        "kato": ("incomplete", "here"),
        "suzuki": ("active", "register"),
        "tanaka": ("active", "here"),
    }
    assert (found["kato"].name, found["kato"].role) == ("加藤", "supervisor")
    assert (found["tanaka"].days_left, found["tanaka"].management_key) == (1096, "factory")
    assert (found["ito"].expires, found["ito"].days_left, found["ito"].management_key) == (None, None, None)


async def test_a_reported_badge_is_listed_as_blocked(house: BadgeHouse) -> None:
    await house.service.block(house.call("badge.block"), "tanaka", "lost")
    assert (await lines(house))["tanaka"].status == "blocked"


async def test_days_left_count_down_to_below_nothing(house: BadgeHouse) -> None:
    house.clock.now += 1097 * 86_400
    house.begin_session()
    assert (await lines(house))["tanaka"].days_left == -1


async def test_page_by_page_nobody_is_left_out(house: BadgeHouse) -> None:
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = await house.service.page(house.call("badge.list"), cursor, 1)
        seen += [line.operator for line in page.lines]
        cursor = page.cursor
    assert (seen, cursor) == (["ito", "suzuki", "tanaka"], None)


async def test_the_list_is_on_record_before_it_is_given(house: BadgeHouse) -> None:
    await lines(house)
    assert (house.journal.states[-1].event, house.journal.states[-1].count) == ("badge.list", 3)
    house.journal.broken.add("state")
    with pytest.raises(AuditUnavailable):
        await lines(house)
