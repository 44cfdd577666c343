"""What the tests of the running daemon share: a counter whose daemon is started in other ways, raw lines, the kernel's view."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from cardd.client import Client
from demo.office import Office
from tests.fixtures.counter import READY_SECONDS, ROOMY, Counter, PinScript, until
from tests.fixtures.pcscd import StandInBox

CARDD = (sys.executable, "-m", "cardd")
PATIENT_S = 30.0
"""No test waits this long; it only keeps a broken one from hanging."""


class Stage(Counter):
    """A counter whose daemon may be started by another command, with more in its environment, and more than once."""

    command: Sequence[str] = CARDD

    def start(self) -> None:
        """Start the daemon and wait until it serves."""
        self.launch()
        process = self.running
        until(lambda: self.answers() or process.poll() is not None, READY_SECONDS)
        assert process.poll() is None, self.log

    def launch(self, **options: Any) -> subprocess.Popen[bytes]:
        """Start the daemon and do not wait."""
        with (self.folder / "cardd.log").open("ab") as sink:
            self.process = subprocess.Popen(
                [*self.command, "--config", str(self.office.config_file)],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stderr=sink,
                **options,
            )
        return self.process

    @property
    def running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None
        return self.process

    @property
    def pid(self) -> int:
        return self.running.pid

    def answers(self) -> bool:
        """Whether somebody accepts connections at the socket's path."""
        with socket.socket(socket.AF_UNIX) as knock:
            return knock.connect_ex(str(self.socket)) == 0

    def ends(self, within_s: float = PATIENT_S) -> int:
        """Wait until the daemon has ended by itself; its exit code."""
        process, self.process = self.running, None
        return process.wait(within_s)

    def check_config(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """`cardd --check-config` on this office's files."""
        return subprocess.run(
            [*CARDD, "--config", str(self.office.config_file), "--check-config"],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def typist(self, known: Mapping[str, str]) -> Client:
        """A connection whose person knows these PINs by their kind."""
        return self.client(person=Typist(known))


class Typist(PinScript):
    """A person who knows PINs by their kind, agrees to everything, and keeps what was asked."""

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__([], consents=True)
        self.known = dict(known)

    def pin(self, request: Mapping[str, Any]) -> bytearray:
        self.asked.append(dict(request))
        return bytearray(self.known[request["which"]].encode())


@contextmanager
def staged(
    make_box: Callable[[Path], Any] = StandInBox,
    *,
    config: str = ROOMY,
    prepare: Callable[[Office], None] | None = None,
    start: bool = True,
    command: Sequence[str] = CARDD,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Stage]:
    """An office with the operator `sato` over a box of readers; the daemon is ended, whatever happened."""
    with (
        tempfile.TemporaryDirectory(prefix="stage-") as folder,
        tempfile.TemporaryDirectory(prefix="pcscd-") as readers,
        make_box(Path(readers)) as box,
    ):
        office = Office(Path(folder))
        if prepare is None:
            office.hire()
        else:
            prepare(office)
        stage = Stage(office, box, Path(folder))
        stage.command = command
        stage.environment.update(environment or {})
        office.write(stage.socket, extra_config=config)
        try:
            if start:
                stage.start()
            yield stage
        finally:
            if stage.process is not None:
                stage.process.kill() if stage.process.poll() is None and not start else stage.process.terminate()
                stage.process.wait(PATIENT_S)


class Lines:
    """Raw lines to and from the daemon, without the client library. Keeps every line that is no result."""

    def __init__(self, path: Path, *, hello: bool = True, timeout_s: float = PATIENT_S) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout_s)
        self.socket.connect(str(path))
        self._file = self.socket.makefile("rb")
        self._number = 0
        self.told: list[bytes] = []
        if hello:
            self.line()
            self.result("hello", level=1, client="raw", version="1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def ask(self, method: str, /, **params: Any) -> int:
        self._number += 1
        self.send(request_line(self._number, method, params))
        return self._number

    def line(self) -> dict[str, Any]:
        """The next line. Raises `EOFError` at the end of the connection."""
        octets = self._file.readline()
        if not octets:
            raise EOFError
        line: dict[str, Any] = json.loads(octets)
        if "result" not in line:
            self.told.append(octets)
        return line

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to a call; what comes before it is kept in `told`."""
        while (line := self.line()).get("id") != number or "method" in line:
            pass
        return line

    def result(self, method: str, /, **params: Any) -> dict[str, Any]:
        answer = self.answer(self.ask(method, **params))
        assert "result" in answer, answer
        return dict(answer["result"])

    def error(self, method: str, /, **params: Any) -> dict[str, Any]:
        """The error that a call must give."""
        answer = self.answer(self.ask(method, **params))
        assert "error" in answer, answer
        return dict(answer["error"])

    def until_closed(self) -> list[dict[str, Any]]:
        """Every line up to the end of the connection."""
        lines = []
        try:
            while True:
                lines.append(self.line())
        except (EOFError, ConnectionResetError):
            return lines


def request_line(number: int | str, method: str, params: Mapping[str, Any]) -> bytes:
    body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return json.dumps(body, ensure_ascii=False).encode() + b"\n"


class Manager:
    """The datagram socket of a service manager, as sd_notify(3) knows it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.settimeout(PATIENT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def next(self) -> str:
        """The next datagram."""
        return self._socket.recv(4096).decode()

    def quiet_for(self, seconds: float) -> None:
        """Fails when anything comes, after what was on its way, within `seconds`."""
        self._socket.setblocking(False)
        try:
            while self._socket.recv(4096):
                pass
        except BlockingIOError:
            self._socket.settimeout(seconds)
        with pytest.raises(TimeoutError):
            self.next()
        self._socket.settimeout(PATIENT_S)

    def await_word(self, word: str) -> None:
        """Wait for a datagram with this line."""
        while word not in self.next().splitlines():
            pass


def resident_memory(pid: int) -> int:
    """Resident anonymous bytes (RssAnon, proc(5)): what the process itself holds, without mapped files."""
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("RssAnon")) * 1024


def open_files(pid: int) -> list[str]:
    """What the process's descriptors point to. The daemon shows them to root alone (PR_SET_DUMPABLE 0): sudo asks then."""
    as_root = () if os.geteuid() == 0 else ("sudo", "-n")
    command = [*as_root, "find", f"/proc/{pid}/fd", "-type", "l", "-printf", "%l\\n"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert listed.stdout, f"the descriptors of the daemon are seen by root only, and sudo says: {listed.stderr}"
    return sorted(listed.stdout.splitlines())


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))
