"""What the middle of the daemon needs from outside: PC/SC readers and clocks. `cardd.pcsc` and `app` bring the real ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from cardd.iso7816.connection import InsertionNotes, SmartCardConnection
from cardd.model import CardKind, KeyRole, Operation, Peer, PinKind, PinShape, ReaderName, SeatName, WebPage
from cardd.pin import Pin

T = TypeVar("T")
Job = Callable[[SmartCardConnection], T]


@dataclass(frozen=True, slots=True)
class ReaderTraits:
    """What is known of a reader's place and nature."""

    usb_path: str | None = None
    """Kernel name of the USB port, e.g. `1-4.2`; the only stable name for "the left reader"."""
    serial: str | None = None
    virtual: bool = True
    """No USB channel behind it (decision 15)."""
    pin_pad: bool = False
    extended_apdus: bool = False


@dataclass(frozen=True, slots=True)
class ReaderAppeared:
    reader: ReaderName
    traits: ReaderTraits


@dataclass(frozen=True, slots=True)
class ReaderVanished:
    reader: ReaderName


@dataclass(frozen=True, slots=True)
class CardInserted:
    reader: ReaderName
    atr: bytes


@dataclass(frozen=True, slots=True)
class CardWithdrawn:
    reader: ReaderName
    with_reader: bool = False
    """The reader went, and the card with it: `ReaderVanished` follows."""


@dataclass(frozen=True, slots=True)
class ServiceDown:
    """pcscd is not there, or refuses us; the monitor keeps trying."""

    pcsc_code: int


@dataclass(frozen=True, slots=True)
class ServiceUp:
    """pcscd answers; the readers it has follow as `ReaderAppeared`."""


ReaderEvent = ReaderAppeared | ReaderVanished | CardInserted | CardWithdrawn | ServiceDown | ServiceUp


class ReaderWorker(Protocol):
    """Owns one reader: runs one job at a time on its own thread."""

    async def perform(self, job: Job[T], *, notes: InsertionNotes, limit_s: float = 30.0) -> T:
        """Connect exclusively, begin a transaction, run `job`, end the transaction and power the card off; give the job's result.

        The handle is never used again, whatever happened. Raises what the job raises, and `CardAbsent`, `CardRemoved`,
        `CardNoAnswer` (a command took over 10 s or the job over `limit_s`; the reader is then stuck until the card is
        pulled), `ReaderStuck`, `ReaderBusy` (another program; after 3 tries in 2 s), `PcscDown`, `PcscFull`, `PcscRefused`.
        """
        ...

    @property
    def stuck(self) -> bool:
        """Whether a card that does not answer holds this reader until it is pulled."""
        ...


class ReaderWorkers(Protocol):
    """The workers of all readers."""

    def worker(self, reader: ReaderName) -> ReaderWorker:
        """The worker of `reader`, made on first use."""
        ...

    def forget(self, reader: ReaderName) -> None:
        """The reader is gone: its worker's thread ends when its job has ended."""
        ...

    def card_withdrawn(self, reader: ReaderName) -> None:
        """The card left the reader: a stuck worker is replaced by a new one."""
        ...

    def stop_jobs(self) -> None:
        """An emergency: no running or waiting job sends another command; each ends with `LockedDown`, and the power is cut."""
        ...

    async def close(self, limit_s: float) -> None:
        """Let running jobs end within `limit_s` seconds, then leave; idle workers end at once."""
        ...


class ReaderMonitor(Protocol):
    """Follows readers and cards; one thread in SCardGetStatusChange."""

    def start(self, listener: Callable[[ReaderEvent], None]) -> None:
        """Begin; `listener` is called on the event loop, in order, first with what is there already."""
        ...

    async def stop(self) -> None:
        """End the thread; no further event is delivered."""
        ...


