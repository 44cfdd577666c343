"""Whether the signatures beside a file of the office hold: form, content, certificate, key. Who may sign is asked elsewhere.

Importing this brings the certificate code (0.2 s, 16 MB): it is done when there is something to check.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from cardd.errors import AlgorithmUnsupported, CardBadAnswer, SignatureMismatch
from cardd.office import cms_form
from cardd.office.signed_limits import CLOCKS_DIFFER
from cardd.signatures import check_signature, public_key
from certs.profiles.operator_badge import card_uuid
from certs.profiles.operator_signature import OPERATOR_SIGNATURE
from certs.validation.truststore import TrustStore
from certs.validation.validate import parse, validate

_WORDS = {"malformed": "bad_signature", "bad_path": "unknown_issuer"}


class Unverified(Exception):
    """The signatures do not hold. `problem`: one word of `office.reload`; `detail`: one more for whoever looks into it."""

    def __init__(self, problem: str, detail: str = "") -> None:
        self.problem, self.detail = problem, detail
        super().__init__(f"{problem} {detail}".strip())


@dataclass(frozen=True, slots=True)
class Signer:
    """A badge whose signature key (9C) signed the content, as its certificate names it."""

    fingerprint: str
    """SHA-256 of the certificate's DER, lower-case hex."""
    certificate: bytes = field(repr=False)
    card_uuid: str | None
    """32 lower-case hex digits: the GUID in the badge's CHUID."""
    signed_at: datetime


def verify(
    content: bytes, p7s: bytes, anchors: TrustStore, at: datetime | None, *, test: bool = False
) -> tuple[Signer, ...]:
    """The signers of `content`, one or two. Raises `Unverified`.

    Certificates are judged at the time of signing, so that a file in force stays so when a badge expires; for a file that
    arrives now also `at` now (aware), for a badge that counts no more must not sign backwards in time.
    `test`: policies of test hierarchies count.
    """
    try:
        forms = cms_form.read(p7s)
    except cms_form.BadForm as error:
        raise Unverified("bad_signature", error.detail) from None
    return tuple(_verified(form, content, anchors, at, test=test) for form in forms)


def _verified(
    form: cms_form.SignerForm, content: bytes, anchors: TrustStore, at: datetime | None, *, test: bool
) -> Signer:
    if hashlib.new(form.hash_name, content).digest() != form.message_digest:
        raise Unverified("bad_signature", "other_content")
    if at is not None and form.signed_at > at + CLOCKS_DIFFER:
        raise Unverified("signed_in_future")
    for moment in (form.signed_at, at):
        if moment is not None:
            verdict = validate(form.certificate, OPERATOR_SIGNATURE, anchors, moment, test=test)
            if not verdict.good_but_revocation:
                raise Unverified(_WORDS.get(verdict.reason, verdict.reason), verdict.detail)
    try:
        key = public_key(form.certificate)
        check_signature(key, form.signature, hashlib.new(form.hash_name, form.attributes).digest(), form.hash_name)
    except SignatureMismatch:
        raise Unverified("bad_signature", "signature") from None
    except (AlgorithmUnsupported, CardBadAnswer):
        raise Unverified("weak_algorithm", "key_kind") from None
    fingerprint = hashlib.sha256(form.certificate).hexdigest()
    return Signer(fingerprint, form.certificate, card_uuid(parse(form.certificate)), form.signed_at)
