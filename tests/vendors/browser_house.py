"""The native-messaging host as a browser starts it: a program with two pipes, and the settings that it reads."""

import json
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cardd.client import ConnectionEnded
from demo.office import Office
from tests.fixtures.counter import READY_SECONDS, ROOMY, Counter, PinScript, open_counter
from tests.fixtures.pcscd import StandInBox

ORIGIN = "https://counter.example.lg.jp"
LOCAL = "http://localhost:8000"
EXTENSION = "abcdefghijklmnopabcdefghijklmnop"
OTHER_EXTENSION = "ponmlkjihgfedcbaponmlkjihgfedcba"
METHODS = (
    "session.status", "session.login", "cards.list", "card.read", "card.pin_status", "events.subscribe", "sign.begin", "queue.show",
)  # fmt: skip
PATIENCE_S = 60.0


def settings(path: Path, *rows: Mapping[str, object]) -> str:
    """browser.toml; one row for ORIGIN where none is given."""
    lines = [f"socket = {json.dumps(str(path))}"]
    for row in rows or ({},):
        full = {"origin": ORIGIN, "extension_ids": [EXTENSION], "methods": list(METHODS), **row}
        lines += ["[[origins]]", *(f"{key} = {json.dumps(value)}" for key, value in full.items())]
    return "\n".join(lines) + "\n"


def let_relay(office: Office) -> None:
    """The clerks' account may relay web pages."""
    write = office.write

    def with_origins(*arguments: Any, **more: Any) -> None:
        write(*arguments, **more)
        office.config_file.write_text(office.config_file.read_text("utf-8") + "relays_origins = true\n", "utf-8")

    office.write = with_origins  # type: ignore[method-assign]


@contextmanager
def relaying_counter(config: str = ROOMY) -> Iterator[Counter]:
    """A counter whose account may relay pages."""
    with open_counter(StandInBox, config=config, prepare=let_relay) as opened:
        yield opened


class SeatAgent:
    """The agent of the seat on a thread of its own: the PINs are typed there, and the browser never sees one."""

    def __init__(self, counter: Counter, *pins: str) -> None:
        self.person = PinScript(pins, consents=True)
        self._client = counter.client(person=self.person)
        self._client.call("agent.register", scope="seat")
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        _, changes = self._client.events()
        try:
            for _ in changes:
                pass
        except (ConnectionEnded, OSError):
            return

    def __enter__(self) -> "SeatAgent":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(READY_SECONDS)
        assert not self._thread.is_alive()
        self._client.close()


class HostProgram:
    """A run of the host: `caller` is what the browser gives as its first argument."""

    def __init__(self, counter: Counter, file: Path, caller: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "terminal.browser", caller],
            env={**counter.environment, "CARDD_BROWSER": str(file)},
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def puts(self, octets: bytes) -> None:
        """Raw octets, as a broken browser would."""
        assert self._process.stdin is not None
        self._process.stdin.write(octets)
        self._process.stdin.flush()

    def tell(self, message: Mapping[str, object]) -> None:
        """One message."""
        body = json.dumps(message, ensure_ascii=False).encode()
        self.puts(struct.pack("=I", len(body)) + body)

    def says(self) -> Any:
        """Its next message; None at the end."""
        assert self._process.stdout is not None
        head = self._process.stdout.read(4)
        if not head:
            return None
        (size,) = struct.unpack("=I", head)
        body = self._process.stdout.read(size)
        assert len(body) == size
        return json.loads(body)

    def opens(self, origin: str = ORIGIN, **more: object) -> Any:
        """The extension's first message; the answer."""
        self.tell({"open": {"origin": origin, **more}})
        return self.says()

    def asks(self, number: int | str, method: str, **params: object) -> Any:
        """A call of the page; its answer."""
        self.tell({"page": {"id": number, "method": method, "params": params}})
        return self.answer(number)

    def answer(self, number: int | str) -> Any:
        """The answer to this call; notices before it are passed over."""
        while True:
            said = self.says()
            assert said is not None, self.stderr()
            if said.get("id") == number:
                return said

    def refuses(self) -> str:
        """Its last word is a refusal; the name. Then it ends by itself, with 1."""
        said = self.says()
        assert said is not None, self.stderr()
        assert self.says() is None
        assert self._process.wait(PATIENCE_S) == 1
        return str(said["end"]["data"]["name"])

    def ends(self) -> int:
        """The browser closes the pipe; the exit status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(PATIENCE_S)

    def stderr(self) -> str:
        """What it wrote for the browser's log."""
        assert self._process.stderr is not None
        return self._process.stderr.read().decode()

    def stop(self) -> None:
        """End it whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()


@contextmanager
def host(
    counter: Counter,
    *rows: Mapping[str, object],
    extension: str = EXTENSION,
    caller: str | None = None,
    path: Path | None = None,
) -> Iterator[HostProgram]:
    """A host that the extension started, ended behind the block.

    `rows`: of the settings, where they are not the usual one. `path`: of the socket, where it is not the counter's.
    """
    file = counter.folder / "browser.toml"
    file.write_text(settings(path or counter.socket, *rows), "utf-8")
    program = HostProgram(counter, file, caller if caller is not None else f"chrome-extension://{extension}/")
    try:
        yield program
    finally:
        program.stop()
