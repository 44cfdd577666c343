"""The `cardd-vcard` command as a user runs it: readers in a process of their own, cards made, put in, asked by OpenSC."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.pcscd import SOCKET_VARIABLE

SECONDS = 60


class Command:
    """Runs `cardd-vcard` and OpenSC against the readers of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {"PATH": os.environ["PATH"], "CARDD_VCARD_DIR": str(folder / "run"), "LANG": "C.UTF-8"}
        if "LD_LIBRARY_PATH" in os.environ:
            self._environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]

    def __call__(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, "-m", "applets_spec", *arguments], stdin)

    def json(self, *arguments: str) -> dict[str, object]:
        done = self(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    def client(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run(list(arguments), "")

    def _run(self, arguments: list[str], stdin: str) -> subprocess.CompletedProcess[str]:
        environment = {**self._environment, SOCKET_VARIABLE: str(self.folder / "run" / "pcscd.comm")}
        return subprocess.run(
            arguments, env=environment, input=stdin, capture_output=True, text=True, timeout=SECONDS, check=False
        )


@pytest.fixture
def idle() -> Iterator[Command]:
    """No readers are running."""
    with tempfile.TemporaryDirectory(prefix="vcard-") as folder:
        yield Command(Path(folder))


@pytest.fixture
def vcard(idle: Command) -> Iterator[Command]:
    """Two readers are running, the second with a PIN pad."""
    started = idle("readers", "start", "--background", "--pad", "1")
    assert started.returncode == 0, started.stderr
    assert started.stdout == f"export {SOCKET_VARIABLE}={idle.folder}/run/pcscd.comm\n"
    yield idle
    ended = idle("readers", "stop")
    assert ended.returncode == 0, ended.stderr
    assert sorted(path.name for path in (idle.folder / "run").iterdir()) == ["readers.log"]
    assert (
        idle.folder / "run" / "readers.log"
    ).read_text() == f"export {SOCKET_VARIABLE}={idle.folder}/run/pcscd.comm\n"


def made(vcard: Command, kind: str) -> str:
    path = str(vcard.folder / f"{kind}.json")
    done = vcard("make", kind, path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.parametrize(
    ("kind", "name"),
    [("my-number", "jpki"), ("juki", "jpki"), ("badge", "Personal Identity Verification Card")],
)
def test_a_made_card_is_recognised_by_opensc(vcard: Command, kind: str, name: str) -> None:
    assert vcard.json("insert", made(vcard, kind))["reader"] == 0
    done = vcard.client("opensc-tool", "--reader", "0", "--name")
    assert done.stdout.strip() == name


def test_a_blank_badge_is_a_card_too(vcard: Command) -> None:
    assert vcard.json("insert", made(vcard, "blank-badge"), "--reader", "1")["reader"] == 1


def test_opensc_verifies_a_pin_that_a_person_types_at_the_pad(vcard: Command) -> None:
    trace = vcard.folder / "apdus.txt"
    vcard.json("insert", made(vcard, "badge"), "--reader", "1", "--trace", str(trace))
    assert vcard("pad", "type", "-", "--reader", "1", stdin="246813\n").returncode == 0
    login = ("pkcs11-tool", "--login", "--list-objects")
    done = vcard.client(*login)
    assert (done.returncode, "Private Key Object" in done.stdout) == (0, True), done.stderr
    assert "3234363831" not in trace.read_text()
    assert "=> 0020008008" + "**" * 8 in trace.read_text()
    assert vcard("pad", "cancel", "--reader", "1").returncode == 0
    assert "CKR_FUNCTION_CANCELED" in vcard.client(*login).stderr


def test_a_killed_daemon_comes_back_with_its_cards(vcard: Command) -> None:
    vcard.json("insert", made(vcard, "badge"))
    vcard.json("readers", "kill")
    assert vcard.json("list")["running"] is False
    assert "No smart card readers found" in vcard.client("opensc-tool", "--list-readers").stdout
    vcard.json("readers", "restart")
    assert "0    Yes " in vcard.client("opensc-tool", "--list-readers").stdout


def test_faults_come_and_go(vcard: Command) -> None:
    vcard.json("insert", made(vcard, "badge"))
    script = vcard.folder / "faults.yaml"
    script.write_text('faults:\n  - {do: answer, sw: "6F00"}\n')
    apdu = ("opensc-tool", "--reader", "0", "--card-driver", "default", "--send-apdu", "00A4040005A000000308")
    vcard.json("fault", str(script))
    assert "SW1=0x6F" in vcard.client(*apdu).stdout
    vcard.json("fault")
    assert "SW1=0x6F" not in vcard.client(*apdu).stdout
    script.write_text("faults:\n  - {do: nothing}\n")
    refused = vcard("fault", str(script))
    assert (refused.returncode, f"Error: {script}, line 2: `do` must be one of" in refused.stderr) == (1, True)


def test_a_reader_may_be_plugged_in_and_out(vcard: Command) -> None:
    assert vcard.json("readers", "plug", "New Reader 00 00")["reader"] == 2
    assert "New Reader 00 00" in vcard.client("opensc-tool", "--list-readers").stdout
    vcard.json("readers", "unplug", "2")
    assert "New Reader 00 00" not in vcard.client("opensc-tool", "--list-readers").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["pull"], 1, "there is no card in this reader"),
        (["pull", "--reader", "7"], 1, "there is no reader 7; there are 2, from 0"),
        (["pad", "type", "1234"], 1, "this reader has no PIN pad"),
        (["pad", "type", "12ab", "--reader", "1"], 1, "a PIN pad has digits only"),
        (["insert", "/no/such/card"], 2, "does not exist"),
        (["insert", "/etc/passwd"], 1, "/etc/passwd is not a card file"),
        (["trace", "/tmp/x"], 1, "there is no card in this reader"),
        (["readers", "start"], 1, "virtual readers run at"),
        (["make", "my-number", "/tmp", "--force"], 2, "is a directory"),
        (["make", "my-number", "x.json", "--holder", "/no/such"], 1, "/no/such"),
        (["make", "badge", "x.json", "--pin", "12"], 2, "6 to 8 digits"),
    ],
)
def test_errors_are_clear_and_have_their_code(vcard: Command, arguments: list[str], code: int, says: str) -> None:
    done = vcard(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["list"], ["pull"], ["readers", "stop"]])
def test_without_readers_the_code_is_3_and_the_way_out_is_named(idle: Command, arguments: list[str]) -> None:
    done = idle(*arguments)
    assert done.returncode == 3
    assert "cardd-vcard readers start" in done.stderr


def test_an_existing_card_is_not_overwritten(idle: Command) -> None:
    path = made(idle, "blank-badge")
    again = idle("make", "blank-badge", path)
    assert (again.returncode, "--force" in again.stderr) == (1, True)
    assert idle("make", "blank-badge", path, "--force").returncode == 0


def test_the_help_shows_how_to_begin(idle: Command) -> None:
    text = idle("--help").stdout
    assert "cardd-vcard readers start --background" in text
    assert "Exit codes" in text
