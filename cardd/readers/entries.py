"""The rows of the presence table: readers, and the insertions of cards in them."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from cardd.cards.card_type import Application, CardType, Recognition
from cardd.errors import CarddError
from cardd.iso7816.connection import InsertionNotes
from cardd.model import CardKind, CardRef, KeyRole, PinKind, ReaderName, SeatName
from cardd.ports import ReaderTraits
from cardd.readers.roles import Assignment, ReaderRole

PLACE_LONGEST = 128
"""Characters of a place in the record."""


def in_ascii(place: str) -> str:
    """A reader's place or cleaned name as the record takes it: printable ASCII, at most 128 characters."""
    return place.encode("ascii", "backslashreplace")[:PLACE_LONGEST].decode("ascii")


class CardState(StrEnum):
    """Where one insertion stands."""

    IDENTIFYING = "identifying"
    READY = "ready"
    """Identified, or found to be of no known kind."""
    FAILED = "failed"
    """Could not be asked what it is; `failure` says why."""
    WRONG_READER = "wrong_reader"
    AWAY = "away"
    """A contactless card gone from the field after we cut its power; it may come back within a moment."""
    ENDED = "ended"


class Departure(StrEnum):
    """How an insertion ended."""

    REMOVED = "removed"
    """The card left its reader, or another one is there in its place."""
    READER_LOST = "reader_lost"
    PCSC_LOST = "pcsc_lost"
    """pcscd went: what became of the card nobody can say."""


@dataclass(slots=True)
class InsertionMemory:
    """What was read in this insertion and need not be read again. Nothing that opens with a PIN only."""

    tries: dict[PinKind, int] = field(default_factory=dict)
    certificates: dict[KeyRole, bytes] = field(default_factory=dict, repr=False)
    """DER."""
    identities: dict[Application, bytes] = field(default_factory=dict, repr=False)
    """The bytes by which each application is known again, once it has been visited."""


@dataclass(slots=True, eq=False)
class ReaderEntry:
    """One reader that is there."""

    name: ReaderName
    shown: str
    """The cleaned name, unique among the readers that are there."""
    traits: ReaderTraits
    assignment: Assignment
    stuck: bool = False
    card: "CardEntry | None" = None

    @property
    def role(self) -> ReaderRole:
        return self.assignment.role

    @property
    def seat(self) -> SeatName | None:
        """The seat that the configuration gives it to; None = no seats are configured, or the reader is ignored."""
        return self.assignment.seat

    @property
    def place(self) -> str:
        """USB port, else serial number, else name, in printable ASCII: how the record names it."""
        return in_ascii(self.traits.usb_path or self.traits.serial or self.shown)

    @property
    def state(self) -> str:
        """`stuck`, `card` or `empty`."""
        return "stuck" if self.stuck else "empty" if self.card is None else "card"


@dataclass(slots=True, eq=False)
class CardEntry:
    """One insertion of one card. Lives until the card is pulled, and is never used again."""

    ref: CardRef
    reader: ReaderEntry
    atr: bytes
    notes: InsertionNotes = field(default_factory=InsertionNotes)
    memory: InsertionMemory = field(default_factory=InsertionMemory)
    recognition: Recognition = field(default_factory=lambda: Recognition(CardKind.UNKNOWN, None))
    card_type: CardType | None = None
    state: CardState = CardState.IDENTIFYING
    failure: CarddError | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while nothing is open about this insertion: identified, failed, or ended."""
    announced: bool = False
    """Whether it was told what the card is."""
    grace: asyncio.TimerHandle | None = None
    """Ends the insertion when the card stays away."""
    jobs: int = 0
    """Jobs of ours on this card now."""
    leased: bool = False
    powered_off_at: float | None = None
    """When our last job cut its power, on `Clock.boottime`."""
    identified_last: bool = False
    """Whether that job was an identification."""
    unproven: bool = False
    """Came back into the field: the next job must find the same identity before it does anything else."""
    proof: asyncio.TimerHandle | None = None
    """Asks a badge for its identity when no job does: a session rests on it."""

    @property
    def kind(self) -> CardKind:
        return self.recognition.kind

    @property
    def identity(self) -> bytes | None:
        """Bytes that tell this card from others of its kind, read when it was identified."""
        return self.recognition.identity

    @property
    def traits(self) -> ReaderTraits:
        return self.reader.traits

    @property
    def place(self) -> str:
        return self.reader.place

    @property
    def ended(self) -> bool:
        return self.state is CardState.ENDED

    @property
    def use(self) -> str:
        """`stuck`, `wrong_reader`, `busy` or `idle`."""
        if self.reader.stuck:
            return "stuck"
        if self.state is CardState.WRONG_READER:
            return "wrong_reader"
        return "busy" if self.leased else "idle"

    def cancel_grace(self) -> None:
        """The card is back, or gone for good."""
        if self.grace is not None:
            self.grace.cancel()
            self.grace = None

    def cancel_proof(self) -> None:
        """The card is gone for good, or is to be asked at another time."""
        if self.proof is not None:
            self.proof.cancel()
            self.proof = None

    @property
    def contactless(self) -> bool:
        """Whether the ATR is one that a reader makes up for a contactless card (PC/SC part 3, 3.1.3.2.3: 3B 8x 80 01)."""
        return (
            len(self.atr) >= 4 and self.atr[0] == 0x3B and self.atr[1] & 0xF0 == 0x80 and self.atr[2:4] == b"\x80\x01"
        )
