"""What a use case asks of the gate, and what it gets back."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from cardd.audit.journal import Receipt
from cardd.model import CardHandle, Item, KeyRole, Operation, PinKind
from cardd.ports import Call, DocumentFacts

__all__ = ["NO_CARD", "Notes", "Performed", "Receipt", "Request"]

T = TypeVar("T")
NO_CARD = CardHandle("")
"""In a request that touches no card."""


@dataclass(frozen=True, slots=True)
class Request:
    """One use of one card, as policy and record see it."""

    call: Call
    operation: Operation
    card: CardHandle
    purpose: str | None = None
    case: str | None = None
    items: tuple[Item, ...] = ()
    key: KeyRole | None = None
    pins: tuple[PinKind, ...] = ()
    """The PINs that the operation will ask for, or whose state it reads."""
    digests: int | None = None
    algorithm: str | None = None
    fingerprint_given: bool | None = None
    approval: str | None = None
    """The second person's approval that the caller brings along."""
    content: tuple[tuple[str, str], ...] = ()
    """What a second person must know beside operation, purpose, case, items and key: word and value."""
    agrees_to: str | None = None
    """SHA-256 of the content that the holder of the badge agrees to by this, 64 hex digits."""
    resumes: str | None = None
    """The approval of an earlier run that was broken off and is gone on with: it counts again for the same requester and content."""
    grant: str | None = None
    """The grant under which a signature is made."""
    subject: str | None = None
    """The operator that it is about, where that is not the one who does it."""
    document: DocumentFacts | None = None
    """What is to be signed: shown to the person, who is asked about it before the PIN. Only its digest is recorded."""
    document_agreed: bool = False
    """The person was asked about it already, when this signature was begun."""
    owner_uid: int | None = None
    """Whose session it opens or unlocks, where that is not the caller's own: found by the use case, never told by a caller."""
    begun: str | None = None
    """The signature in two steps that this is the end of."""


@dataclass(frozen=True, slots=True, repr=False)
class Performed(Generic[T]):
    """The result of a plan, whose outcome record is on disk. Has no text: the result may be a resident's data."""

    result: T
    receipt: Receipt

    def __repr__(self) -> str:
        return f"<Performed, record {self.receipt.sequence}>"


@dataclass(slots=True)
class Notes:
    """What a plan adds to its outcome record, beside what the gate knows itself. Names and codes only, no content."""

    operator: str | None = None
    role: str | None = None
    badge: str | None = None
    """Pseudonym of the badge's certificate."""
    certificate: str | None = None
    """What the check of a certificate came to, in one word."""
    list_age_s: int | None = None
    """Age of the revocation list or OCSP answer (its thisUpdate) that answered, seconds."""
    signatures: int | None = None
    handed_out: bool = False
    """What it gives was handed out while it still ran (a grant): that its session ends takes nothing back."""
    problem: str | None = None
    """How it ended, in one word, where it is done and yet there is something to say."""
    items: tuple[Item, ...] | None = None
    proof: str | None = None
    """What the badge signed to prove its holder: nonce and signature in hex, a colon between."""
