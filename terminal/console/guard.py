"""Who may ask this server anything: the same user's browser, on pages that came from here, after entering with the token.

Each wall holds alone against what it is for: the kernel's uid against other users of the machine; `Host` against DNS rebinding;
`Origin`, `Sec-Fetch-Site` and the cookie's `SameSite` against pages of other origins; the cookie against other programs of the
same user that have not read the launch file.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from terminal.console.peer import uid_of

COOKIE: Final = "cardd_console"
ENTER: Final = "/enter"
LARGEST_FORM: Final = 256 * 1024
"""Bytes of a request that is no upload."""
UPLOAD: Final = "/upload/"
"""Paths below take documents; their own handlers bound them."""
_READING = frozenset({"GET", "HEAD"})
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), clipboard-read=()",
}


class Guard:
    """ASGI middleware around everything, static files too. What it refuses gets one line of text and no word of why."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        server: tuple[str, int],
        secret: str,
        own_uid: int,
        find_uid: Callable[[tuple[str, int], tuple[str, int]], int | None] = uid_of,
    ) -> None:
        """`secret`: the cookie's value. `server`: address and port that it listens on."""
        self._app, self._server, self._secret, self._own_uid, self._find_uid = app, server, secret, own_uid, find_uid
        self._host = f"{server[0]}:{server[1]}"
        self._origin = f"http://{self._host}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        status = self._refusal(scope)
        if status is not None:
            await PlainTextResponse("cardd-console\n", status)(scope, receive, _with_headers(send))
            return
        await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> int | None:
        """The status of a refusal; None for who may go on."""
        headers = Headers(scope=scope)
        method, path = scope["method"], scope["path"]
        if not self._same_user(scope):
            return 403
        if headers.getlist("host") != [self._host]:
            return 421  # Misdirected Request, RFC 9110, 15.5.20
        if path == ENTER:  # comes from the launch file, whose origin is opaque; its token is looked at there
            return None if method == "POST" and _length(headers) <= LARGEST_FORM else 405
        if not self._same_origin(method, headers):
            return 403
        if not self._entered(headers):
            return 401
        bounded = method in _READING or path.startswith(UPLOAD)
        return None if bounded or _length(headers) <= LARGEST_FORM else 413

    def _same_user(self, scope: Scope) -> bool:
        client = scope.get("client")
        return client is not None and self._find_uid((client[0], client[1]), self._server) == self._own_uid

    def _same_origin(self, method: str, headers: Headers) -> bool:
        """A page is asked for by hand (`none`) or from here; everything else comes from here alone."""
        site = headers.get("sec-fetch-site", "none")
        if method in _READING:
            return site in {"same-origin", "none"}
        return site == "same-origin" and headers.getlist("origin") == [self._origin]

    def _entered(self, headers: Headers) -> bool:
        given = [
            value
            for line in headers.getlist("cookie")
            for name, _, value in (each.strip().partition("=") for each in line.split(";"))
            if name == COOKIE
        ]
        return any(hmac.compare_digest(value.encode(), self._secret.encode()) for value in given)


def _length(headers: Headers) -> float:
    """What `Content-Length` says; without end where it says nothing."""
    written = headers.get("content-length", "")
    return int(written) if written.isascii() and written.isdigit() else float("inf")


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return guarded
