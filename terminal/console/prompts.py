"""The prompt on the page: shown as a dialog, answered with octets that are no form.

A PIN goes from the page's script to here as the body of a request, is copied into a bytearray once and wiped by whoever gets it. What the
server's own buffers keep of it until they are used again is outside our reach, as everywhere in Python.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from cardd.wire.framing import wipe
from terminal.agent import shapes
from terminal.agent.prompting import PinAsked
from terminal.console.page import Page, screen_route

LONGEST: Final = 64
"""Octets of a secret (docs/api.md)."""


async def _prompt(page: Page) -> Response:
    found = page.desk.prompter.open
    return page.part(
        "prompt.html",
        prompt=found,
        keypad=page.console.keypad,
        is_pin=found is not None and isinstance(found.asked, PinAsked),
    )


async def _pin(page: Page) -> Response:
    """204; or 200 and a sentence where the shape is wrong: nothing has left this machine's console, no try is spent."""
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
    shape = found.asked.shape
    shapes.capitalise(typed, shape)
    wrong = shapes.problem(typed, shape)
    if wrong is not None:
        wipe(typed)
        word = "digits" if (wrong, shape.alphabet) == ("alphabet", "digits") else wrong
        return Response(page.say(f"prompt.wrong.{word}", shortest=shape.shortest, longest=shape.longest))
    given = page.desk.prompter.give(page.request.path_params["key"], typed)
    return Response(status_code=204 if given else 410)


async def _answer(page: Page) -> Response:
    word = page.request.path_params["word"]
    given = page.desk.prompter.give(page.request.path_params["key"], True if word == "yes" else None)
    return Response(status_code=204 if given else 410)


PROMPT_ROUTES: Final = (
    screen_route("/prompt", "prompt", _prompt, needs="daemon"),
    screen_route("/prompt/{key}/pin", "prompt", _pin, methods=("POST",), needs="daemon"),
    screen_route("/prompt/{key}/{word}", "prompt", _answer, methods=("POST",), needs="daemon"),
)