class Clock(Protocol):
    """Time, injected so that tests can turn it."""

    def utc_us(self) -> int:
        """Microseconds since 1970-01-01T00:00:00Z."""
        ...

    def boottime(self) -> float:
        """Seconds of CLOCK_BOOTTIME: monotonic, suspend included. All limits count on it."""
        ...

    def monotonic(self) -> float:
        """Seconds of CLOCK_MONOTONIC: stands still in suspend, so that boottime growing beyond it tells of one."""
        ...


# --- people and callers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PinPrompt:
    """What an agent shows when it asks a person for a PIN."""

    which: PinKind
    step: str
    """`enter`, or for a change `new` and `repeat`."""
    shape: PinShape
    tries_left: int | None
    card_kind: CardKind
    reader: ReaderName
    operation: Operation
    purpose: str | None
    case: str | None
    about: Mapping[str, str] = field(default_factory=dict)
    """What the person agrees to by typing, where it is more than this card: words of ours and of the office's register."""
    document: "DocumentFacts | None" = None
    """What is to be signed, where the caller said so."""


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What a person is shown of a document before signing it. The name goes to the agent alone: it may be a person's."""

    name: str = field(repr=False)
    size: int
    """Bytes."""
    sha256: str
    """Of the document, 64 lower-case hex digits."""
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class DocumentPrompt:
    """What an agent shows when it asks whether a person agrees to sign a document."""

    document: DocumentFacts
    card_kind: CardKind
    reader: ReaderName
    key: KeyRole | None
    purpose: str | None
    case: str | None


@dataclass(frozen=True, slots=True)
class CertificateFinding:
    """What a check of a resident's certificate came to, for the record: one word, and the age of the list that answered."""

    word: str
    list_age_s: int | None = None


class CertificateJudge(Protocol):
    """Judges a resident's certificate before its key is used. Called on a reader's thread; may wait some seconds for an OCSP answer."""

    def __call__(self, der: bytes, key: KeyRole, purpose: str | None, still: Callable[[], None]) -> CertificateFinding:
        """Raises `CertificateRefused` and its like (`cert.…`) where this certificate may not be used under this purpose.

        `still` is called while it waits; what that raises ends the wait: the card has gone, or nobody may go on.
        """
        ...


class Prompter(Protocol):
    """Asks the person at the seat of one call: through the agent of its connection, else the agent of its seat."""

    async def pin(self, prompt: PinPrompt) -> Pin:
        """One PIN, of the shape asked for; whoever gets it wipes it. Raises `NoAgent`, `PinCancelled`, `PinTimeout`, `PinFormat`."""
        ...

    async def agrees_to_last_try(self, prompt: PinPrompt) -> bool:
        """Whether the resident agrees at the window to spend the last try. Raises `NoAgent`."""
        ...

    async def agrees_to_document(self, prompt: DocumentPrompt) -> bool:
        """Whether the person agrees to sign this document. Raises `NoAgent`."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the kernel's word (`peer`) and what the configuration makes of it."""

    peer: Peer
    client: str
    seat: SeatName
    locale: str
    private_sector: bool = False
    """Whether the client is not a public body."""
    page: WebPage | None = None
    """The web page for which a relaying client asks."""


class Accounts(Protocol):
    """The accounts of this machine, as far as a login asks about them."""

    async def owner(self, caller: Caller, unix_user: str) -> int:
        """The uid of `unix_user`, for a session that this caller opens for it. Raises `WrongAccount`: `not_for_others`,
        `account_unknown`, `account_root`, `account_no_client`, `account_lookup`."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """One notice to a waiting caller: `queued`, `waiting_for_consent`, `waiting_for_pin`, `waiting_for_pad`, `reading`, `signing`."""

    state: str
    place: int | None = None
    holder: str | None = None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through the daemon."""

    request_id: str
    method: str
    caller: Caller
    prompter: Prompter
    progress: Callable[[Progress], None]
    deadline: float | None = None
    """On the clock `Clock.boottime`."""


Publish = Callable[[str, str, Mapping[str, str | int | None]], None]
"""Tells the world a change: topic, one word of change, facts. Must be called on the event loop."""
