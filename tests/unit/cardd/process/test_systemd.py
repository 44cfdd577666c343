"""sd_notify as systemd expects it."""

import os
import socket
from pathlib import Path

import pytest

from cardd.process.systemd import notify, watchdog_seconds


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_the_text_arrives_as_one_datagram(abstract: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"@cardd-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name[1:] if abstract else name)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        assert notify("READY=1\nSTATUS=2 readers")
        assert manager.recv(4096) == b"READY=1\nSTATUS=2 readers"


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [(None, None, None), ("30000000", None, 15.0), ("30000000", "own", 15.0), ("30000000", "1", None)],
)
def test_watchdog_period_is_halved_and_meant_for_us(
    usec: str | None, pid: str | None, seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    if usec is not None:
        monkeypatch.setenv("WATCHDOG_USEC", usec)
    if pid is not None:
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "own" else pid)
    assert watchdog_seconds() == seconds


@pytest.mark.proves("H7")
def test_a_manager_that_does_not_read_is_an_error_and_no_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with pytest.raises(BlockingIOError):
            _fill()
    with pytest.raises(ConnectionRefusedError):
        notify("WATCHDOG=1")


def _fill() -> None:
    for _ in range(100_000):
        notify("WATCHDOG=1")
