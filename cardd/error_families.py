"""The root of the tree of errors, its four families, and the closed list of facts that an error may carry (`cardd.errors`)."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from cardd.model import CardOutcome, PinKind, PinOutcome


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an error may say beside its code. Nothing here can hold what was read from a card."""

    reader: str | None = None
    command: str | None = None
    """Name of the card command or PC/SC call, e.g. `VERIFY`."""
    sw: int | None = None
    """Status word, 16 bits."""
    pcsc_code: int | None = None
    """PC/SC return code, 32 bits."""
    which: PinKind | None = None
    tries_left: int | None = None
    field: str | None = None
    """Path of the request field at fault."""
    rule: str | None = None
    """Identifier of the policy rule that decided."""
    approval: str | None = None
    """Identifier of what waits for a second person, `a-` and 16 hex digits."""
    remaining: int | None = None
    """Signatures that a grant still allows."""
    holder: str | None = None
    """Who holds the card, when it is busy."""
    place: int | None = None
    """Place in the queue, 1 = next."""
    retry_after_s: int | None = None
    limit: int | None = None
    percent: int | None = None
    """How much of something that takes its time is done, 0 to 99."""
    problem: str | None = None
    """One word of detail from our own source code, e.g. `not_yet_valid`; never text from outside."""
    card: CardOutcome | None = None
    pin: PinOutcome | None = None


class CarddError(Exception):
    """Root of the tree. `str()` gives the code and the facts that are known."""

    code: ClassVar[str] = "internal"

    def __init__(self, facts: Facts | None = None, /, **known: object) -> None:
        self.facts = facts if facts is not None else Facts(**known)  # type: ignore[arg-type]  # Facts checks the names
        super().__init__(self.code)

    def with_outcome(self, *, card: CardOutcome | None = None, pin: PinOutcome | None = None) -> Self:
        """The same error, completed by what became of card and PIN where that was not said yet."""
        self.facts = replace(self.facts, card=self.facts.card or card, pin=self.facts.pin or pin)
        return self

    def __str__(self) -> str:
        known = {name: getattr(self.facts, name) for name in Facts.__slots__}
        told = ", ".join(f"{name}={value}" for name, value in known.items() if value is not None)
        return f"{self.code} ({told})" if told else self.code


class AskAgain(CarddError):
    """A person or program can put it right now."""


class ChangeCard(CarddError):
    """This card will not do."""


class CallSupport(CarddError):
    """The office's own people must act."""


class FixProgram(CarddError):
    """A bug, of the caller or ours."""
