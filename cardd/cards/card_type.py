"""What the daemon knows of one kind of card: a frozen row of functions and tables, no state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cardd.iso7816.connection import SmartCardConnection
from cardd.model import CardKind, Item, KeyRole, PinKind, PinShape
from cardd.pin import Pin


class Application(StrEnum):
    """The applications on the cards, as far as cardd uses them."""

    JPKI = "jpki"
    """公的個人認証AP"""
    CARD_INFO = "card_info"
    """券面事項入力補助AP"""
    CARD_SURFACE = "card_surface"
    """券面事項確認AP"""
    RESIDENT_REGISTER = "resident_register"
    """住基AP"""
    PIV = "piv"


@dataclass(frozen=True, slots=True)
class PadEntry:
    """Instead of a `Pin`: the person enters it on the reader's PIN pad."""


@dataclass(frozen=True, slots=True)
class TriesLeft:
    """Answer to the status question. `count` None: not known (a card that answers 9000 or 6300)."""

    count: int | None
    verified: bool = False

    @property
    def blocked(self) -> bool:
        return self.count == 0


@dataclass(frozen=True, slots=True)
class PinSpec:
    """One PIN of a card: where it lives, what it looks like, how many tries a fresh counter has (None: the card counts nothing,
    and cardd's own counts are all that stands before guessing).

    `changeable`: `change_pin` can set a new value.
    """

    application: Application
    shape: PinShape
    tries: int | None
    changeable: bool = False


@dataclass(frozen=True, slots=True)
class ItemSource:
    """Where an item comes from: the application, and the PINs of which any one opens it, most suitable first."""

    application: Application
    opened_by: tuple[PinKind, ...]


@dataclass(frozen=True, slots=True)
class KeySpec:
    """One key of a card. `certificate_pin`: the PIN that must be verified before the certificate can be read.

    `pin_always`: VERIFY must come directly before each signature (PIV 9C).
    """

    application: Application
    pin: PinKind | None
    certificate_pin: PinKind | None = None
    pin_always: bool = False


@dataclass(frozen=True, slots=True)
class DateValue:
    """A date as a card holds it. `iso`: `YYYY-MM-DD`, or None when month or day are unknown or no real date.

    `source`: the characters on the card. `unknown`: which of `year`, `month`, `day` the card leaves open (00).
    """

    iso: str | None = field(repr=False)
    source: str = field(repr=False)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class ItemValue:
    """What was read for one item, and the exact bytes it was made of. Has no text: it is a resident's data."""

    value: str | DateValue | bytes | bool
    source: bytes
    media_type: str | None = None
    """For images: `image/png`, `image/jp2`."""

    def __repr__(self) -> str:
        return "<ItemValue>"


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """JPKI token information (EF 0006) and which certificates are there (EF 0008). None: the card does not tell."""

    label: str
    manufacturer: str
    model: str
    has_signature_certificate: bool | None
    has_authentication_certificate: bool | None


@dataclass(frozen=True, slots=True)
class Recognition:
    """A card that was recognised: its kind, and its first-look identity bytes (None where nothing is readable)."""

    kind: CardKind
    identity: bytes | None = field(repr=False)


class PublicKeyKind(StrEnum):
    """The key types that cards of today carry."""

    RSA_2048 = "rsa2048"
    EC_P256 = "p256"
    EC_P384 = "p384"


@dataclass(frozen=True, slots=True)
class CardType:
    """One kind of card. All functions talk to a connection and hold no state; all raise as `SmartCardConnection.transmit`.

    recognise      a few harmless SELECTs and free reads; None = not this kind. Never a VERIFY.
    select         SELECT the application and read its identity bytes (decision 2): they must be equal before and after.
    reread         read the identity bytes again without SELECT (which would drop the PIN state).
    clear          leave no security state behind: select another application or log out (decision 1).
    tries_left     status question, costs no try. The application must be selected.
    verify         one VERIFY. Raises `PinRejected`, `PinNowBlocked`, `PinWasBlocked`, `PinFormat`, `PinUnknown`,
                   `PinCancelled`, `PinTimeout` (pad), `CardBadAnswer` (answer not understood, count unknown).
    change_pin     after a successful `verify` of the old one (JPKI), or with the old one (PIV).
    read_certificate  DER bytes of the holder's certificate of that key, checked for length and outer TLV only.
    sign           one signature over a digest; `algorithm` is the hash name (`sha256`…), `public_key` says RSA or EC.
                   RSA: PKCS#1 v1.5, modulus length in bytes; EC: DER Ecdsa-Sig-Value.
    read_items     the items of one application, PIN already verified. One call, one pass over the files. `AGE_OVER` gives the birth date
                   (`DateValue`); `cardd.reading` makes yes or no of it.
    identities     everything by which this card may have been recognised, in `Application.JPKI`, which is selected.
    same_identity  the applications whose `select` gives the identity bytes that `recognise` gave.
    """

    kind: CardKind
    recognise: Callable[[SmartCardConnection], Recognition | None]
    pins: Mapping[PinKind, PinSpec]
    keys: Mapping[KeyRole, KeySpec]
    items: Mapping[Item, ItemSource]
    select: Callable[[SmartCardConnection, Application], bytes]
    reread: Callable[[SmartCardConnection, Application], bytes]
    clear: Callable[[SmartCardConnection], None]
    tries_left: Callable[[SmartCardConnection, PinKind], TriesLeft]
    verify: Callable[[SmartCardConnection, PinKind, Pin | PadEntry], None]
    change_pin: Callable[[SmartCardConnection, PinKind, Pin, Pin], None]
    read_certificate: Callable[[SmartCardConnection, KeyRole], bytes]
    sign: Callable[[SmartCardConnection, KeyRole, str, bytes, PublicKeyKind], bytes]
    read_items: Callable[[SmartCardConnection, tuple[Item, ...]], Mapping[Item, ItemValue]]
    read_token_info: Callable[[SmartCardConnection], TokenInfo] | None = None
    same_identity: frozenset[Application] = frozenset()
    identities: Callable[[SmartCardConnection], tuple[bytes, ...]] | None = None
