"""A wire between client and database that can lose what the database answers, while the questions still arrive."""

from __future__ import annotations

import selectors
import socket
import threading
from types import TracebackType
from typing import Self


class DeafProxy:
    """Listens on loopback; `deaf` set: nothing comes back any more, on any connection."""

    def __init__(self, target: int) -> None:
        self.deaf = threading.Event()
        self.passed = 0
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._wake, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.close()
        self._thread.join()

    def _run(self) -> None:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._listener, selectors.EVENT_READ, None)
            waiting.register(self._wake, selectors.EVENT_READ, None)
            pairs: list[socket.socket] = [self._listener, self._wake]
            while True:
                ready = [key for key, _ in waiting.select()]
                if any(key.fileobj is self._wake for key in ready):
                    break
                for key in ready:
                    if key.fileobj is self._listener:
                        pairs += self._accept(waiting)
                    else:
                        self._move(waiting, key)
            for each in pairs:
                each.close()

    def _accept(self, waiting: selectors.BaseSelector) -> tuple[socket.socket, socket.socket]:
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self._target))
        waiting.register(client, selectors.EVENT_READ, (server, False))
        waiting.register(server, selectors.EVENT_READ, (client, True))
        return client, server

    def _move(self, waiting: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        source, (target, answers) = key.fileobj, key.data
        assert isinstance(source, socket.socket)
        try:
            octets = source.recv(65536)
            if not octets:
                waiting.unregister(source)
                target.shutdown(socket.SHUT_WR)
            elif not (answers and self.deaf.is_set()):
                target.sendall(octets)
                self.passed += len(octets)
        except OSError:  # one side is gone; the other one notices by itself
            waiting.unregister(source)
