"""The emergency stop comes whole, whatever fails and whoever hangs up; two administrators release it; the override ends in time."""

import asyncio
from pathlib import Path

import pytest

from cardd.errors import ApprovalInvalid, AuditUnavailable, LockedDown, PolicyDenied, SessionRequired
from cardd.model import Operation
from cardd.sessions.session import LockReason
from cardd.state.lockdown import Lockdown
from tests.unit.cardd.proving.people_house import People
from tests.unit.cardd.state.house import disk_that_takes_nothing, open_state


@pytest.fixture
async def people() -> People:
    return People()


async def engage(people: People) -> int:
    performed = await people.lockdown.engage(people.call("lockdown.engage"), "drill")
    return performed.result.sessions_ended


async def release(people: People, name: str) -> bool:
    people.badge(name)
    performed = await people.lockdown.release(people.call("lockdown.release"), None)
    return performed.result.second_until_us is None


# --- engaging --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S9")
async def test_the_stop_ends_all_sessions_resets_the_cards_raises_the_alarm_and_stands_on_record(
    people: People,
) -> None:
    people.logged_in("sato")
    assert await engage(people) == 1
    house = people.house
    assert (house.sessions.all(), people.resets) == ((), 1)
    assert house.words("alarm") == ["lockdown_engaged"]
    (record,) = house.journal.states
    assert (record.operation, record.operator, record.problem, record.count, record.code) == (
        Operation.LOCKDOWN, "sato", "drill", 1, None,
    )  # fmt: skip


@pytest.mark.proves("S7")
async def test_only_the_right_engages_it(people: People) -> None:
    people.operators["sato"] = people.operators["sato"].model_copy(update={"role": "counter"})
    people.logged_in("sato")
    with pytest.raises(PolicyDenied):
        await engage(people)
    assert people.house.lockdown.engaged is None


@pytest.mark.proves("S9", "T8")
async def test_it_holds_when_the_disk_does_not_take_it_says_so_and_is_kept_later(tmp_path: Path) -> None:
    people = People(open_state(tmp_path))
    people.logged_in("sato")
    house = people.house
    with disk_that_takes_nothing(), pytest.raises(AuditUnavailable) as told:
        await engage(people)
    assert told.value.facts.problem == "lockdown_not_kept"
    assert (house.sessions.all(), people.resets, house.lockdown.kept) == ((), 1, False)
    assert house.journal.states[0].code == "audit.unavailable", "the record takes what state.db does not"
    with pytest.raises(LockedDown):
        house.lockdown.check()
    assert Lockdown(house.store, house.publish).engaged is None, "a restart now would lift it"
    with disk_that_takes_nothing():
        house.lockdown.keep()
    assert not house.lockdown.kept
    house.lockdown.keep()
    assert house.lockdown.kept
    assert Lockdown(house.store, house.publish).engaged == house.lockdown.engaged
    house.store.close()


@pytest.mark.proves("S9", "A1")
async def test_it_holds_when_the_record_does_not_take_it_and_says_so(people: People) -> None:
    people.logged_in("sato")
    people.house.journal.broken = {"state"}
    with pytest.raises(AuditUnavailable) as told:
        await engage(people)
    assert told.value.facts.problem == "lockdown_not_recorded"
    assert (people.house.sessions.all(), people.resets) == ((), 1)
    assert people.house.lockdown.engaged is not None


@pytest.mark.proves("S9", "I6")
async def test_who_engages_it_and_hangs_up_has_engaged_it_whole(people: People) -> None:
    people.logged_in("sato")
    resetting, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        resetting.set()
        await go_on.wait()

    people.while_resetting = slowly
    engaging = asyncio.ensure_future(engage(people))
    await resetting.wait()
    engaging.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await engaging
    assert (people.resets, len(people.house.journal.states)) == (1, 1)
    assert people.house.sessions.all() == ()


# --- releasing -------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S9", "fault 96")
async def test_two_administrators_release_it_and_one_twice_does_not(people: People) -> None:
    people.house.lockdown.engage("sato", "drill")
    assert not await release(people, "suzuki")
    prompts = len(people.house.person.prompts)
    with pytest.raises(ApprovalInvalid) as refused:
        await release(people, "suzuki")
    assert refused.value.facts.problem == "same_person"
    assert len(people.house.person.prompts) == prompts, "told before any PIN"
    assert people.house.lockdown.engaged is not None
    assert await release(people, "honda")
    assert people.house.lockdown.engaged is None
    (said,) = people.house.journal.states
    assert (said.operator, said.operation, said.problem) == ("honda", Operation.LOCKDOWN_RELEASE, "released")
    assert [record.operator for record in people.house.journal.outcomes if record.code is None] == ["suzuki", "honda"]


