"""Which card, for what, in which case: what every reading names."""

from dataclasses import dataclass

from cardd.model import CardHandle


@dataclass(frozen=True, slots=True)
class Target:
    """Handle of the insertion, purpose code of the policy, reception number, and a second person's approval where one was given."""

    card: CardHandle
    purpose: str
    case: str
    approval: str | None = None
