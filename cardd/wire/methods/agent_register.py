"""`agent.register`, and the calls that the daemon makes to an agent: `agent.pin`, `agent.confirm`, `agent.cancel`."""

from typing import Annotated, Literal

from pydantic import Field

from cardd.wire import names
from cardd.wire.base import Answer, KeyWord, KindWord, PinWord, WireModel

METHOD = names.AGENT_REGISTER
PIN = names.AGENT_PIN
CONFIRM = names.AGENT_CONFIRM
CANCEL = names.AGENT_CANCEL


class Params(WireModel):
    scope: Literal["seat", "connection"]


class Result(WireModel):
    registered: bool


class Shape(Answer):
    shortest: int
    longest: int
    alphabet: Literal["digits", "upper_alnum", "printable"]
    """`printable`: any character of ASCII from space to tilde."""
    needs_letter_and_digit: bool


class DocumentShown(Answer):
    """What is to be signed, to be shown. Never to be kept or logged: the name may be a person's."""

    name: str
    size: int
    """Bytes."""
    sha256: str
    """64 lower-case hex digits."""
    pages: int | None


class PinRequest(Answer):
    """Parameters of `agent.pin`, from the daemon to the agent. The answer is `{"secret": N}` and N raw bytes."""

    prompt: str
    """Identifier of this prompt, for `agent.cancel`."""
    which: PinWord
    step: Literal["enter", "new", "repeat"]
    shape: Shape
    tries_left: int | None
    card_kind: KindWord
    reader: str
    operation: str
    purpose: str | None
    case: str | None
    about: Annotated[dict[str, str], Field(default_factory=dict)]
    """What the person agrees to by typing, for a second person's approval: word and value, to be shown."""
    document: DocumentShown | None = None
    """What is signed with this PIN, where the caller said so."""
    client: str
    """The calling program, as the office's configuration names it."""
    origin: str | None = None
    """The web page for which the calling program asks, where it relays one: to be shown beside `client`."""
    locale: Literal["ja", "en"]
    seconds: int


class PinAnswer(WireModel):
    """Result of `agent.pin`: the PIN follows the line as exactly `secret` raw bytes. `cancelled` stands alone, without bytes."""

    secret: Annotated[int, Field(ge=1, le=64)] | None = None
    cancelled: bool | None = None


class ConfirmRequest(Answer):
    """Parameters of `agent.confirm`: the person must agree at the window, to spend the last try or to sign this document.

    Whoever does not know a `question` answers with an error: that is a no. So is a yes that does not say what it is to (`ConfirmAnswer`).
    """

    prompt: str
    question: Literal["last_try", "document"]
    which: PinWord | None = None
    """The PIN whose last try it is."""
    card_kind: KindWord
    reader: str
    purpose: str | None = None
    case: str | None = None
    key: KeyWord | None = None
    document: DocumentShown | None = None
    """With the question `document`: what is to be signed."""
    client: str | None = None
    """The calling program, as the office's configuration names it."""
    origin: str | None = None
    """The web page for which the calling program asks, where it relays one: to be shown beside `client`."""
    locale: Literal["ja", "en"]
    seconds: int


class ConfirmAnswer(WireModel):
    """Result of `agent.confirm`. About a document it repeats `question` and `sha256`, else it is a no: a program that knows nothing
    of documents may have asked its person about a last try.
    """

    agreed: bool
    question: Literal["document"] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class CancelNotice(Answer):
    """Parameters of the notification `agent.cancel`: the prompt is no longer wanted; `reason` is an error name."""

    prompt: str
    reason: str
