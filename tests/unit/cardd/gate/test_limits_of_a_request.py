"""Our own counts of wrong PINs, the emergency override and the emergency stop, as requests meet them at the gate."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from cardd.audit.records import Result
from cardd.cards.card_type import PinSpec, TriesLeft
from cardd.errors import (
    ApprovalRequired,
    CarddError,
    CardRemoved,
    LockedDown,
    PinGuard,
    PinRejected,
    PinUnknown,
    PolicyDenied,
    SessionRequired,
)
from cardd.gate.door import Door
from cardd.model import CardOutcome, PinKind, PinOutcome
from cardd.sessions.session import LockReason
from cardd.sessions.table import SessionEnd
from cardd.state.pin_counts import PinCounts
from tests.unit.cardd.gate.admission_house import DISASTER, PLAIN, STRICT, Desk, with_pin
from tests.unit.cardd.gate.gate_house import DIGITS, RIGHT, Person


@pytest.fixture
async def desk() -> Desk:
    return Desk()


YEAR_US = 366 * 24 * 3600 * 1_000_000

# --- our own counts --------------------------------------------------------------------------------------------------


class Guesser:
    """Types another wrong PIN each time; the card says what `tries` says of its counter."""

    def __init__(self, desk: Desk, tries: int | None) -> None:
        self.desk, self.number = desk, 0
        self.left = tries
        desk.card.tries = [TriesLeft(tries)]

    async def guess(self) -> CarddError:
        self.number += 1
        self.desk.person.pins = [b"%04d" % (7000 + self.number)]
        self.desk.card.fails["verify"] = PinRejected(
            tries_left=self.left, pin=PinOutcome.SPENT, which=PinKind.CARD_INFO
        )
        with pytest.raises(CarddError) as refused:
            await self.desk.ask(with_pin(), **PLAIN)
        return refused.value

    def put_in_again(self) -> None:
        self.desk.table.end(self.desk.entry)
        self.desk.entry = self.desk.insert(f"again {self.number}")
        if self.left is None:
            without_counter(self.desk)


def without_counter(desk: Desk) -> None:
    """A kind of card that counts nothing, as the residence card does of its number."""
    assert desk.entry.card_type is not None
    entry = PinSpec(desk.entry.card_type.pins[PinKind.CARD_INFO].application, DIGITS, None)
    desk.entry.card_type = replace(desk.entry.card_type, pins={**desk.entry.card_type.pins, PinKind.CARD_INFO: entry})


@pytest.mark.proves("P5", "fault 30", "fault 171")
@pytest.mark.parametrize("tries", [3, None], ids=["a counter that does not fall", "no counter"])
async def test_five_wrong_pins_an_insertion_and_ten_a_card_and_day(desk: Desk, tries: int | None) -> None:
    desk.table.on_removed(lambda card, _: desk.pin_counts.insertion_ended(card.handle))
    if tries is None:
        without_counter(desk)
    guesser = Guesser(desk, tries)
    for _ in range(2):
        for _ in range(5):
            assert isinstance(await guesser.guess(), PinRejected)
        prompts = len(desk.person.prompts)
        refused = await guesser.guess()
        assert isinstance(refused, PinGuard)
        assert refused.facts.problem == "insertion_limit"
        assert refused.facts.pin is PinOutcome.UNTOUCHED
        assert len(desk.person.prompts) == prompts, "nobody is asked for a PIN that will not be sent"
        guesser.put_in_again()
    refused = await guesser.guess()
    assert refused.facts.problem == "card_limit"
    assert refused.facts.retry_after_s is not None
    assert 0 < refused.facts.retry_after_s <= 24 * 3600
    assert desk.card.count("verify") == 10
    assert desk.journal.outcomes[-1].problem == "card_limit"
    counted = desk.gate._parts.pseudonyms.mark(desk.entry.identity)
    with pytest.raises(PinGuard) as restarted:
        PinCounts(desk.store).check(counted, "c-1", "kato", PinKind.CARD_INFO)
    assert restarted.value.facts.problem == "card_limit", "a restart forgets none of the card's"


@pytest.mark.proves("P5", "fault 139")
async def test_a_card_is_counted_on_at_new_year_and_when_somebody_sets_the_clock_to_another_year(desk: Desk) -> None:
    """Its pseudonym on record is another one each year; by what it is counted is not."""
    guesser = Guesser(desk, 3)
    for _ in range(2):
        for _ in range(5):
            await guesser.guess()
        guesser.put_in_again()
    pseudonyms = desk.gate._parts.pseudonyms
    pseudonyms._utc_us = lambda: desk.clock.utc_us() + YEAR_US
    assert (await guesser.guess()).facts.problem == "card_limit"
    assert desk.journal.intents[0].card != desk.journal.intents[-1].card


@pytest.mark.proves("P5")
async def test_ten_wrong_pins_an_hour_over_many_cards_stop_an_operator(desk: Desk) -> None:
    guesser = Guesser(desk, 3)
    for number in range(10):
        assert isinstance(await guesser.guess(), PinRejected)
        desk.table.end(desk.entry)
        desk.entry = desk.insert(f"next {number}", identity=b"resident %d" % number)
        desk.card.look = b"resident %d" % number
    refused = await guesser.guess()
    assert (refused.facts.problem, refused.facts.retry_after_s) == ("operator_limit", 3600)
    desk.pass_s(200)
    desk.sessions.end_all(SessionEnd.LOGOUT)
    desk.clock.now += 3500
    desk.log_in()
    assert isinstance(await guesser.guess(), PinRejected)


@pytest.mark.proves("P5")
async def test_a_pin_of_which_nobody_knows_counts_and_a_right_one_does_not(desk: Desk) -> None:
    desk.card.fails["verify"] = CardRemoved()
    with pytest.raises(PinUnknown):
        await desk.ask(with_pin(), **PLAIN)
    for _ in range(9):
        desk.person.pins = [RIGHT]
        await desk.ask(with_pin(), **PLAIN)
    (counted,) = desk.store.rows("SELECT count(*) FROM wrong_pins")
    assert counted == (1,)


@pytest.mark.proves("P5")
async def test_who_waited_for_the_card_is_counted_with_those_before(desk: Desk) -> None:
    """Five prompts answered at the same time: the sixth wrong PIN does not reach the card for having been typed early."""
    guesser = Guesser(desk, 3)
    for _ in range(4):
        await guesser.guess()
    people = [Person([b"81%02d" % number]) for number in range(3)]

    def wrong() -> None:
        raise PinRejected(tries_left=3, pin=PinOutcome.SPENT, which=PinKind.CARD_INFO)

    desk.card.after["verify"] = wrong
    asking = []
    for person in people:
        desk.person = person
        asking.append(asyncio.ensure_future(desk.ask(with_pin(), **PLAIN)))
        await asyncio.sleep(0)
    ends = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(end) for end in ends] == [PinRejected, PinGuard, PinGuard]
    assert desk.card.count("verify") == 5


# --- the emergency override ------------------------------------------------------------------------------------------


def override(desk: Desk, purpose: str = "disaster_identity", case: str = "R8-1") -> None:
    assert desk.session is not None
    desk.overrides.take(desk.session, purpose, case)


async def denied(desk: Desk, **more: Any) -> str | None:
    with pytest.raises(PolicyDenied) as refused:
        await desk.ask(**more)
    return refused.value.facts.problem


@pytest.mark.proves("S10")
async def test_rows_for_emergencies_count_for_the_purpose_and_case_that_were_named(desk: Desk) -> None:
    assert await denied(desk, **DISASTER) == "no_row"
    override(desk)
    assert (await desk.ask(**DISASTER)).result == "result"
    (intent,) = desk.journal.intents
    assert (intent.emergency, intent.rule, intent.case) == (True, "disaster", "R8-1")
    assert await denied(desk, **{**DISASTER, "case": "R8-2"}) == "no_row"
    await desk.ask(**PLAIN)
    assert desk.journal.intents[-1].emergency is None


@pytest.mark.proves("S9", "S10")
async def test_a_purpose_that_is_not_for_emergencies_keeps_its_second_person(desk: Desk) -> None:
    override(desk, "resident_code")
    with pytest.raises(ApprovalRequired):
        await desk.ask(**STRICT)


@pytest.mark.proves("S10")
@pytest.mark.parametrize("end", ["time", "lock", "logout", "next session"])
async def test_the_override_ends_with_its_time_its_session_and_its_lock(desk: Desk, end: str) -> None:
    desk.sessions.on_stop(desk.overrides.ended)
    override(desk)
    assert desk.session is not None
    if end == "time":
        for _ in range(4):
            desk.pass_s(225.0)
    elif end == "lock":
        desk.sessions.lock(desk.session, LockReason.ASKED)
        desk.sessions.unlocked(desk.session)
    else:
        desk.sessions.end(desk.session, SessionEnd.LOGOUT)
        desk.log_in()
    assert await denied(desk, **DISASTER) == "no_row"


@pytest.mark.proves("S10")
async def test_the_override_is_nobody_else_s(desk: Desk) -> None:
    override(desk)
    desk.sessions.end_all(SessionEnd.LOGOUT)
    desk.log_in("counter")
    assert await denied(desk, **DISASTER) == "no_row"


# --- the emergency stop ----------------------------------------------------------------------------------------------


@pytest.mark.proves("S9")
async def test_what_was_read_when_the_stop_came_is_thrown_away(desk: Desk) -> None:
    async def plan(door: Door) -> str:
        door.witness.card = CardOutcome.CLEARED
        desk.lockdown.engage("kato", "drill")
        return "result"

    with pytest.raises(LockedDown) as stopped:
        await desk.ask(plan, **PLAIN)
    assert stopped.value.facts.card is CardOutcome.CLEARED
    (outcome,) = desk.journal.outcomes
    assert (outcome.result, outcome.code, outcome.items) == (Result.REFUSED, "lockdown.engaged", None)


@pytest.mark.proves("S9", "P4")
async def test_a_stop_while_the_pin_is_typed_spends_no_try(desk: Desk) -> None:
    desk.person.meanwhile = lambda: desk.lockdown.engage("kato", "drill")
    with pytest.raises(LockedDown) as stopped:
        await desk.ask(with_pin(), **PLAIN)
    assert stopped.value.facts.pin is PinOutcome.UNTOUCHED
    assert desk.card.count("verify") == 0


@pytest.mark.proves("S9")
async def test_who_waited_in_the_queue_when_the_stop_came_never_gets_the_card(desk: Desk) -> None:
    desk.worker.go.clear()
    first = asyncio.ensure_future(desk.ask(with_pin(), **PLAIN))
    while not desk.worker.limits:
        await asyncio.sleep(0)
    second = asyncio.ensure_future(desk.ask(with_pin(), **PLAIN))
    for _ in range(20):
        await asyncio.sleep(0)
    desk.lockdown.engage("kato", "drill")
    desk.sessions.end_all(SessionEnd.LOCKDOWN)
    desk.worker.go.set()
    ends = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(end) for end in ends] == [LockedDown, LockedDown]
    assert desk.worker.limits == [30.0], "only what was on the card already ran"
    assert desk.card.count("verify") == 0


async def test_without_the_stop_an_ended_session_is_said_to_be_one(desk: Desk) -> None:
    desk.person.meanwhile = lambda: desk.sessions.end_all(SessionEnd.LOGOUT)
    with pytest.raises(SessionRequired):
        await desk.ask(with_pin(), **PLAIN)
