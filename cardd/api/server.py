"""The socket's server side: accepts, counts, greets, and closes in order. Messages are the business of `connection` and `dispatch`."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count

from cardd.api.connection import LINGER_S, Connection, Hall
from cardd.api.dispatch import STOPPING, Desk
from cardd.api.limits import ConnectionCount, Limits, RequestRate, SeldomNotes
from cardd.api.listening import BACKLOG, Listening
from cardd.api.method import AnyMethod
from cardd.api.peer import Clients
from cardd.api.services import Services
from cardd.errors import Cancelled
from cardd.model import Peer
from cardd.wire.framing import LONGEST_SECRET
from cardd.wire.methods.hello import LEVEL, Greeting
from cardd.wire.methods.hello import Limits as ToldLimits

PRODUCT = "cardd"
_TURNS_TO_ACCEPT = 3
"""Of the event loop, until a connection that asyncio has accepted already reaches its protocol."""
FEATURES = ("events.replay", "agent.scope.connection", "idempotency", "secret_frames")

Refused = Callable[[Peer, str, int], None]
"""Told about refused connections: who, error name, and for how many refusals of that uid this one note stands."""


class Server:
    """Serves one listening socket. Build, `start`, `close`."""

    def __init__(
        self, services: Services, methods: Sequence[AnyMethod], clients: Clients, refused: Refused, limits: Limits
    ) -> None:
        self._services = services
        self._limits = limits
        self._refused = refused
        self._notes = SeldomNotes()
        self._listening: Listening | None = None
        self._accepting: asyncio.Server | None = None
        self._made: set[Connection] = set()
        self._live: set[Connection] = set()
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        names = (f"r-{services.about.boot_id[:8]}-{number}" for number in count(1))
        by_name = {method.name: method for method in methods}
        desk = Desk(services, by_name, limits, RequestRate(limits.requests_per_second), names, self._tasks)
        self._hall = Hall(
            desk=desk,
            clients=clients,
            count=ConnectionCount(limits),
            greeting=self._greeting,
            refused=self._note_refusal,
            made=self._made,
            live=self._live,
            stopping=self._stopping,
        )

    async def start(self, listening: Listening) -> None:
        """Accept connections on `listening`, which belongs to the server from now on."""
        self._listening = listening
        loop = asyncio.get_running_loop()
        # Not create_unix_server: from Python 3.13 on it removes the socket file, which may be systemd's.
        self._accepting = await loop.create_server(
            lambda: Connection(self._hall), sock=listening.socket, backlog=BACKLOG
        )

    def check(self) -> str | None:
        """For the watchdog: one word of what is wrong with the socket file, or None (fault 73)."""
        return None if self._listening is None else self._listening.problem()

    async def close(self, limit_s: float) -> bool:
        """Take no more requests, tell the running ones to stop, wait up to `limit_s` seconds, close. Whether all had ended."""
        self._stopping.set()
        if self._listening is not None:
            self._listening.remove()
        if self._accepting is not None and self._listening is not None:
            # First no more accepting, then close: asyncio loses a connection that is half accepted when its server closes.
            asyncio.get_running_loop().remove_reader(self._listening.socket)
            for _ in range(_TURNS_TO_ACCEPT):
                await asyncio.sleep(0)
            self._accepting.close()
            self._accepting = None
        for connection in tuple(self._live):
            connection.stop(STOPPING)
        tasks = set(self._tasks)
        late = (await asyncio.wait(tasks, timeout=limit_s))[1] if tasks else set()
        ending = [connection.closed for connection in self._made]
        for connection in tuple(self._live):
            connection.end_with(Cancelled(problem=STOPPING.replace(".", "_")))
        if ending:
            await asyncio.wait(ending, timeout=2 * LINGER_S)
        return not late

    def _greeting(self) -> Greeting:
        about, limits = self._services.about, self._limits
        now = datetime.fromtimestamp(self._services.clock.utc_us() / 1_000_000, tz=UTC)
        return Greeting(
            product=PRODUCT,
            version=about.version,
            level_min=LEVEL,
            level_max=LEVEL,
            features=FEATURES,
            limits=ToldLimits(
                request_line_bytes=limits.request_line_bytes,
                response_line_bytes=limits.response_line_bytes,
                line_seconds=int(limits.line_seconds),
                calls_in_flight=limits.calls_in_flight,
                connections_per_user=limits.connections_per_user,
                requests_per_second=limits.requests_per_second,
                secret_bytes=LONGEST_SECRET,
            ),
            boot_id=about.boot_id,
            time=now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            mode=about.mode,
        )

    def _note_refusal(self, peer: Peer, code: str) -> None:
        stands_for = self._notes.count(peer.uid, asyncio.get_running_loop().time())
        if stands_for:
            self._refused(peer, code, stands_for)
