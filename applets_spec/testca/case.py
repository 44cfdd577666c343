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
    NOT_CHECKED = "not-checked"
    """Everything else is good, and nobody looked whether it was revoked."""
    LIST_MISSING = "list-missing"
    """Revocation cannot be told: there are lists, and none of them may answer for this certificate."""
    LIST_TOO_OLD = "list-too-old"
    """Likewise: the newest list that may answer is past its nextUpdate."""
    RESPONDER_UNKNOWN = "responder-unknown"
    """The responder says `unknown`."""
    RESPONDER_TRY_LATER = "responder-try-later"
    RESPONDER_REFUSED = "responder-refused"
    """internalError, sigRequired, unauthorized, malformedRequest."""
    RESPONDER_NOT_AUTHORISED = "responder-not-authorised"
    """Signed by somebody who may not answer for this authority."""
    RESPONSE_BAD_SIGNATURE = "response-bad-signature"
    RESPONSE_OTHER_CERTIFICATE = "response-other-certificate"
    RESPONSE_OTHER_NONCE = "response-other-nonce"
    RESPONSE_FROM_FUTURE = "response-from-future"
    RESPONSE_TOO_OLD = "response-too-old"
    RESPONSE_MALFORMED = "response-malformed"


UNDECIDED = frozenset(
    {
        Verdict.LIST_MISSING,
        Verdict.LIST_TOO_OLD,
        Verdict.RESPONDER_UNKNOWN,
        Verdict.RESPONDER_TRY_LATER,
        Verdict.RESPONDER_REFUSED,
        Verdict.RESPONDER_NOT_AUTHORISED,
        Verdict.RESPONSE_BAD_SIGNATURE,
        Verdict.RESPONSE_OTHER_CERTIFICATE,
        Verdict.RESPONSE_OTHER_NONCE,
        Verdict.RESPONSE_FROM_FUTURE,
        Verdict.RESPONSE_TOO_OLD,
        Verdict.RESPONSE_MALFORMED,
    }
)
"""Everything but revocation is good, and revocation cannot be told: never `good`, never `revoked`, never *not checked*."""


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
    responses: tuple[bytes, ...] = ()
    """OCSP responses, DER."""
    nonce: bytes | None = None
    """What the request carried to which `responses` are said to be the answers; None: nobody asked with a nonce."""
