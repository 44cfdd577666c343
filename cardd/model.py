"""The nouns that every room shares: readers, cards, PINs, keys, callers. Frozen values, no behaviour beyond their own text."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

ReaderName = NewType("ReaderName", str)
"""The name PC/SC gives a reader. Untrusted text: `readers` cleans it before it is shown."""

CardHandle = NewType("CardHandle", str)
"""One insertion of one card in one reader, as clients name it (`c-5f1e-7`). Never used again after removal."""

SeatName = NewType("SeatName", str)
"""One place at a counter: a badge reader and the readers for residents' cards."""


@dataclass(frozen=True, slots=True)
class CardRef:
    """One insertion of one card: the reader, the running number of the insertion since start, the handle for clients."""

    reader: ReaderName
    insertion: int
    handle: CardHandle


class CardKind(StrEnum):
    """What a card turned out to be. Found by application identifier, never by ATR."""

    MY_NUMBER = "my_number"
    JUKI = "juki"
    BADGE = "badge"
    UNSUPPORTED = "unsupported"
    UNKNOWN = "unknown"
    """Not identified yet."""


class PinKind(StrEnum):
    """Which PIN of a card is meant."""

    SIGNATURE = "signature"
    """署名用電子証明書の暗証番号: 6 to 16 characters."""
    AUTHENTICATION = "authentication"
    """利用者証明用電子証明書の暗証番号: 4 digits."""
    CARD_INFO = "card_info"
    """券面事項入力補助用の暗証番号: 4 digits."""
    RESIDENT_REGISTER = "resident_register"
    """住民基本台帳用の暗証番号: 4 digits."""
    VERIFICATION_A = "verification_a"
    """照合番号A: the 12 digits of the individual number."""
    VERIFICATION_B = "verification_b"
    """照合番号B: 14 digits from birth date, expiry and security code."""
    BADGE = "badge"
    """The PIN of an operator's PIV badge: 6 to 8 digits."""
    OPERATOR_CA = "operator_ca"
    """No PIN of a card here: what opens the operator CA's key, a passphrase of its file or the PIN of its PKCS#11 token."""


class KeyRole(StrEnum):
    """Which key of a card is meant."""

    AUTHENTICATION = "authentication"
    """JPKI 利用者証明用 key; PIV 9A."""
    SIGNATURE = "signature"
    """JPKI 署名用 key; PIV 9C."""
    KEY_MANAGEMENT = "key_management"
    """PIV 9D."""
    CARD_AUTHENTICATION = "card_authentication"
    """PIV 9E."""


class Item(StrEnum):
    """What can be read of a resident, each named in the request."""

    NAME = "name"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    MY_NUMBER = "my_number"
    PHOTO = "photo"
    NAME_IMAGE = "name_image"
    ADDRESS_IMAGE = "address_image"
    CARD_EXPIRY = "card_expiry"
    AGE_OVER = "age_over"
    """Whether the holder has reached an age; the birth date itself stays inside the daemon."""


class Operation(StrEnum):
    """What is done, as policy and record name it."""

    LOGIN = "login"
    UNLOCK = "unlock"
    """The session's own badge and PIN again: after the inactivity lock, and before a high-risk purpose."""
    APPROVE = "approve"
    """A second person agrees to what another one asked for."""
    LOCKDOWN_RELEASE = "lockdown_release"
    READ = "read"
    CERTIFICATE = "certificate"
    PIN_STATUS = "pin_status"
    TOKEN_INFO = "token_info"
    CHANGE_PIN = "change_pin"
    CERTIFICATE_CHECK = "certificate_check"
    """To ask whether a certificate that the caller brings along holds; no card is touched."""
    SIGN = "sign"
    GRANT = "grant"
    """Signatures with an operator's key without a PIN each, bounded in number and time."""
    BADGE_ENROL = "badge_enrol"
    BADGE_RENEW = "badge_renew"
    BADGE_UNBLOCK = "badge_unblock"
    """A new PIN by means of the PUK."""
    BADGE_BLOCK = "badge_block"
    """A loss report: the badge counts no more."""
    BADGE_LIST = "badge_list"
    APPROVALS = "approvals"
    """To see, and to withdraw or refuse, what waits for a second person."""
    OFFICE_FILES = "office_files"
    """To put new files of the office in force: policy, register, block list."""
    LOCKDOWN = "lockdown"
    OVERRIDE = "override"
    """The emergency override (S10)."""
    AUDIT = "audit"
    """To look into the record: head, questions, proofs, alarms."""
    OWN_DAY = "own_day"
    """To hear what the record has of one's own acts today."""
    AUDIT_EXPORT = "audit_export"
    """To take records out as a file."""
    AUDIT_REVIEW = "audit_review"
    """To say what became of an alarm."""
    AUDIT_CUT = "audit_cut"
    """To cut off sealed segments whose years are over (A8)."""
    HEAD_EXPORT = "head_export"
    """To take the newest head out by hand, where no witness is reached (A5)."""
    DISCLOSE = "disclose"
    """To tell a resident, whose card is here, who used it (A11)."""
    WATCH_LIST = "watch_list"
    """To put a card, which is here, on a list of those that are watched (W8, W9)."""


class CardOutcome(StrEnum):
    """What became of the card, said in every error of a card operation."""

    UNTOUCHED = "untouched"
    """No command reached it."""
    CLEARED = "cleared"
    """Commands reached it; its security state is cleared and its power is off."""
    REMOVED = "removed"
    HELD = "held"
    """A grant keeps it, connected exclusively and with its PIN verified."""
    UNKNOWN = "unknown"
    """It could not be cleared: take it out."""


class PinOutcome(StrEnum):
    """What became of the PIN's retry counter."""

    UNTOUCHED = "untouched"
    """No VERIFY was sent."""
    ACCEPTED = "accepted"
    SPENT = "spent"
    """One try was used up."""
    MAY_BE_SPENT = "may_be_spent"
    """VERIFY was sent and no answer came back that can be trusted."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a socket connection, as the kernel says. The pid is a hint for the log and decides nothing."""

    uid: int
    gid: int
    pid: int


@dataclass(frozen=True, slots=True)
class WebPage:
    """The web page for which a client asks, as that client says: the page's origin, and the id of the browser extension."""

    origin: str
    extension: str


@dataclass(frozen=True, slots=True)
class PinShape:
    """What a PIN looks like: its length in characters and its alphabet (`digits`, `upper_alnum`, `printable`)."""

    shortest: int
    longest: int
    alphabet: str
    needs_letter_and_digit: bool = False

    @property
    def numeric(self) -> bool:
        """Whether a reader's PIN pad can enter it."""
        return self.alphabet == "digits"
