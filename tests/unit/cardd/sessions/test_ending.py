"""What ends a session besides its badge: a machine that slept, and an office that changed its mind."""

from collections.abc import Callable

import pytest

from cardd.errors import SessionRequired
from cardd.sessions.session import Session, SessionEnd
from cardd.sessions.table import LOCK_S, LONGEST_S
from tests.unit.cardd.sessions.turned import BADGE, OTHER_SEAT, SAME_CARD_AGAIN, SEAT, Turned


@pytest.mark.proves("S4")
@pytest.mark.parametrize("seconds", [1.5, 60.0, LOCK_S, LONGEST_S])
def test_a_machine_that_slept_has_nobody_logged_in(world: Turned, seconds: float) -> None:
    session = world.login()
    world.suspend(seconds)
    assert not world.table.still(session)
    assert world.ended == [(session, SessionEnd.SUSPENDED)]
    with pytest.raises(SessionRequired):
        world.table.need(SEAT, 1000)


@pytest.mark.proves("S4")
def test_each_question_finds_out_that_the_machine_slept(world: Turned) -> None:
    questions: tuple[Callable[[Session], object], ...] = (
        lambda session: world.table.find(SEAT, session.uid),
        world.table.still,
        lambda _: world.table.taken(SEAT),
        world.table.locked,
        world.table.locks_us,
        world.table.activity,
        lambda _: world.table.expire(),
    )
    for number, ask in enumerate(questions):
        session = world.login()
        world.suspend(2.0)
        assert not ask(session)
        assert len(world.ended) == number + 1


def test_sleep_counts_from_the_login_and_adds_up(world: Turned) -> None:
    world.suspend(3600)
    session = world.login()
    for _ in range(2):
        world.suspend(0.5)
        assert world.table.still(session)
    world.suspend(0.01)
    assert not world.table.still(session)


def test_a_locked_session_does_not_outlive_sleep(world: Turned) -> None:
    session = world.login()
    world.table.lock(session)
    world.suspend(2)
    world.table.expire()
    assert world.ended == [(session, SessionEnd.SUSPENDED)]


def test_the_office_s_change_ends_the_sessions_it_means_and_no_other(world: Turned) -> None:
    session, other = world.login(), world.login(OTHER_SEAT, SAME_CARD_AGAIN, uid=1001)
    world.table.lock(session)
    asked: list[Session] = []

    def standing(each: Session) -> SessionEnd | None:
        asked.append(each)
        return SessionEnd.BLOCKED if each.badge == BADGE else None

    world.table.recheck(standing)
    assert asked == [session, other]
    assert world.ended == [(session, SessionEnd.BLOCKED)]
    assert world.events[-1] == ("session", "ended", {"uid": 1000, "seat": "counter", "reason": "blocked"})
    assert world.table.still(other)


def test_what_ends_is_told_to_all_who_listen_in_order(world: Turned) -> None:
    told: list[str] = []
    world.table.on_stop(lambda _: told.append("first"))
    world.table.on_stop(lambda _: told.append("second"))
    session = world.login()
    world.table.end(session, SessionEnd.LOCKDOWN)
    world.table.end(session, SessionEnd.LOCKDOWN)
    assert told == ["first", "second"]
    assert world.stopped == [session]
