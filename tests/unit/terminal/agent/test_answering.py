"""Questions of the daemon: one at a time, in time, in the right shape; a PIN that is not sent is wiped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from terminal.agent.answering import Answering
from terminal.agent.prompting import PinAsked, PromptUnavailable, Question

SHAPE = {"shortest": 4, "longest": 4, "alphabet": "digits", "needs_letter_and_digit": False}
PARAMS: dict[str, Any] = {
    "prompt": "p", "which": "card_info", "step": "enter", "shape": SHAPE, "tries_left": 3, "card_kind": "my_number", "reader": "Reader",
    "operation": "read", "purpose": None, "case": None, "client": "tests", "locale": "en", "seconds": 60, "question": "last_try",
}  # fmt: skip


class Person:
    """Types these, one after the other; a callable is waited for."""

    def __init__(self, *typed: bytes | Callable[[], Any] | None) -> None:
        self.left = list(typed)
        self.asked: list[PinAsked | Question] = []
        self.given: list[bytearray] = []
        self.on_the_screen = 0

    async def pin(self, asked: PinAsked) -> bytearray | None:
        self.asked.append(asked)
        self.on_the_screen += 1
        assert self.on_the_screen == 1
        try:
            typed = self.left.pop(0)
            if callable(typed):
                await typed()
            if typed is None or callable(typed):
                return None
            self.given.append(bytearray(typed))
            return self.given[-1]
        finally:
            self.on_the_screen -= 1

    async def agrees(self, asked: Question) -> bool:
        return bool(await self.pin(asked))  # type: ignore[arg-type]


def answering(person: Person) -> tuple[Answering, list[str]]:
    told: list[str] = []
    return Answering(person, lambda what, why: told.append(f"{what} {why}" if why else what)), told


async def test_the_pin_comes_back() -> None:
    person = Person(b"1234")
    ask, told = answering(person)
    assert await ask.pin(PARAMS) == b"1234"
    assert told == ["asking", "asked_no_more"]


@pytest.mark.proves("P1")
async def test_a_wrong_shape_is_asked_again_and_wiped() -> None:
    person = Person(b"12", b"", b"12a4", b"1234")
    ask, told = answering(person)
    assert await ask.pin(PARAMS) == b"1234"
    assert [asked.problem for asked in person.asked if isinstance(asked, PinAsked)] == [
        None, "length", "length", "alphabet",
    ]  # fmt: skip
    assert [bytes(each) for each in person.given] == [b"\0\0", b"", b"\0\0\0\0", b"1234"]
    assert told == ["asking", *["wrong_shape"] * 3, "asked_no_more"]


async def test_no_is_no() -> None:
    ask, _ = answering(Person(None))
    assert await ask.pin(PARAMS) is None


async def test_only_yes_is_yes() -> None:
    ask, _ = answering(Person(b"y", None))
    assert await ask.agrees(PARAMS) is True
    assert await ask.agrees(PARAMS) is False


async def test_a_second_question_waits_for_the_first() -> None:
    gate = asyncio.Event()
    person = Person(gate.wait, b"1234")
    ask, _ = answering(person)
    first, second = (asyncio.ensure_future(ask.pin(PARAMS)) for _ in range(2))
    while not person.asked:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(person.asked) == 1
    gate.set()
    assert (await first, await second) == (None, b"1234")


async def test_a_question_that_is_taken_back_frees_the_screen() -> None:
    person = Person(asyncio.Event().wait, b"1234")
    ask, told = answering(person)
    first = asyncio.ensure_future(ask.pin(PARAMS))
    while not person.asked:
        await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    assert first.cancelled()
    assert await ask.pin(PARAMS) == b"1234"
    assert told == ["asking", "asked_no_more"] * 2


async def test_a_card_that_is_gone_takes_its_question_along_and_no_other() -> None:
    person = Person(asyncio.Event().wait)
    ask, _ = answering(person)
    asked = asyncio.ensure_future(ask.pin(PARAMS))
    while not person.asked:
        await asyncio.sleep(0)
    ask.card_gone("Another Reader")
    await asyncio.sleep(0)
    assert not asked.done()
    ask.card_gone("Reader")
    assert await asked is None


async def test_nobody_waits_for_ever() -> None:
    ask, told = answering(Person(asyncio.Event().wait))
    assert await ask.pin({**PARAMS, "seconds": -2}) is None
    assert "prompt_broken" not in " ".join(told)


async def test_a_prompt_that_cannot_be_is_a_no_and_told() -> None:
    async def broken() -> None:
        raise PromptUnavailable("pinentry_missing", "/nowhere")

    ask, told = answering(Person(broken, broken))
    assert await ask.pin(PARAMS) is None
    assert await ask.agrees(PARAMS) is False
    assert told.count("prompt_broken pinentry_missing: /nowhere") == 2


async def test_the_time_that_is_shown_shrinks_while_a_question_waits() -> None:
    person = Person(b"1234")
    ask, _ = answering(person)
    await ask.pin({**PARAMS, "seconds": 30})
    assert person.asked[0].seconds in (29, 30)
