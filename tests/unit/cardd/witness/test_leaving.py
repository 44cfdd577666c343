"""How long work has waited that left nobody, what the daemon believes of the sender's folder, and when nobody logs in (A5)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cardd.audit.checkpoint import SignedHead, cosign
from cardd.audit.records import StateRecord
from cardd.errors import AuditUnavailable, HeadsOverdue
from cardd.witness.backlog import newest_export
from cardd.witness.cosigned import Cosigned, Standing
from cardd.witness.leaving import Leaving, LeavingRules
from cardd.witness.settings import WitnessKey
from tests.fixtures.made_log import DAY_US, INTENT, STATE
from tests.unit.cardd.witness.growing import GrowingLog

HOUR_S, DAY_S = 3600.0, 86_400.0


class Machine:
    """A counter's machine: its log, its clocks, and the daemon's part that looks."""

    def __init__(self, folder: Path, *, witnesses: int = 1, enforced: bool = True) -> None:
        self.folder = folder
        self.log = GrowingLog(folder / "log")
        self.keys = [WitnessKey.make(f"witness-{number}") for number in range(witnesses)]
        self.rules = LeavingRules(
            self.log.directory, folder / "cosigned", tuple(key.verifier_key for key in self.keys), enforced
        )
        self.written: list[StateRecord] = []
        self.told: list[tuple[str, Mapping[str, object]]] = []
        self.full = False
        self.ahead_s = 0.0
        """How far the clock of the machine went since the last record."""
        self.leaving = self.started()

    def started(self) -> Leaving:
        return Leaving(self.rules, self.log.log_id, self.log.boot, self, self._record, self._tell)

    def utc_us(self) -> int:
        return self.log.us + int(self.ahead_s * 1e6)

    def boottime(self) -> float:
        return (self.log.us - self.log.boot_us) / 1e6 + 9.0 + self.ahead_s

    def monotonic(self) -> float:
        return self.boottime()

    async def _record(self, record: StateRecord) -> None:
        if self.full:
            raise AuditUnavailable(problem="disk_full")
        self.written.append(record)
        self.log.state(record.event, head_size=record.head_size)

    def _tell(self, topic: str, change: str, facts: Mapping[str, str | int | None]) -> None:
        assert topic == "alarm"
        self.told.append((change, facts))

    async def passes(self, seconds: float) -> None:
        """Time passes while the daemon looks every few seconds; here each half minute."""
        end = self.ahead_s + seconds
        while self.ahead_s < end:
            self.ahead_s = min(end, self.ahead_s + 30.0)
            await self.leaving.look()

    def work(self) -> int:
        """Something is done now."""
        self.log.us += int(self.ahead_s * 1e6)
        self.ahead_s = 0.0
        return self.log.work()

    def state(self, event: str) -> int:
        self.log.us += int(self.ahead_s * 1e6)
        self.ahead_s = 0.0
        return self.log.state(event)

    def leaves(self, number: int = 0) -> SignedHead:
        """The newest head is signed by a witness."""
        signed = self.log.signed()
        return self.puts(signed, self.keys[number], number)

    def puts(self, signed: SignedHead, key: WitnessKey, number: int = 0) -> SignedHead:
        both = signed.with_signature(cosign(signed, key.verifier_key, key.sign, self.utc_us() // 1_000_000))
        self.folder_of(number).write(both)
        return both

    def folder_of(self, number: int = 0) -> Cosigned:
        return Cosigned(self.folder / "cosigned", self.log.log_id, self.keys[number].verifier_key)

    def off(self, seconds: float) -> None:
        """Switched off, and on again after so long."""
        self.log.us += int(self.ahead_s * 1e6)
        self.ahead_s = 0.0
        self.log.state("daemon.stopped")
        self.log.boots(self.log.us + int(seconds * 1e6))
        self.log.save()
        self.leaving = self.started()

    @property
    def alarms(self) -> list[str]:
        return [f"{change}:{facts['problem']}" for change, facts in self.told]

    def may_log_in(self) -> bool:
        try:
            self.leaving.check_login()
        except HeadsOverdue:
            return False
        return True

    def row(self) -> tuple[str, str | None]:
        ((name, state, problem),) = self.leaving.checks()
        assert name == "witness"
        return state, problem


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.proves("A5", "fault 117")
async def test_an_alarm_after_ten_minutes_and_no_login_after_a_day(machine: Machine) -> None:
    await machine.leaving.begin()
    machine.work()
    await machine.leaving.look()
    first = machine.leaving._backlog.oldest
    assert first is not None
    await machine.passes(590)
    assert (machine.alarms, machine.row()) == ([], ("good", None))
    machine.work()
    await machine.passes(15)
    assert machine.alarms == ["witness_overdue:no_witness"]
    assert machine.told[0][1]["lag_s"] > 600
    assert machine.row() == ("bad", "overdue")
    assert machine.may_log_in()
    await machine.passes(DAY_S - 700)
    assert machine.may_log_in()
    await machine.passes(120)
    assert not machine.may_log_in()
    assert machine.row() == ("bad", "login_refused")
    assert machine.alarms == ["witness_overdue:no_witness"], "once, not every few seconds"
    machine.leaves()
    await machine.leaving.look()
    assert machine.may_log_in()
    assert machine.row() == ("good", None)
    assert [(each.event, each.witness) for each in machine.written] == [("head.witnessed", "witness-0")]
    assert machine.written[0].lag_s is not None
    assert machine.written[0].lag_s > DAY_S


@pytest.mark.proves("A5", "fault 117")
async def test_a_head_taken_out_by_hand_ends_it_too(machine: Machine) -> None:
    await machine.leaving.begin()
    machine.work()
    await machine.passes(DAY_S + 60)
    assert not machine.may_log_in()
    machine.leaving.exported(machine.log.signed("export").head.size)
    await machine.leaving.look()
    assert machine.may_log_in()
    machine.work()
    await machine.passes(DAY_S + 60)
    assert not machine.may_log_in()


@pytest.mark.proves("A5")
async def test_the_machine_is_on_and_nobody_works(machine: Machine) -> None:
    """Records that come by themselves are no work: no alarm rings in an empty office."""
    machine.work()
    machine.leaves()
    await machine.leaving.begin()
    for _ in range(3):
        for event in (
            "log.key",
            "daemon.started",
            "head.witnessed",
            "watch.alarm",
            "clock.step",
            "alarm.witness_overdue",
        ):
            machine.state(event)
        await machine.passes(DAY_S)
    assert (machine.leaving.lag_s, machine.alarms, machine.may_log_in()) == (0.0, [], True)
    machine.state("session.ended")
    await machine.passes(700)
    assert machine.alarms == ["witness_overdue:no_witness"]


@pytest.mark.proves("A5")
async def test_a_weekend_with_the_machine_off_is_no_waiting(machine: Machine) -> None:
    """Friday's last five minutes did not leave: on Monday they have waited five minutes, not sixty-three hours."""
    machine.work()
    await machine.passes(300)
    machine.off(63 * HOUR_S)
    await machine.leaving.begin()
    assert 290 < machine.leaving.lag_s < 400
    assert machine.may_log_in()
    await machine.passes(400)
    assert machine.alarms == ["witness_overdue:no_witness"]


