"""Connections before they say anything: another user's is cut at once, and nobody holds many, or half a request, for long.

uvicorn bounds neither the number of connections nor the time that the head of a request may take: anybody on the machine could hold the
console's descriptors with requests that never end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from terminal.console.peer import uid_of

MOST_CONNECTIONS: Final = 64
"""At a time. A browser opens six to one server, and one for events."""
HEAD_SECONDS: Final = 10.0
"""From the first octet of a request, or the beginning of a connection, to the end of the request's head."""
LARGEST_HEAD: Final = 32 * 1024
"""Octets of a request's line and headers."""


class Door(H11Protocol):
    """uvicorn's protocol behind these bounds; `for_user` makes the class for `http=`."""

    own_uid: ClassVar[int]
    find_uid: ClassVar[Callable[[tuple[str, int], tuple[str, int]], int | None]]
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        server = transport.get_extra_info("sockname")
        known = self.client is not None and type(self).find_uid(self.client, server[:2]) == self.own_uid
        if known and len(self.connections) <= MOST_CONNECTIONS:
            self._await_head()
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._has_request:
            self._head_is_here()
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    @property
    def _has_request(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        if self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _head_is_here(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if not self._has_request:
            self.transport.abort()


def for_user(
    own_uid: int, find_uid: Callable[[tuple[str, int], tuple[str, int]], int | None] = uid_of
) -> type[asyncio.Protocol]:
    """For `http=` of uvicorn: connections of this user alone."""
    return type("Door", (Door,), {"own_uid": own_uid, "find_uid": staticmethod(find_uid)})
