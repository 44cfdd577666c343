"""A daemon with a bug, or one that is killed, says where it broke, and nothing of what it had in hand (P7, P8)."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.canaries import Seen, comes_out, published
from tests.daemon.canary_day import NUMBER_CONTEXT
from tests.daemon.canary_scene import HOLDER, Day, hire
from tests.daemon.tools import PATIENT_S, Stage, Typist, staged
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, ROOMY, until

SICK = (sys.executable, "-X", "faulthandler", str(Path(__file__).with_name("sick_cardd.py")))
TEXT = f"{HOLDER.name} {HOLDER.my_number} {HOLDER.pins.signature}"


def keep_all(stage: Stage, day: Day) -> None:
    day.keep("log", stage.log)
    for path in stage.office.audit.glob("*.seg*"):
        day.keep("record", path.read_bytes())
    day.keep("record, decoded", "\n".join(map(repr, stage.records())))


@pytest.mark.proves("P7", "I5")
@pytest.mark.parametrize(
    ("bug", "where", "form"),
    [("verify", "Bug[", "logfmt"), ("answer", "ValueError[", "json")],
    ids=["verify", "answer"],
)
def test_an_internal_error_is_an_incident_without_its_text(bug: str, where: str, form: str, tmp_path: Path) -> None:
    def day() -> Seen:
        return an_incident(bug, where, form, tmp_path / "text")

    assert comes_out(day(), day) == []


def an_incident(bug: str, where: str, form: str, secret: Path) -> Seen:
    """A login, and a reading where the login did not break already; `secret`: where the bug finds what must not come out."""
    secret.write_text(HOLDER.my_number)
    config = f'log_level = "debug"\nlog_format = "{form}"\n{ROOMY}'
    with staged(
        config=config, prepare=hire, command=SICK, environment={"SICK": bug, "SICK_TEXT_FILE": str(secret)}
    ) as stage:
        day = Day(stage.office)
        badge = stage.insert(day.badge, BADGE_SLOT, kind="badge")
        with day.failing("client"), stage.client(person=day.person(stage)) as client:
            client.call("session.login", badge=badge)
            card = stage.insert(day.card, RESIDENT_SLOT, kind="my_number")
            client.call("card.read", card=card, items=["my_number"], **NUMBER_CONTEXT)
        assert stage.call("health")["version"]
        assert stage.stop() == 0
        keep_all(stage, day)
        assert "internal" in day.seen["client"].decode()
        assert "incident" in stage.log
        assert where in stage.log
        return Seen(list(day.needles()), day.seen, published(stage.records()))


@pytest.mark.proves("P7", "H7")
@pytest.mark.parametrize(
    ("bug", "code", "event"), [("start", 1, "crashed"), ("thread", 1, "thread_failed"), ("loop", 1, "thread_failed")]
)
def test_an_exception_that_nobody_caught_is_told_without_its_text(bug: str, code: int, event: str) -> None:
    def day() -> Seen:
        return an_end(bug, code, event)

    assert comes_out(day(), day) == []


def an_end(bug: str, code: int, event: str) -> Seen:
    with staged(config=ROOMY, prepare=hire, command=SICK, start=False) as stage:
        day = Day(stage.office)
        now = stage.folder / "now"
        secret = stage.folder / "text"
        secret.write_text(TEXT, encoding="utf-8")
        stage.environment.update({"SICK": bug, "SICK_TEXT_FILE": str(secret), "SICK_NOW": str(now)})
        stage.launch()
        if bug == "thread":
            until(stage.answers, PATIENT_S)
            now.touch()
            stage.box.insert(day.badge, BADGE_SLOT)
        assert stage.ends() == code
        assert f"event={event}" in stage.log
        assert "Bug[" in stage.log
        return Seen(list(day.needles()), {"log": stage.log.encode()})


@pytest.mark.proves("P7", "P8")
def test_an_aborted_daemon_leaves_no_core_and_no_secret() -> None:
    """With core dumps allowed for everybody else, and with Python's own fault handler on."""
    assert comes_out(an_abort(), an_abort) == []


def an_abort() -> Seen:
    with staged(prepare=hire, start=False) as stage:
        day = Day(stage.office)
        stage.environment["PYTHONFAULTHANDLER"] = "1"
        core_allowed = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        allowed = core_allowed if hard == resource.RLIM_INFINITY else (hard, hard)
        stage.launch(cwd=stage.folder, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, allowed))
        until(stage.answers, PATIENT_S)
        badge = stage.insert(day.badge, BADGE_SLOT, kind="badge")
        pid = stage.pid

        class Killer(Typist):
            """Kills the daemon in the moment after it got the PIN."""

            def pin(self, request: Mapping[str, Any]) -> bytearray:
                typed = super().pin(request)
                os.kill(pid, signal.SIGABRT)
                return typed

        with day.failing("client"), stage.client(person=Killer({"badge": day.person(stage).known["badge"]})) as client:
            client.call("session.login", badge=badge)
        assert stage.ends() == -signal.SIGABRT
        assert "Fatal Python error: Aborted" in stage.log
        assert [path.name for path in stage.folder.rglob("core*") if path.is_file()] == []
        keep_all(stage, day)
        return Seen(list(day.needles()), day.seen)


@pytest.mark.proves("P8")
def test_the_running_daemon_cannot_be_dumped_or_read_by_its_own_user() -> None:
    with staged(prepare=hire) as stage:
        limits = Path(f"/proc/{stage.pid}/limits").read_text().splitlines()
        assert next(row.split()[4:6] for row in limits if row.startswith("Max core file size")) == ["0", "0"]
        # A process that is not dumpable belongs to root in /proc (prctl(2)); for root itself that shows nothing.
        assert Path(f"/proc/{stage.pid}/mem").stat().st_uid == 0
        status = Path(f"/proc/{stage.pid}/status").read_text()
        if os.geteuid() != 0:
            with pytest.raises(PermissionError):
                Path(f"/proc/{stage.pid}/environ").read_bytes()
        assert "CoreDumping:\t0" in status
