"""`agent.register`, and the calls that the daemon makes to an agent: `agent.pin`, `agent.confirm`, `agent.cancel`."""

from typing import Annotated, Literal

from pydantic import Field

from cardd.wire import names
from cardd.wire.base import Answer, KindWord, PinWord, WireModel

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
    client: str
    """The calling program, as the office's configuration names it."""
    locale: Literal["ja", "en"]
    seconds: int


class PinAnswer(WireModel):
    """Result of `agent.pin`: the PIN follows the line as exactly `secret` raw bytes. `cancelled` stands alone, without bytes."""

    secret: Annotated[int, Field(ge=1, le=64)] | None = None
    cancelled: bool | None = None


class ConfirmRequest(Answer):
    """Parameters of `agent.confirm`: the resident must agree at the window to spend the last try."""

    prompt: str
    question: Literal["last_try"]
    which: PinWord
    card_kind: KindWord
    reader: str
    locale: Literal["ja", "en"]
    seconds: int


class ConfirmAnswer(WireModel):
    agreed: bool


class CancelNotice(Answer):
    """Parameters of the notification `agent.cancel`: the prompt is no longer wanted; `reason` is an error name."""

    prompt: str
    reason: str
