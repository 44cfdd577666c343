"""The emergency stop over the whole daemon: everything ends at once, nothing lifts it but two administrators, and the record says all."""

import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cardd.client import RemoteError
from tests.e2e.fault_house import DIGEST, attempt, failing, nothing_left_by_the_module, nothing_left_running, take_out
from tests.e2e.people_house import SECOND_SLOT, Town, open_town, three_readers, until
from tests.fixtures.counter import (
    BADGE_SLOT,
    CONTEXT,
    READY_SECONDS,
    RESIDENT_SLOT,
    ROOMY,
    SIGN_CONTEXT,
    SLOWER,
    PinScript,
)
from tests.fixtures.terminal import Terminal

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
TWO_SEATS = ROOMY + "".join(
    f'\n[[seats]]\nname = "{name}"\nbadge_reader = {{ name = "Stand-in Reader {badge} 00 00" }}\n{more}'
    for name, badge, more in (
        ("left", BADGE_SLOT, f'resident_readers = [{{ name = "Stand-in Reader {RESIDENT_SLOT} 00 00" }}]\n'),
        ("right", SECOND_SLOT, ""),
    )
)
PLAIN = {"items": ["name", "address", "birth_date", "sex"], **CONTEXT}


def release(town: Town, name: str) -> dict[str, Any]:
    handle = town.badge(name)
    return town.call("lockdown.release", town.people[name].pin, badge=handle)


def stop_check(town: Town) -> tuple[str, str | None]:
    check = next(row for row in town.call("health")["checks"] if row["name"] == "lockdown")
    return check["state"], check["problem"]


def snapshot_says(town: Town) -> bool:
    with town.counter.client() as client:
        return bool(client.events()[0]["lockdown"])


def read_plain(town: Town) -> dict[str, Any]:
    return town.call("card.read", town.resident.holder.pins.card_info, card=town.handle, **PLAIN)


def everything_is_refused(town: Town, badge: str) -> None:
    """Each way to a card, and logging in, whoever asks."""
    card = {"card": town.handle}
    sign = {"key": "authentication", "hash": "sha256", "digests_base64": [DIGEST], "signature_format": "pkcs1v15"}
    commands = town.card.commands
    for method, params in (
        ("session.login", {"badge": badge}),
        ("card.read", {**card, **PLAIN}),
        ("card.certificate", {**card, "key": "authentication", **SIGN_CONTEXT}),
        ("card.pin_status", {**card, **CONTEXT}),
        ("card.token_info", {**card, **CONTEXT}),
        ("card.change_pin", {**card, "which": "card_info", "purpose": "certificate_issue", "case": "R8-1"}),
        ("sign.digest", {**card, **sign, **SIGN_CONTEXT}),
        ("emergency.override", {"purpose": "disaster_identity", "case": "R8-1", "reason": "other"}),
    ):
        person = PinScript([town.people["kato"].pin])
        error = failing("lockdown.engaged", lambda: town.call(method, person=person, **params))  # noqa: B023
        assert (error.data["exit_code"], person.asked) == (35, []), method
    assert town.card.commands == commands


@pytest.mark.proves("S9", "S2", "fault 96")
def test_the_whole_life_of_an_emergency_stop() -> None:
    """Two seats at work; a supervisor engages it; kill -9 and restart lift nothing; one administrator does not, two do."""
    with open_town(TWO_SEATS, three_readers, home="left") as town:
        town.log_in("sato")
        badge = town.log_in("kato", seat="right", slot=SECOND_SLOT)
        assert (stop_check(town), snapshot_says(town)) == (("good", None), False)
        with town.counter.client() as listener:
            _, changes = listener.events(topics=["session", "lockdown", "alarm"])
            engaged = town.call("lockdown.engage", reason="drill")
            assert engaged["sessions_ended"] == 2
            heard = [next(changes) for _ in range(4)]
        assert {(each["topic"], each["change"]) for each in heard} == {
            ("lockdown", "engaged"), ("session", "ended"), ("alarm", "lockdown_engaged"),
        }  # fmt: skip
        for seat in ("left", "right"):
            assert not town.call("session.status", seat=seat)["logged_in"]
        assert (stop_check(town), snapshot_says(town)) == (("bad", "engaged"), True)
        take_out(town.counter, SECOND_SLOT)
        badge = town.badge("kato")
        everything_is_refused(town, badge)
        town.restart(signal.SIGKILL)
        badge = town.handle_in(BADGE_SLOT)
        assert (stop_check(town), snapshot_says(town)) == (("bad", "engaged"), True)
        everything_is_refused(town, badge)
        assert failing("policy.denied", lambda: release(town, "kato")).data["problem"] == "no_right"
        first = release(town, "suzuki")
        assert (first["released"], first["operator"]) == (False, "suzuki")
        assert first["second_until"] is not None
        assert failing("approval.invalid", lambda: release(town, "suzuki")).data["problem"] == "same_person"
        everything_is_refused(town, town.handle_in(BADGE_SLOT))
        assert release(town, "honda")["released"]
        assert (stop_check(town), snapshot_says(town)) == (("good", None), False)
        town.log_in("sato")
        assert read_plain(town)["items"]
        assert failing("approval.invalid", lambda: release(town, "suzuki")).data["problem"] == "not_engaged"
        the_record_says_all(town)


