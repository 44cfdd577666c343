"""What the daemon asks a person through its agent, and whoever shows it: a window, a terminal, the console's page.

Never in a repr, a log or an error: what a person types, the name of a document, the content of an approval.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from cardd.wire.fault import Locale


@dataclass(frozen=True, slots=True)
class Shape:
    """What a PIN must look like. Lengths in characters; every character is one octet of ASCII."""

    shortest: int
    longest: int
    alphabet: Literal["digits", "upper_alnum", "printable"]
    needs_letter_and_digit: bool


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be signed, as its caller told it. `size` in bytes, `sha256` 64 lower-case hex digits."""

    name: str = field(repr=False)
    size: int
    sha256: str = field(repr=False)
    pages: int | None


@dataclass(frozen=True, slots=True)
class PinAsked:
    """Parameters of `agent.pin` (docs/api.md). `seconds`: after so many the daemon stops waiting, counted from now."""

    prompt: str
    which: str
    step: Literal["enter", "new", "repeat"]
    shape: Shape
    tries_left: int | None
    card_kind: str
    reader: str
    operation: str
    purpose: str | None
    case: str | None
    about: Mapping[str, str] = field(repr=False)
    document: Document | None
    client: str
    origin: str | None
    """The web page for which `client` asks, where it relays one: to be shown beside it."""
    locale: Locale
    seconds: int
    problem: Literal["alphabet", "length", "letter_and_digit"] | None = None
    """What was wrong with the shape of what was typed before, where it is asked again. No try was used."""


@dataclass(frozen=True, slots=True)
class Question:
    """Parameters of `agent.confirm`: `last_try` or `document`. Another question than these two is refused, never shown."""

    prompt: str
    question: Literal["last_try", "document"]
    which: str | None
    card_kind: str
    reader: str
    purpose: str | None
    case: str | None
    key: str | None
    document: Document | None
    client: str | None
    origin: str | None
    locale: Locale
    seconds: int


class PromptUnavailable(Exception):
    """Nobody can be asked: the program is missing, broken, or has no screen. `word` names a sentence of `terminal.words`; `program` is
    its path.
    """

    def __init__(self, word: str, program: str = "") -> None:
        self.word = word
        self.program = program
        super().__init__(f"{word}: {program}" if program else word)


class Prompter(Protocol):
    """Shows what is asked and brings back what the person said. One prompt at a time; a task that is cancelled closes its window."""

    async def pin(self, asked: PinAsked) -> bytearray | None:
        """The PIN, for the caller to check and wipe; None where the person gave none in time. One of a wrong shape is asked for again, with
        `asked.problem`. Raises `PromptUnavailable`.
        """

    async def agrees(self, asked: Question) -> bool:
        """Whether the person said yes, in so many words, to exactly this. Raises `PromptUnavailable`."""


def pin_asked(params: Mapping[str, Any]) -> PinAsked:
    """From the parameters of `agent.pin`. What a newer daemon adds is left aside. Raises `KeyError`, `TypeError`."""
    shape = params["shape"]
    return PinAsked(
        prompt=params["prompt"],
        which=params["which"],
        step=params["step"],
        shape=Shape(shape["shortest"], shape["longest"], shape["alphabet"], shape["needs_letter_and_digit"]),
        tries_left=params["tries_left"],
        card_kind=params["card_kind"],
        reader=params["reader"],
        operation=params["operation"],
        purpose=params["purpose"],
        case=params["case"],
        about=params.get("about") or {},
        document=_document(params.get("document")),
        client=params["client"],
        origin=params.get("origin"),
        locale=params["locale"],
        seconds=params["seconds"],
    )


def question(params: Mapping[str, Any]) -> Question:
    """From the parameters of `agent.confirm`. Raises `KeyError`, `TypeError`."""
    return Question(
        prompt=params["prompt"],
        question=params["question"],
        which=params.get("which"),
        card_kind=params["card_kind"],
        reader=params["reader"],
        purpose=params.get("purpose"),
        case=params.get("case"),
        key=params.get("key"),
        document=_document(params.get("document")),
        client=params.get("client"),
        origin=params.get("origin"),
        locale=params["locale"],
        seconds=params["seconds"],
    )


def _document(given: Mapping[str, Any] | None) -> Document | None:
    return None if given is None else Document(given["name"], given["size"], given["sha256"], given.get("pages"))
