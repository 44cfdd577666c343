"""The client library: the daemon's socket for Python programs, blocking (`Client`) and for asyncio (`AsyncClient`).

    from cardd.client import connect

    with connect(client="example", pin_prompt=ask) as counter:
        counter.call("session.login")
        card = counter.call("cards.list")["cards"][0]["card"]
        read = counter.call("card.read", card=card, purpose="juminhyo", case="R8-0042", items=["name", "address"])

`ask` is given what the daemon says about the PIN it needs, and gives the PIN as a bytearray, which is wiped here, or None.
A connection that ends is over: connecting again is the caller's business.
"""

import asyncio
import os
import socket
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Literal, Self, cast

from cardd.wire import names, remote
from cardd.wire.envelope import Id, Notification, Request, Response
from cardd.wire.fault import Locale
from cardd.wire.framing import wipe
from cardd.wire.remote import DEFAULT_SOCKET, ConnectionEnded, EventsLost, RemoteError
from cardd.wire.talk import Message, Talk, failure_of

__all__ = [
    "DEFAULT_SOCKET", "AsyncClient", "Client", "ConnectionEnded", "EventsLost", "RemoteError", "connect", "connect_async",
]  # fmt: skip


def connect(
    path: str | os.PathLike[str] | None = None,
    *,
    client: str,
    version: str = "1",
    seat: str | None = None,
    locale: Locale = "en",
    pin_prompt: remote.PinPrompt | None = None,
    confirm: remote.Confirms | None = None,
    on_progress: remote.OnProgress | None = None,
) -> "Client":
    """Connect, say hello, and, with `pin_prompt`, be the agent for this connection's own calls.

    `path`: CARDD_SOCKET of the environment, else /run/cardd/cardd.sock. `client`, `version`: what the calling program is.
    Raises `OSError` when no daemon is there, `RemoteError` when it refuses.
    """
    counter = Client(remote.socket_path(path), locale, pin_prompt, confirm, on_progress)
    try:
        counter.begin(remote.hello_params(client, version, locale, seat))
    except BaseException:
        counter.close()
        raise
    return counter


