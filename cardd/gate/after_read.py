"""Cards that are pulled as soon as they were read: put on record, so that somebody may ask why (W14)."""

from typing import Any, Final

from cardd.audit.records import StateRecord
from cardd.model import CardHandle
from cardd.ports import Clock

SOON_S: Final = 2.0
_TOLD: Final = (
    "session", "operator", "role", "seat", "client", "uid", "purpose", "case", "reader", "reader_role", "card_kind", "card",
    "card_source",
)  # fmt: skip


class AfterRead:
    """Remembers, for each card that is there, when it was last read and by whom; so many as there are readers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read: dict[CardHandle, tuple[float, dict[str, Any]]] = {}

    def read(self, card: CardHandle, facts: dict[str, Any]) -> None:
        """A reading is done and on record; `facts`: the fields of its intent."""
        self._read[card] = (self._clock.boottime(), {name: facts.get(name) for name in _TOLD})

    def gone(self, card: CardHandle, *, pulled: bool) -> StateRecord | None:
        """The insertion is over. The record to write where the card was `pulled` within 2 s after a reading, else None."""
        since, facts = self._read.pop(card, (0.0, {}))
        after_s = self._clock.boottime() - since
        if not facts or not pulled or after_s > SOON_S:
            return None
        return StateRecord(event="card.removed_soon", after_ms=int(after_s * 1000), **facts)
