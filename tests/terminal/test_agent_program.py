"""`cardd-agent` as a command: its check, its help, and how it ends for what cannot be."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fixtures.counter import READY_SECONDS, Counter, counter
from tests.fixtures.pinentry import ScriptedPinentry
from tests.terminal.bus_house import IGNORES, AgentProcess, Bus, bus, of_bus

__all__ = ["bus", "counter"]


def run(arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "terminal.agent", *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=READY_SECONDS * 2,
        check=False,
    )


def settings(folder: Path, text: str) -> str:
    path = folder / "terminal.toml"
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def checked(folder: Path, text: str, environment: Mapping[str, str]) -> tuple[int, dict[str, tuple[str, str]]]:
    done = run(["--settings", settings(folder, text), "--check", "--json"], environment)
    assert done.stderr == ""
    return done.returncode, {row["name"]: (row["state"], row["says"]) for row in json.loads(done.stdout)["checks"]}


def test_all_is_well(counter: Counter, bus: Bus) -> None:
    bus.login()
    window = ScriptedPinentry(counter.folder)
    code, rows = checked(
        counter.folder, f'locale = "en"\nagent.pinentry = "{window.path}"', of_bus(bus, counter.environment)
    )
    assert code == 0
    assert list(rows) == ["settings", "daemon", "seat", "prompt", "logind", "lock"]
    assert {state for state, _ in rows.values()} == {"good"}
    assert rows["seat"][1] == "PINs may be asked for at seat counter."
    assert rows["logind"][1] == "Session c1 of logind, of type wayland."
    assert "GETPIN" not in window.lines
    assert (bus.locks(), bus.terminations()) == (0, [])


def test_nothing_is_there(bus: Bus, tmp_path: Path) -> None:
    environment = {**of_bus(bus, os.environ), "CARDD_SOCKET": str(tmp_path / "nobody.sock")}
    code, rows = checked(tmp_path, 'locale = "ja"\nagent.pinentry = "/nowhere/pinentry"', environment)
    assert code == 1
    assert [state for state, _ in rows.values()] == ["good", "bad", "bad", "bad", "bad", "bad"]
    assert "systemctl status cardd.socket" in rows["daemon"][1]
    assert "/nowhere/pinentry" in rows["prompt"][1]


@pytest.mark.parametrize(
    ("kind", "removal", "state", "said"),
    [
        ("tty", "", "warning", "A bare console: a pulled badge ends the session."),
        ("tty", 'removal.lock_command = ["true"]', "good", "true is run"),
        ("x11", 'removal.lock_command = ["/nowhere/lock"]', "bad", "/nowhere/lock of lock_command is not there."),
        ("x11", 'removal.action = "end_session"', "good", "A pulled badge ends the session."),
        ("x11", 'removal.action = "nothing"', "warning", "does not lock the desktop"),
    ],
)
def test_what_a_pull_would_do(bus: Bus, tmp_path: Path, kind: str, removal: str, state: str, said: str) -> None:
    bus.login(kind=kind, lock=IGNORES)
    environment = {**of_bus(bus, os.environ), "CARDD_SOCKET": str(tmp_path / "nobody.sock")}
    _, rows = checked(tmp_path, f'locale = "en"\nagent.prompt = "console"\n{removal}', environment)
    assert rows["lock"][0] == state
    assert said in rows["lock"][1]


def test_as_lines_for_a_person(bus: Bus, tmp_path: Path) -> None:
    environment = {**of_bus(bus, os.environ), "CARDD_SOCKET": str(tmp_path / "nobody.sock")}
    done = run(["--settings", settings(tmp_path, 'locale = "en"\nagent.prompt = "console"'), "--check"], environment)
    lines = done.stdout.splitlines()
    assert len(lines) == 6
    assert lines[3].split(maxsplit=2) == ["good", "prompt", "The counter's page asks."]


def test_wrong_settings_end_it_for_good(tmp_path: Path) -> None:
    done = run(["--settings", settings(tmp_path, "\n[removal]\nacton = 1")], {**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 78
    assert f"{tmp_path}/terminal.toml:3: removal.acton: is not a key that is known here" in done.stderr


def test_where_the_console_asks_it_is_not_needed(tmp_path: Path) -> None:
    done = run(["--settings", settings(tmp_path, 'locale = "en"\nagent.prompt = "console"')], os.environ)
    assert (done.returncode, "cardd-agent is not needed" in done.stderr) == (78, True)


@pytest.mark.parametrize(("language", "said"), [("ja_JP.UTF-8", "画面ロック"), ("C.UTF-8", "locks the desktop")])
def test_help_teaches_in_both_languages(language: str, said: str) -> None:
    done = run(["--help"], {**os.environ, "LC_ALL": language, "PYTHONUTF8": "1"})
    assert done.returncode == 0
    assert said in done.stdout
    for option in ("--settings", "--prompt", "--tty", "--check", "--json"):
        assert option in done.stdout


def test_systemd_hears_that_it_is_ready_and_that_it_ends(bus: Bus, tmp_path: Path) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="sd-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
    ):
        manager.bind(f"{folder}/notify")
        manager.settimeout(READY_SECONDS)
        environment = of_bus(bus, os.environ, CARDD_SOCKET=f"{folder}/nobody.sock", NOTIFY_SOCKET=f"{folder}/notify")
        with AgentProcess(tmp_path, 'locale = "en"\n', environment) as agent:
            assert manager.recv(4096) == b"READY=1"
            assert manager.recv(4096) == b"STATUS=cardd is not running. Waiting until it is."
            assert agent.end() == 0
        assert manager.recv(4096) == b"STOPPING=1"
