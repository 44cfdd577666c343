"""cardd as a process, started as systemd does (readiness by NOTIFY_SOCKET), and what the kernel tells of it."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.place import Place

READY_WITHIN_S = 20.0
CHECKOUT = (sys.executable, "-m", "cardd")
KIB = 1024
LOG_TAIL = 4000


class DaemonFailed(Exception):
    """cardd did not start or did not end; the text names its log."""


class Daemon:
    """One run of cardd; a context manager. `command`: what starts it, without `--config`."""

    def __init__(
        self, place: Place, command: Sequence[str] = CHECKOUT, *, extra: Mapping[str, str] | None = None
    ) -> None:
        self._place = place
        self._command = (*command, "--config", str(place.office.config_file))
        self._extra = dict(extra or {})
        self._log = place.office.folder / "cardd.log"
        self.ready_s = 0.0
        """From starting the process to its READY=1."""

    def __enter__(self) -> Self:
        # Kept until the end: the daemon goes on telling the service manager that it lives.
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = self._place.sockets / "notify"
        address.unlink(missing_ok=True)
        self._notified.bind(str(address))
        began = time.monotonic()
        with self._log.open("ab") as sink:
            self._process = subprocess.Popen(
                self._command,
                env={**os.environ, **self._extra, "NOTIFY_SOCKET": str(address)},
                stdin=subprocess.DEVNULL,
                stderr=sink,
            )
        self._await_ready()
        self.ready_s = time.monotonic() - began
        # A service manager reads what it is told; a daemon whose words pile up would wait for it.
        self._reading = threading.Thread(target=self._read_notices, name="notices", daemon=True)
        self._reading.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            # The office's folder goes away with this error; what the daemon had to say must not.
            print(self._log.read_text(errors="replace")[-LOG_TAIL:], file=sys.stderr)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(READY_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise DaemonFailed(f"cardd did not end; see {self._log}") from None
        finally:
            self._notified.shutdown(socket.SHUT_RDWR)
            self._reading.join()
            self._notified.close()

    def _read_notices(self) -> None:
        self._notified.settimeout(None)
        while self._notified.recv(4096):
            pass

    def _await_ready(self) -> None:
        self._notified.settimeout(READY_WITHIN_S)
        try:
            while not self._notified.recv(4096).startswith(b"READY=1"):
                pass
        except TimeoutError:
            self._process.kill()
            self._process.wait()
            raise DaemonFailed(f"cardd was not ready in {READY_WITHIN_S:.0f} s:\n{self._log.read_text()}") from None

    def memory(self) -> int:
        """Resident bytes (VmRSS)."""
        return self._status(Path(f"/proc/{self._process.pid}/status"))["VmRSS"] * KIB

    def wake_ups(self) -> int:
        """Voluntary context switches of all threads so far: each is one time that a thread slept and was woken."""
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(self._status(task / "status")["voluntary_ctxt_switches"] for task in tasks)

    def cpu_seconds(self) -> float:
        """Processor time so far, user and system."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def _status(path: Path) -> dict[str, int]:
        rows = (line.split() for line in path.read_text().splitlines())
        return {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) > 1 and row[1].isdecimal()}
