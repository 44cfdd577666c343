"""The daemon among its neighbours: pcscd, systemd, another daemon, whoever takes its socket away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from applets_spec.pcscd.server import StandInPcscd
from tests.daemon.test_stop import QUICK_WATCHDOG, Watched, in_the_background, stop
from tests.daemon.tools import PATIENT_S, Manager, Stage, Typist, open_files, resident_memory, staged, threads
from tests.fixtures.counter import BADGE_SLOT, CONTEXT, RESIDENT_SLOT, ROOMY, settle, until
from tests.fixtures.pcscd import RealPcscd, StandInBox

RESTARTS = 100
MIB = 1024 * 1024


def check(stage: Stage, name: str) -> str:
    """The state of one of the daemon's own checks."""
    return str(next(row["state"] for row in stage.call("health")["checks"] if row["name"] == name))


# --- pcscd -----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("C10", "fault 39")
def test_pcscd_comes_after_the_daemon() -> None:
    with staged(start=False) as stage:
        pcscd: StandInPcscd = stage.box.daemon  # type: ignore[attr-defined]
        pcscd.stop()
        stage.start()
        assert check(stage, "pcsc") == "bad"
        assert stage.call("readers.list") == {"readers": [], "pcsc": "down"}
        pcscd.start()
        until(lambda: check(stage, "pcsc") == "good", 2 * PATIENT_S)
        stage.log_in(stage.office.people[0])
        assert stage.stop() == 0, stage.log


@pytest.mark.proves("C10", "S2", "fault 40")
@pytest.mark.parametrize("make_box", [StandInBox, RealPcscd], ids=["stand-in", "real"])
def test_pcscd_restarted_while_idle(make_box: Callable[[Path], Any]) -> None:
    """The session ends, for nobody can say any longer that the badge is there; then everything works as before."""
    with staged(make_box) as stage:
        old = stage.log_in(stage.office.people[0])
        stage.box.restart()
        until(lambda: [row for row in stage.cards() if row["kind"] == "badge" and row["card"] != old], PATIENT_S)
        assert not stage.call("session.status")["logged_in"]
        with stage.client(stage.office.people[0].pin) as client:
            client.call("session.login")
        assert stage.stop() == 0, stage.log
        ended = [record["problem"] for record in stage.records() if record.get("event") == "session.ended"]
        assert ended[0] in ("pcsc_lost", "reader_lost", "badge_removed")


@pytest.mark.proves("C10", "fault 40")
def test_pcscd_restarted_while_a_card_works() -> None:
    with staged() as stage:
        stage.log_in(stage.office.people[0])
        resident = stage.office.resident()
        card = Watched(resident.card)
        handle = stage.insert(card, RESIDENT_SLOT, kind="my_number")
        typist = Typist({"card_info": resident.holder.pins.card_info, "badge": stage.office.people[0].pin})
        card.held = bytes.fromhex("00B0")

        def read() -> None:
            with stage.client(person=typist) as client:
                client.call("card.read", card=handle, items=["name"], **CONTEXT)

        with in_the_background(read) as raised:
            assert card.reached.wait(PATIENT_S)
            stage.box.restart()
            card.go_on.set()
        assert [error.name for error in raised] in (["pcsc.down"], ["card.removed"]), raised  # type: ignore[attr-defined]
        card.held = None
        fresh = until(
            lambda: [row for row in stage.cards() if row["kind"] == "my_number" and row["card"] != handle], PATIENT_S
        )
        with stage.client(person=typist) as client:
            client.call("session.login")
            read_again = client.call("card.read", card=fresh[0]["card"], items=["name"], **CONTEXT)
        assert read_again["items"][0]["text"] == resident.holder.name
        assert stage.stop() == 0, stage.log
        stage.records()


@pytest.mark.proves("C10", "fault 42")
@pytest.mark.parametrize(
    ("in_a_row", "one_by_one"), [(RESTARTS, 5), pytest.param(RESTARTS, RESTARTS, marks=pytest.mark.slow)]
)
def test_pcscd_restarted_a_hundred_times(in_a_row: int, one_by_one: int) -> None:
    """In a row, so that each meets the daemon in whatever it was doing; and one after the other, each time up to the badge."""
    with staged() as stage:
        stage.box.insert(stage.office.people[0].badge, BADGE_SLOT)

        def known(before: str = "") -> str:
            """The badge's handle, once it is another than before."""
            found = until(
                lambda: [row for row in stage.cards() if row["kind"] == "badge" and row["card"] != before],
                2 * PATIENT_S,
            )
            return str(found[0]["card"])

        handle = known()
        for _ in range(3):
            stage.box.restart()
            handle = known(handle)
        settle(lambda: stage.call("health"), PATIENT_S)
        before = threads(stage.pid), kinds_of_files(stage), resident_memory(stage.pid)
        for _ in range(in_a_row):
            stage.box.restart()
        handle = known(handle)
        for _ in range(one_by_one):
            stage.box.restart()
            handle = known(handle)
        until(lambda: (threads(stage.pid), kinds_of_files(stage)) == before[:2], PATIENT_S)
        assert resident_memory(stage.pid) - before[2] <= MIB
        with stage.client(stage.office.people[0].pin) as client:
            client.call("session.login")
        assert stage.stop() == 0, stage.log


