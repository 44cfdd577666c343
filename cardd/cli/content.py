"""What a second person agrees to, in words: the content of an approval as lines that a person reads."""

from collections.abc import Iterable, Iterator, Mapping

from cardd.cli import screen
from cardd.cli.texts import Speech

ORDER = (
    "operation",
    "requester",
    "purpose",
    "case",
    "subject",
    "operator",
    "name",
    "role",
    "card_kind",
    "items",
    "age",
)
"""What comes first, in this order; the rest as it stands in the content."""


def lines(say: Speech, content: Mapping[str, str], purposes: Mapping[str, str]) -> list[str]:
    """One line a word, aligned. `purposes`: names of the policy's purposes by their codes, as far as they are known."""
    return screen.table(_rows(say, content, purposes))


def told(say: Speech, word: str, value: str, purposes: Mapping[str, str]) -> str:
    """One value of a content as a person reads it."""
    if word == "operation":
        return say(f"operation.{value}")
    if word == "purpose":
        return f"{purposes[value]} ({value})" if value in purposes else value
    if word in _LISTS:
        return say("between").join(_named(say, f"{_LISTS[word]}.{one}", one) for one in value.split(","))
    if word == "card_kind":
        return _named(say, f"kind.{value}", value)
    return value


_LISTS = {"items": "item", "key": "key", "pins": "pin"}


def _rows(say: Speech, content: Mapping[str, str], purposes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for word in _ordered(content):
        yield _named(say, f"content.{word}", word), told(say, word, content[word], purposes)


def _ordered(content: Iterable[str]) -> list[str]:
    first = [word for word in ORDER if word in content]
    return first + [word for word in content if word not in first]


def _named(say: Speech, key: str, word: str) -> str:
    """The text of `key`; `word` itself where a later daemon has words that this program does not know."""
    return say(key) if say.has(key) else word
