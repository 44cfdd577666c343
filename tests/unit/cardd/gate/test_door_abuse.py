"""What a program could gain at the door without a human: an unlocked session, or a wrong PIN that nobody counts."""

from typing import Any

import pytest

from cardd.audit.records import Result
from cardd.cards.card_type import Application
from cardd.errors import (
    AuditUnavailable,
    CarddError,
    LockedDown,
    PinCancelled,
    PinRejected,
    PinTimeout,
    SessionRequired,
)
from cardd.gate.door import Door
from cardd.gate.request import Request
from cardd.gate.step import Step
from cardd.model import Item, PinKind, PinOutcome
from cardd.sessions.session import SessionEnd
from tests.unit.cardd.gate.gate_house import READ, GateHouse
from tests.unit.cardd.state.house import disk_that_takes_nothing

REJECTED = PinRejected(tries_left=2, which=PinKind.CARD_INFO)


async def read(house: GateHouse) -> str:
    async def plan(door: Door) -> str:
        name = await door.run(Step(Application.CARD_INFO, lambda _card, _pins: "a name", pin=PinKind.CARD_INFO))
        door.notes.items = (Item.NAME,)
        return name

    request = Request(house.call(), READ, house.entry.ref.handle, "identity_check", "R8-1", items=(Item.NAME,))
    return (await house.gate.perform(request, plan)).result


def seconds_to_lock(house: GateHouse) -> float:
    deadline = house.sessions.next_deadline()
    assert deadline is not None
    return deadline - house.clock.now


@pytest.mark.proves("S3", "fault 84")
@pytest.mark.parametrize("answer", [PinTimeout(), PinCancelled()])
async def test_a_pad_at_which_nobody_stands_keeps_no_session_open(answer: CarddError) -> None:
    house = GateHouse(pin_pad=True)
    house.clock.now += 200
    left = seconds_to_lock(house)
    house.card.fails["verify"] = answer
    with pytest.raises(type(answer)):
        await read(house)
    assert seconds_to_lock(house) == left


@pytest.mark.proves("S3")
@pytest.mark.parametrize("wrong", [None, REJECTED])
async def test_a_pad_at_which_somebody_typed_is_a_humans_act(wrong: CarddError | None) -> None:
    house = GateHouse(pin_pad=True)
    house.clock.now += 200
    if wrong is not None:
        house.card.fails["verify"] = wrong
        with pytest.raises(PinRejected):
            await read(house)
    else:
        await read(house)
    assert seconds_to_lock(house) == 300


@pytest.mark.proves("P5", "S1")
async def test_a_wrong_pin_is_told_with_its_counter_though_the_disk_takes_no_count() -> None:
    house = GateHouse()
    house.card.fails["verify"] = REJECTED
    with disk_that_takes_nothing():
        with pytest.raises(PinRejected) as told:
            await read(house)
        assert (told.value.facts.tries_left, told.value.facts.pin) == (2, PinOutcome.SPENT)
        assert "count_not_kept" in house.words("alarm")
        prompts = len(house.person.prompts)
        with pytest.raises(AuditUnavailable):
            await read(house)
        assert len(house.person.prompts) == prompts
    outcome: Any = house.journal.outcomes[0]
    assert (outcome.code, outcome.tries_after) == ("pin.rejected", 2)


@pytest.mark.proves("S3", "fault 78")
@pytest.mark.parametrize("how", ["lock", "lock and unlock", "suspend", "logout", "lockdown"])
async def test_what_is_read_while_the_session_stops_is_thrown_away(how: str) -> None:
    house = GateHouse()
    sessions, session = house.sessions, house.session
    assert session is not None

    def stop() -> None:
        match how:
            case "lock" | "lock and unlock":
                sessions.lock(session)
            case "suspend":
                awake = house.clock.now
                house.clock.monotonic = lambda: awake  # type: ignore[method-assign]
                house.clock.now += 60
            case "logout":
                sessions.end(session, SessionEnd.LOGOUT)
                house.log_in()  # somebody of the same user sits down at once
            case _:
                house.lockdown.engage("kato", "theft")

    house.card.after["verify"] = stop
    if how == "lock and unlock":
        # Badge and PIN were shown again before the card was done: the operator is here, and gets what they asked for.
        house.card.after["reread"] = lambda: sessions.unlocked(session)
        assert await read(house) == "a name"
        return
    with pytest.raises((SessionRequired, LockedDown)):
        await read(house)
    outcome: Any = house.journal.outcomes[-1]
    assert (outcome.result, outcome.items) == (Result.REFUSED, None)
