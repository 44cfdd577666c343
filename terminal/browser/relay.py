"""One page's conversation: its calls to the daemon and back, over a connection of its own.

From the browser: `{"page": {"id": …, "method": …, "params": {…}}}` or `{"page": {"cancel": id}}`. To it: `{"id": …, "result": …}`,
`{"id": …, "error": …}`, `{"method": "events.changed", "params": …}`, and last `{"end": …}`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from cardd.client import AsyncClient, ConnectionEnded, EventsLost, RemoteError
from cardd.wire import names
from cardd.wire.fault import Locale
from cardd.wire.remote import hello_params
from terminal.browser import words
from terminal.browser.relayed import EVENTS
from terminal.browser.settings import Origin, Settings

Send = Callable[[Mapping[str, object]], None]
_LONGEST_ID = 64
_WISHES = frozenset({"topics", "since", "boot_id"})
_OURS = "on_progress"
"""A parameter that no method has, and that the client library takes for itself."""


class Refused(Exception):
    """The conversation cannot begin, or must end; `why` is told to the page."""

    def __init__(self, why: words.Refusal) -> None:
        self.why = why
        super().__init__(why.name)


async def connect(settings: Settings, origin: Origin, extension: str, locale: Locale) -> AsyncClient:
    """A connection that has said for whom it asks. It is never an agent. Raises `Refused`, `RemoteError`."""
    client = AsyncClient(locale, None, None)
    try:
        await asyncio.get_running_loop().create_unix_connection(lambda: client, settings.socket)
    except OSError:
        raise Refused(words.DAEMON) from None
    try:
        client.greeting = await client.greeted
        if client.greeting.get("mode") != "test" and (origin.test_only or not settings.trusted):
            raise Refused(words.TEST_ONLY)
        said = hello_params("cardd-browser-host", "1", locale, origin.seat)
        client.me = await client.call(names.HELLO, **said, origin=origin.origin, extension=extension)
    except ConnectionEnded:
        await client.close()
        raise Refused(words.DAEMON) from None
    except BaseException:
        await client.close()
        raise
    return client


class Relay:
    """What one page has under way."""

    def __init__(self, client: AsyncClient, origin: Origin, locale: Locale, send: Send) -> None:
        self._client = client
        self._methods = origin.methods
        self._locale = locale
        self._send = send
        self._most = int(client.greeting["limits"]["calls_in_flight"])
        self._calls: dict[int | str, asyncio.Task[None]] = {}
        self._following: asyncio.Task[None] | None = None

    def take(self, said: object) -> None:
        """Begin, or cancel, what the page asks for. Raises `Refused` for what is no message: nothing after it can be trusted."""
        match said:
            case {"cancel": int() | str() as number, **rest} if not rest and type(number) is not bool:
                task = self._calls.get(number)
                if task is not None:
                    task.cancel()
            case {"id": int() | str() as number, "method": str(method), **rest} if self._is_call(number, rest):
                self._begin(number, method, rest.get("params", {}))
            case _:
                raise Refused(words.MESSAGE)

    async def close(self) -> None:
        """End all that is under way, and the connection."""
        tasks = [*self._calls.values(), *([self._following] if self._following is not None else [])]
        for task in tasks:
            task.cancel()
        await self._client.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_call(self, number: int | str, rest: Mapping[Any, object]) -> bool:
        short = type(number) is int or (isinstance(number, str) and 1 <= len(number) <= _LONGEST_ID)
        params = rest.get("params", {})
        return (
            short
            and number not in self._calls
            and set(rest) <= {"params"}
            and isinstance(params, dict)
            and _OURS not in params
        )

    def _begin(self, number: int | str, method: str, params: Any) -> None:
        if method not in self._methods:
            self._refuse(number, words.METHOD)
        elif len(self._calls) >= self._most:
            self._refuse(number, words.TOO_MANY)
        else:
            task = self._calls[number] = asyncio.get_running_loop().create_task(self._call(number, method, params))
            task.add_done_callback(lambda _: self._calls.pop(number, None))

    async def _call(self, number: int | str, method: str, params: Mapping[str, Any]) -> None:
        try:
            answer = {"result": await self._result(number, method, params)}
        except RemoteError as error:
            answer = {"error": {"code": error.number, "message": error.message, "data": error.data}}
        except ConnectionEnded:
            answer = {"error": words.DAEMON.told(self._locale)}
        except asyncio.CancelledError:
            answer = {"error": words.CANCELLED.told(self._locale)}
        self._send({"id": number, **answer})

    async def _result(self, number: int | str, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if method == EVENTS and set(params) <= _WISHES:
            return await self._follow(params)
        return await self._client.call(method, on_progress=lambda told: self._tell_progress(number, told), **params)

    def _tell_progress(self, number: int | str, told: Mapping[str, Any]) -> None:
        self._send({"method": names.PROGRESS, "params": {**told, "id": number}})

    async def _follow(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Subscribe. A second subscription takes the place of the first."""
        if self._following is not None:
            self._following.cancel()
        snapshot, changes = await self._client.events(**wish)
        self._following = asyncio.get_running_loop().create_task(self._pass_on(changes))
        return snapshot

    async def _pass_on(self, changes: AsyncIterator[dict[str, Any]]) -> None:
        try:
            async for change in changes:
                self._send({"method": names.CHANGED, "params": change})
        except EventsLost as lost:
            self._send({"method": names.LAGGED, "params": {"number": lost.number}})
        except (ConnectionEnded, RemoteError):
            pass  # the host tells the end of the connection, once

    def _refuse(self, number: int | str, why: words.Refusal) -> None:
        self._send({"id": number, "error": why.told(self._locale)})
