"""What one signature in a document turned out to be, before anybody asks whether its certificate is to be believed."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cardd.documents.model import Format


class Integrity(StrEnum):
    """Whether the signature holds, by itself."""

    INTACT = "intact"
    CHANGED = "changed"
    """The document's digest is not the signed one (ETSI EN 319 102-1: HASH_FAILURE)."""
    WRONG_VALUE = "wrong_value"
    """The signature value does not fit the signed attributes and the certificate's key (SIG_CRYPTO_FAILURE)."""
    WRONG_CERTIFICATE = "wrong_certificate"
    """The signed reference names another certificate than the one that came along (ESS signing-certificate-v2, SigningCertificateV2)."""
    UNREADABLE = "unreadable"
    """The form of it is broken (FORMAT_FAILURE)."""
    WEAK = "weak"
    """Made with an algorithm that proves nothing any more (CRYPTO_CONSTRAINTS_FAILURE)."""
    CONTENT_MISSING = "content_missing"
    """Detached, and nobody gave the document (SIGNED_DATA_NOT_FOUND)."""


class Scope(StrEnum):
    """How much of the document the signature covers."""

    WHOLE = "whole"
    EARLIER_REVISION = "earlier_revision"
    """All of an earlier state; what was added since is allowed (another signature, validation data, fields that may be filled in)."""
    CHANGED_SINCE = "changed_since"
    """What was added since is not allowed, or cannot be told to be harmless."""
    PART = "part"
    """A part of it; `Found.covers` says which."""


@dataclass(frozen=True, slots=True)
class Found:
    """One signature as its format's code read it. Nothing here was judged against a trust anchor."""

    format: Format
    integrity: Integrity
    scope: Scope
    problem: str = ""
    """One more word of our own where it is not intact or not whole."""
    covers: str = field(default="", repr=False)
    """Which part, in a word or a field's name."""
    level: str = "b"
    """As the signature shows it: `b`, `t`, `lt`."""
    certificate: bytes | None = field(default=None, repr=False)
    """Of the signer, DER; None when it does not come along."""
    others: tuple[bytes, ...] = field(default=(), repr=False)
    """Other certificates that came along, DER."""
    lists: tuple[bytes, ...] = field(default=(), repr=False)
    """Revocation lists that came along, DER."""
    responses: tuple[bytes, ...] = field(default=(), repr=False)
    """OCSP responses that came along, DER."""
    claimed_at: datetime | None = None
    """When the signer says it was made. Proves nothing."""
    stamp: bytes | None = field(default=None, repr=False)
    """The time stamp token over the signature value, DER ContentInfo (RFC 3161); not judged yet."""
    stamped: bytes | None = field(default=None, repr=False)
    """The bytes that the token must be about: the signature value."""
    hash_name: str = ""
