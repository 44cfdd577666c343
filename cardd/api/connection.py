"""One connection of the socket: its frames, its greeting, its output queue, its end. Nothing here knows what a method does."""

import asyncio
import select
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from cardd.api.agents import Agent, AgentAnswer
from cardd.api.context import Standing
from cardd.api.dispatch import CLIENT_GONE, Calls, Desk
from cardd.api.events import Subscriber
from cardd.api.fault_map import error_answer, field_path
from cardd.api.limits import ConnectionCount
from cardd.api.peer import NOBODY, ClientRow, Clients, peer_of
from cardd.api.reverse import ReverseCalls
from cardd.errors import BadRequest, CarddError, ClientUnknown, TooManyRequests
from cardd.model import Peer
from cardd.wire.envelope import EnvelopeError, Id, Notification, Request, Response, notification, read
from cardd.wire.fault import Locale
from cardd.wire.faults import fault
from cardd.wire.framing import Frame, FrameReader, FramingError, encode, wipe
from cardd.wire.methods import events_subscribe, hello, server_closing
from cardd.wire.methods.events_subscribe import Changed, Lagged
from cardd.wire.methods.server_closing import Closing
from cardd.wire.openrpc import Described

LINGER_S = 1.0
"""A connection that the daemon ends may take this long to read its last line."""
HANG_UP_LOOK_S = 0.25
"""How often a connection that only listens any more is looked at, while calls of it run (requirement I6: within 1 s)."""


@dataclass(frozen=True, slots=True)
class Hall:
    """What all connections share."""

    desk: Desk
    clients: Clients
    count: ConnectionCount
    greeting: Callable[[], hello.Greeting]
    refused: Callable[[Peer, str], None]
    made: "set[Connection]"
    """Every connection that has not ended, also one that is still being accepted."""
    live: "set[Connection]"
    """Those that were let in."""
    stopping: asyncio.Event


