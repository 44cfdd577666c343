"""The prompt on the page: shown as a dialog, answered with octets that are no form.

A PIN goes from the page's script to here as the body of a request, is copied into a bytearray once and wiped by whoever gets it. What the
server's own buffers keep of it until they are used again is outside our reach, as everywhere in Python.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardd.wire.framing import wipe
from terminal.agent.prompting import PinAsked, Shape
from terminal.console.page import Page, screen_route

LONGEST: Final = 64
"""Octets of a secret (docs/api.md)."""
_SPACE, _TILDE = 0x20, 0x7E


async def _prompt(page: Page) -> Response:
    found = page.desk.prompter.open
    return page.part(
        "prompt.html",
        prompt=found,
        keypad=page.console.keypad,
        is_pin=found is not None and isinstance(found.asked, PinAsked),
    )


async def _pin(page: Page) -> Response:
    """422 and a word where the shape is wrong: nothing has left this machine's console, no try is spent."""
    typed = bytearray()
    async for chunk in page.request.stream():
        typed += chunk
        if len(typed) > LONGEST:
            wipe(typed)
            return Response(status_code=413)
    found = page.desk.prompter.open
    if found is None or not isinstance(found.asked, PinAsked):
        wipe(typed)
        return Response(status_code=410)
    _capitalise(typed, found.asked.shape)
    wrong = misshapen(typed, found.asked.shape)
    if wrong is not None:
        wipe(typed)
        return Response(
            page.say(f"prompt.wrong.{wrong}", shortest=found.asked.shape.shortest, longest=found.asked.shape.longest),
            422,
        )
    given = page.desk.prompter.give(page.request.path_params["key"], typed)
    return Response(status_code=204 if given else 410)


async def _answer(page: Page) -> Response:
    word = page.request.path_params["word"]
    given = page.desk.prompter.give(page.request.path_params["key"], True if word == "yes" else None)
    return Response(status_code=204 if given else 410)


def misshapen(typed: bytearray, shape: Shape) -> str | None:
    """What is wrong with it as a word (`length`, `digits`, `alphabet`, `mixed`); None where it may leave."""
    if not shape.shortest <= len(typed) <= shape.longest:
        return "length"
    digits = sum(0x30 <= each <= 0x39 for each in typed)
    letters = sum(0x41 <= each <= 0x5A for each in typed)
    if shape.alphabet == "digits" and digits != len(typed):
        return "digits"
    if shape.alphabet == "upper_alnum" and digits + letters != len(typed):
        return "alphabet"
    if not all(_SPACE <= each <= _TILDE for each in typed):
        return "alphabet"
    if shape.needs_letter_and_digit and not (digits and letters):
        return "mixed"
    return None


def _capitalise(typed: bytearray, shape: Shape) -> None:
    """The signature PIN knows capitals alone; a clerk's keyboard does not."""
    if shape.alphabet == "upper_alnum":
        for place, octet in enumerate(typed):
            if 0x61 <= octet <= 0x7A:
                typed[place] = octet - 0x20


PROMPT_ROUTES: Final = (
    screen_route("/prompt", "prompt", _prompt, needs="daemon"),
    screen_route("/prompt/{key}/pin", "prompt", _pin, methods=("POST",), needs="daemon"),
    screen_route("/prompt/{key}/{word}", "prompt", _answer, methods=("POST",), needs="daemon"),
)
