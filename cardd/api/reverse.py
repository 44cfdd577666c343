"""The calls that the daemon makes to the other end of one connection: numbered `s-1`, `s-2`…, answered or given up."""

import asyncio
from collections.abc import Callable, Mapping
from itertools import count

from cardd.api.agents import AgentAnswer, AgentGone, AgentRefused
from cardd.wire.envelope import Id, Response, request
from cardd.wire.framing import wipe


class ReverseCalls:
    """The open calls of one connection. Every secret that comes in is handed to exactly one waiting caller, or wiped."""

    def __init__(self, send: Callable[[dict[str, object]], None]) -> None:
        self._send = send
        self._numbers = count(1)
        self._open: dict[Id, asyncio.Future[AgentAnswer]] = {}
        self._closed = False

    async def ask(self, method: str, params: Mapping[str, object], limit_s: float) -> AgentAnswer:
        """Call and wait. Raises `AgentGone`, `AgentRefused`, `TimeoutError`."""
        if self._closed:
            raise AgentGone
        name = f"s-{next(self._numbers)}"
        answer: asyncio.Future[AgentAnswer] = asyncio.get_running_loop().create_future()
        self._open[name] = answer
        taken = False
        try:
            self._send(request(name, method, params))
            async with asyncio.timeout(limit_s):
                result = await answer
            taken = True
            return result
        finally:
            self._open.pop(name, None)
            if not taken:
                _wipe_unclaimed(answer)

    def take(self, response: Response, secret: bytearray | None) -> bool:
        """The other end answered; whether somebody had asked and still waits. What nobody waits for (any more) is wiped."""
        waiting = None if response.id is None else self._open.pop(response.id, None)
        if waiting is None or waiting.done() or response.error is not None:
            if secret is not None:
                wipe(secret)
            if waiting is None or waiting.done():
                return False
            waiting.set_exception(AgentRefused())
            return True
        waiting.set_result(AgentAnswer(response.result, secret))
        return True

    def close(self) -> None:
        """Nothing can be answered any more."""
        self._closed = True
        for waiting in self._open.values():
            if not waiting.done():
                waiting.set_exception(AgentGone())


def _wipe_unclaimed(answer: asyncio.Future[AgentAnswer]) -> None:
    """An answer that arrived in the same moment in which its caller was cancelled has no owner."""
    if answer.done() and not answer.cancelled() and answer.exception() is None:
        secret = answer.result().secret
        if secret is not None:
            wipe(secret)