@pytest.mark.proves("S9")
async def test_the_second_one_has_five_minutes(people: People) -> None:
    people.house.lockdown.engage("sato", "drill")
    await release(people, "suzuki")
    people.house.clock.now += 301
    assert not await release(people, "honda"), "who now counts as the first one"
    assert await release(people, "suzuki")


@pytest.mark.proves("S7")
async def test_a_role_without_the_right_is_told_before_any_pin(people: People) -> None:
    people.house.lockdown.engage("sato", "drill")
    with pytest.raises(PolicyDenied) as refused:
        await release(people, "kato")
    assert refused.value.facts.problem == "no_right"
    assert people.house.person.prompts == []


async def test_what_is_not_engaged_is_not_released(people: People) -> None:
    with pytest.raises(ApprovalInvalid) as refused:
        await release(people, "suzuki")
    assert refused.value.facts.problem == "not_engaged"


@pytest.mark.proves("S9", "T8")
async def test_a_word_that_could_not_be_kept_does_not_count_and_is_on_record_as_that(people: People) -> None:
    people.house.lockdown.engage("sato", "drill")
    await release(people, "suzuki")
    people.badge("honda")
    written = people.house.journal.outcome

    async def full_meanwhile(intent: object, record: object) -> object:
        people.house.store.close()
        return await written(intent, record)  # type: ignore[arg-type]

    people.house.journal.outcome = full_meanwhile  # type: ignore[method-assign, assignment]
    with pytest.raises(AuditUnavailable):
        await people.lockdown.release(people.call("lockdown.release"), None)
    assert people.house.lockdown.engaged is not None
    (said,) = people.house.journal.states
    assert (said.operator, said.code, said.problem) == ("honda", "audit.unavailable", "state_not_writable")


# --- the override ----------------------------------------------------------------------------------------------------


@pytest.mark.proves("S10")
async def test_the_override_is_on_record_with_its_reason_and_loud(people: People) -> None:
    session = people.logged_in("sato")
    await people.override.take(people.call("emergency.override"), "disaster_identity", "R8-1", "disaster")
    assert people.house.overrides.covers(session, "disaster_identity", "R8-1")
    (record,) = people.house.journal.states
    assert (record.operator, record.purpose, record.case, record.problem, record.emergency) == (
        "sato", "disaster_identity", "R8-1", "disaster", True,
    )  # fmt: skip
    assert people.house.words("alarm") == ["emergency_override"]


@pytest.mark.proves("S10")
async def test_without_its_record_nothing_is_overridden(people: People) -> None:
    session = people.logged_in("sato")
    people.house.journal.broken = {"state"}
    with pytest.raises(AuditUnavailable):
        await people.override.take(people.call("emergency.override"), "disaster_identity", "R8-1", "other")
    assert not people.house.overrides.covers(session, "disaster_identity", "R8-1")


@pytest.mark.proves("S10", "S3")
async def test_a_session_that_locks_while_the_record_is_written_has_taken_nothing(people: People) -> None:
    session = people.logged_in("sato")
    written = people.house.journal.state

    async def lock_meanwhile(record: object) -> object:
        people.house.sessions.lock(session, LockReason.INACTIVITY)
        return await written(record)  # type: ignore[arg-type]

    people.house.journal.state = lock_meanwhile  # type: ignore[method-assign, assignment]
    with pytest.raises(SessionRequired):
        await people.override.take(people.call("emergency.override"), "disaster_identity", "R8-1", "other")
    people.house.sessions.unlocked(session)
    assert not people.house.overrides.covers(session, "disaster_identity", "R8-1")


@pytest.mark.proves("S10")
@pytest.mark.parametrize("purpose", ["identity_check", "curiosity"])
async def test_the_override_is_for_listed_purposes(people: People, purpose: str) -> None:
    people.logged_in("sato")
    with pytest.raises(PolicyDenied):
        await people.override.take(people.call("emergency.override"), purpose, "R8-1", "other")
