"""Without a human's act a session locks; badge and PIN, and nothing else, unlock it."""

import pytest

from cardd.errors import SessionExists, SessionLocked, SessionRequired
from cardd.sessions.session import LockReason, SessionEnd
from cardd.sessions.table import LOCK_S, LONGEST_S
from tests.unit.cardd.sessions.turned import BADGE, SAME_CARD_AGAIN, SEAT, Turned

WHO = {"uid": 1000, "seat": "counter"}


@pytest.mark.proves("S3")
def test_five_minutes_without_a_human_lock_a_session(world: Turned) -> None:
    session = world.login()
    world.wait(LOCK_S - 0.001)
    assert not world.table.locked(session)
    world.wait(0.001)
    assert world.table.locked(session)
    assert world.table.find(SEAT, 1000) is session
    assert world.table.taken(SEAT)
    with pytest.raises(SessionLocked):
        world.table.need(SEAT, 1000)
    assert world.table.need(SEAT, 1000, locked_too=True) is session
    assert not world.table.still(session)
    assert world.events[1:] == [("session", "locked", {**WHO, "reason": "inactivity"})]
    assert world.locked == [(session, LockReason.INACTIVITY)]
    assert world.stopped == [session]
    assert world.ended == []


@pytest.mark.proves("S3", "fault 84")
def test_questions_keep_no_session_open(world: Turned) -> None:
    session = world.login()
    for _ in range(299):
        world.wait(1)
        assert world.table.need(SEAT, 1000) is session
        assert world.table.still(session)
        assert world.table.locks_us(session) is not None
    world.wait(1)
    assert world.table.locked(session)


@pytest.mark.proves("S3")
def test_a_human_s_act_puts_the_lock_off(world: Turned) -> None:
    session = world.login()
    world.wait(LOCK_S - 1)
    world.table.activity(session)
    world.wait(LOCK_S - 1)
    assert world.table.still(session)
    world.wait(1)
    assert world.table.locked(session)


@pytest.mark.proves("S3")
def test_an_act_comes_too_late_for_a_locked_session(world: Turned) -> None:
    session = world.login()
    world.wait(LOCK_S)
    world.table.activity(session)  # nobody had asked before: the table itself looks first
    assert world.table.locked(session)
    assert world.table.next_deadline() == session.deadline


@pytest.mark.proves("S3")
def test_badge_and_pin_unlock(world: Turned) -> None:
    session = world.login()
    world.wait(LOCK_S)
    world.table.expire()
    world.wait(60)
    world.table.unlocked(session)
    assert world.table.need(SEAT, 1000) is session
    assert world.events[-1] == ("session", "unlocked", WHO)
    world.wait(LOCK_S - 1)
    assert world.table.still(session)
    world.wait(1)
    assert world.table.locked(session)
    assert world.stopped == [session, session]


@pytest.mark.proves("S4")
def test_unlocking_puts_the_longest_session_off_by_nothing(world: Turned) -> None:
    session = world.login()
    world.wait(LONGEST_S - 1)
    world.table.unlocked(session)
    world.wait(1)
    assert not world.table.still(session)
    assert world.ended == [(session, SessionEnd.TOO_OLD)]


def test_proving_again_without_a_lock_is_no_unlocking(world: Turned) -> None:
    session = world.login()
    world.table.unlocked(session)
    assert [change for _, change, _ in world.events] == ["started"]


def test_a_session_that_is_over_is_not_unlocked(world: Turned) -> None:
    session = world.login()
    world.table.badge_gone(BADGE)
    with pytest.raises(SessionRequired) as refused:
        world.table.unlocked(session)
    assert refused.value.facts.problem == "ended_meanwhile"
    with pytest.raises(SessionRequired):
        world.table.pin_age_s(session)
    world.table.activity(session)
    world.table.lock(session)
    assert world.table.all() == ()
    assert world.locked == []


@pytest.mark.proves("S3")
def test_a_lock_on_demand_is_told_once(world: Turned) -> None:
    session = world.login()
    world.table.lock(session)
    world.table.lock(session)
    world.wait(LOCK_S)
    world.table.expire()
    assert world.locked == [(session, LockReason.ASKED)]
    assert world.events[1:] == [("session", "locked", {**WHO, "reason": "asked"})]


@pytest.mark.proves("S3", "fault 79")
def test_nobody_logs_in_over_a_locked_session(world: Turned) -> None:
    session = world.login()
    world.wait(LOCK_S)
    for uid in (1000, 1001):
        with pytest.raises(SessionExists):
            world.login(badge=SAME_CARD_AGAIN, uid=uid)
    assert world.table.locked(session)


@pytest.mark.proves("S2")
def test_a_locked_session_ends_with_its_badge(world: Turned) -> None:
    session = world.login()
    world.table.lock(session)
    world.table.badge_gone(BADGE, SessionEnd.READER_LOST)
    assert world.ended == [(session, SessionEnd.READER_LOST)]
    assert world.stopped == [session, session]


@pytest.mark.proves("S6")
def test_the_pin_s_age_counts_from_login_and_unlocking_and_from_no_other_act(world: Turned) -> None:
    session = world.login()
    world.wait(200)
    assert world.table.pin_age_s(session) == 200
    world.table.activity(session)
    world.wait(200)
    assert world.table.pin_age_s(session) == 400
    world.table.unlocked(session)
    assert world.table.pin_age_s(session) == 0


def test_people_are_told_when_it_locks(world: Turned) -> None:
    session = world.login()
    assert world.table.locks_us(session) == session.since_us + 300_000_000
    world.wait(100)
    assert world.table.locks_us(session) == session.since_us + 300_000_000
    world.table.activity(session)
    assert world.table.locks_us(session) == session.since_us + 400_000_000
    world.us += 10**15  # the wall clock is set: the lock moves with it, for people only
    assert world.table.locks_us(session) == session.since_us + 400_000_000 + 10**15
    world.table.lock(session)
    assert world.table.locks_us(session) is None
    world.table.end(session, SessionEnd.LOGOUT)
    assert world.table.locks_us(session) is None


def test_the_next_deadline_is_the_first_lock_or_end(world: Turned) -> None:
    assert world.table.next_deadline() is None
    session = world.login()
    assert world.table.next_deadline() == 500.0 + LOCK_S
    world.wait(10)
    world.table.activity(session)
    assert world.table.next_deadline() == 510.0 + LOCK_S
    world.table.lock(session)
    assert world.table.next_deadline() == session.deadline


def test_who_listens_to_a_stop_finds_it_done(world: Turned) -> None:
    session = world.login()
    seen = []
    world.table.on_stop(lambda each: seen.append((world.table.still(each), world.table.taken(SEAT))))
    world.table.lock(session)
    world.table.end(session, SessionEnd.LOCKDOWN)
    assert seen == [(False, True), (False, False)]
