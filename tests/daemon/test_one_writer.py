"""One record has one writer; a clock that is not right keeps a start waiting; other people's files in the folders hinder nobody."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.startup import check_log
from tests.daemon.tools import CARDD, PATIENT_S, Stage, staged
from tests.fixtures.counter import until

AHEAD = """
import os, pathlib, sys
from cardd import __main__, clock
from cardd.app import daemon
now = clock.SystemClock.utc_us
clock.SystemClock.utc_us = lambda self: now(self) + int(os.environ["AHEAD_DAYS"]) * 86_400_000_000
daemon.time_quality = lambda: "synchronised" if pathlib.Path(os.environ["MARKER"]).exists() else "unknown"
__main__.main(sys.argv[1:], prog_name="cardd")
"""


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A counter whose daemon ran once and ended in order."""
    with staged() as made:
        assert made.stop() == 0
        yield made


def another(stage: Stage, **changes: Path) -> subprocess.CompletedProcess[str]:
    """A second daemon with other settings: `state_directory`, `directory` (of the record)."""
    text = stage.office.config_file.read_text()
    for name, path in changes.items():
        path.mkdir(exist_ok=True, mode=0o700)
        (line,) = [each for each in text.splitlines() if each.startswith(f"{name} = ")]
        text = text.replace(line, f'{name} = "{path}"')
    config = stage.folder / "another.toml"
    config.write_text(text.replace(str(stage.socket), str(stage.folder / "another.sock")))
    return subprocess.run(
        [*CARDD, "--config", str(config)],
        env=stage.environment, capture_output=True, text=True, check=False, timeout=PATIENT_S,
    )  # fmt: skip


@pytest.mark.proves("A2", "H6")
@pytest.mark.parametrize("apart", [(), ("state_directory",), ("directory",)], ids=["all", "record", "state"])
def test_a_second_daemon_on_one_record_or_one_state_is_refused_by_name(stage: Stage, apart: tuple[str, ...]) -> None:
    """Both directories in common, the record alone, the state alone: the first works on, and nothing of its own was touched."""
    stage.start()
    done = another(stage, **{name: stage.folder / f"other-{name}" for name in apart})
    assert done.returncode == 1
    assert "problem=locked" in done.stderr
    assert "systemctl status cardd" in done.stderr
    assert stage.answers()
    assert stage.stop() == 0
    check_log(stage.office.audit)


@pytest.mark.proves("fault 109", "H6")
def test_two_records_do_not_share_one_state_one_after_the_other(stage: Stage) -> None:
    """The state remembers whose key it has: a fresh directory is no first start, another record is not gone on with."""
    empty = another(stage, directory=stage.folder / "empty")
    assert "log_missing" in empty.stderr
    with staged() as other:
        assert other.stop() == 0
        shutil.copytree(other.office.audit, stage.folder / "foreign")
    foreign = another(stage, directory=stage.folder / "foreign")
    assert "log_key_other_log" in foreign.stderr
    stage.start()
    assert stage.stop() == 0


@pytest.mark.proves("H6", "fault 132")
@pytest.mark.parametrize("count", [3_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_other_peoples_files_hinder_no_start_and_stay(stage: Stage, count: int) -> None:
    """In the record's folder and among its heads, an index and an export of another record, and a folder where a file of ours would be."""
    audit, state = stage.office.audit, stage.office.folder / "state"
    log_id = sorted(audit.glob("*.seg"))[0].read_bytes()[12:28].hex()
    kinds = ("note-{}.txt", "{}.tmp", "copy-{}.seg", "torn-{}.txt", "heads/{}.bak")
    for number in range(count):
        (audit / kinds[number % len(kinds)].format(number)).touch()
    (audit / "folder.tmp").mkdir()
    with staged() as other:
        assert other.stop() == 0
        (index,) = (other.office.folder / "state" / "audit-index").iterdir()
        shutil.rmtree(state / "audit-index")
        shutil.copytree(index, state / "audit-index" / log_id)
        shutil.copytree(index, state / "audit-index" / index.name)
    exports = state / "exports"
    (exports / "x-folder.part").mkdir(parents=True)
    (exports / "somebody.part").touch()
    (exports / "x-0123456789abcdef.part").touch()
    stage.start()
    with stage.client() as client:
        checks = {each["name"]: each for each in client.call("health")["checks"]}
        assert checks["audit"]["state"] == "good"
        until(lambda: _check(client, "audit_index")["state"] == "good", PATIENT_S)
    assert stage.stop() == 0
    assert len(list(audit.rglob("*"))) >= count
    assert (audit / "1.tmp").exists()
    check_log(audit)


def _check(client: Any, name: str) -> dict[str, Any]:
    return next(each for each in client.call("health")["checks"] if each["name"] == name)


@pytest.mark.proves("H6", "T8")
def test_what_is_in_the_place_of_a_file_is_named(stage: Stage) -> None:
    """A folder where the newest segment was is no file that can be read: the start says which."""
    newest = sorted(stage.office.audit.glob("*.seg"))[-1]
    newest.rename(stage.folder / newest.name)
    newest.mkdir()
    stage.launch()
    assert stage.ends() == 1
    assert f"problem=errno_22 file={stage.office.audit}/" in stage.log


# --- the clock -------------------------------------------------------------------------------------------------------


def ahead(stage: Stage, days: int) -> Path:
    """From now on the daemon's clock is so many days ahead; the file that says that it is kept right."""
    marker = stage.folder / "synchronized"
    stage.command = (sys.executable, "-c", AHEAD)
    stage.environment |= {"AHEAD_DAYS": str(days), "MARKER": str(marker)}
    return marker


def heads(stage: Stage) -> list[str]:
    return sorted(path.name for path in (stage.office.audit / "heads").iterdir())


@pytest.mark.proves("A10", "fault 139", "fault 141")
def test_a_start_waits_for_a_clock_that_is_right_and_then_serves(stage: Stage) -> None:
    before, marker = heads(stage), ahead(stage, 42)
    process = stage.launch()
    until(lambda: "waiting_for_clock" in stage.log, PATIENT_S)
    assert "clock_unsure" in stage.log
    assert process.poll() is None
    assert not stage.answers()
    assert heads(stage) == before
    marker.touch()
    until(stage.answers, PATIENT_S)
    with stage.client() as client:
        assert _check(client, "clock") == {"name": "clock", "state": "good", "problem": None}
    assert stage.stop() == 0
    assert len(heads(stage)) == len(before) + 42


@pytest.mark.proves("A10", "fault 135")
def test_a_start_that_waits_for_its_clock_can_be_stopped(stage: Stage) -> None:
    ahead(stage, 300)
    process = stage.launch()
    until(lambda: "waiting_for_clock" in stage.log, PATIENT_S)
    process.send_signal(signal.SIGTERM)
    assert stage.ends() == 0


@pytest.mark.proves("A10", "fault 115")
def test_a_shorter_jump_is_a_warning_and_on_record(stage: Stage) -> None:
    ahead(stage, 12)
    stage.start()
    with stage.client() as client:
        assert _check(client, "clock")["problem"] == "not_synchronised"
    assert stage.stop() == 0
    told = [record for record in stage.records() if record["event"] == "clock.ahead"]
    assert [(record["count"], record["problem"]) for record in told] == [(12, "not_synchronised")]
