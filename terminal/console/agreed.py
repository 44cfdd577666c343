"""What a second person agrees to, as label and text: the same words in the list, on the page and beside the PIN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cardd.cli import content as words
from cardd.cli.texts import Speech
from terminal.console.desk import Desk

ROLE = "role"


def rows(desk: Desk, content: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Every entry of `content` (docs/api.md, a second person), the most telling first; nothing of it is left out."""
    return tuple(_rows(desk, content))


def purpose(desk: Desk, code: str) -> str:
    """What the policy in force calls a purpose; the code itself where it knows none of that name."""
    return purposes(desk).get(code, code)


def purposes(desk: Desk) -> dict[str, str]:
    """Names of all purposes by code, in the desk's language."""
    return {row["code"]: row[desk.locale] for row in desk.policy.get("purposes", ())}


def roles(desk: Desk) -> dict[str, str]:
    """Names of all roles by code, in the desk's language."""
    return {row["code"]: row[desk.locale] for row in desk.policy.get("roles", ())}


def _rows(desk: Desk, content: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    speech, known = Speech(desk.locale), purposes(desk)
    first = [word for word in words.ORDER if word in content]
    for word in first + [word for word in content if word not in first]:
        label = f"content.{word}"
        text = words.told(speech, word, content[word], known)
        yield speech(label) if speech.has(label) else word, roles(desk).get(text, text) if word == ROLE else text