class Client:
    """A blocking connection. One thread at a time; the prompts run inside `call`."""

    def __init__(
        self,
        path: str,
        locale: Locale,
        pin_prompt: remote.PinPrompt | None,
        confirm: remote.Confirms | None,
        on_progress: remote.OnProgress | None,
    ) -> None:
        self._locale = locale
        self._pin_prompt = pin_prompt
        self._questions = remote.questions(confirm)
        self._on_progress = on_progress
        self._talk = Talk()
        self._changes: deque[dict[str, Any]] = deque()
        self._backlog: deque[Message] = deque()
        self.greeting: dict[str, Any] = {}
        """What the daemon said first: product, version, API levels, limits, boot id, mode."""
        self.me: dict[str, Any] = {}
        """The answer to `hello`: client name, seat, may_prompt."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise

    def begin(self, said: Mapping[str, Any]) -> None:
        """Read the greeting and say hello. `connect` does it."""
        self.greeting = remote.greeting_of(self._next(), self._locale)
        self.me = self.call(names.HELLO, **said)
        if self._pin_prompt is not None:
            self.call(names.AGENT_REGISTER, scope="connection")

    def call(self, method: str, /, **params: Any) -> dict[str, Any]:
        """Call and wait for the result, answering prompts meanwhile. Raises `RemoteError`, `ConnectionEnded`."""
        number, line = self._talk.call(method, params)
        self._send(line)
        while True:
            message = self._next()
            if isinstance(message, Response) and message.id == number:
                return remote.result_of(message, self._locale)
            self._take(message)

    def events(
        self, topics: list[str] | None = None, since: int | None = None, boot_id: str | None = None
    ) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
        """Subscribe: the snapshot, and an endless iterator of changes. The iterator raises `EventsLost`, `ConnectionEnded`."""
        self._changes.clear()
        return self.call(names.SUBSCRIBE, **remote.subscription(topics, since, boot_id)), self._each_change()

    def close(self) -> None:
        """Hang up. What the daemon does for this connection ends, up to a card command that is on its way."""
        self._socket.close()
        self._talk.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _each_change(self) -> Iterator[dict[str, Any]]:
        while True:
            while not self._changes:
                self._take(self._next())
            yield remote.change_of(self._changes.popleft())

    def _send(self, octets: bytes | bytearray) -> None:
        try:
            self._socket.sendall(octets)
        except (BrokenPipeError, ConnectionResetError):
            while True:  # the daemon's last line says why; after it, `_next` raises
                self._take(self._next())

    def _next(self) -> Message:
        if self._backlog:
            return self._backlog.popleft()
        message = remote.read_message(self._talk)
        while message is None:
            self._receive()
            message = remote.read_message(self._talk)
        return message

    def _receive(self, flags: int = 0) -> None:
        try:
            count = self._socket.recv_into(self._talk.room(), 0, flags)
        except ConnectionResetError:
            count = 0
        if count == 0:
            raise ConnectionEnded("the daemon closed the connection")
        self._talk.received(count)

    def _no_longer_wanted(self, prompt: object) -> bool:
        """Whether the daemon has cancelled this prompt while a person was busy with it."""
        try:
            while True:
                self._receive(socket.MSG_DONTWAIT)
        except BlockingIOError:
            self._backlog.extend(iter(lambda: remote.read_message(self._talk), None))
        return any(
            isinstance(message, Notification)
            and message.method == names.AGENT_CANCEL
            and message.params.get("prompt") == prompt
            for message in self._backlog
        )

    def _take(self, message: Message) -> None:
        """Everything but the answer that is waited for."""
        match message:
            case Request():
                self._answer(message)
            case Notification(method=names.CLOSING):
                raise RemoteError(remote.closing_of(message, self._locale))
            case Notification(method=names.PROGRESS) if self._on_progress is not None:
                self._on_progress(message.params)
            case Notification(method=names.CHANGED | names.LAGGED):
                self._changes.append(message.params)
            case Response(id=None, error=dict() as error):
                raise RemoteError(failure_of(error, self._locale))
            case _:
                pass  # a late answer, a prompt cancelled before it was shown, or a notice of a newer daemon

    def _answer(self, asked: Request) -> None:
        if asked.method == names.AGENT_PIN and self._pin_prompt is not None:
            self._answer_pin(asked, self._pin_prompt(asked.params))
        elif asked.method == names.AGENT_CONFIRM:
            ask = self._questions.get(str(asked.params.get("question")))
            self._send(self._talk.agree(asked, ask is not None and ask(asked.params)))
        else:
            self._send(self._talk.refuse(asked))

    def _answer_pin(self, asked: Request, pin: bytearray | None) -> None:
        octets: bytes | bytearray = self._talk.answer(asked, {"cancelled": True})
        try:
            if pin and not self._no_longer_wanted(asked.params.get("prompt")):
                octets = self._talk.answer_secret(asked, pin)
            self._send(octets)
        finally:
            if isinstance(octets, bytearray):
                wipe(octets)
            if pin:
                wipe(pin)


async def connect_async(
    path: str | os.PathLike[str] | None = None,
    *,
    client: str,
    version: str = "1",
    seat: str | None = None,
    locale: Locale = "en",
    pin_prompt: remote.AsyncPinPrompt | None = None,
    confirm: remote.AsyncConfirms | None = None,
    scope: Literal["connection", "seat"] = "connection",
) -> "AsyncClient":
    """Like `connect`, for asyncio. `scope`: whether to be the agent of this connection's calls or of the whole seat."""
    counter = AsyncClient(locale, pin_prompt, confirm)
    await asyncio.get_running_loop().create_unix_connection(lambda: counter, remote.socket_path(path))
    try:
        counter.greeting = await counter.greeted
        counter.me = await counter.call(names.HELLO, **remote.hello_params(client, version, locale, seat))
        if pin_prompt is not None:
            await counter.call(names.AGENT_REGISTER, scope=scope)
    except BaseException:
        await counter.close()
        raise
    return counter


