"""The daemon's questions, put to a person one at a time, in time, and no PIN of a wrong shape goes out."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any, Final, Literal, TypeVar

from cardd.wire.framing import wipe
from terminal.agent import prompting, shapes
from terminal.agent.prompting import PinAsked, Prompter, PromptUnavailable, Question

GRACE: Final = 2.0
"""Seconds after the daemon has stopped waiting. It takes its question back then; a daemon that does not must not leave a window open."""

Happening = Literal["asking", "asked_no_more", "wrong_shape", "prompt_broken"]
Tell = Callable[[Happening, PromptUnavailable | None], None]
Answer = TypeVar("Answer")


class Answering:
    """What `cardd.client` calls with `agent.pin` and `agent.confirm`. One question is on the screen at a time; a second one waits."""

    def __init__(self, prompter: Prompter, tell: Tell) -> None:
        self._prompter = prompter
        self._tell = tell
        self._screen = asyncio.Lock()
        self._shown: tuple[str, asyncio.Future[Any]] | None = None

    async def pin(self, params: Mapping[str, Any]) -> bytearray | None:
        """The PIN, in the shape asked for; None where nobody gave one in time, or nobody can be asked."""
        asked = prompting.pin_asked(params)
        return await self._in_turn(asked, lambda left: self._whole_pin(asked, left))

    async def agrees(self, params: Mapping[str, Any]) -> bool:
        """Whether a person said yes in time."""
        asked = prompting.question(params)
        return await self._in_turn(asked, lambda left: self._agreed(asked, left)) is True

    def card_gone(self, reader: str) -> None:
        """The card is out of this reader: a question about it is taken off the screen, as if the person had said no."""
        if self._shown is not None and self._shown[0] == reader:
            self._shown[1].cancel()

    async def _agreed(self, asked: Question, left: Callable[[], int]) -> bool:
        return await self._prompter.agrees(replace(asked, seconds=left()))

    async def _whole_pin(self, asked: PinAsked, left: Callable[[], int]) -> bytearray | None:
        problem: shapes.Misshapen | None = None
        while True:
            pin = await self._prompter.pin(replace(asked, seconds=left(), problem=problem))
            if pin is None:
                return None
            shapes.capitalise(pin, asked.shape)
            problem = shapes.problem(pin, asked.shape)
            if problem is None:
                return pin
            wipe(pin)
            self._tell("wrong_shape", None)

    async def _in_turn(
        self, asked: PinAsked | Question, ask: Callable[[Callable[[], int]], Coroutine[Any, Any, Answer]]
    ) -> Answer | None:
        """What `ask` brings back, which is given the seconds that are left; None where the time is over, the card is gone, or nobody can be
        asked.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + asked.seconds

        def left() -> int:
            return max(1, int(until - loop.time()))

        try:
            async with asyncio.timeout_at(until + GRACE), self._screen:
                self._tell("asking", None)
                work = asyncio.ensure_future(ask(left))
                self._shown = asked.reader, work
                try:
                    return await _unless_withdrawn(work)
                finally:
                    self._shown = None
                    self._tell("asked_no_more", None)
        except TimeoutError:
            return None  # nobody waits for an answer any more
        except PromptUnavailable as why:
            self._tell("prompt_broken", why)
            return None


async def _unless_withdrawn(work: asyncio.Future[Answer]) -> Answer | None:
    """What `work` brings back; None where it alone was cancelled. A PIN that comes too late is wiped."""
    try:
        return await work
    except asyncio.CancelledError:
        if not work.cancelled() and work.exception() is None:
            late = work.result()
            if isinstance(late, bytearray):
                wipe(late)
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return None
