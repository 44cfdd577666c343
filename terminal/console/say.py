"""The console's words in one language: its own first, then what agent and `cardctl` say of the same things."""

from __future__ import annotations

from cardd.cli.texts import Speech
from cardd.wire.fault import Locale
from terminal import words
from terminal.console.words.registry import TEXTS


class Say:
    """Texts by key, filled with values."""

    def __init__(self, locale: Locale) -> None:
        self.locale: Locale = locale
        self._speech = Speech(locale)
        self._column = 0 if locale == "ja" else 1

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of `key`; of a word of a later daemon, the word itself."""
        pair = TEXTS.get(key)
        if pair is not None:
            return pair[self._column].format(**values)
        return words.say(self.locale, key, **values) if words.has(key) else self._speech(key, **values)

    def has(self, key: str) -> bool:
        """Whether there is a text."""
        return key in TEXTS or words.has(key) or self._speech.has(key)

    def why(self, where: str, problem: str) -> str:
        """The sentence for a problem word of an error or a health check."""
        return self._speech.why(where, problem)

    def named(self, row: dict[str, str]) -> str:
        """The name of a role or purpose of the policy."""
        return row[self.locale]


def said(word: str, say: Say, before: str = "") -> str:
    """The text of the key `before` and `word`: for lists of words in templates."""
    return say(f"{before}{word}")
