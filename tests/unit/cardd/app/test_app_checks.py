"""The daemon's own checks: what `health` tells, and the watch over pcscd's socket (C12)."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from cardd.app.checks import HealthChecks
from cardd.app.pcscd import OpenSocketWarning, socket_open_to_others
from cardd.model import ReaderName
from cardd.ports import ReaderTraits
from cardd.readers.roles import RoleBook
from cardd.readers.table import PresenceTable

READER = ReaderName("R 00 00")


class TurnedClock:
    """Time stands still until a test turns it."""

    now = 1000.0

    def utc_us(self) -> int:
        return int(self.now * 1e6)

    def boottime(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.boottime()


def table(*, virtual_readers: bool = True) -> PresenceTable:
    return PresenceTable(
        boot_id="5f1e", roles=RoleBook((), virtual_readers), clock=TurnedClock(), publish=lambda *_: None
    )


def checked(presence: PresenceTable, **facts: object) -> dict[str, tuple[str, str | None]]:
    told = {"problem": None, "locked": True, "mode": "production", "open": False, "stop": None, **facts}
    health = HealthChecks(
        presence,
        journal_problem=lambda: told["problem"],  # type: ignore[arg-type,return-value]
        memory_locked=bool(told["locked"]),
        mode=str(told["mode"]),
        pcscd_open=lambda: bool(told["open"]),
        lockdown_problem=lambda: told["stop"],  # type: ignore[arg-type,return-value]
    )
    return {check.name: (check.state, check.problem) for check in health.checks()}


def test_all_is_well() -> None:
    presence = table()
    presence.service_changed(up=True)
    presence.reader_appeared(READER, ReaderTraits())
    assert set(checked(presence).values()) == {("good", None)}


@pytest.mark.parametrize(
    ("facts", "name", "state"),
    [
        ({"problem": "disk_full"}, "audit", ("bad", "disk_full")),
        ({"locked": False}, "memory", ("warning", "not_locked")),
        ({"mode": "test"}, "mode", ("warning", "test")),
        ({"open": True}, "pcscd_socket", ("warning", "open_to_others")),
        ({"stop": "engaged"}, "lockdown", ("bad", "engaged")),
        ({"stop": "not_kept"}, "lockdown", ("bad", "not_kept")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_fact_has_its_check(facts: dict[str, object], name: str, state: tuple[str, str]) -> None:
    presence = table()
    presence.service_changed(up=True)
    presence.reader_appeared(READER, ReaderTraits())
    told = checked(presence, **facts)
    assert told.pop(name) == state
    assert set(told.values()) == {("good", None)}


def test_pcscd_and_readers() -> None:
    presence = table()
    assert checked(presence)["pcsc"] == ("bad", "down")
    presence.service_changed(up=True)
    assert checked(presence)["readers"] == ("warning", "none")
    presence.reader_appeared(READER, ReaderTraits())
    presence.set_stuck(READER, True)
    assert checked(presence)["readers"] == ("bad", "stuck")


@pytest.mark.proves("C11", "fault 99")
def test_a_reader_that_may_not_serve_is_no_reader() -> None:
    presence = table(virtual_readers=False)
    presence.service_changed(up=True)
    presence.reader_appeared(READER, ReaderTraits(virtual=True))
    assert checked(presence)["readers"] == ("warning", "none")


@pytest.mark.proves("C12")
@pytest.mark.parametrize(("rights", "is_open"), [(0o666, True), (0o660, False), (0o662, True), (0o664, False)])
def test_whether_pcscd_is_open(rights: int, is_open: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = tmp_path / "pcscd.comm"
    socket.touch()
    socket.chmod(rights)
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(socket))
    assert socket_open_to_others() is is_open


def test_no_socket_is_not_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(tmp_path / "none"))
    assert not socket_open_to_others()


@pytest.mark.proves("C12")
def test_an_open_pcscd_is_told_at_start_and_each_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    socket = tmp_path / "pcscd.comm"
    socket.touch()
    socket.chmod(0o666)
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(socket))
    clock = TurnedClock()
    watch = OpenSocketWarning(clock)
    day = int(OpenSocketWarning.EVERY_S)
    for _ in range(2 * day // 3600):
        watch.look()
        clock.now += 3600
    assert log.getvalue().count("event=pcscd_open_to_others") == 2
    assert "level=warning" in log.getvalue()
    socket.chmod(0o660)
    clock.now += day
    watch.look()
    assert log.getvalue().count("event=pcscd_open_to_others") == 2
