"""Grants against somebody who wants more of them than was given: overlapping uses, late uses, callers that go, silent cards."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from cardd.audit.journal import Receipt
from cardd.audit.records import Result, StateRecord
from cardd.cards.card_type import TriesLeft
from cardd.errors import (
    CardChanged,
    CarddError,
    CardNoAnswer,
    GrantMismatch,
    GrantUnknown,
    PinRejected,
    SessionLocked,
    SessionRequired,
)
from cardd.gate.request import Performed
from cardd.gate.step import Unlocked
from cardd.model import CardKind, CardOutcome
from cardd.pin import Pin
from cardd.sessions.table import SessionEnd
from cardd.signing.held_card import HeldCard
from cardd.signing.job import Asked
from tests.unit.cardd.gate.gate_house import fake_card_type
from tests.unit.cardd.signing.grant_scene import DIGESTS, HeldBackCard, Scene

PATIENT_S = 30.0


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    yield made
    made.card.go.set()
    for grant in made.given:
        grant.held.end()
        await made.over(grant)


async def test_overlapping_uses_never_make_more_than_was_given(scene: Scene) -> None:
    grant = await scene.give(count=3)
    uses = [scene.begin(grant, *DIGESTS[:2]) for _ in range(6)] + [scene.begin(grant) for _ in range(6)]
    done = await asyncio.gather(*uses, return_exceptions=True)
    made = [len(each.result.signatures) for each in done if isinstance(each, Performed)]
    assert sum(made) == 3
    assert all(isinstance(each, GrantMismatch | GrantUnknown | Performed) for each in done)
    await scene.over(grant)
    assert (scene.card.count("sign"), grant.used) == (3, 3)
    assert scene.house.journal.outcomes[-1].signatures == 3


async def test_the_last_use_does_not_cut_off_those_before_it_that_wait(scene: Scene) -> None:
    grant = await scene.give(count=3)
    first = await scene.hold(grant)
    waiting = [scene.begin(grant, digest) for digest in DIGESTS[1:3]]
    await _turns()
    scene.card.go.set()
    assert [len((await use).result.signatures) for use in (first, *waiting)] == [1, 1, 1]


@pytest.mark.parametrize("how", ["lock", "logout", "lockdown"])
async def test_what_waits_for_its_turn_is_not_signed_after_the_session_has_stopped(scene: Scene, how: str) -> None:
    grant = await scene.give()
    running = await scene.hold(grant)
    waiting = scene.begin(grant, DIGESTS[1])
    await _turns()
    sessions, session = scene.house.sessions, scene.house.session
    assert session is not None
    if how == "lock":
        sessions.lock(session)
    else:
        sessions.end(session, SessionEnd(how))
    await scene.over(grant)
    for use in (running, waiting):
        with pytest.raises((SessionRequired, GrantUnknown)):
            await use
    assert scene.card.count("sign") == 1
    closed = [each for each in scene.house.journal.outcomes if each.signatures is not None]
    assert [(each.result, each.signatures) for each in closed] == [(Result.DONE, 1)]


async def test_unlocked_again_it_stays_over(scene: Scene) -> None:
    grant = await scene.give()
    session = scene.house.session
    assert session is not None
    scene.house.sessions.lock(session)
    with pytest.raises(SessionLocked):
        await scene.begin(grant)
    scene.house.sessions.unlocked(session)
    with pytest.raises(GrantUnknown):
        await scene.begin(grant)
    assert scene.card.count("sign") == 0


async def test_a_queue_that_is_never_empty_does_not_carry_it_past_its_time(scene: Scene) -> None:
    grant = await scene.give(seconds=60)
    running = await scene.hold(grant)
    late = scene.begin(grant, DIGESTS[1])
    await _turns()
    scene.house.clock.now += 61
    with pytest.raises(GrantUnknown):  # asked after its time, though its thread is still busy
        await scene.begin(grant, DIGESTS[2])
    scene.card.go.set()
    assert len((await running).result.signatures) == 1
    with pytest.raises(GrantUnknown):
        await late
    assert scene.card.count("sign") == 1


async def test_a_caller_that_goes_before_its_turn_gets_nothing_signed(scene: Scene) -> None:
    grant = await scene.give()
    running = await scene.hold(grant)
    gone = scene.begin(grant, DIGESTS[1])
    await _turns()
    gone.cancel("client.gone")
    with pytest.raises(asyncio.CancelledError):
        await gone
    scene.card.go.set()
    await running
    grant.held.end()
    await scene.over(grant)
    assert scene.card.count("sign") == 1


async def test_a_caller_that_goes_in_the_middle_is_on_record_when_the_card_is_done_and_counted(scene: Scene) -> None:
    grant = await scene.give()
    running = await scene.hold(grant)
    running.cancel("client.gone")
    await _turns()
    assert not running.done()  # half of it cannot be taken back: its outcome waits for the card
    scene.card.go.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert scene.house.journal.outcomes[-1].caller_gone
    grant.held.end()
    await scene.over(grant)
    assert scene.house.journal.outcomes[-1].signatures == 1


async def test_an_idempotency_key_whose_caller_went_in_the_queue_signs_once_when_it_comes_again(scene: Scene) -> None:
    grant = await scene.give()
    running = await scene.hold(grant)
    order = scene.order(grant, DIGESTS[1], idempotency_key="k-1")
    gone = asyncio.create_task(scene.service.sign(scene.house.call("sign.digest"), order))
    await _turns()
    gone.cancel("client.gone")
    with pytest.raises(asyncio.CancelledError):
        await gone
    scene.card.go.set()
    await running
    again = await scene.service.sign(scene.house.call("sign.digest"), order)
    assert not again.repeated
    assert scene.card.count("sign") == 2


@pytest.mark.proves("C7", "fault 15")
async def test_a_silent_card_keeps_no_use_waiting(scene: Scene) -> None:
    grant = await scene.give()
    running = await scene.hold(grant)
    waiting = scene.begin(grant, DIGESTS[1])
    await _turns()
    scene.house.worker.give_up.set_exception(CardNoAnswer(problem="command_limit"))
    for use in (running, waiting):
        with pytest.raises(CardNoAnswer):
            await asyncio.wait_for(use, PATIENT_S)
    outcomes = scene.house.journal.outcomes
    assert [each.code for each in outcomes] == ["card.no_answer"] * 3
    assert {each.card_outcome for each in outcomes} == {CardOutcome.UNKNOWN}
    assert sorted(str(each.signatures) for each in outcomes) == ["0", "None", "None"]
    with pytest.raises(GrantUnknown):
        await scene.begin(grant)


async def test_another_badge_in_its_place_gets_nothing_to_sign(scene: Scene) -> None:
    grant = await scene.give()
    scene.card.look = b"another badge"
    with pytest.raises(CardChanged):
        await scene.begin(grant)
    assert scene.card.count("sign") == 0
    with pytest.raises(GrantUnknown):
        await scene.begin(grant)


@pytest.mark.proves("P6")
@pytest.mark.parametrize("fails", [None, "verify"])
async def test_the_pin_is_wiped_while_the_card_is_kept_and_whatever_fails(scene: Scene, fails: str | None) -> None:
    if fails is not None:
        scene.card.fails[fails] = PinRejected(tries_left=2)
        with pytest.raises(PinRejected):
            await scene.give()
    else:
        await scene.give()
    assert [len(pin) for pin in scene.house.person.given] == [0]


def test_a_thread_that_comes_back_after_the_daemon_has_closed_its_loop_ends_quietly() -> None:
    loop = asyncio.new_event_loop()

    async def make() -> HeldCard:
        return HeldCard(fake_card_type(CardKind.BADGE), 1000.0, lambda: 0.0)

    held, pin = loop.run_until_complete(make()), Pin(bytearray(b"1234"))
    loop.close()
    card: Any = HeldBackCard()
    held.work(card, Unlocked(pin))
    assert (len(pin), card.count("sign")) == (0, 0)


@pytest.mark.parametrize("moment", ["prompt", "card", "record"])
async def test_a_caller_that_goes_while_it_is_asked_for_leaves_nothing_behind(scene: Scene, moment: str) -> None:
    house, verified = scene.house, threading.Event()

    def wait() -> None:
        assert verified.wait(PATIENT_S)

    def go_away() -> None:
        asking.cancel("client.gone")

    scene.card.after["verify"] = wait
    asking = asyncio.create_task(scene.give())
    if moment == "prompt":
        house.person.meanwhile = go_away
        verified.set()
    elif moment == "card":
        await _until(lambda: "verify" in scene.card.did)
        asking.cancel("client.gone")
        verified.set()
    else:
        write = house.journal.state

        async def state(record: StateRecord) -> Receipt:
            asking.cancel("client.gone")
            await asyncio.sleep(0)
            return await write(record)

        house.journal.state = state  # type: ignore[method-assign]
        verified.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await _until(lambda: len(house.journal.outcomes) == 1)
    assert all(len(pin) == 0 for pin in house.person.given)
    await _until(lambda: scene.grants._open == {})
    assert scene.card.count("sign") == 0


@pytest.mark.parametrize("meanwhile", ["lock", "another session"])
async def test_what_ends_while_the_pin_is_typed_gives_no_grant(scene: Scene, meanwhile: str) -> None:
    house, session = scene.house, scene.house.session
    assert session is not None

    def change() -> None:
        if meanwhile == "lock":
            house.sessions.lock(session)
            house.sessions.unlocked(session)
        else:
            house.sessions.end(session, SessionEnd.LOGOUT)
            house.log_in("supervisor", house.entry.ref)

    house.person.meanwhile = change
    with pytest.raises((GrantUnknown, SessionRequired)):
        await scene.give()
    await _until(lambda: scene.grants._open == {})
    assert scene.house.journal.outcomes[-1].signatures in (0, None)


async def test_a_grant_whose_time_was_used_up_by_the_typing_is_none(scene: Scene) -> None:
    def dawdle() -> None:
        scene.house.clock.now += 31

    scene.house.person.meanwhile = dawdle
    with pytest.raises(GrantUnknown) as refused:
        await scene.give(seconds=30)
    assert refused.value.facts.problem == "ended"


@pytest.mark.proves("S7")
async def test_a_use_that_is_not_covered_is_on_record(scene: Scene) -> None:
    grant = await scene.give()
    for order, code in (
        (scene.order(grant, case="R8-2"), "grant.mismatch"),
        (replace(scene.order(grant), grant="g-0000000000000000"), "grant.unknown"),
        (scene.order(grant, *DIGESTS), "grant.mismatch"),
    ):
        with pytest.raises((GrantMismatch, GrantUnknown)):
            await scene.grants.sign(scene.house.call("sign.digest"), order, Asked())
        journal = scene.house.journal
        assert code in {each.code for each in journal.states} | {each.code for each in journal.outcomes}
    assert scene.house.journal.outcomes[-1].result is Result.REFUSED


async def test_each_use_asks_the_policy_once_more(scene: Scene) -> None:
    grant = await scene.give()
    scene.house.in_force.put_policy(replace(scene.house.in_force.policy, cells={}))
    with pytest.raises(CarddError) as refused:
        await scene.begin(grant)
    assert refused.value.code == "policy.denied"
    assert scene.card.count("sign") == 0


async def test_a_badge_on_its_last_try_gets_no_grant(scene: Scene) -> None:
    scene.card.tries = [TriesLeft(1)]
    with pytest.raises(CarddError) as refused:
        await scene.give()
    assert (refused.value.code, scene.card.count("verify")) == ("pin.was_blocked", 0)


async def _turns() -> None:
    """Whatever can go on by itself has gone on: a thread's news come within the pause, everything else takes turns of the loop."""
    for _ in range(200):
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    for _ in range(200):
        await asyncio.sleep(0)


async def _until(found: Any) -> None:
    async with asyncio.timeout(PATIENT_S):
        while not found():
            await asyncio.sleep(0.01)