class Connection(asyncio.BufferedProtocol):
    """Implements `ConnectionContext` and `Agent` for its own other end."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._limits = hall.desk.limits
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader(line_limit=self._limits.request_line_bytes, line_seconds=self._limits.line_seconds)
        self._calls = Calls(hall.desk, self)
        self._reverse = ReverseCalls(self.send)
        self._subscriber: Subscriber | None = None
        self._standing: Standing | None = None
        self._line_timer: asyncio.TimerHandle | None = None
        self._end_timer: asyncio.TimerHandle | None = None
        self._only_listening = False
        self._ended = False
        self.closed: asyncio.Future[None] = self._loop.create_future()
        """Done when the connection has ended."""
        hall.made.add(self)

    # --- coming and going --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Look who it is; greet, or close."""
        self._transport = cast(asyncio.Transport, transport)
        self._peer = peer_of(self._socket)
        client = None if self._peer.uid == NOBODY else self._hall.clients(self._peer)
        if self._hall.stopping.is_set():
            self._transport.abort()
        elif client is None:
            self._refuse(ClientUnknown())
        elif not self._hall.count.admit(self._peer.uid):
            self._refuse(TooManyRequests(limit=self._limits.connections_per_user))
        else:
            self._client = client
            self._hall.live.add(self)
            self.send(notification(hello.GREETING, self._hall.greeting().model_dump(mode="json")))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the reason does not matter
        """The other end is gone, or we closed."""
        for timer in (self._line_timer, self._end_timer):
            if timer is not None:
                timer.cancel()
        self._reader.wipe()
        self.closed.set_result(None)
        self._hall.made.discard(self)
        if self not in self._hall.live:
            return
        self._ended = True
        self._hall.live.discard(self)
        self._hall.count.leave(self._peer.uid)
        self._calls.stop_all(CLIENT_GONE)
        self._stop_prompting()
        self._unfollow()

    def eof_received(self) -> bool:
        """The other end sends no more. When it still listens, its running calls are answered first."""
        self._reader.wipe()
        if _hung_up(self._socket):
            # Before its prompts end: a caller that was its own agent has gone as a caller, and the record says so.
            self._calls.stop_all(CLIENT_GONE)
        self._stop_prompting()
        if self._ended or not self._calls:
            return False
        self._only_listening = True
        self._look_whether_hung_up()
        return True

    def stop(self, reason: str) -> None:
        """Take no more requests, and tell the running ones to stop."""
        self._calls.stop_all(reason)

    def _refuse(self, error: CarddError) -> None:
        self._hall.refused(self._peer, error.code)
        self.end_with(error)

    def end_with(self, error: CarddError) -> None:
        """Say why, and close."""
        if not self._ended:
            row, locale = fault(error.code), self.locale
            last = Closing(
                name=row.name,
                message=row.message.of(locale),
                remedy=row.remedy.of(locale),
                problem=error.facts.problem,
            )
            self._transport.write(encode(notification(server_closing.METHOD, last.model_dump(exclude_none=True))))
            self._close()

    def _close(self) -> None:
        self._ended = True
        self._transport.close()
        if self._end_timer is None:
            self._end_timer = self._loop.call_later(LINGER_S, self._transport.abort)

    def _stop_prompting(self) -> None:
        self._hall.desk.services.agents.forget(self)
        self._reverse.close()

    def _look_whether_hung_up(self) -> None:
        if _hung_up(self._socket):
            self._transport.abort()
        else:
            self._end_timer = self._loop.call_later(HANG_UP_LOOK_S, self._look_whether_hung_up)

    def call_ended(self) -> None:
        """One of this connection's calls has been answered."""
        if self._only_listening and not self._calls:
            if self._end_timer is not None:
                self._end_timer.cancel()
                self._end_timer = None
            self._close()

    @property
    def _socket(self) -> socket.socket:
        return cast(socket.socket, self._transport.get_extra_info("socket"))

    # --- octets in ---------------------------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # the reader knows better
        """Where the transport writes to."""
        return self._reader.room()

    def buffer_updated(self, nbytes: int) -> None:
        """The transport has written."""
        self._reader.received(nbytes, self._loop.time())
        while not self._ended:
            try:
                frame = self._reader.next_frame()
            except FramingError as error:
                self._answer_bad(BadRequest(problem=error.problem), None)
                if error.fatal:
                    self.end_with(BadRequest(problem=error.problem))
                continue
            if frame is None:
                break
            self._take(frame)
        self._watch_line()

    def _take(self, frame: Frame) -> None:
        try:
            message = read(frame.body)
        except EnvelopeError as error:
            if frame.secret is not None:
                wipe(frame.secret)
            self._answer_bad(BadRequest(field=field_path((error.field,))), error.id)
            return
        match message:
            case Response():
                if not self._reverse.take(message, frame.secret):
                    self._nonsense()
            case Request():
                self._calls.begin(message)
            case Notification():
                self._answer_bad(BadRequest(field="id", problem="missing"), None)

    def _nonsense(self) -> bool:
        """Count what is no call like a call: who sends it faster is cut, so that reading it cannot be the daemon's whole work."""
        if self._hall.desk.rate.admit(self._peer.uid, self._loop.time()):
            return False
        self.end_with(TooManyRequests(problem="nonsense", limit=self._limits.requests_per_second))
        return True

    def _answer_bad(self, error: CarddError, request_id: Id | None) -> None:
        if self._nonsense():
            return
        self.send(error_answer(error, request_id, self.locale, next(self._hall.desk.request_ids)))

    def _watch_line(self) -> None:
        if self._reader.deadline is not None and self._line_timer is None and not self._ended:
            self._line_timer = self._loop.call_at(self._reader.deadline, self._line_due)

    def _line_due(self) -> None:
        self._line_timer = None
        deadline = self._reader.deadline
        if deadline is not None and self._loop.time() >= deadline:
            self.end_with(BadRequest(problem="line_too_slow"))
        else:
            self._watch_line()

    # --- octets out --------------------------------------------------------------------------------------------------

    def send(self, body: Mapping[str, object]) -> None:
        """Queue one message."""
        self.send_line(encode(body))

    def send_line(self, line: bytes) -> None:
        """Queue one line. A consumer that lets the queue grow past its limit is cut; nobody waits for it."""
        if self._ended:
            return
        if self._transport.get_write_buffer_size() > self._limits.output_queue_bytes:
            self.end_with(TooManyRequests(problem="answers_not_read", limit=self._limits.output_queue_bytes))
            return
        self._transport.write(line)

    def _deliver(self, change: Changed) -> bool:
        if self._transport.get_write_buffer_size() * 2 > self._limits.output_queue_bytes:
            self.send(notification(events_subscribe.LAGGED, Lagged(number=change.after).model_dump()))
            return False
        self.send(notification(events_subscribe.CHANGED, change.model_dump(mode="json")))
        return not self._ended

    # --- what handlers see -------------------------------------------------------------------------------------------

    @property
    def peer(self) -> Peer:
        """Who is at the other end, as the kernel says."""
        return self._peer

    @property
    def client(self) -> ClientRow:
        """What the configuration says of this peer's uid."""
        return self._client

    @property
    def standing(self) -> Standing | None:
        """What `hello` settled; None before it."""
        return self._standing

    def settle(self, standing: Standing) -> None:
        """Take over what `hello` said."""
        self._standing = standing

    @property
    def offered(self) -> Sequence[Described]:
        """The methods that are served here."""
        return tuple(self._hall.desk.methods.values())

    @property
    def agent(self) -> Agent:
        """This connection's other end as an agent."""
        return self

    @property
    def gone(self) -> asyncio.Future[None]:
        """Done when the connection has ended."""
        return self.closed

    async def cancel(self, request_id: Id) -> bool:
        """Tell a running call to stop; whether it ended for that."""
        return await self._calls.cancel(request_id)

    def follow(self, since: int, topics: frozenset[str]) -> None:
        """Send events from after `since` on, once the running handler's answer has been sent."""
        self._unfollow()
        seat = "" if self._standing is None else self._standing.seat
        self._subscriber = Subscriber(
            self._peer.uid, topics, self._deliver, seat, private_sector=self._client.private_sector
        )
        # The answer is sent in the step that runs now; what is called soon runs in a later one.
        self._loop.call_soon(self._start_following, self._subscriber, since)

    def _start_following(self, subscriber: Subscriber, since: int) -> None:
        if subscriber is self._subscriber and not self._ended:
            self._hall.desk.services.events.subscribe(subscriber, since)

    def _unfollow(self) -> None:
        if self._subscriber is not None:
            self._hall.desk.services.events.unsubscribe(self._subscriber)
            self._subscriber = None

    # --- the other end as an agent -----------------------------------------------------------------------------------

    @property
    def locale(self) -> Locale:
        """The language of the person there."""
        return "en" if self._standing is None else self._standing.locale

    async def ask(self, method: str, params: Mapping[str, object], limit_s: float) -> AgentAnswer:
        """Call the other end. Raises `AgentGone`, `AgentRefused`, `TimeoutError`."""
        return await self._reverse.ask(method, params, limit_s)

    def notify(self, method: str, params: Mapping[str, object]) -> None:
        """Tell the other end something."""
        self.send(notification(method, params))


def _hung_up(connected: socket.socket) -> bool:
    """Whether the other end is closed, and not only shut down for sending (POLLHUP on AF_UNIX means both directions)."""
    look = select.poll()
    look.register(connected.fileno(), 0)
    return any(happened & (select.POLLHUP | select.POLLERR) for _, happened in look.poll(0))
