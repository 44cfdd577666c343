"""Whoever types a PIN for a web page reads which page it is, and no page can write more into that line."""

from typing import Any

import pytest

from terminal.agent.prompting import pin_asked, question
from terminal.agent.sentences import Sentences

ORIGIN = "https://counter.example.lg.jp"
SHAPE = {"shortest": 4, "longest": 4, "alphabet": "digits", "needs_letter_and_digit": False}
COMMON: dict[str, Any] = {
    "prompt": "r-1.1", "which": "card_info", "card_kind": "my_number", "reader": "R", "purpose": "identity_check", "case": "R8-1",
    "document": None, "client": "counter-app", "seconds": 60,
}  # fmt: skip


@pytest.mark.parametrize(("locale", "label"), [("ja", "求めているウェブページ"), ("en", "Asked by the web page")])
@pytest.mark.parametrize("origin", [ORIGIN, None])
def test_the_page_stands_beside_the_program(locale: str, label: str, origin: str | None) -> None:
    told = {**COMMON, "locale": locale, "origin": origin}
    pin = pin_asked({**told, "step": "enter", "shape": SHAPE, "tries_left": 3, "operation": "read", "about": {}})
    confirm = question({**told, "question": "last_try", "key": None})
    for lines in (Sentences(pin).pin_lines(), Sentences(confirm).question_lines()):
        text = "\n".join(lines)
        assert "counter-app" in text
        assert (label in text, ORIGIN in text) == (origin is not None, origin is not None)


def test_a_daemon_that_tells_no_origin_is_understood() -> None:
    told = {**COMMON, "locale": "en", "step": "enter", "shape": SHAPE, "tries_left": 3, "operation": "read"}
    assert pin_asked(told).origin is None
