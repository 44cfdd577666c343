"""What a handler sees of the connection its call came on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cardd.api.agents import Agent
from cardd.api.peer import ClientRow
from cardd.model import Peer, SeatName, WebPage
from cardd.wire.envelope import Id
from cardd.wire.fault import Locale
from cardd.wire.openrpc import Described


@dataclass(frozen=True, slots=True)
class Standing:
    """What `hello` settled for a connection."""

    level: int
    seat: SeatName
    locale: Locale
    program: str
    """Name and version as the program says them: a hint for the log."""
    page: WebPage | None = None
    """The web page for which a relaying program asks, as that program says; None for every other one."""


class ConnectionContext(Protocol):
    """One connection, as far as handlers may touch it."""

    @property
    def peer(self) -> Peer: ...

    @property
    def client(self) -> ClientRow:
        """What the configuration says of this peer's uid."""
        ...

    @property
    def standing(self) -> Standing | None:
        """None before `hello`."""
        ...

    def settle(self, standing: Standing) -> None:
        """Take over what `hello` said."""
        ...

    @property
    def offered(self) -> Sequence[Described]:
        """The methods that are served here, for `rpc.discover`."""
        ...

    @property
    def agent(self) -> Agent:
        """This connection's own agent, should it register as one."""
        ...

    @property
    def gone(self) -> "asyncio.Future[None]":
        """Done when the connection has ended. What must not outlive it hangs on this, and is known by it."""
        ...

    async def cancel(self, request_id: Id) -> bool:
        """Tell a running call that nobody waits for it any more; whether it ended for that."""
        ...

    def follow(self, since: int, topics: frozenset[str]) -> None:
        """Send events from after number `since` on, once the running handler's answer has been sent.

        A second call replaces the first. Must be the handler's last act: no await after it.
        """
        ...