def the_record_says_all(town: Town) -> None:
    (engaged,) = town.states("lockdown.engage")
    assert (engaged["operation"], engaged["operator"], engaged["problem"], engaged["count"], engaged["seat"]) == (
        "lockdown", "sato", "drill", 2, "left",
    )  # fmt: skip
    ended = [each for each in town.states("session.ended") if each["problem"] == "lockdown"]
    assert {each["operator"] for each in ended} == {"sato", "kato"}
    assert [each["operator"] for each in town.states("alarm.lockdown_engaged")] == ["sato"]
    refused = {each["operation"] for each in town.counter.records() if each.get("code") == "lockdown.engaged"}
    assert refused, "refusals are counted, and the first of a minute stands there whole"
    releases = [(each["operator"], each["result"]) for each in town.outcomes("lockdown.release")]
    assert releases == [
        ("kato", "refused"), ("suzuki", "done"), ("suzuki", "refused"), ("honda", "done"),
    ]  # fmt: skip
    released = [each for each in town.states("lockdown.release") if each.get("problem") == "released"]
    assert [each["operator"] for each in released] == ["honda"]


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_town(ROOMY, three_readers) as opened:
        yield opened


@contextmanager
def stopped(town: Town) -> Iterator[None]:
    """Afterwards it is released, whoever it takes."""
    try:
        yield
    finally:
        if snapshot_says(town):
            release(town, "suzuki")
            release(town, "honda")
        town.counter.pull(BADGE_SLOT)


@pytest.mark.proves("S9", "A1")
def test_a_running_read_gives_nothing_and_leaves_the_card_without_power(town: Town) -> None:
    town.log_in("sato")
    reading = threading.Event()
    failed: list[RemoteError | None] = []

    stopping = threading.Event()

    def until_stopped(command: bytes) -> None:
        if command[1] == 0xB0:  # READ BINARY
            reading.set()
            stopping.wait(READY_SECONDS)

    def let_go_when_stopped() -> None:
        until(lambda: stop_check(town)[0] == "bad", READY_SECONDS)
        stopping.set()

    town.card.before_each = until_stopped
    watcher = threading.Thread(target=let_go_when_stopped)
    reader = threading.Thread(target=lambda: failed.append(attempt(lambda: read_plain(town))))
    with stopped(town):
        reader.start()
        assert reading.wait(READY_SECONDS)
        begun, off = time.monotonic(), town.card.off_again
        watcher.start()
        town.call("lockdown.engage", reason="intrusion")
        assert time.monotonic() - begun < 2.0 * SLOWER
        watcher.join()
        assert (town.card.on, town.card.off_again > off) == (False, True)
        reader.join(READY_SECONDS)
        town.card.before_each = lambda _command: None
        assert failed[0] is not None
        assert failed[0].name == "lockdown.engaged"
        assert failed[0].data["card"] == "unknown", (
            "nothing more was sent to it, not even what clears it: its power was cut"
        )
        record = town.outcomes("card.read")[-1]
        assert (record["code"], record["result"]) == ("lockdown.engaged", "refused")
    until(lambda: all(row["kind"] != "unknown" for row in town.counter.cards()), READY_SECONDS)
    town.log_in("sato")
    assert read_plain(town)["items"], "the same card, without being taken out"
    take_out(town.counter, BADGE_SLOT)


