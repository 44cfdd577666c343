"""What a certificate case is: a certificate, what it is offered as, whom the judge trusts, when, and the verdict that is right."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """As what a certificate is offered."""

    BADGE_AUTHENTICATION = "badge-authentication"
    BADGE_SIGNATURE = "badge-signature"
    JPKI_SIGNATURE = "jpki-signature"
    JPKI_AUTHENTICATION = "jpki-authentication"


class Verdict(StrEnum):
    """The right answer to a case; where several things are wrong the docstring says which counts."""

    GOOD = "good"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    UNKNOWN_ISSUER = "unknown-issuer"
    BAD_SIGNATURE = "bad-signature"
    WRONG_KIND = "wrong-kind"
    WEAK_ALGORITHM = "weak-algorithm"
    MALFORMED = "malformed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, repr=False)
class Case:
    """One case. Certificates and lists as bytes, DER unless the case is about wrong encoding."""

    certificate: bytes
    purpose: Purpose
    anchors: tuple[bytes, ...]
    at: datetime
    verdict: Verdict
    clause: str
    others: tuple[bytes, ...] = ()
    """Certificates that come along and are not trusted by themselves."""
    crls: tuple[bytes, ...] = ()
