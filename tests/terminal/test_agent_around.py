"""What surrounds the agent: cards that are left, a daemon that is too old, a process that may gain no privileges."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cardd.wire.fault_table import fault
from demo.office import Person
from terminal import outside
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, Counter, counter, sato, until
from tests.terminal.bus_house import IGNORES, AgentProcess, Bus, agent_at, bus, of_bus

__all__ = ["bus", "counter", "sato"]

GREETING = {
    "product": "cardd",
    "version": "0.0.1",
    "level_min": 0,
    "level_max": 0,
    "features": [],
    "limits": {},
    "boot_id": "b",
    "mode": "test",
}


def test_a_residents_card_that_is_left_is_told_on_the_desktop(counter: Counter, bus: Bus) -> None:
    bus.login()
    bus.notices()
    resident = counter.office.resident()
    settings = "[left]\nresident_seconds = 0.2\n"
    with agent_at(counter, bus, settings, DBUS_SESSION_BUS_ADDRESS=bus.address) as agent:
        counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
        agent.wait_for("A resident's card is still in the reader")
        until(bus.shown, 30)
        ((program, _, _, title, text, *_),) = bus.shown()
    assert (program, title) == ("cardd", "A card was left behind")
    assert (
        text
        == f"A resident's card is still in the reader {counter.box.readers[RESIDENT_SLOT]}. Give it back.".replace(
            "'", "&#x27;"
        )
    )
    assert "見本" not in agent.said


def test_a_badge_that_is_left_is_told_without_anybody_who_shows_notices(
    counter: Counter, sato: Person, bus: Bus
) -> None:
    bus.login()
    with agent_at(counter, bus, "[left]\nbadge_minutes = 0.005\n") as agent:
        counter.log_in(sato)
        counter.call("session.logout")
        agent.wait_for(f"An operator's badge is still in the reader {counter.box.readers[BADGE_SLOT]}.")


@contextmanager
def old_daemon(folder: Path) -> Iterator[list[int]]:
    """Speaks no level that the agent speaks. The list has one entry for each connection."""
    row = fault("request.level_unsupported")
    served: list[int] = []

    def serve(door: socket.socket) -> None:
        while True:
            try:
                caller, _ = door.accept()
            except OSError:
                return
            with caller:
                served.append(1)
                line = {"jsonrpc": "2.0", "method": "server.greeting", "params": GREETING}
                caller.sendall(json.dumps(line).encode() + b"\n")
                number = json.loads(caller.recv(4096).split(b"\n")[0])["id"]
                data = {"name": row.name, "remedy": row.remedy.en}
                error = {"code": row.number, "message": row.message.en, "data": data}
                caller.sendall(json.dumps({"jsonrpc": "2.0", "id": number, "error": error}).encode() + b"\n")
                caller.recv(4096)

    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(folder / "old.sock"))
        door.listen()
        thread = threading.Thread(target=serve, args=(door,))
        thread.start()
        yield served
        door.shutdown(socket.SHUT_RDWR)
        thread.join(30)


def test_a_daemon_that_is_too_old_is_told_once_and_tried_again(bus: Bus) -> None:
    with old_daemon(bus.folder) as served:
        environment = of_bus(bus, os.environ, CARDD_SOCKET=str(bus.folder / "old.sock"))
        with AgentProcess(bus.folder, 'locale = "en"\n', environment) as agent:
            until(lambda: len(served) >= 6, 60)
            said = agent.said
    assert said.count("cardd refuses: Program and daemon have no API level in common.") == 1


# --- no_new_privs ------------------------------------------------------------------------------------------------------

BOUND = ["setpriv", "--no-new-privs"]


def test_a_process_knows_whether_it_is_bound() -> None:
    say = [sys.executable, "-c", "from terminal import outside; print(outside.bound())"]
    free, bound = (
        subprocess.run([*before, *say], capture_output=True, text=True, check=True).stdout for before in ([], BOUND)
    )
    assert (free, bound) == ("False\n", "True\n")


def test_what_is_started_from_there_is_started_by_the_manager(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tpython3\nNoNewPrivs:\t1\nSeccomp:\t2\n")
    started = outside.command(["swaylock", "-f"], wait=True, status=status)
    assert list(started) == ["systemd-run", "--user", "--quiet", "--collect", "--wait", "--", "swaylock", "-f"]
    assert "--wait" not in outside.command(["xdg-open"], status=status)


@pytest.mark.parametrize(
    ("ends_with", "said"), [(0, "locked by the configured command"), (1, "the lock command failed too")]
)
def test_a_bound_agent_has_the_locker_started_for_it(
    counter: Counter, sato: Person, bus: Bus, ends_with: int, said: str
) -> None:
    bus.login(lock=IGNORES)
    told = counter.folder / "told"
    programs = counter.folder / "programs"
    programs.mkdir()
    starter = programs / "systemd-run"
    starter.write_text(f'#!/bin/sh\necho "$@" > {told}\nexit {ends_with}\n')
    starter.chmod(0o700)
    settings = 'locale = "en"\n[removal]\nwait_seconds = 0.5\nlock_command = ["mylock", "-now"]\n'
    environment = of_bus(bus, counter.environment, PATH=f"{programs}:{counter.environment['PATH']}")
    agent = AgentProcess(counter.folder, settings, environment)
    agent.command = [*BOUND, *agent.command]
    with agent:
        agent.wait_for("Connected to cardd")
        counter.log_in(sato)
        counter.pull(BADGE_SLOT)
        agent.wait_for(said)
    assert told.read_text() == "--user --quiet --collect --wait -- mylock -now\n"
