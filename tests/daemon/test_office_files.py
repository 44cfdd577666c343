"""The running daemon in production: it starts from signed files alone, and takes new ones that two administrators signed (S9)."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.tools import PATIENT_S, Stage, staged
from tests.fixtures.counter import until
from tests.fixtures.signed_office import Person, badge, block_list, policy, put, register, town

EXIT_CONFIG = 78
UNLOCKED = (
    sys.executable,
    "-c",
    "import sys, cardd.__main__ as program\n"
    "program.lock_memory = lambda: None\n"  # an ordinary user may not lock memory, which production insists on
    "sys.exit(program.main())",
)
LIMITS = "[limits]\nrequests_per_second = 5000\nconnections_per_user = 32\n"
"""What production may have, too."""
ANN, BEN = Person("ann", badge()), Person("ben", badge())
TWO = (ANN.badge, BEN.badge)


@contextmanager
def in_production(*, start: bool = True) -> Iterator[Stage]:
    """A stage whose files are signed by Ann and Ben; no virtual pcscd is named, for production talks to the real one."""
    with staged(start=False, config=LIMITS) as stage:
        file = stage.office.config_file
        file.write_text(file.read_text().replace('mode = "test"\n', 'mode = "production"\n'))
        (stage.folder / "operator-ca.pem").write_bytes(town().pem)
        put(stage.folder / "policy.toml", policy(), *TWO)
        put(stage.folder / "register.toml", register(ANN, BEN), *TWO)
        del stage.environment["PCSCLITE_CSOCK_NAME"]
        stage.command = UNLOCKED
        if start:
            stage.start()
        yield stage


def incoming(stage: Stage) -> Path:
    return stage.folder / "state" / "incoming"


def checks(stage: Stage) -> dict[str, tuple[str, str | None]]:
    return {row["name"]: (row["state"], row["problem"]) for row in stage.call("health")["checks"]}


def version(stage: Stage) -> int:
    return int(stage.call("policy.show")["version"])


@pytest.mark.proves("H6", "S9", "fault 94")
def test_production_starts_from_signed_files() -> None:
    with in_production() as stage:
        assert stage.check_config().returncode == 0
        assert stage.call("health")["mode"] == "production"
        assert checks(stage)["office_files"] == ("good", None)
        begun = [record for record in stage.records() if record.get("event") == "office.in_force"]
        assert [(record["subject"], record["problem"]) for record in begun] == [
            ("policy:1", "beginning"),
            ("register:1", "beginning"),
        ]
        assert all({record["operator"], record["approver"]} == {"ann", "ben"} for record in begun)


def _edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[Stage], Any]:
    return lambda stage: (stage.folder / name).write_bytes(change((stage.folder / name).read_bytes()))


REFUSED: dict[str, tuple[Callable[[Stage], Any], list[str]]] = {
    "unsigned": (
        lambda stage: (stage.folder / "policy.toml.p7s").unlink(),
        ["policy.toml is not signed", "policy sign"],
    ),
    "changed": (_edit("register.toml", lambda text: text + b"#\n"), ["register.toml does not fit its signatures"]),
    "one signature": (
        lambda stage: put(stage.folder / "policy.toml", policy(), ANN.badge),
        ["policy.toml is signed by one person only"],
    ),
    "empty": (lambda stage: put(stage.folder / "policy.toml", b"", *TWO), ["policy.toml", "is missing"]),
    "others may write": (lambda stage: (stage.folder / "policy.toml").chmod(0o666), ["chmod go-w"]),
}


@pytest.mark.proves("H6", "fault 94", "fault 99")
@pytest.mark.parametrize("name", REFUSED)
def test_production_does_not_start_otherwise(name: str) -> None:
    harm, words = REFUSED[name]
    with in_production(start=False) as stage:
        harm(stage)
        stage.launch()
        assert stage.ends() == EXIT_CONFIG
        assert all(word in stage.log for word in words), stage.log
        assert not stage.socket.exists()
        assert list(stage.office.audit.iterdir()) == []


@pytest.mark.proves("fault 94", "fault 99")
def test_what_was_in_force_in_mode_test_is_nothing_for_production() -> None:
    with staged(config=LIMITS) as stage:
        stage.stop()
        file = stage.office.config_file
        file.write_text(file.read_text().replace('mode = "test"', 'mode = "production"'))
        stage.launch()
        assert stage.ends() == EXIT_CONFIG
        assert "state/office/policy.toml is not signed" in stage.log


@pytest.mark.proves("S9", "fault 94")
def test_a_new_policy_is_taken_while_the_daemon_runs_and_a_bad_one_is_not() -> None:
    with in_production() as stage, stage.client() as watcher:
        _, changes = watcher.events(topics=["health", "alarm"])
        put(incoming(stage) / "policy.toml", policy(2), *TWO)
        assert next(changes)["facts"] == {"file": "policy", "version": 2}
        assert version(stage) == 2
        put(incoming(stage) / "policy.toml", policy(3), ANN.badge)
        told = next(change for change in changes if change["facts"].get("watch") is None)  # rules may have theirs
        assert (told["topic"], told["change"]) == ("alarm", "office_file_refused")
        assert told["facts"] == {"file": "policy", "problem": "one_signer"}
        assert version(stage) == 2
        assert checks(stage)["office_files"] == ("warning", "file_refused")
        assert "a second administrator" in (incoming(stage) / "policy.toml.why").read_text()
        assert sorted(path.name for path in incoming(stage).iterdir()) == [
            "policy.toml.p7s.refused",
            "policy.toml.refused",
            "policy.toml.why",
        ]


@pytest.mark.proves("fault 94")
def test_a_daemon_that_is_killed_finds_what_was_in_force() -> None:
    with in_production() as stage:
        put(incoming(stage) / "policy.toml", policy(2), *TWO)
        until(lambda: version(stage) == 2, PATIENT_S)
        stage.stop(signal.SIGKILL)
        stage.start()
        assert version(stage) == 2
        stage.stop()
        # An older file in its place: the machine remembers.
        put(stage.folder / "state/office/policy.toml", policy(1), *TWO)
        stage.launch()
        assert stage.ends() == EXIT_CONFIG
        assert "is older than the version in force" in stage.log
        put(stage.folder / "state/office/policy.toml", policy(2), *TWO)
        stage.start()
        assert version(stage) == 2


@pytest.mark.proves("S11")
def test_the_block_list_of_the_settings_is_in_force_and_watched() -> None:
    with in_production(start=False) as stage:
        path = stage.folder / "blocks.toml"
        file = stage.office.config_file
        file.write_text(file.read_text().replace('terminal = "', f'block_list = "{path}"\nterminal = "', 1))
        assert "blocks.toml: cannot be read" in stage.check_config().stderr
        put(path, block_list("ab" * 16), *TWO)
        stage.start()
        assert checks(stage)["block_list"] == ("good", None)


def test_no_process_is_left_by_a_check_of_signatures() -> None:
    with in_production() as stage:
        children = Path(f"/proc/{stage.pid}/task/{stage.pid}/children").read_text()
        assert children == ""
