"""HTTP for the helper, bounded in size and in time: what a server sends may be anything, and may come one octet a minute."""

import http.client
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

CHUNK = 256 * 1024


class NotFetched(Exception):
    """`problem`: `unreachable`, `tls`, `too_large`, `too_slow`, `status`, `redirect`, `no_list`, `no_response`."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


class Deadline:
    """The time for one exchange. A connection that is open then is cut: the limits of `socket` are for one step, and steps can be many."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._timer = threading.Timer(max(0.0, seconds), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self._until

    def watch(self, connected: socket.socket) -> None:
        """Cut this one when the time is over."""
        with self._lock:
            self._open.append(connected)
        if self.passed:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            for each in self._open:
                try:
                    # Not the method of a TLS socket, which the reading thread is in.
                    socket.socket.shutdown(each, socket.SHUT_RDWR)
                except OSError:  # closed already
                    continue


class _Http(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Watched(http.client.HTTPConnection, self._deadline), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, context: ssl.SSLContext, deadline: Deadline) -> None:
        super().__init__(context=context)
        self._tls, self._deadline = context, deadline

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        watched = _Watched(http.client.HTTPSConnection, self._deadline)
        return self.do_open(watched, req, context=self._tls)


class _Watched:
    """Makes connections that `deadline` watches from when they stand; until then the limit of one step bounds them."""

    def __init__(self, kind: type[http.client.HTTPConnection], deadline: Deadline) -> None:
        self._kind, self._deadline = kind, deadline

    def __call__(self, host: str, **more: Any) -> http.client.HTTPConnection:
        connection, deadline = self._kind(host, **more), self._deadline
        connect = connection.connect

        def connect_watched() -> None:
            connect()
            deadline.watch(connection.sock)

        connection.connect = connect_watched  # type: ignore[method-assign]
        return connection


class NoDowngrade(urllib.request.HTTPRedirectHandler):
    """Follows redirects (ten at most), but never from https to http."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if req.type == "https" and not newurl.startswith("https:"):
            raise NotFetched("redirect")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def opener(url_ca: Path | None, deadline: Deadline, *, follows: bool) -> urllib.request.OpenerDirector:
    """For http and https, TLS 1.2 or newer. http_proxy and https_proxy of the environment are used.

    `url_ca`: PEM of the server's CA, None = the system's. `follows`: whether redirects are followed. Raises `OSError` for `url_ca`.
    """
    tls = ssl.create_default_context(cafile=str(url_ca) if url_ca else None)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    found = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Http(deadline),
        _Https(tls, deadline),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        *([NoDowngrade()] if follows else []),
    ):
        found.add_handler(handler)
    return found


def body(answer: Any, largest: int, deadline: Deadline) -> bytes:
    """What a server sends, at most `largest` bytes. Raises `NotFetched` (`too_large`, `too_slow`)."""
    octets = bytearray()
    while chunk := answer.read1(CHUNK):
        octets += chunk
        if len(octets) > largest:
            raise NotFetched("too_large")
    if deadline.passed:  # what was cut looks like an end
        raise NotFetched("too_slow")
    return bytes(octets)


def word_of(error: Exception, deadline: Deadline) -> str:
    """Of an exception of `urllib` or `http`: `too_slow`, `tls`, `unreachable`."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if deadline.passed or isinstance(reason, TimeoutError):
        return "too_slow"
    return "tls" if isinstance(reason, ssl.SSLError) else "unreachable"
