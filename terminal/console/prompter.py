"""PINs and questions on the page (`terminal.agent.prompting.Prompter`). One at a time; the next one waits."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cardd.wire.framing import wipe
from terminal.agent.prompting import PinAsked, Question


@dataclass(slots=True)
class Open:
    """What is on the page now. `key`: a name that only that page knows."""

    key: str
    asked: PinAsked | Question
    ends_at: float
    """By `time.monotonic`."""
    answer: asyncio.Future[bytearray | bool | None] = field(repr=False)


class PagePrompter:
    """`changed` is called when a prompt opens or goes."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._turn = asyncio.Lock()
        self.open: Open | None = None

    async def pin(self, asked: PinAsked) -> bytearray | None:
        """The PIN as it was typed, wiped by who gets it; None where nobody typed one."""
        answer = await self._ask(asked)
        return answer if isinstance(answer, bytearray) else None

    async def agrees(self, asked: Question) -> bool:
        """Whether the person pressed yes."""
        return await self._ask(asked) is True

    def give(self, key: str, answer: bytearray | bool | None) -> bool:
        """The page's answer. False where that prompt is not open any more; then a PIN is wiped here."""
        found = self.open
        if found is None or not secrets.compare_digest(found.key, key) or found.answer.done():
            if isinstance(answer, bytearray):
                wipe(answer)
            return False
        found.answer.set_result(answer)
        return True

    def cancel(self) -> None:
        """Nobody is to be asked any more."""
        if self.open is not None and not self.open.answer.done():
            self.open.answer.set_result(None)

    async def _ask(self, asked: PinAsked | Question) -> bytearray | bool | None:
        async with self._turn:
            loop = asyncio.get_running_loop()
            found = Open(secrets.token_urlsafe(12), asked, time.monotonic() + asked.seconds, loop.create_future())
            self.open = found
            self._changed()
            try:
                return await asyncio.wait_for(found.answer, asked.seconds)
            except TimeoutError:
                return None
            finally:
                self.open = None
                self._changed()