def kinds_of_files(stage: Stage) -> list[str]:
    """The daemon's open files; sockets without their numbers."""
    return [name.split(":")[0] for name in open_files(stage.pid)]


# --- systemd ---------------------------------------------------------------------------------------------------------


@pytest.mark.proves("H5", "H8")
def test_the_service_manager_hears_of_each_step() -> None:
    with staged(start=False) as stage, Manager(stage.folder) as manager:
        stage.environment.update({"NOTIFY_SOCKET": str(manager.path), **QUICK_WATCHDOG})
        stage.launch()
        ready = manager.next().splitlines()
        assert ready[0] == "READY=1"
        assert ready[1].startswith("STATUS=")
        # Ready means that the first connection is answered, not only that it will be.
        assert stage.call("health")["version"]
        for _ in range(3):
            manager.await_word("WATCHDOG=1")
        stop(stage)
        manager.await_word("STOPPING=1")


@pytest.mark.proves("H5")
def test_a_daemon_that_is_watched_no_more_falls_silent() -> None:
    """What the watchdog is for: a daemon whose event loop hangs sends nothing."""
    with staged(start=False) as stage, Manager(stage.folder) as manager:
        stage.environment.update({"NOTIFY_SOCKET": str(manager.path), **QUICK_WATCHDOG})
        process = stage.launch()
        manager.await_word("WATCHDOG=1")
        subprocess.run(["kill", "-STOP", str(process.pid)], check=True)
        manager.quiet_for(1.0)
        subprocess.run(["kill", "-CONT", str(process.pid)], check=True)
        manager.await_word("WATCHDOG=1")
        stop(stage)


def test_systemd_hands_the_socket_over() -> None:
    """systemd-socket-activate starts the daemon with the first connection, which is answered. The file stays systemd's."""
    with staged(start=False) as stage:
        stage.command = ("systemd-socket-activate", "-l", str(stage.socket), *passed(stage), *stage.command)
        stage.launch()

        def asked() -> dict[str, Any] | None:
            try:
                return stage.call("whoami")
            except (FileNotFoundError, ConnectionRefusedError):  # not there yet, or there and not listened at
                return None

        assert until(asked, PATIENT_S)["client"] == "counter-app"
        stage.running.terminate()
        assert stage.ends() == 0
        assert stage.socket.exists()


def passed(stage: Stage) -> Iterator[str]:
    """systemd-socket-activate hands on only what it is told to."""
    for name in ("PCSCLITE_CSOCK_NAME", "PATH", "LC_ALL"):
        yield "-E"
        yield f"{name}={stage.environment[name]}"


def test_a_wrong_socket_from_systemd_is_said_in_clear() -> None:
    with staged(start=False) as stage:
        address = str(stage.folder / "datagrams")
        stage.command = ("systemd-socket-activate", "-d", "-l", address, *passed(stage), *stage.command)
        stage.launch()
        until(lambda: Path(address).exists(), PATIENT_S)
        script = f"import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', {address!r})"
        subprocess.run([sys.executable, "-c", script], check=True)
        assert stage.ends() == 1
        assert "event=start_failed" in stage.log
        assert "not an AF_UNIX stream socket" in stage.log


# --- the socket, and others who want it --------------------------------------------------------------------------------


@pytest.mark.proves("fault 73")
@pytest.mark.parametrize("harm", ["removed", "replaced"])
def test_a_socket_that_is_taken_away_ends_the_daemon(harm: str) -> None:
    """Only a new start helps; the record says why, and what is not ours is left alone."""
    with staged(environment=QUICK_WATCHDOG) as stage:
        stage.socket.unlink()
        if harm == "replaced":
            stage.socket.write_bytes(b"not yours")
        assert stage.ends() == 1
        assert f"event=stopping problem=socket_{harm}" in stage.log
        if harm == "replaced":
            assert stage.socket.read_bytes() == b"not yours"
        events = [record["event"] for record in stage.records()]
        assert events[-2:] == [f"alarm.socket_{harm}", "daemon.stopped"]


def test_a_second_daemon_on_the_same_record_does_not_start() -> None:
    with staged() as stage:
        first = stage.running
        second = stage.launch()
        assert second.wait(PATIENT_S) == 1
        assert "event=start_failed problem=locked" in stage.log
        assert "another cardd runs on these directories" in stage.log
        stage.process = first
        assert stage.call("health")["version"]


def test_a_second_daemon_on_the_same_socket_does_not_start() -> None:
    with staged() as stage, staged(start=False) as other:
        other.office.write(stage.socket, extra_config=ROOMY)
        assert other.launch().wait(PATIENT_S) == 1
        assert "another daemon listens here" in other.log
        assert str(stage.socket) in other.log
        assert stage.call("health")["version"]


def test_the_socket_file_of_a_dead_daemon_is_replaced() -> None:
    with staged() as stage:
        stage.running.kill()
        stage.ends()
        assert stage.socket.exists()
        stage.start()
        assert stage.call("health")["version"]
