"""The Unix socket in front of `Remote`, and its client: lines of JSON, one answer a request."""

from __future__ import annotations

import json
import logging
import os
import socket
import socketserver
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from applets_spec.pcscd.remote import Remote

_log = logging.getLogger(__name__)

CONTROL_NAME = "control.sock"
MAX_LINE = 64 * 1024
_ANSWER_SECONDS = 30.0


class NotRunning(Exception):
    """Nobody answers on the control socket."""


class RemoteRefused(Exception):
    """The readers refused a request; the text says why."""


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer lines until the client leaves or sends one that is too long."""
        while line := self.rfile.readline(MAX_LINE):
            if not line.endswith(b"\n"):
                _log.warning("a control client sent no line of at most %d bytes", MAX_LINE)
                return
            self.wfile.write(self.server.remote.handle(line))


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, remote: Remote) -> None:
        self.remote = remote
        super().__init__(str(path), _Handler)


class ControlSocket:
    """Serves one `Remote` at `path` (mode 0600) while the block runs. A socket file nobody answers on is replaced."""

    def __init__(self, path: Path, remote: Remote) -> None:
        self.path = path
        self._remote = remote
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        old = os.umask(0o177)
        try:
            self._server = _Server(self.path, self._remote)
        finally:
            os.umask(old)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="pcscd-control")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self.path.unlink(missing_ok=True)
        self._remote.close()


def ask(path: Path, do: str, **fields: Any) -> dict[str, Any]:
    """Send one request; the answer. Raises `NotRunning`, `RemoteRefused`."""
    request = json.dumps({"do": do, **fields}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_ANSWER_SECONDS)
        try:
            client.connect(str(path))
            client.sendall(request)
            with client.makefile("rb") as answers:
                line = answers.readline(MAX_LINE)
        except (FileNotFoundError, ConnectionError) as error:
            raise NotRunning(f"no virtual readers run at {path.parent}") from error
    if not line:
        raise NotRunning(f"the virtual readers at {path.parent} ended")
    answer: dict[str, Any] = json.loads(line)
    if not answer.pop("ok"):
        raise RemoteRefused(answer["error"])
    return answer