@pytest.mark.proves("A5", "fault 117")
async def test_starting_anew_wins_no_time(machine: Machine) -> None:
    machine.work()
    for _ in range(9):
        await machine.passes(2.5 * HOUR_S)
        assert machine.may_log_in()
        machine.off(600)
        await machine.leaving.begin()
    assert 22 * HOUR_S < machine.leaving.lag_s < 23 * HOUR_S
    await machine.passes(2 * HOUR_S)
    assert not machine.may_log_in()


@pytest.mark.proves("A5", "A10")
async def test_the_clock_on_the_wall_says_nothing(machine: Machine) -> None:
    machine.work()
    await machine.leaving.begin()
    await machine.passes(300)
    set_to = machine.utc_us
    for step in (-3, 400):
        machine.utc_us = lambda step=step: set_to() + step * DAY_US  # type: ignore[method-assign,misc]
        await machine.leaving.look()
        assert machine.may_log_in()
        assert 300 <= machine.leaving.lag_s < 340


async def test_a_machine_that_slept_has_not_waited(machine: Machine) -> None:
    """CLOCK_BOOTTIME goes on in sleep, but nothing could be sent."""
    machine.work()
    await machine.passes(120)
    machine.ahead_s += 14 * HOUR_S
    await machine.leaving.look()
    assert machine.leaving.lag_s < 200
    assert machine.alarms == []
    await machine.passes(600)
    assert machine.alarms == ["witness_overdue:no_witness"]


@pytest.mark.proves("A5")
async def test_an_office_without_witness_takes_heads_out_each_day(tmp_path: Path) -> None:
    machine = Machine(tmp_path, witnesses=0)
    await machine.leaving.begin()
    machine.work()
    await machine.passes(9 * HOUR_S)
    assert machine.alarms == [], "the day's work waits for closing time"
    await machine.passes(9 * HOUR_S + 60)
    assert machine.alarms == ["witness_overdue:no_export"]
    await machine.passes(6 * HOUR_S)
    assert not machine.may_log_in()
    size = machine.log.signed("export").head.size
    machine.log.put(machine.log.us + 1, INTENT, {"event": "audit.export_head"})
    size = machine.log.signed("export").head.size
    machine.log.state("audit.export_head", head_size=size)
    machine.log.put(machine.log.us + 1, STATE, {"event": "daemon.stopped"})
    machine.log.save()
    machine.leaving = machine.started()
    await machine.leaving.begin()
    assert machine.may_log_in(), "what was taken out is known after a new start, from the record itself"
    assert newest_export(machine.log.directory) == size


