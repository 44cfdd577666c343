"""What happens around a step: who is asked and when, what is remembered, and what the record will say."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from cardd.audit.records import StateRecord
from cardd.cards.card_type import Application, TriesLeft
from cardd.errors import (
    AuditUnavailable,
    CardBadAnswer,
    CardChanged,
    CarddError,
    CardNoAnswer,
    CardRemoved,
    NoAgent,
    PinCancelled,
    PinChanged,
    PinFormat,
    PinGuard,
    PinRejected,
    PinRepeated,
    PinUnknown,
    PinWasBlocked,
    SessionRequired,
)
from cardd.gate.door import PAD_SECONDS, Door
from cardd.gate.request import Performed, Request
from cardd.gate.step import Step, Unlocked
from cardd.model import CardKind, CardOutcome, Item, Operation, PinKind, PinOutcome
from cardd.sessions.table import SessionEnd
from tests.unit.cardd.gate.gate_house import ELSEWHERE, READ, RIGHT, GateHouse, Person

REJECTED = PinRejected(tries_left=2, pin=PinOutcome.SPENT, which=PinKind.CARD_INFO)


def step(which: PinKind | None = PinKind.CARD_INFO, *, new_pin: bool = False) -> Step[str]:
    def work(card: Any, _: Unlocked) -> str:
        card.do("work")
        return "result"

    return Step(Application.CARD_INFO, work, pin=which, new_pin=new_pin)


async def use(house: GateHouse, *steps: Step[str]) -> Performed[list[str]]:
    async def plan(door: Door) -> list[str]:
        return [await door.run(one) for one in steps]

    request = Request(house.call(), READ, house.entry.ref.handle, "identity_check", "R8-1", items=(Item.NAME,))
    return await house.gate.perform(request, plan)


@pytest.fixture
async def house() -> GateHouse:
    return GateHouse()


async def test_the_counter_comes_before_the_prompt_and_again_before_verify(house: GateHouse) -> None:
    await use(house, step())
    assert house.card.did == [
        "recognise", "select", "tries", "reread", "clear",
        "select", "tries", "verify", "work", "reread", "clear",
    ]  # fmt: skip
    assert [prompt.tries_left for prompt in house.person.prompts] == [3]
    assert house.card.pin_seen == [RIGHT]


async def test_a_counter_that_is_known_is_not_read_for_the_prompt(house: GateHouse) -> None:
    await use(house, step())
    house.card.did.clear()
    house.person.pins = [RIGHT]
    await use(house, step())
    assert house.card.did == ["select", "tries", "verify", "work", "reread", "clear"]


@pytest.mark.proves("P2")
@pytest.mark.parametrize("left", [2, 5])
async def test_what_a_right_pin_set_an_unusual_counter_to_is_read_again(house: GateHouse, left: int) -> None:
    house.card.tries = [TriesLeft(left)]
    await use(house, step())
    house.person.pins = [RIGHT]
    await use(house, step())
    assert [prompt.tries_left for prompt in house.person.prompts] == [left, left]


@pytest.mark.proves("P6")
@pytest.mark.parametrize("failure", [None, REJECTED, CardRemoved(), ZeroDivisionError()], ids=str)
async def test_the_pin_is_wiped_however_it_ends(house: GateHouse, failure: BaseException | None) -> None:
    if failure is not None:
        house.card.fails["verify"] = failure
        with pytest.raises(BaseException):  # noqa: B017, PT011 - the kind is another test's
            await use(house, step())
    else:
        await use(house, step())
    assert [len(pin) for pin in house.person.given] == [0]


@pytest.mark.proves("P4", "fault 69")
async def test_the_same_wrong_pin_is_refused_without_the_card(house: GateHouse) -> None:
    house.card.fails["verify"] = REJECTED
    with pytest.raises(PinRejected):
        await use(house, step())
    house.person.pins, sent = [RIGHT], house.card.count("verify")
    with pytest.raises(PinRepeated):
        await use(house, step())
    assert house.card.count("verify") == sent
    house.clock.now += 31
    house.card.tries, house.person.pins = [TriesLeft(2)], [RIGHT]
    await use(house, step())


@pytest.mark.proves("P4", "fault 61")
async def test_a_wrong_pin_is_remembered_also_when_the_caller_has_gone(house: GateHouse) -> None:
    house.card.fails["verify"] = REJECTED
    await use_until_lease_b(house)
    house.person.pins = [RIGHT]
    with pytest.raises(PinRepeated):
        await use(house, step())
    gone = house.journal.outcomes[0]
    assert (gone.caller_gone, gone.code, gone.pin_outcome) == (True, "client.gone", PinOutcome.SPENT)
    assert (gone.tries_before, gone.tries_after) == (3, 2)


@pytest.mark.proves("P4", "fault 4", "fault 69")
@pytest.mark.parametrize(("left", "refused"), [(2, True), (3, False)], ids=["it fell", "it did not"])
async def test_a_pin_without_an_answer_was_wrong_if_the_counter_fell(
    house: GateHouse, left: int, refused: bool
) -> None:
    house.card.fails["verify"] = CardRemoved()
    with pytest.raises(PinUnknown):
        await use(house, step())
    house.card.tries, house.person.pins = [TriesLeft(left)], [RIGHT]
    if refused:
        with pytest.raises(PinRepeated):
            await use(house, step())
    else:
        await use(house, step())
    assert house.card.count("verify") == (1 if refused else 2)


async def use_until_lease_b(house: GateHouse, reason: str = "client.gone") -> None:
    """Cancel a use while its job with the PIN is on the card; it runs to its end."""
    house.person.meanwhile = house.worker.go.clear
    using = asyncio.ensure_future(use(house, step()))
    while not (house.person.prompts and len(house.worker.limits) == 2):
        await asyncio.sleep(0)
    using.cancel(reason)
    await asyncio.sleep(0)
    assert not using.done(), "half a sequence cannot be taken back"
    house.worker.go.set()
    with pytest.raises(asyncio.CancelledError):
        await using
    house.person.meanwhile = lambda: None


@pytest.mark.parametrize("reason", ["request.cancelled", "request.deadline", "server.stopping"])
async def test_the_record_says_why_nobody_waited(house: GateHouse, reason: str) -> None:
    await use_until_lease_b(house, reason)
    (record,) = house.journal.outcomes
    assert (record.code, record.caller_gone, record.card_outcome) == (reason, None, CardOutcome.CLEARED)
    assert record.pin_outcome is PinOutcome.ACCEPTED


@pytest.mark.proves("P3", "fault 100")
@pytest.mark.parametrize(("role", "agrees", "asked"), [("supervisor", False, 1), ("counter", True, 0)])
async def test_the_last_try_needs_the_role_and_the_resident(role: str, agrees: bool, asked: int) -> None:
    house = GateHouse(role=role)
    house.card.tries, house.person.agrees = [TriesLeft(1)], agrees
    with pytest.raises(PinGuard):
        await use(house, step())
    assert (house.person.consents_asked, house.person.prompts, house.card.count("verify")) == (asked, [], 0)


@pytest.mark.proves("P3", "fault 100")
async def test_consent_does_not_last_longer_than_a_minute(house: GateHouse) -> None:
    house.card.tries, house.person.agrees = [TriesLeft(1)], True

    def dawdle() -> None:
        house.clock.now += 61

    house.person.meanwhile = dawdle
    with pytest.raises(PinGuard) as refused:
        await use(house, step())
    assert refused.value.facts.problem == "consent_too_old"
    assert house.card.count("verify") == 0


@pytest.mark.proves("P3")
async def test_consent_is_on_record_only_where_the_last_try_was_at_stake(house: GateHouse) -> None:
    """The counter rose between consent and card: the person is asked anew, and no last try is spent."""
    house.card.tries, house.person.agrees = [TriesLeft(1), TriesLeft(3)], True
    house.person.pins = [RIGHT, RIGHT]
    await use(house, step())
    assert house.journal.outcomes[-1].last_try_agreed is None
    assert [prompt.tries_left for prompt in house.person.prompts] == [1, 3]


@pytest.mark.proves("P3", "A1", "fault 100")
async def test_consent_is_on_record_before_the_try_goes_and_without_its_record_nothing_goes(house: GateHouse) -> None:
    house.card.tries, house.person.agrees = [TriesLeft(1)], True
    house.journal.broken = {"state"}
    with pytest.raises(AuditUnavailable) as refused:
        await use(house, step())
    assert refused.value.facts.pin is PinOutcome.UNTOUCHED
    assert (house.person.prompts, house.card.count("verify")) == ([], 0)
    house.journal.broken = set()
    house.person.meanwhile = lambda: told.extend(house.journal.states)
    told: list[StateRecord] = []
    await use(house, step())
    (agreed,) = told
    assert (agreed.last_try_agreed, agreed.pin, agreed.case, agreed.event) == (
        True,
        PinKind.CARD_INFO,
        "R8-1",
        "card.read",
    )


@pytest.mark.proves("S5", "fault 87")
@pytest.mark.parametrize("left", [1, 0])
async def test_a_badge_with_one_try_left_counts_as_blocked(left: int) -> None:
    house = GateHouse(kind=CardKind.BADGE)
    house.card.tries, house.person.agrees = [TriesLeft(left)], True
    request = Request(house.call("session.login"), READ, house.entry.ref.handle)
    door = await door_of(house, request)
    with pytest.raises(PinWasBlocked):
        await door.run(replace(step(PinKind.BADGE), application=Application.PIV))
    assert (house.person.consents_asked, house.person.prompts) == (0, [])


async def door_of(house: GateHouse, request: Request) -> Door:
    """The door that a plan would get."""
    found: list[Door] = []

    async def plan(door: Door) -> None:
        found.append(door)

    await house.gate.perform(replace(request, operation=Operation.LOGIN), plan)
    return found[0]


@pytest.mark.proves("P2", "fault 102")
async def test_a_counter_that_moved_is_asked_anew_once(house: GateHouse) -> None:
    house.card.tries = [TriesLeft(3), TriesLeft(2), TriesLeft(2)]
    house.person.pins = [RIGHT, RIGHT]
    await use(house, step())
    assert [prompt.tries_left for prompt in house.person.prompts] == [3, 2]
    house.card.tries = [TriesLeft(3), TriesLeft(2), TriesLeft(3)]
    house.person.pins = [RIGHT, RIGHT]
    with pytest.raises(PinChanged):
        await use(house, step())


@pytest.mark.proves("P4", "fault 15")
async def test_a_silent_card_after_verify_was_sent_leaves_the_outcome_open(house: GateHouse) -> None:
    """The worker gives up; the thread in front of the card has said before what it was about to send."""

    async def perform(job: Any, *, notes: Any, limit_s: float) -> Any:
        if not house.person.prompts:
            return job(house.card)
        house.card.fails["verify"] = CardNoAnswer()
        with pytest.raises(PinUnknown):
            job(house.card)
        raise CardNoAnswer(reader="R")

    house.worker.perform = perform  # type: ignore[method-assign, assignment]
    with pytest.raises(PinUnknown):
        await use(house, step())
    record = house.journal.outcomes[-1]
    assert (record.pin_outcome, record.tries_before, record.tries_after) == (PinOutcome.MAY_BE_SPENT, 3, None)
    assert PinKind.CARD_INFO not in house.entry.memory.tries, "read again before anybody is asked"


@pytest.mark.proves("C5", "fault 9")
async def test_another_card_between_two_steps_is_found_out(house: GateHouse) -> None:
    house.card.after["clear"] = lambda: setattr(house.card, "identity", ELSEWHERE)
    with pytest.raises(CardChanged):
        await use(house, step(None), step(None))
    assert house.card.count("work") == 1
    assert house.entry.ended, "its handle is stale"


@pytest.mark.proves("C5", "fault 9")
async def test_another_card_between_two_operations_never_sees_the_pin(house: GateHouse) -> None:
    await use(house, step())
    house.card.identity, house.person.pins = ELSEWHERE, [RIGHT]
    with pytest.raises(CardChanged):
        await use(house, step())
    assert house.card.count("verify") == 1


@pytest.mark.proves("S2", "P4", "fault 78")
async def test_a_session_that_ended_while_the_pin_was_typed_spends_no_try(house: GateHouse) -> None:
    assert house.session is not None
    session = house.session
    house.person.meanwhile = lambda: house.sessions.end(session, SessionEnd.BADGE_REMOVED)
    with pytest.raises(SessionRequired):
        await use(house, step())
    assert house.card.count("verify") == 0
    assert house.journal.outcomes[-1].code == "session.required"


@pytest.mark.parametrize("error", [NoAgent(), PinCancelled(), PinFormat()], ids=str)
async def test_a_person_who_does_not_type_costs_nothing(house: GateHouse, error: CarddError) -> None:
    house.person.pins = [error]
    with pytest.raises(type(error)) as failure:
        await use(house, step())
    assert (failure.value.facts.pin, failure.value.facts.card) == (PinOutcome.UNTOUCHED, CardOutcome.CLEARED)
    assert house.words("pin")[-1] == "cancelled"


@pytest.mark.proves("P4")
async def test_what_is_said_of_a_second_pin_is_not_what_the_first_one_did(house: GateHouse) -> None:
    house.person.pins = [RIGHT, PinCancelled()]
    second = replace(step(PinKind.AUTHENTICATION), application=Application.JPKI)
    with pytest.raises(PinCancelled) as failure:
        await use(house, step(), second)
    assert failure.value.facts.pin is PinOutcome.UNTOUCHED
    record = house.journal.outcomes[-1]
    assert (record.pin, record.pin_outcome) == (PinKind.AUTHENTICATION, PinOutcome.UNTOUCHED)
    assert (record.tries_before, record.items) == (None, None)


async def test_what_became_of_a_pin_stays_said_in_a_later_step_without_one(house: GateHouse) -> None:
    async def plan(door: Door) -> None:
        await door.run(step())
        house.card.fails["work"] = CardBadAnswer()
        await door.run(step(None))

    request = Request(house.call(), READ, house.entry.ref.handle, "identity_check", "R8-1", items=(Item.NAME,))
    with pytest.raises(CardBadAnswer) as failure:
        await house.gate.perform(request, plan)
    assert failure.value.facts.pin is PinOutcome.ACCEPTED


@pytest.mark.proves("P1")
@pytest.mark.parametrize(
    ("typed", "problem"), [((RIGHT, b"4321", b"4322"), "repeat_differs"), ((RIGHT, RIGHT), "same_as_old")]
)
async def test_a_new_pin_is_judged_before_the_card_is_asked(
    house: GateHouse, typed: tuple[bytes, ...], problem: str
) -> None:
    house.person.pins = [*typed]
    with pytest.raises(PinFormat) as refused:
        await use(house, step(new_pin=True))
    assert refused.value.facts.problem == problem
    assert house.card.count("verify") == 0
    assert all(len(pin) == 0 for pin in house.person.given)


@pytest.mark.proves("P6")
async def test_a_pad_takes_numeric_pins_and_gets_human_time(house: GateHouse) -> None:
    house = GateHouse(pin_pad=True)
    house.person = Person([])
    await use(house, step())
    assert house.card.pin_seen == [b"pad"]
    assert house.worker.limits == [30.0, 30.0 + PAD_SECONDS]
    assert house.journal.outcomes[-1].pin_pad is True
    assert house.progress[0].state == "waiting_for_pad"


async def test_a_card_that_was_pulled_while_somebody_typed_is_called_removed(house: GateHouse) -> None:
    house.person.meanwhile = lambda: house.table.end(house.entry)
    with pytest.raises(CardRemoved) as failure:
        await use(house, step())
    assert (failure.value.facts.card, failure.value.facts.pin) == (CardOutcome.REMOVED, PinOutcome.UNTOUCHED)
