"""`certificate.check`: whether a certificate that the caller brings along holds, by the lists this machine has. No card, no network."""

from typing import Annotated, Literal

from pydantic import Field

from cardd.wire.base import ApprovalWord, Base64, CallParams, CaseNumber, PurposeCode, Receipt, Time, WireModel

METHOD = "certificate.check"

CertificateKind = Literal["jpki_signature", "jpki_authentication", "operator_badge", "operator_signature"]
StateWord = Literal["good", "bad", "unknown", "not_checked"]
ResultWord = Literal["good", "revoked", "expired", "not_yet_valid", "refused", "unknown", "not_checked"]
Several = Annotated[tuple[Base64, ...], Field(max_length=8)]


class Params(CallParams):
    certificate_base64: Base64
    """DER, at most 8 KiB."""
    others_base64: Several = ()
    """Certificates of authorities between it and the anchor, DER; not trusted by themselves."""
    lists_base64: Several = ()
    """Further revocation lists, DER, looked at beside those that this machine holds."""
    responses_base64: Several = ()
    """Further OCSP responses, DER."""
    at: Time | None = None
    """The moment that is asked for; left out, now. Never later than now."""
    kind: CertificateKind | None = None
    """What it is offered as; left out, any kind whose key may sign, under any anchor that this machine has."""
    purpose: PurposeCode
    case: CaseNumber
    approval: ApprovalWord | None = None


class Answer(WireModel):
    state: StateWord
    reason: str
    """One word; empty when good."""


class Answers(WireModel):
    """Each question has its own answer; none becomes good by silence."""

    form: Answer
    algorithm: Answer
    chain: Answer
    time: Answer
    revocation: Answer
    conformity: Answer


class Authority(WireModel):
    """Who issued the certificate."""

    name: str
    """RFC 4514."""
    fingerprint: str
    """SHA-256 of its certificate, lower-case hex."""


class Result(WireModel):
    result: ResultWord
    reason: str
    """The word that decides, or `good`."""
    usable: bool
    """Whether the purpose lets it be used: by the policy's `certificate_status`."""
    answers: Answers
    detail: str
    """One more word for whoever looks into it; often empty."""
    list_age_s: int | None
    """Age of the revocation list or OCSP response that answered, in seconds."""
    authority: Authority | None
    at: str
    """The moment it was judged for."""
    receipt: Receipt
