"""What a form asks for: each field is declared once, and the page, the checks and the schema of the request come from that.

What is typed comes as text by name. A field with several choices has one name for each: `entries.relationship`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from terminal.console.flows.days import day_typed

Kind = Literal["choice", "choices", "number", "date", "text", "lines", "yes"]
Typed = Mapping[str, str]
"""What stands in a form."""
LONGEST_LINE: Final = 100
"""Characters of a person's name on a card (the card's own field holds no more)."""
TICKED: Final = "on"
OLDEST_DAY: Final = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `choices`: words, each with a text. `only_if`: name and words of another field's answer under which this one is asked.

    `least`, `most`: of a number; of lines, how many; of a date, days from today. `longest`: characters of a text.
    """

    name: str
    kind: Kind
    required: bool = True
    choices: tuple[str, ...] = ()
    only_if: tuple[str, tuple[str, ...]] | None = None
    least: int | None = None
    most: int | None = None
    longest: int = 250
    start: str = ""
    """What stands there before anybody chose."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of its inputs."""
        return tuple(f"{self.name}.{word}" for word in self.choices) if self.kind == "choices" else (self.name,)

    def asked(self, typed: Typed) -> bool:
        """Whether it is asked, as the form stands."""
        return self.only_if is None or typed.get(self.only_if[0], "") in self.only_if[1]

    def read(self, typed: Typed, today: date) -> Any:
        """The answer, as it stands in the request. Raises `Wrong`; None where nothing was said and nothing need be."""
        if self.kind == "choices":
            return self._chosen(typed)
        text = typed.get(self.name, "").strip()
        if not text:
            if self.kind == "yes":
                return self._yes(text)
            if self.required:
                raise Wrong("missing")
            return None
        return self._reads()[self.kind](text, today)

    def _reads(self) -> Mapping[str, Callable[[str, date], Any]]:
        return {
            "choice": self._choice,
            "yes": self._yes,
            "number": self._number,
            "date": self._date,
            "text": self._text,
            "lines": self._lines,
        }

    def _chosen(self, typed: Typed) -> list[str]:
        found = [word for word in self.choices if typed.get(f"{self.name}.{word}") == TICKED]
        if self.required and not found:
            raise Wrong("missing")
        return found

    def _choice(self, text: str, _today: date) -> str:
        if text not in self.choices:
            raise Wrong("choice")
        return text

    def _yes(self, text: str, _today: date | None = None) -> bool:
        if text not in {"", TICKED}:
            raise Wrong("choice")
        if self.required and not text:
            raise Wrong("not_ticked")
        return text == TICKED

    def _number(self, text: str, _today: date) -> int:
        plain = unicodedata.normalize("NFKC", text)  # full-width digits of a Japanese keyboard
        if not (plain.isascii() and plain.isdigit()) or len(plain) > len(str(self.most)):
            raise Wrong("number")
        number = int(plain)
        if not (self.least or 0) <= number <= (self.most or 0):
            raise Wrong("number")
        return number

    def _date(self, text: str, today: date) -> str:
        day = day_typed(text)
        if day is None:
            raise Wrong("date")
        if self.least is not None and day < today + timedelta(days=self.least):
            raise Wrong("date_early")
        if self.most is not None and day > today + timedelta(days=self.most):
            raise Wrong("date_late")
        if day < OLDEST_DAY:
            raise Wrong("date_early")
        return day.isoformat()

    def _text(self, text: str, _today: date) -> str:
        if len(text) > self.longest:
            raise Wrong("long")
        if not _is_plain(text):
            raise Wrong("characters")
        return text

    def _lines(self, text: str, today: date) -> list[str]:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) > (self.most or 0):
            raise Wrong("lines")
        if any(len(line) > LONGEST_LINE for line in lines):
            raise Wrong("long")
        return [self._text(line, today) for line in lines]


class Wrong(Exception):
    """An answer that cannot stand. `word`: of a sentence."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(word)


@dataclass(frozen=True, slots=True)
class Read:
    """A form after the checks. `wrong`: name of a field and word of a sentence."""

    answers: dict[str, Any]
    wrong: dict[str, str]

    def __repr__(self) -> str:
        return f"<Read {len(self.answers)} answers, {len(self.wrong)} wrong>"


def read_all(fields: tuple[Field, ...], typed: Typed, today: date) -> Read:
    """All answers to what is asked; a field that is not asked has none, whatever stands in it."""
    answers: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        if not field.asked(typed):
            continue
        try:
            answer = field.read(typed, today)
        except Wrong as problem:
            wrong[field.name] = problem.word
            continue
        if answer is not None:
            answers[field.name] = answer
    return Read(answers, wrong)


def strangers(fields: tuple[Field, ...], typed: Typed) -> tuple[str, ...]:
    """Names that no field of the form has: no page of ours sends them."""
    known = {name for field in fields for name in field.names}
    return tuple(sorted(set(typed) - known))


def _is_plain(text: str) -> bool:
    """Nothing that steers or cannot be seen; characters of one's own (U+E000 and following) are names' parts here."""
    return not any(unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"} for char in text)
