"""A counter is backed up while it works, lost, and put back; the new daemon knows what said no, and its record names the old one."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cardd.audit import continuing
from cardd.audit.startup import check_log
from cardd.clock import SystemClock, boot_id
from cardd.state.lockdown import Lockdown
from cardd.state.store import StateStore
from tests.daemon.tools import Stage, staged

ME = pwd.getpwuid(os.getuid()).pw_name
FIRST, SECOND = "correct horse battery", "staple of the second"


def program(stage: Stage, words: list[str], secrets: list[str] | None = None, *, ends: int = 0) -> dict[str, Any]:
    """`cardctl` with JSON; passphrases on a descriptor of their own."""
    reader, writer = os.pipe()
    os.write(writer, "".join(f"{each}\n" for each in secrets or []).encode())
    os.close(writer)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "cardd.cli", "--json", "--pin-fd", str(reader), *words, "--user", ME],
            env=stage.environment,
            pass_fds=[reader],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(reader)
    assert done.returncode == ends, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def stop_everything(stage: Stage) -> None:
    """An emergency stop, as an administrator's call leaves it."""
    store = StateStore(stage.office.folder / "state" / "state.db", SystemClock(), boot_id())
    Lockdown(store, lambda *_: None).engage("sato", "device_stolen")
    store.close()


@pytest.mark.proves("S9", "S10", "A7")
def test_a_lost_counter_is_put_back_and_goes_on(tmp_path: Path) -> None:
    with staged(start=False) as stage:
        config = ["--config", str(stage.office.config_file)]
        key = program(
            stage, ["backup-key", "new", str(tmp_path / "recovery.age"), *config], [FIRST, FIRST, SECOND, SECOND]
        )
        assert key["event"] == "key_made"
        stage.start()
        assert stage.stop() == 0
        stop_everything(stage)
        stage.start()
        taken = program(stage, ["backup", str(tmp_path), *config])
        assert taken["event"] == "taken"
        assert [record["event"] for record in stage.records()].count("backup.begun") == 1
        assert stage.stop() == 0
        before = check_log(stage.office.audit)
        old_id = log_id_of(stage.office.audit)

        for name in (
            "state",
            "audit",
            "cardd.toml",
            "policy.toml",
            "register.toml",
            "operator-ca.pem",
            "pseudonym.key",
        ):
            path = stage.office.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in stage.office.folder.glob("backup*"):
            path.unlink()

        archive = Path(taken["path"])
        arguments = [str(archive), "--recovery", str(tmp_path / "recovery.age")]
        assert not stage.office.config_file.exists()
        done = program(stage, ["restore", *arguments], [FIRST, SECOND])
        assert done["event"] == "restored"

        stage.start()
        assert stage.stop() == 0
        store = StateStore(stage.office.folder / "state" / "state.db", SystemClock(), boot_id())
        stopped = Lockdown(store, lambda *_: None).engaged
        store.close()
        assert stopped is not None
        assert stopped.reason == "device_stolen"
        first = stage.records()[0]
        assert (first["event"], first["previous_log"], first["last_sequence"]) == (
            "log.continued",
            old_id,
            taken["last"],
        )
        assert taken["last"] < before
        old, new = continuing.all_logs(stage.office.audit)
        assert (old.name, new) == (old_id, stage.office.audit)


def log_id_of(directory: Path) -> str:
    """The log id, from its first segment."""
    return sorted(directory.glob("*.seg"))[0].read_bytes()[12:28].hex()