class AsyncClient(asyncio.BufferedProtocol):
    """A connection on the running event loop: calls may overlap, prompts run as tasks and are cancelled when unwanted."""

    def __init__(
        self, locale: Locale, pin_prompt: remote.AsyncPinPrompt | None, confirm: remote.AsyncConfirms | None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._locale = locale
        self._pin_prompt = pin_prompt
        self._questions = remote.questions(confirm)
        self._talk = Talk()
        self._waiting: dict[Id, tuple[asyncio.Future[dict[str, Any]], remote.OnProgress | None]] = {}
        self._prompts: dict[object, asyncio.Task[None]] = {}
        self._changes: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._writable = asyncio.Event()
        self._closed = self._loop.create_future()
        self._end: Exception | None = None
        self.greeted: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self.greeting: dict[str, Any] = {}
        self.me: dict[str, Any] = {}

    async def call(
        self, method: str, /, *, on_progress: remote.OnProgress | None = None, **params: Any
    ) -> dict[str, Any]:
        """Call and wait for the result. A task that is cancelled here cancels the call at the daemon too."""
        if self._end is not None:
            raise self._end
        number, line = self._talk.call(method, params)
        answer: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._waiting[number] = answer, on_progress
        self._transport.write(line)
        try:
            return await answer
        except asyncio.CancelledError:
            if self._end is None:
                self._transport.write(self._talk.call(names.CANCEL, {"id": number})[1])
            raise
        finally:
            self._waiting.pop(number, None)

    async def events(
        self, topics: list[str] | None = None, since: int | None = None, boot_id: str | None = None
    ) -> tuple[dict[str, Any], AsyncIterator[dict[str, Any]]]:
        """Subscribe: the snapshot, and an endless iterator of changes. The iterator raises `EventsLost`, `ConnectionEnded`."""
        self._changes = asyncio.Queue()
        return await self.call(names.SUBSCRIBE, **remote.subscription(topics, since, boot_id)), self._each_change()

    async def ended(self) -> Exception:
        """Wait until the connection is over; why it is: `ConnectionEnded`, or `RemoteError` where the daemon said so."""
        await asyncio.shield(self._closed)
        return self._end or ConnectionEnded("closed")

    async def close(self) -> None:
        """Hang up, and wait until prompts and connection have ended."""
        self._transport.close()
        await self._closed
        await asyncio.gather(*self._prompts.values(), return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _each_change(self) -> AsyncIterator[dict[str, Any]]:
        while (change := await self._changes.get()) is not None:
            yield remote.change_of(change)
        raise self._end or ConnectionEnded("closed")

    # --- the protocol's side ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # What is not sent at once is to be waited for: the transport's own queue is a copy that nobody wipes.
        self._transport.set_write_buffer_limits(high=0)
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the daemon's last line says more
        self._end = self._end or ConnectionEnded("the connection has ended")
        self._talk.close()
        self._writable.set()
        for task in self._prompts.values():
            task.cancel()
        for answer in (self.greeted, *(answer for answer, _ in self._waiting.values())):
            if not answer.done():
                answer.set_exception(self._end)
        self._changes.put_nowait(None)
        self._closed.set_result(None)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # the framing knows better
        return self._talk.room()

    def buffer_updated(self, nbytes: int) -> None:
        self._talk.received(nbytes)
        try:
            while (message := remote.read_message(self._talk)) is not None:
                self._take(message)
        except (ConnectionEnded, RemoteError) as error:
            self._end = error
            self._transport.abort()

    def _take(self, message: Message) -> None:
        if not self.greeted.done():
            self.greeted.set_result(remote.greeting_of(message, self._locale))
            return
        match message:
            case Response(id=int() | str() as number) if number in self._waiting:
                self._settle(self._waiting[number][0], message)
            case Request():
                prompt = message.params.get("prompt")
                task = self._prompts[prompt] = self._loop.create_task(self._answer(message))
                task.add_done_callback(lambda _: self._prompts.pop(prompt, None))
            case Notification(method=names.AGENT_CANCEL, params=params) if params.get("prompt") in self._prompts:
                self._prompts[params.get("prompt")].cancel()
            case Notification(method=names.PROGRESS, params={"id": int() | str() as number} as told):
                _, on_progress = self._waiting.get(number, (None, None))
                if on_progress is not None:
                    on_progress(told)
            case Notification(method=names.CHANGED | names.LAGGED):
                self._changes.put_nowait(message.params)
            case Notification(method=names.CLOSING):
                self._end = RemoteError(remote.closing_of(message, self._locale))
            case _:
                pass  # a late answer, or a notice of a newer daemon

    def _settle(self, answer: asyncio.Future[dict[str, Any]], message: Response) -> None:
        if answer.done():
            return
        try:
            answer.set_result(remote.result_of(message, self._locale))
        except RemoteError as error:
            answer.set_exception(error)

    async def _answer(self, asked: Request) -> None:
        try:
            await self._put_to_person(asked)
        except Exception:
            # The daemon must not wait for a prompt that broke; the error goes to whoever watches this loop's tasks.
            self._transport.write(self._talk.refuse(asked))
            raise

    async def _put_to_person(self, asked: Request) -> None:
        if asked.method == names.AGENT_PIN and self._pin_prompt is not None:
            await self._answer_pin(asked, await self._pin_prompt(asked.params))
        elif asked.method == names.AGENT_CONFIRM:
            ask = self._questions.get(str(asked.params.get("question")))
            self._transport.write(self._talk.agree(asked, ask is not None and await ask(asked.params)))
        else:
            self._transport.write(self._talk.refuse(asked))

    async def _answer_pin(self, asked: Request, pin: bytearray | None) -> None:
        if not pin:
            self._transport.write(self._talk.answer(asked, {"cancelled": True}))
            return
        octets = bytearray()
        try:
            await self._writable.wait()
            octets = self._talk.answer_secret(asked, pin)
            self._transport.write(octets)
            await self._writable.wait()
        finally:
            wipe(octets)
            wipe(pin)