@pytest.mark.proves("A5")
async def test_in_test_mode_without_witness_nobody_is_stopped(tmp_path: Path) -> None:
    machine = Machine(tmp_path, witnesses=0, enforced=False)
    await machine.leaving.begin()
    machine.work()
    await machine.passes(2 * DAY_S)
    assert (machine.may_log_in(), machine.alarms, machine.row()) == (True, [], ("warning", "not_configured"))


@pytest.mark.proves("fault 118")
async def test_what_no_witness_signed_is_ignored_with_an_alarm(machine: Machine) -> None:
    await machine.leaving.begin()
    machine.work()
    signed = machine.log.signed()
    machine.puts(signed, WitnessKey.make("witness-0"))
    await machine.leaving.look()
    assert machine.leaving.covered == 0
    assert machine.alarms == ["witness_answer:signature"]
    await machine.passes(60)
    assert machine.alarms == ["witness_answer:signature"], "once"
    path = machine.folder_of().path
    good = machine.leaves().encode()
    file = next(iter(path.glob("*.head")))
    for octets in (b"", good[:-1], good.replace(b"time 2026", b"time 2027"), good[: good.rindex("\u2014".encode())]):
        file.write_bytes(octets)
        await machine.leaving.look()
        assert machine.leaving.covered == 0
    file.write_bytes(good)
    await machine.leaving.look()
    assert machine.leaving.covered == machine.log.covered
    assert machine.row() == ("good", None)


@pytest.mark.proves("fault 118", "fault 109")
async def test_an_older_head_a_strange_one_and_another_logs_are_ignored(machine: Machine, tmp_path: Path) -> None:
    await machine.leaving.begin()
    machine.work()
    old = machine.leaves()
    machine.work()
    new = machine.leaves()
    await machine.leaving.look()
    machine.folder_of().write(old)
    await machine.leaving.look()
    assert machine.leaving.covered == new.head.size
    assert machine.alarms == ["witness_answer:older"]
    fork = GrowingLog(tmp_path / "fork")
    fork.work(30, what="pension_status")
    machine.puts(fork.signed(), machine.keys[0])
    await machine.leaving.look()
    assert machine.alarms[1:] == ["witness_answer:not_ours"]
    other = GrowingLog(tmp_path / "other", seed=2)
    other.work(30)
    machine.puts(other.signed(), machine.keys[0])
    await machine.leaving.look()
    assert machine.alarms[2:] == ["witness_answer:other_log"]
    assert machine.leaving.covered == new.head.size


async def test_grave_words_of_the_sender_are_alarms_and_others_a_row_of_health(machine: Machine) -> None:
    await machine.leaving.begin()
    machine.work()
    machine.leaves()
    await machine.leaving.look()
    machine.folder_of().write_standing(Standing("unreachable", 1, 1))
    await machine.leaving.look()
    assert (machine.alarms, machine.row()) == ([], ("warning", "unreachable"))
    machine.folder_of().write_standing(Standing("contradiction", 1, 1))
    await machine.leaving.look()
    assert (machine.alarms, machine.row()) == (["witness_answer:contradiction"], ("bad", "contradiction"))
    assert machine.told[0][1]["witness"] == "witness-0"
    machine.folder_of().write_standing(Standing(None, 1, 1))
    await machine.leaving.look()
    assert machine.row() == ("good", None)


@pytest.mark.proves("A5")
async def test_one_witness_of_two_is_enough_and_each_is_kept_apart(tmp_path: Path) -> None:
    machine = Machine(tmp_path, witnesses=2)
    await machine.leaving.begin()
    machine.work()
    machine.leaves(1)
    machine.folder_of(0).write_standing(Standing("tls", 0, 1))
    await machine.passes(700)
    assert machine.alarms == []
    assert machine.row() == ("warning", "tls")
    assert [each.witness for each in machine.written] == ["witness-1"]


async def test_heads_that_left_are_on_record_once_a_day_not_once_a_minute(machine: Machine) -> None:
    await machine.leaving.begin()
    for _ in range(50):
        machine.work()
        machine.leaves()
        await machine.leaving.look()
    assert [each.event for each in machine.written] == ["head.witnessed"]
    machine.log.days(1)
    for _ in range(5):
        machine.work()
        machine.leaves()
        await machine.leaving.look()
    assert len(machine.written) == 2
    assert machine.written[1].head_size is not None


async def test_a_full_disk_does_not_lose_the_note(machine: Machine) -> None:
    await machine.leaving.begin()
    machine.work()
    machine.leaves()
    machine.full = True
    await machine.leaving.look()
    machine.full = False
    machine.work()
    machine.leaves()
    await machine.leaving.look()
    assert len(machine.written) == 1


@pytest.mark.proves("H2", "A5")
def test_what_the_daemon_loads_of_it_knows_no_network() -> None:
    code = (
        "import sys, cardd.witness.leaving; print(sorted({'http.client', 'uvicorn', 'starlette'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