@pytest.mark.proves("S9", "P4")
def test_a_stop_while_a_resident_types_costs_no_try(town: Town) -> None:
    town.log_in("sato")

    class Interrupted(PinScript):
        def pin(self, request: Any) -> bytearray | None:
            town.call("lockdown.engage", reason="misuse")
            return super().pin(request)

    with stopped(town):
        person = Interrupted(["0000"])
        error = failing("lockdown.engaged", lambda: town.call("card.read", person=person, card=town.handle, **PLAIN))
        assert error.data["pin"]["outcome"] == "untouched"
        assert town.resident.card.references()["card_info.pin"].tries == 3


@pytest.mark.proves("S9", "T8")
def test_a_disk_that_does_not_take_it_does_not_hinder_it(town: Town) -> None:
    """state.db cannot grow: the stop holds in memory and says so; once there is room it is kept, and a kill lifts nothing."""
    town.log_in("sato")
    with stopped(town):
        with state_full(town):
            error = failing("audit.unavailable", lambda: town.call("lockdown.engage", reason="malfunction"))
            assert error.data["problem"] == "lockdown_not_kept"
            assert stop_check(town) == ("bad", "not_kept")
            assert not town.call("session.status")["logged_in"]
            failing("lockdown.engaged", lambda: read_plain(town))
        assert [each.get("code") for each in town.states("lockdown.engage")][-1] == "audit.unavailable"
        until(lambda: stop_check(town) == ("bad", "engaged"), READY_SECONDS)
        town.restart(signal.SIGKILL)
        assert stop_check(town) == ("bad", "engaged")


@contextmanager
def state_full(town: Town) -> Iterator[None]:
    """No file of the daemon grows beyond the size that state.db's log has now; the record's files are smaller."""
    process = town.counter.process
    assert process is not None
    for number in range(9):
        failing("approval.required", lambda: town.read(case=f"R8-{number}"))  # noqa: B023
    log = (town.counter.folder / "state" / "state.db-wal").stat().st_size
    written = max(path.stat().st_size for path in town.counter.office.audit.glob("*.seg"))
    assert log > written + 8192, (log, written)
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (log, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.proves("S9")
def test_cardctl_asks_before_it_stops_everything_and_says_what_the_release_takes(town: Town) -> None:
    town.log_in("sato")
    engage = ["python", "-m", "cardd.cli", "--locale", "ja", "lockdown", "engage", "--reason", "drill"]
    with Terminal(engage, town.counter.environment, Path.cwd()) as terminal:
        terminal.wait_for("実行しますか [はい/いいえ]")
        assert "システム管理者2人" in terminal.screen
        terminal.type("\n")
        assert terminal.ends() == 3
    assert not snapshot_says(town)
    assert town.counter.cardctl("lockdown", "engage", "--reason", "drill").returncode == 64, "no terminal, and no --yes"
    with stopped(town):
        with Terminal(engage, town.counter.environment, Path.cwd()) as terminal:
            terminal.wait_for("実行しますか")
            terminal.type("はい\n")
            assert terminal.ends() == 0, terminal.screen
        told = town.counter.cardctl("--locale", "ja", "health")
        assert (told.returncode, "緊急停止中です" in told.stdout) == (1, True)
        events = ["python", "-m", "cardd.cli", "--locale", "ja", "events"]
        with Terminal(events, town.counter.environment, Path.cwd()) as terminal:
            terminal.wait_for("緊急停止中です")
            terminal.wait_for("これからの変化を表示します")
            terminal.interrupt()
            assert terminal.ends() == 0
        town.badge("suzuki")
        first = town.counter.cardctl("--locale", "ja", "lockdown", "release", pins=[town.people["suzuki"].pin])
        assert "もう1人のシステム管理者" in first.stdout, first.stderr
        town.badge("honda")
        second = town.counter.cardctl("--locale", "ja", "lockdown", "release", pins=[town.people["honda"].pin])
        assert "解除しました" in second.stdout, second.stderr
    assert not snapshot_says(town)
