"""From what SCardGetStatusChange shows to events: pure comparison of two looks at the readers."""

from collections.abc import Iterator
from dataclasses import dataclass

from cardd.model import ReaderName
from cardd.pcsc.calls import ReaderState
from cardd.ports import CardInserted, CardWithdrawn, ReaderEvent


@dataclass(frozen=True, slots=True)
class Sighting:
    """One reader at one look: the state word to hand back at the next call, and the ATR."""

    state: int = ReaderState.UNAWARE
    atr: bytes = b""

    @property
    def present(self) -> bool:
        return bool(self.state & ReaderState.PRESENT)

    @property
    def reader_gone(self) -> bool:
        """pcsc-lite shows a reader that was pulled as unknown or unavailable before its list leaves it out (`winscard_clnt.c`)."""
        return bool(self.state & (ReaderState.UNKNOWN | ReaderState.UNAVAILABLE))

    @property
    def count(self) -> int:
        """Insertions and removals that pcscd has counted at this reader (16 bits)."""
        return self.state >> 16

    @classmethod
    def of(cls, event_state: int, atr: bytes) -> "Sighting":
        return cls(event_state & ~ReaderState.CHANGED, atr)


GONE = Sighting(ReaderState.UNAVAILABLE)
"""A reader that is no longer listed."""


def card_events(reader: ReaderName, before: Sighting, after: Sighting) -> Iterator[ReaderEvent]:
    """What happened to the card between two looks. A moved counter with a card at both looks: pulled and put in unseen."""
    exchanged = before.present and after.present and (before.count != after.count or before.atr != after.atr)
    if before.present and (exchanged or not after.present):
        yield CardWithdrawn(reader, with_reader=after.reader_gone)
    if after.present and (exchanged or not before.present):
        yield CardInserted(reader, after.atr)
