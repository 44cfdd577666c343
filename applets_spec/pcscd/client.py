"""One client of the daemon: reads its messages, has `calls` do what they ask, answers. One thread each, as in pcscd.

A message that does not fit the protocol ends this client's connection and nothing else.
"""

from __future__ import annotations

import logging
import select
import socket
import threading

from applets_spec.pcscd.calls import Calls, Daemon
from applets_spec.pcscd.messages import (
    BODY_OF,
    HEADER,
    ControlMessage,
    MalformedMessage,
    Transmit,
    WaitReaderStateChange,
    pack,
    parse_header,
    unpack,
)
from applets_spec.pcscd.numbers import MAX_EXTENDED_BUFFER, Result

_log = logging.getLogger(__name__)


class Client:
    """The daemon's side of one connection of libpcsclite, which is one SCARDCONTEXT."""

    def __init__(self, connection: socket.socket, daemon: Daemon) -> None:
        self.calls = Calls(daemon, self)
        self._daemon = daemon
        self._socket = connection
        self._event: Result | None = None
        self._wake_up, self._woken = socket.socketpair()
        self._wake_up.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="pcscd-client", daemon=True)

    def start(self) -> None:
        """Serve this client until it leaves."""
        self._thread.start()

    def wake(self, result: Result) -> None:
        """Have the client's own thread send an event: two threads never write to one socket."""
        self._event = result
        try:
            self._wake_up.send(b"!")
        except OSError as gone:
            _log.debug("a client left before its event: %s", gone)

    def hang_up(self) -> None:
        """End the connection from our side, at once; the client sees its daemon die."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError as gone:
            _log.debug("a client left before we hung up: %s", gone)

    def join(self, seconds: float) -> bool:
        """Wait for the client's thread; False: it is stuck in a silent card and ends when that is pulled."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._serve()
        except MalformedMessage as bad:
            _log.warning("hanging up on a client: %s", bad)
        except (EOFError, OSError) as gone:
            _log.debug("a client left: %s", gone)
        finally:
            self._daemon.waiting.leave(self)
            self._socket.close()
            self.calls.abandon_all()
            self._wake_up.close()
            self._woken.close()
            self._daemon.client_left(self)

    def _serve(self) -> None:
        poller = select.poll()
        poller.register(self._woken, select.POLLIN)
        poller.register(self._socket, select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poller.poll()]
            if self._woken.fileno() in ready:
                self._woken.recv(64)
                self._send_event()
            if self._socket.fileno() in ready:
                self._serve_one()

    def _serve_one(self) -> None:
        command, size = parse_header(self._receive(HEADER.size))
        kind = BODY_OF[command]
        if kind is None:
            self._socket.sendall(self.calls.answer_bare(command))
            return
        body = unpack(kind, self._receive(size))
        data = b""
        if isinstance(body, Transmit | ControlMessage):
            if body.send_length > MAX_EXTENDED_BUFFER:
                raise MalformedMessage(f"{command.name} announces {body.send_length} bytes")
            data = self._receive(body.send_length)
        self._socket.sendall(self.calls.answer(command, body, data))

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def _send_event(self) -> None:
        event, self._event = self._event, None
        if event is not None:
            self._socket.sendall(pack(WaitReaderStateChange(0, event)))
