"""The door itself: nobody passes without policy and record, and nothing leaves without an outcome on record."""

import asyncio

import pytest

from cardd.audit.records import Result
from cardd.errors import (
    AuditUnavailable,
    BadRequest,
    CardAbsent,
    CardBadAnswer,
    CardChanged,
    CarddError,
    CardRemoved,
    CardUnsupported,
    CardWrongKind,
    CardWrongReader,
    Internal,
    PinRejected,
    PinUnknown,
    PolicyDenied,
    SessionRequired,
    WrongCertificate,
)
from cardd.gate.door import Door
from cardd.gate.request import Performed, Request
from cardd.model import CardHandle, CardKind, CardOutcome, Item, Operation, PinOutcome, SeatName
from cardd.readers.entries import CardState
from cardd.register import Operator, Register
from cardd.sessions.table import SessionEnd
from tests.unit.cardd.gate.gate_house import READ, SEAT, GateHouse

CASE = "R8-1"


async def harmless(door: Door) -> str:
    door.notes.items = (Item.NAME,)
    return "result"


async def ask(house: GateHouse, plan: object = harmless, **more: object) -> Performed[str]:
    order: dict[str, object] = {
        "operation": READ, "card": house.entry.ref.handle, "purpose": "identity_check", "case": CASE,
        "items": (Item.NAME,), **more,
    }  # fmt: skip
    return await house.gate.perform(Request(house.call(), **order), plan)  # type: ignore[arg-type]


@pytest.fixture
async def house() -> GateHouse:
    return GateHouse()


@pytest.mark.proves("A1", "S8")
async def test_intent_before_the_work_and_outcome_before_the_result(house: GateHouse) -> None:
    async def plan(_: Door) -> str:
        assert len(house.journal.intents) == 1
        assert house.journal.outcomes == []
        return "result"

    performed = await ask(house, plan)
    assert performed.result == "result"
    (intent,), (outcome,) = house.journal.intents, house.journal.outcomes
    assert (intent.operator, intent.purpose, intent.case, intent.items) == (
        "sato", "identity_check", CASE, (Item.NAME,),
    )  # fmt: skip
    assert intent.rule == "identity"
    assert outcome.result is Result.DONE
    assert "result" not in repr(performed)


@pytest.mark.proves("A1", "fault 130")
async def test_without_an_intent_on_record_nothing_is_done(house: GateHouse) -> None:
    house.journal.broken = {"intent"}
    with pytest.raises(AuditUnavailable):
        await ask(house)
    assert house.card.did == []


@pytest.mark.proves("A1")
async def test_without_an_outcome_on_record_nothing_is_given_and_the_pin_s_fate_is_told(house: GateHouse) -> None:
    async def plan(door: Door) -> str:
        door.witness.pin, door.witness.card = PinOutcome.ACCEPTED, CardOutcome.CLEARED
        house.journal.broken = {"outcome"}
        return "result"

    with pytest.raises(AuditUnavailable) as failure:
        await ask(house, plan)
    assert (failure.value.facts.pin, failure.value.facts.card) == (PinOutcome.ACCEPTED, CardOutcome.CLEARED)


def _none(house: GateHouse) -> dict[str, object]:
    return {"card": CardHandle("c-5f1e-99")}


def _stale(house: GateHouse) -> dict[str, object]:
    house.table.end(house.entry)
    return {}


def _unsupported(house: GateHouse) -> dict[str, object]:
    house.entry.card_type = None
    return {}


def _wrong_reader(house: GateHouse) -> dict[str, object]:
    house.entry.state = CardState.WRONG_READER
    return {}


def _logged_out(house: GateHouse) -> dict[str, object]:
    house.sessions.end_all(SessionEnd.STOP)
    return {}


@pytest.mark.proves("S7", "S8", "fault 1", "fault 75", "fault 91")
@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_none, CardAbsent),
        (_stale, CardChanged),
        (_unsupported, CardUnsupported),
        (_wrong_reader, CardWrongReader),
        (_logged_out, SessionRequired),
        (lambda _: {"items": (Item.NAME, Item.MY_NUMBER)}, PolicyDenied),
        (lambda _: {"purpose": "curiosity"}, PolicyDenied),
        (lambda _: {"operation": Operation.LOGIN, "items": ()}, CardWrongKind),
    ],
    ids=[
        "no such card",
        "stale",
        "unsupported",
        "other reader",
        "nobody",
        "one item too many",
        "no purpose",
        "no badge",
    ],
)
async def test_each_refusal_stands_on_record_and_touches_no_card(
    house: GateHouse, spoil: object, error: type[CarddError]
) -> None:
    more = spoil(house)  # type: ignore[operator]
    with pytest.raises(error) as refused:
        await ask(house, **more)
    assert house.card.did == []
    assert (house.journal.intents, house.journal.outcomes) == ([], [])
    (record,) = house.journal.states
    assert (record.code, record.event, record.uid) == (error.code, "card.read", 1000)
    assert refused.value.facts.card in (CardOutcome.UNTOUCHED, CardOutcome.REMOVED)


async def test_a_card_at_another_seat_is_not_there_for_this_one(house: GateHouse) -> None:
    house.entry.reader.assignment = type(house.entry.reader.assignment)(
        house.entry.reader.assignment.role, SeatName("other")
    )
    with pytest.raises(CardWrongReader) as refused:
        await ask(house)
    assert refused.value.facts.problem == "other_seat"


