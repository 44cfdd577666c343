"""What a decision may look at, and what it is. Plain values, so that a decision can be repeated from the record."""

from dataclasses import dataclass

from cardd.model import CardKind, Item, KeyRole, Operation, PinKind


@dataclass(frozen=True, slots=True)
class Question:
    """May this be done? One question per request; all of it is decided at once."""

    operation: Operation
    client: str
    """The caller's name in the configuration, found by its uid."""
    card_kind: CardKind
    role: str | None = None
    """Role of the operator logged in at the seat; None = nobody."""
    purpose: str | None = None
    case: str | None = None
    items: tuple[Item, ...] = ()
    """For `read`: what is to be handed out."""
    key: KeyRole | None = None
    """For `sign` and `certificate`."""
    pin: PinKind | None = None
    """For `pin_status` and `change_pin`; for `read` one of the 照合番号 where the caller named it."""
    private_sector: bool = False
    """Whether the client is not a public body."""
    emergency: bool = False
    """Whether the emergency override is open for this purpose and case. Counts only where the purpose allows it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, by which rule. `item`: the first item (or key) that was refused; `reason`: one word."""

    allowed: bool
    rule: str
    reason: str = ""
    item: str | None = None
    second_person: bool = False
    """Allowed only once another person agreed."""
    pin_again: bool = False
    """Allowed only when the operator's PIN was typed within the last minutes."""
