"""Every sentence of the terminal is there in both languages, with the same facts in it."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from cardd.sessions.session import LockReason, SessionEnd
from terminal import words
from terminal.agent import news, prompting
from terminal.agent.session_lock import Why
from terminal.agent.shapes import Misshapen


@pytest.mark.parametrize("key", words.WORDS)
def test_both_languages_have_the_same_facts(key: str) -> None:
    ja, en = words.WORDS[key]
    assert ja
    assert en
    assert set(re.findall(r"{(\w+)", ja)) == set(re.findall(r"{(\w+)", en))


def test_everything_that_is_told_has_a_sentence() -> None:
    keys = [
        *(f"news.{word}" for word in get_args(news.What)),
        *(f"why.{word}" for word in get_args(Why) if word),
        *(f"end.{word}" for word in (*SessionEnd, *LockReason)),
        *(f"problem.{word}" for word in get_args(Misshapen)),
        *(f"shape.{word}" for word in get_args(prompting.Shape.__annotations__["alphabet"])),
    ]
    assert [key for key in keys if not words.has(key)] == []
