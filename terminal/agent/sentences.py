"""What a prompt says: which PIN, its shape, tries left, what for, on which card, for which program; and the facts of a document.

Everything that came from outside is cleaned of what could steer a terminal or turn the reading order (`cardd.cli.screen.visible`). A word
that a later daemon says is shown as it is.
"""

from collections.abc import Iterator
from typing import Final

from cardd.cli import content, screen, shown_document
from cardd.cli.texts import Speech
from terminal import words
from terminal.agent.prompting import Document, PinAsked, Question, Shape

LAST: Final = 1
"""Tries left with which a wrong PIN blocks."""

Row = tuple[str, str]
"""Label and value, both ready to be shown."""


class Sentences:
    """The words of one prompt, in its language."""

    def __init__(self, asked: PinAsked | Question, longest_name: int | None = None) -> None:
        """`longest_name`: characters of a document's name from which on its middle is left out; None: it is shown whole."""
        self._asked = asked
        self._longest_name = longest_name
        self._say = Speech(asked.locale)

    def word(self, key: str, **values: object) -> str:
        """A sentence of `terminal.words` in this language."""
        return words.say(self._say.locale, key, **values)

    def row(self, row: Row) -> str:
        """Label and value as one line."""
        return self.word("ask.row", label=row[0], value=row[1])

    def which(self) -> str:
        """Which PIN, and whether it is typed, chosen, or repeated."""
        asked = self._asked
        if asked.which is None:
            return self.word("ask.label")
        pin = self._named(f"pin.{asked.which}", asked.which)
        return self._say(f"step.{asked.step}", pin=pin) if isinstance(asked, PinAsked) else pin

    def problem(self) -> str | None:
        """What was wrong with the shape of what was typed before."""
        asked = self._asked
        return self.word(f"problem.{asked.problem}") if isinstance(asked, PinAsked) and asked.problem else None

    def pin_lines(self) -> list[str]:
        """All that stands above the field for a PIN, line by line."""
        asked = self._asked
        assert isinstance(asked, PinAsked)
        lines = [self.which(), *(self.row(row) for row in self._facts_of_pin(asked))]
        if asked.tries_left == LAST:
            lines.append(self.word("ask.last_try"))
        if asked.about and asked.step != "repeat":
            lines += [self.word("ask.about"), *(self.row(row) for row in self._content(asked))]
        return lines

    def question_lines(self) -> list[str]:
        """All that stands above a question's two buttons, line by line; the question itself comes last."""
        asked = self._asked
        assert isinstance(asked, Question)
        lines = [self.which()] if asked.which is not None else []
        if asked.document is not None:
            lines += self._document_lines(asked.document)
        lines += [self.row(row) for row in self._facts(asked)]
        if asked.key is not None:
            lines.append(self.row((self._say("document.key"), self._named(f"key.{asked.key}", asked.key))))
        return [*lines, self.word("ask.may_sign" if asked.question == "document" else "ask.may_try")]

    def _facts_of_pin(self, asked: PinAsked) -> Iterator[Row]:
        yield self.word("ask.shape"), self.shape(asked.shape)
        if asked.tries_left is not None:
            yield self.word("ask.tries"), self.word("ask.tries_left", n=asked.tries_left)
        if asked.document is not None and asked.step == "enter":
            yield self.word("ask.document"), self._name(asked.document)
        yield self.word("ask.operation"), self._operation(asked.operation)
        yield from self._facts(asked)

    def _facts(self, asked: PinAsked | Question) -> Iterator[Row]:
        for key, value in (("document.purpose", asked.purpose), ("document.case", asked.case)):
            if value:
                yield self._say(key), screen.visible(value)
        yield self.word("ask.card"), self._named(f"kind.{asked.card_kind}", asked.card_kind)
        yield self.word("ask.reader"), screen.visible(asked.reader)
        if asked.client:
            yield self.word("ask.client"), screen.visible(asked.client)
        if asked.origin:
            yield self.word("ask.origin"), screen.visible(asked.origin)

    def _content(self, asked: PinAsked) -> Iterator[Row]:
        known = [word for word in content.ORDER if word in asked.about]
        for word in [*known, *(word for word in asked.about if word not in known)]:
            value = content.told(self._say, word, asked.about[word], {})
            yield self._named(f"content.{word}", word), screen.visible(value)

    def _document_lines(self, document: Document) -> list[str]:
        say = self._say
        rows = [
            (say("document.name"), self._name(document)),
            (say("document.size"), shown_document.size(say, document.size)),
        ]
        if document.pages is not None:
            rows.append((say("document.pages"), say("document.page_count", n=document.pages)))
        digest = shown_document.digest_lines(document.sha256)
        return [*map(self.row, rows), self.word("ask.row", label=say("document.digest"), value=""), *digest]

    def _name(self, document: Document) -> str:
        name, longest = screen.visible(document.name), self._longest_name
        if longest is None or len(name) <= longest:
            return name
        behind = longest // 2
        return f"{name[: longest - behind - 1]}…{name[-behind:]}"

    def lines(self) -> list[str]:
        """All that is shown, of a PIN or of a question."""
        return self.pin_lines() if isinstance(self._asked, PinAsked) else self.question_lines()

    def shape(self, shape: Shape) -> str:
        """What the PIN looks like, from the shape that the daemon asks for."""
        length = (
            str(shape.shortest)
            if shape.shortest == shape.longest
            else self.word("shape.between", shortest=shape.shortest, longest=shape.longest)
        )
        told = self.word(f"shape.{shape.alphabet}", length=length)
        return self.word("shape.both", shape=told) if shape.needs_letter_and_digit else told

    def _operation(self, operation: str) -> str:
        key = f"operation.{operation}"
        return self.word(key) if words.has(key) else self._named(key, operation)

    def _named(self, key: str, word: str) -> str:
        return self._say(key) if self._say.has(key) else screen.visible(word)
