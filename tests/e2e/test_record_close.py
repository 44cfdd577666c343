"""A damaged record: cardd does not start on it, two administrators close it with their badges, and it goes on (fault 133)."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from cardd.audit import continuing
from cardd.audit.chain import segments
from cardd.audit.startup import check_log
from tests.e2e.setup_house import NAMES, PATIENT_S, PINS, Machine, bare_machine


@pytest.fixture(scope="module")
def set_up() -> Iterator[Machine]:
    with bare_machine() as machine:
        ended = machine.run()
        assert ended.code == 0, ended.said
        machine.empty()
        yield machine


class Run:
    """One run of `cardctl record close`; badges go in when it waits, in the order given."""

    def __init__(self, machine: Machine, who: Sequence[str], *, wrong_first: bool = False) -> None:
        source, typed = os.pipe()
        words = ["record", "close", "--config", str(machine.config), "--user", getpass.getuser()]
        process = subprocess.Popen(
            [sys.executable, "-m", "cardd.cli", "--json", "--pin-fd", str(source), *words],
            env=machine.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            pass_fds=(source,), text=True, start_new_session=True,
        )  # fmt: skip
        os.close(source)
        waiting = list(who)
        self.events: list[dict[str, Any]] = []
        assert process.stdout is not None
        try:
            for line in process.stdout:
                event = json.loads(line)
                self.events.append(event)
                if event["event"] == "wait":
                    if not waiting:
                        os.killpg(process.pid, signal.SIGKILL)
                        break
                    machine.empty()
                    machine.put_in(waiting.pop(0))
                if event["event"] == "secret":
                    right = PINS[NAMES[event["name"]]]
                    os.write(typed, f"{'271828' if wrong_first else right}\n".encode())
                    wrong_first = False
            self.said = process.stderr.read() if process.stderr is not None else ""
            self.code = process.wait(PATIENT_S)
        finally:
            os.close(typed)
            process.kill()
            process.wait()
            machine.empty()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()

    @property
    def why(self) -> str:
        return str(self.events[-1].get("why", "")) if self.events else ""


def log_of(machine: Machine) -> Path:
    return machine.state / "audit"


def flip(machine: Machine) -> int:
    """One bit in the middle of the newest segment; the record that it is in is bad."""
    newest = segments(log_of(machine))[-1]
    octets = bytearray(newest.read_bytes())
    octets[len(octets) // 2] ^= 1
    newest.write_bytes(octets)
    return len(octets) // 2


def files(directory: Path) -> dict[str, str]:
    """Every file of a log but what comes and goes, by its digest."""
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name not in ("lock", "reserve", "record-close.toml", "record-close.toml.p7s")
    }


@pytest.mark.proves("fault 133", "S9", "A7")
def test_a_damaged_record_is_closed_by_two_and_by_nobody_else(set_up: Machine) -> None:
    machine, directory = set_up, log_of(set_up)
    assert Run(machine, ()).why == "close.whole"
    count = check_log(directory)
    log_id = segments(directory)[0].read_bytes()[12:28].hex()
    flip(machine)
    before = files(directory)
    refused = subprocess.run(
        [sys.executable, "-m", "cardd", "--config", str(machine.config)],
        env=machine.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT_S,
    )
    assert refused.returncode == 1
    assert "start_failed" in refused.stderr
    assert files(directory) == before, "nothing is changed by a start that was refused"

    alone = Run(machine, ("suzuki", "suzuki"), wrong_first=True)
    assert [event["why"] for event in alone.events if event["event"] == "not_this_badge"] == ["signed_already"]
    assert files(directory) == before

    both = Run(machine, ("ito",))
    assert both.code == 0, both.said
    (closed,) = [Path(event["path"]) for event in both.events if event["event"] == "closed"]
    assert closed == continuing.closed_place(directory, log_id)
    assert files(closed) == before, "the damaged record is kept as it was"

    first = machine.records()[0]
    assert (first["event"], first["previous_log"], first["reason"]) == ("log.continued", log_id, "damaged")
    assert {first["operator"], first["approver"]} == {"suzuki", "ito"}
    assert first["content"] == hashlib.sha256((closed / "record-close.toml").read_bytes()).hexdigest()
    assert 0 < first["last_sequence"] < count
    checked = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-in", str(closed / "record-close.toml.p7s"),
         "-content", str(closed / "record-close.toml"), "-CAfile", str(machine.config.parent / "operator-ca.pem"), "-out", "/dev/null"],
        capture_output=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr

    machine.daemon.start()
    try:
        assert machine.log_in("suzuki")["operator"]
    finally:
        assert machine.daemon.stop() == 0
    assert Run(machine, ()).why == "close.whole"


@pytest.mark.proves("fault 133")
def test_one_that_was_cut_short_is_finished(set_up: Machine) -> None:
    """Power goes after the directory was put aside: nothing starts there, and the same command goes on without another signature."""
    machine, directory = set_up, log_of(set_up)
    flip(machine)
    code = (
        "import os, sys, cardd.setup.closing as closing, cardd.setup.order as order\n"
        "order.finish = lambda *_: os._exit(9)\nclosing.run(sys.argv[1:])"
    )
    source, typed = os.pipe()
    for who in ("suzuki", "ito"):
        os.write(typed, f"{PINS[who]}\n".encode())
    machine.empty()
    machine.put_in("suzuki")
    machine.put_in("ito")
    words = ["--config", str(machine.config), "--user", getpass.getuser(), "--pin-fd", str(source), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=machine.environment,
        pass_fds=(source,),
        capture_output=True,
        check=False,
        timeout=PATIENT_S,
    )
    os.close(source)
    os.close(typed)
    machine.empty()
    assert done.returncode == 9, done.stderr
    assert not directory.exists()
    again = Run(machine, ())
    assert again.code == 0, again.said
    assert len(continuing.all_logs(directory)) == 3
    machine.daemon.start()
    assert machine.daemon.stop() == 0


def refused(machine: Machine) -> str:
    """What a start says that does not come about."""
    done = subprocess.run(
        [sys.executable, "-m", "cardd", "--config", str(machine.config)],
        env=machine.environment, capture_output=True, text=True, check=False, timeout=PATIENT_S,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return done.stderr


@pytest.mark.proves("fault 133", "fault 109", "S9")
def test_nobody_closes_a_record_by_moving_it(set_up: Machine) -> None:
    """Whoever can write the log's directory puts it aside with its key, and writes the file that says it was closed."""
    machine, directory = set_up, log_of(set_up)
    log_id = segments(directory)[0].read_bytes()[12:28].hex()
    key = machine.state / "log.key"
    aside, key_octets = directory.with_name("aside"), key.read_bytes()
    directory.rename(aside)
    place = continuing.closed_place(directory, log_id)
    place.parent.mkdir(parents=True)
    aside.rename(place)
    key.unlink()
    for order in (None, "0" * 64):
        told = continuing.Continues(log_id, 3, "0" * 64, "damaged", order, "suzuki", "ito")
        continuing.write(directory, told)
        said = refused(machine)
        assert "continues_unsigned" in said
        assert "cardctl record close" in said
        assert Run(machine, ()).why == "close.not_ordered"
    assert not segments(directory)
    (directory / continuing.NAME).unlink()
    place.rename(aside)
    for path in sorted(directory.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    directory.rmdir()
    aside.rename(directory)
    key.touch(0o600)
    key.write_bytes(key_octets)
    machine.daemon.start()
    assert machine.daemon.stop() == 0


@pytest.mark.proves("fault 133", "fault 124")
def test_the_power_may_go_before_the_first_record_and_the_key_may_be_none(set_up: Machine) -> None:
    """The damage is the key: it is given up with the record it belongs to, else the new one could not begin either."""
    machine, directory = set_up, log_of(set_up)
    (machine.state / "log.key").write_bytes(b"no key\n")
    assert "log_key_form" in refused(machine)
    code = "import os, sys, cardd.setup.closing as closing\nclosing.Closing._begin_anew = lambda *_: os._exit(9)\nclosing.run(sys.argv[1:])"
    source, typed = os.pipe()
    for who in ("suzuki", "ito"):
        os.write(typed, f"{PINS[who]}\n".encode())
    machine.empty()
    machine.put_in("suzuki")
    machine.put_in("ito")
    words = ["--config", str(machine.config), "--user", getpass.getuser(), "--pin-fd", str(source), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=machine.environment, pass_fds=(source,), capture_output=True, check=False, timeout=PATIENT_S,
    )  # fmt: skip
    os.close(source)
    os.close(typed)
    machine.empty()
    assert done.returncode == 9, done.stderr
    assert not segments(directory)
    (order,) = [path for path in directory.glob("closed/*/record-close.toml") if "log_key_form" in path.read_text()]
    kept = order.read_bytes()
    order.write_bytes(kept.replace(b"log_key_form", b"log_key_old"))
    assert "continues_order" in refused(machine)
    assert Run(machine, ()).why == "close.not_ordered"
    order.write_bytes(kept)
    again = Run(machine, ())
    assert again.code == 0, again.said
    assert machine.records()[0]["event"] == "log.continued"
    machine.daemon.start()
    assert machine.daemon.stop() == 0
