"""The agent's table: what locks, what does not, and that nothing locks twice."""

from __future__ import annotations

import pytest

from cardd.sessions.session import SessionEnd
from terminal.agent import states
from terminal.agent.states import Desk, State, Told


@pytest.mark.proves("S2")
@pytest.mark.parametrize("told", [Told.GONE, Told.LOST, Told.SEEN_NONE])
def test_whatever_takes_the_badge_from_an_open_desk_locks(told: Told) -> None:
    assert states.after(Desk.OPEN, told) == (Desk.LOCKING, True)


def test_a_logout_locks_nothing() -> None:
    assert states.after(Desk.OPEN, Told.ENDED) == (Desk.EMPTY, False)


def test_an_end_whose_beginning_was_missed_locks() -> None:
    assert states.after(Desk.EMPTY, Told.GONE) == (Desk.LOCKING, True)


@pytest.mark.parametrize("told", [Told.LOST, Told.SEEN_NONE, Told.ENDED])
def test_an_empty_desk_stays_as_it_is(told: Told) -> None:
    assert states.after(Desk.EMPTY, told) == (Desk.EMPTY, False)


@pytest.mark.parametrize("told", list(Told))
@pytest.mark.parametrize("desk", [Desk.LOCKING, Desk.LOCKED, Desk.FAILED])
def test_a_desk_that_locks_is_not_locked_again(desk: Desk, told: Told) -> None:
    assert states.after(desk, told)[1] is False


@pytest.mark.parametrize("desk", list(Desk))
@pytest.mark.parametrize("told", [Told.STARTED, Told.SEEN_OPEN])
def test_after_a_login_the_next_pull_locks(desk: Desk, told: Told) -> None:
    after, lock = states.after(desk, told)
    assert (after, lock) == (Desk.OPEN, False)
    assert states.after(after, Told.GONE) == (Desk.LOCKING, True)


@pytest.mark.parametrize(
    ("told", "after"), [(Told.LOCK_DONE, Desk.LOCKED), (Told.LOCK_FAILED, Desk.FAILED), (Told.LOST, Desk.LOCKING)]
)
def test_a_lock_goes_on_until_it_is_known_what_became_of_it(told: Told, after: Desk) -> None:
    assert states.after(Desk.LOCKING, told) == (after, False)


def test_every_reason_of_the_daemon_is_placed() -> None:
    """A new reason of the daemon must be thought about here; until then it locks."""
    gone = {reason for reason in SessionEnd if states.of_end(reason.value) is Told.GONE}
    assert gone == {
        SessionEnd.BADGE_REMOVED,
        SessionEnd.READER_LOST,
        SessionEnd.PCSC_LOST,
        SessionEnd.SUSPENDED,
        SessionEnd.BLOCKED,
        SessionEnd.STOP,
    }
    assert states.STAYED.issubset(reason.value for reason in SessionEnd)
    assert states.of_end("of_a_later_daemon") is Told.GONE


@pytest.mark.parametrize(
    ("desk", "connected", "registered", "asking", "word"),
    [
        (Desk.EMPTY, False, False, False, State.UNCONNECTED),
        (Desk.EMPTY, True, False, False, State.TAKEN),
        (Desk.EMPTY, True, True, False, State.WATCHING),
        (Desk.OPEN, True, True, False, State.SERVING),
        (Desk.OPEN, True, True, True, State.PROMPTING),
        (Desk.LOCKED, True, True, False, State.LOCKED),
        (Desk.LOCKING, False, False, True, State.LOCKING),
        (Desk.FAILED, True, True, True, State.FAILED),
    ],
)
def test_what_presses_most_is_said_first(
    desk: Desk, connected: bool, registered: bool, asking: bool, word: State
) -> None:
    assert states.state(desk, connected=connected, registered=registered, asking=asking) is word