@pytest.mark.proves("fault 78")
async def test_what_was_read_for_a_session_that_ended_is_thrown_away(house: GateHouse) -> None:
    async def plan(_: Door) -> str:
        house.sessions.end_all(SessionEnd.BADGE_REMOVED)
        return "result"

    with pytest.raises(SessionRequired):
        await ask(house, plan)
    (outcome,) = house.journal.outcomes
    assert (outcome.result, outcome.code, outcome.items) == (Result.REFUSED, "session.required", None)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (PinRejected(), Result.REFUSED),
        (WrongCertificate(), Result.REFUSED),
        (BadRequest(), Result.REFUSED),
        (CardBadAnswer(), Result.FAILED),
        (CardRemoved(), Result.FAILED),
    ],
    ids=str,
)
async def test_an_error_ends_in_one_outcome_and_says_what_became_of_card_and_pin(
    house: GateHouse, error: CarddError, result: Result
) -> None:
    async def plan(_: Door) -> str:
        raise error

    with pytest.raises(type(error)) as failure:
        await ask(house, plan)
    (outcome,) = house.journal.outcomes
    assert (outcome.result, outcome.code) == (result, error.code)
    assert (failure.value.facts.card, failure.value.facts.pin) == (CardOutcome.UNTOUCHED, PinOutcome.UNTOUCHED)


@pytest.mark.parametrize("error", [PinUnknown(), CardBadAnswer(), Internal()], ids=str)
async def test_an_open_pin_outcome_is_recorded_as_unknown_whatever_the_error(
    house: GateHouse, error: CarddError
) -> None:
    async def plan(door: Door) -> str:
        door.witness.pin = PinOutcome.MAY_BE_SPENT
        raise error

    with pytest.raises(type(error)):
        await ask(house, plan)
    assert house.journal.outcomes[0].result is Result.UNKNOWN


async def test_a_bug_of_ours_is_on_record_too(house: GateHouse) -> None:
    async def plan(_: Door) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ask(house, plan)
    (outcome,) = house.journal.outcomes
    assert (outcome.result, outcome.code) == (Result.FAILED, "internal")


@pytest.mark.proves("fault 61")
async def test_who_hangs_up_while_the_outcome_is_written_still_leaves_an_outcome(house: GateHouse) -> None:
    writing = asyncio.Event()
    kept = house.journal.outcome

    async def slow(intent: object, record: object) -> object:
        writing.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return await kept(intent, record)  # type: ignore[arg-type]

    house.journal.outcome = slow  # type: ignore[method-assign, assignment]
    asking = asyncio.ensure_future(ask(house))
    await writing.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert len(house.journal.outcomes) == 1


async def test_a_badge_works_for_its_own_operator_alone() -> None:
    house = GateHouse(kind=CardKind.BADGE, role="")
    house.log_in("supervisor")
    own = {"operation": Operation.PIN_STATUS, "purpose": "badge_care", "items": ()}
    with pytest.raises(PolicyDenied) as refused:
        await ask(house, **own)
    assert refused.value.facts.rule == "own_badge"
    house.sessions.end_all(SessionEnd.STOP)
    house.log_in("supervisor", badge=house.entry.ref)
    assert (await ask(house, **own)).result == "result"


@pytest.mark.parametrize(("badges", "error"), [(0, CardAbsent), (2, BadRequest)])
async def test_the_badge_at_a_seat_must_be_the_only_one(badges: int, error: type[CarddError]) -> None:
    house = GateHouse(kind=CardKind.BADGE)
    assert await house.gate.badge_at(SEAT) == house.entry.ref.handle
    if badges:
        house.insert("second")
    else:
        house.table.end(house.entry)
    with pytest.raises(error):
        await house.gate.badge_at(SEAT)


async def test_logging_out_is_on_record_before_it_is_so(house: GateHouse) -> None:
    house.journal.broken = {"state"}
    with pytest.raises(AuditUnavailable):
        await house.gate.end_session(house.call("session.logout"))
    assert house.session is not None
    assert house.sessions.still(house.session), "the session goes on"
    house.journal.broken = set()
    await house.gate.end_session(house.call("session.logout"))
    assert not house.sessions.still(house.session)
    assert [record.event for record in house.journal.states] == ["session.logout"]


@pytest.mark.proves("S9", "A9")
def test_one_person_is_one_person_under_each_of_their_entries(house: GateHouse) -> None:
    """By id, by person, and by a badge that both entries name; an id that the register does not know is only itself."""
    sato = Operator(id="sato", name="佐藤", role="auditor", certificates=("1" * 64,))
    second = Operator(id="sato-2", name="佐藤", role="counter", person="sato", certificates=("2" * 64,))
    other = Operator(id="kato", name="加藤", role="counter", certificates=("3" * 64,))
    house.in_force.put_register(Register(1, (sato, second, other)))
    named = ("sato", "sato-2", "kato", "gone")
    assert [house.gate.is_person(sato, each) for each in named] == [True, True, False, False]
    assert [house.gate.is_person(second, each) for each in named] == [True, True, False, False]
    assert [house.gate.is_person(other, each) for each in named] == [False, False, True, False]
