"""A pulled badge locks the desktop: real daemon, real D-Bus, a stand-in for logind that may obey, ignore, or refuse."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.office import Person
from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running
from tests.fixtures.counter import BADGE_SLOT, READY_SECONDS, Counter, open_counter, until
from tests.fixtures.pcscd import StandInBox
from tests.terminal.bus_house import IGNORES, LOGIN, MANAGER, SESSION, Bus, agent_at, bus

__all__ = ["bus", "nothing_left_by_the_module", "nothing_left_running"]


QUICK_WAIT = "wait_seconds = 0.3\n"


@pytest.fixture(scope="module")
def open_all_day() -> Iterator[Counter]:
    """One counter for all: every test leaves it with nobody logged in and no badge in the reader."""
    with open_counter(StandInBox) as opened:
        yield opened


@pytest.fixture
def counter(open_all_day: Counter) -> Iterator[Counter]:
    yield open_all_day
    if open_all_day.cards():
        open_all_day.pull(BADGE_SLOT)
        until(lambda: not open_all_day.cards(), READY_SECONDS)


@pytest.fixture
def sato(counter: Counter) -> Person:
    return counter.office.people[0]


def script(folder: Path, text: str) -> Path:
    path = folder / "locker"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return path


@pytest.mark.proves("S2")
def test_a_pulled_badge_locks_the_desktop(counter: Counter, sato: Person, bus: Bus) -> None:
    bus.login()
    with agent_at(counter, bus) as agent:
        counter.log_in(sato)
        agent.wait_for("Somebody has logged in")
        assert bus.locks() == 0
        counter.pull(BADGE_SLOT)
        agent.wait_for("The desktop is locked")
        assert (bus.locks(), bus.terminations()) == (1, [])
        assert "badge pulled" in agent.said


@pytest.mark.parametrize("session_of_process", [True, False], ids=["GetSessionByPID", "User.Display"])
def test_the_session_is_found_without_its_number(
    counter: Counter, sato: Person, bus: Bus, session_of_process: bool
) -> None:
    bus.login(session_of_process=session_of_process)
    with agent_at(counter, bus) as agent:
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for("The desktop is locked")
        assert bus.locks() == 1


def test_the_session_of_the_environment_goes_first(counter: Counter, sato: Person, bus: Bus) -> None:
    bus.login(session_of_process=True)
    bus.call(MANAGER, "org.freedesktop.DBus.Mock", "AddSession", "ssusb", "c2", "seat0", os.getuid(), "clerk", True)
    with agent_at(counter, bus, QUICK_WAIT, XDG_SESSION_ID="c2") as agent:
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for("desktop session was ended")  # c2 obeys nothing
        assert (bus.locks(), bus.terminations()) == (0, [["c2"]])


def test_a_logout_leaves_the_desktop_open(counter: Counter, sato: Person, bus: Bus) -> None:
    bus.login()
    with agent_at(counter, bus) as agent:
        counter.log_in(sato)
        counter.call("session.logout")
        agent.wait_for("The login has ended (logged out)")
        counter.pull(BADGE_SLOT)
        counter.log_in(sato)
        agent.wait_for("Somebody has logged in", times=2)
        assert (bus.locks(), bus.terminations()) == (0, [])


def test_a_session_that_was_there_before_the_agent_is_watched_too(counter: Counter, sato: Person, bus: Bus) -> None:
    bus.login()
    counter.log_in(sato)
    with agent_at(counter, bus) as agent:
        counter.pull(BADGE_SLOT)
        agent.wait_for("The desktop is locked")
        assert bus.locks() == 1


def test_a_desktop_that_says_nothing_is_ended(counter: Counter, sato: Person, bus: Bus) -> None:
    bus.login(lock=IGNORES)
    with agent_at(counter, bus, QUICK_WAIT) as agent:
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for("the desktop session was ended (nothing said that it was locked)")
        assert (bus.locks(), bus.terminations()) == (1, [["c1"]])


def test_the_lock_command_comes_before_the_end(counter: Counter, sato: Person, bus: Bus) -> None:
    bus.login(lock=IGNORES)
    mark = counter.folder / "ran"
    locker = script(counter.folder, f"touch {mark}")
    with agent_at(counter, bus, f'{QUICK_WAIT}lock_command = ["{locker}"]\n') as agent:
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for("locked by the configured command")
        assert mark.exists()
        assert bus.terminations() == []


def test_a_lock_command_that_fails_ends_the_session(counter: Counter, sato: Person, bus: Bus) -> None:
    bus.login(lock=IGNORES)
    locker = script(counter.folder, "exit 1")
    with agent_at(counter, bus, f'{QUICK_WAIT}lock_command = ["{locker}"]\n') as agent:
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for("the desktop session was ended (the lock command failed too)")
        assert bus.terminations() == [["c1"]]


def test_a_locker_that_stays_outlives_the_agent(counter: Counter, sato: Person, bus: Bus) -> None:
    bus.login(lock=IGNORES)
    number = counter.folder / "pid"
    locker = script(counter.folder, f"echo $$ > {number}.new; mv {number}.new {number}; exec sleep 600")
    with agent_at(counter, bus, f'wait_seconds = 1\nlock_command = ["{locker}"]\n') as agent:
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for("locked by the configured command")
        assert bus.terminations() == []
        until(number.exists, READY_SECONDS)
        pid = int(number.read_text())
        agent.end()
        os.kill(pid, 0)  # raises where it is gone
        os.kill(pid, 9)


@pytest.mark.parametrize(("command", "ended"), [("", [["c1"]]), ("true", [])])
def test_a_bare_console_is_ended_where_no_command_locks_it(
    counter: Counter, sato: Person, bus: Bus, command: str, ended: list[list[str]]
) -> None:
    bus.login(kind="tty", lock=IGNORES)
    removal = QUICK_WAIT + (f'lock_command = ["{command}"]\n' if command else "")
    with agent_at(counter, bus, removal) as agent:
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for("locked by the configured command" if command else "a bare console has no lock")
        assert bus.terminations() == ended


@pytest.mark.parametrize(
    ("action", "said", "locks", "ended"),
    [
        ("end_session", "the desktop session was ended (as configured)", 0, [["c1"]]),
        ("nothing", "By the settings the desktop is not locked", 0, []),
    ],
)
def test_the_settings_choose(
    counter: Counter, sato: Person, bus: Bus, action: str, said: str, locks: int, ended: list[list[str]]
) -> None:
    bus.login()
    with agent_at(counter, bus, f'action = "{action}"\n') as agent:
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for(said)
        assert (bus.locks(), bus.terminations()) == (locks, ended)


def test_what_nobody_can_lock_is_an_alarm(counter: Counter, sato: Person, bus: Bus) -> None:
    bus.login(lock=IGNORES)
    bus.refuse(MANAGER, f"{LOGIN}.Manager", "TerminateSession", "s")
    bus.refuse(SESSION, f"{LOGIN}.Session", "Lock", "")
    with agent_at(counter, bus, JOURNAL_STREAM="1:1") as agent:
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for("<1>The desktop could be neither locked nor ended (logind refused)")


def test_without_a_bus_the_command_still_locks(counter: Counter, sato: Person, tmp_path: Path) -> None:
    nobody = Bus(tmp_path)  # never started: its address leads nowhere
    with agent_at(counter, nobody, 'lock_command = ["true"]\n') as agent:
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for("locked by the configured command")


def test_a_logind_that_started_anew_is_asked(counter: Counter, sato: Person, bus: Bus) -> None:
    with agent_at(counter, bus) as agent:  # it looks for logind, and finds a bus without one
        bus.login()
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for("The desktop is locked")
        assert bus.locks() == 1


def test_every_pull_locks_again(counter: Counter, sato: Person, bus: Bus) -> None:
    bus.login()
    with agent_at(counter, bus) as agent:
        for number in (1, 2):
            counter.log_in(sato)
            agent.wait_for("Somebody has logged in", times=number)
            counter.pull(BADGE_SLOT)
            agent.wait_for("The desktop is locked", times=number)
        assert bus.locks() == 2
