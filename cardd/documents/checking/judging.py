"""From what a signature is to what it is worth: its certificate, the time that is proven, and the indication of ETSI EN 319 102-1.

Time: a good time stamp over the signature proves that it existed then, so the certificate is judged as it was then; without one it is
judged as it is at the moment of the check. What the signer claims decides nothing.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from cardd.documents.checking.report import (
    FAILURES,
    CertificateReport,
    Indication,
    Proof,
    SignatureReport,
    Signer,
    StampReport,
    SubIndication,
)
from cardd.documents.found import Found, Integrity, Scope


@dataclass(frozen=True, slots=True)
class Question:
    """What a judge of certificates is asked: is this the certificate of somebody who may sign documents, at this time?"""

    certificate: bytes = field(repr=False)
    at: datetime
    seen_at: datetime
    """When it is asked: for a time in the past, what was known since counts as well."""
    others: tuple[bytes, ...] = field(default=(), repr=False)
    """Certificates that came along, not trusted by themselves."""
    lists: tuple[bytes, ...] = field(default=(), repr=False)
    responses: tuple[bytes, ...] = field(default=(), repr=False)


class CertificateJudge(Protocol):
    """The daemon behind `certificate.check`, or anchors of one's own (`cardd.documents.checking.anchors`)."""

    def __call__(self, question: Question) -> CertificateReport: ...


StampJudge = Callable[[Found, datetime], StampReport]
"""Judges the time stamp of a signature at a time; asked only where there is one."""


def no_stamps(_found: Found, _at: datetime) -> StampReport:
    """Where no time stamp authority is trusted."""
    return StampReport(Proof.NOT_TRUSTED, problem="stamp_no_anchors")


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the one who asks believes."""

    certificates: CertificateJudge
    stamps: StampJudge = no_stamps
    parts: Collection[str] = ()
    """Names of parts of a document that are enough when they are signed (`Found.covers`); else only a whole document is."""


_INTEGRITY: Final[Mapping[Integrity, tuple[SubIndication, str]]] = {
    Integrity.CHANGED: (SubIndication.HASH_FAILURE, "document_changed"),
    Integrity.WRONG_VALUE: (SubIndication.SIG_CRYPTO_FAILURE, "signature_wrong"),
    Integrity.WRONG_CERTIFICATE: (SubIndication.NO_SIGNING_CERTIFICATE_FOUND, "certificate_swapped"),
    Integrity.UNREADABLE: (SubIndication.FORMAT_FAILURE, "signature_unreadable"),
    Integrity.WEAK: (SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "signature_weak"),
    Integrity.CONTENT_MISSING: (SubIndication.SIGNED_DATA_NOT_FOUND, "content_missing"),
}
_REFUSED: Final[Mapping[str, tuple[SubIndication, str]]] = {
    "malformed": (SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, "certificate_malformed"),
    "weak_algorithm": (SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "certificate_weak"),
    "unknown_issuer": (SubIndication.NO_CERTIFICATE_CHAIN_FOUND, "issuer_unknown"),
    "bad_signature": (SubIndication.NO_CERTIFICATE_CHAIN_FOUND, "issuer_did_not_sign"),
    "issuer_not_valid": (SubIndication.NO_CERTIFICATE_CHAIN_FOUND, "issuer_not_valid"),
    "issuer_revoked": (SubIndication.REVOKED_CA_NO_POE, "issuer_revoked"),
    "wrong_kind": (SubIndication.CHAIN_CONSTRAINTS_FAILURE, "wrong_kind"),
}
"""Refused for another reason: the chain as a whole (`bad_path`)."""
_RESULTS: Final[Mapping[str, tuple[SubIndication, str]]] = {
    "revoked": (SubIndication.REVOKED_NO_POE, "revoked"),
    "expired": (SubIndication.OUT_OF_BOUNDS_NO_POE, "expired"),
    "not_yet_valid": (SubIndication.NOT_YET_VALID, "not_yet_valid"),
    "not_checked": (SubIndication.TRY_LATER, "revocation_not_checked"),
}
"""Everything else that is not good: it cannot be told (`unknown`)."""

MAY_SIGN: Final = ("jpki_signature", "operator_signature")
"""Kinds of certificate (`certs.profiles.profile.Kind`) that sign documents."""
NO_CERTIFICATE: Final = "certificate_missing"


def judge(found: Found, trust: Trust, at: datetime) -> SignatureReport:
    """What one signature is worth at the moment `at` (with time zone)."""
    if found.integrity is not Integrity.INTACT:
        sub, problem = _INTEGRITY[found.integrity]
        return _report(found, sub, found.problem if found.problem == NO_CERTIFICATE else problem)
    if found.certificate is None:
        return _report(found, SubIndication.NO_SIGNING_CERTIFICATE_FOUND, NO_CERTIFICATE)
    stamp = trust.stamps(found, at) if found.stamp is not None else StampReport()
    now = _asked(found, trust, at, at)
    then = _asked(found, trust, stamp.proven, at) if stamp.proven is not None else None
    told = replace(_report(found, None, ""), signer=signer_of(found.certificate), stamp=stamp, then=then, now=now)
    decided, problem = _decided(found, trust, stamp, then or now)
    return replace(told, indication=_indication(decided), sub_indication=decided, problem=problem)


def _decided(
    found: Found, trust: Trust, stamp: StampReport, certificate: CertificateReport
) -> tuple[SubIndication | None, str]:
    """The first thing that stands in the way: the certificate, a broken time stamp, or how much of the document is signed."""
    if certificate.result != "good":
        return _not_good(certificate)
    if stamp.proof is Proof.WRONG:
        return SubIndication.SIG_CONSTRAINTS_FAILURE, "stamp_wrong"
    if found.scope is Scope.CHANGED_SINCE:
        return SubIndication.SIG_CONSTRAINTS_FAILURE, "changed_since"
    if found.scope is Scope.PART and (found.problem or not {*found.covers.split(", ")} <= {*trust.parts}):
        return SubIndication.SIG_CONSTRAINTS_FAILURE, "part_only"
    return None, ""


def _not_good(certificate: CertificateReport) -> tuple[SubIndication, str]:
    if certificate.result != "refused":
        return _RESULTS.get(certificate.result, (SubIndication.TRY_LATER, "revocation_unknown"))
    if certificate.reason == "wrong_kind" and certificate.test and certificate.kind in MAY_SIGN:
        return SubIndication.CHAIN_CONSTRAINTS_FAILURE, "test_certificate"
    if certificate.reason == "unknown_issuer" and certificate.detail == "other_generation":
        return SubIndication.NO_CERTIFICATE_CHAIN_FOUND, "issuer_other_generation"
    return _REFUSED.get(certificate.reason, (SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, "chain_broken"))


def _report(found: Found, sub: SubIndication | None, problem: str) -> SignatureReport:
    return SignatureReport(
        format=found.format,
        indication=_indication(sub),
        sub_indication=sub,
        problem=problem,
        detail=found.problem,
        level=found.level,
        scope=found.scope,
        covers=found.covers,
        claimed_at=found.claimed_at,
        hash_name=found.hash_name,
    )


def _indication(sub: SubIndication | None) -> Indication:
    if sub is None:
        return Indication.PASSED
    return Indication.FAILED if sub in FAILURES else Indication.INDETERMINATE


def _asked(found: Found, trust: Trust, at: datetime, seen_at: datetime) -> CertificateReport:
    assert found.certificate is not None
    return trust.certificates(Question(found.certificate, at, seen_at, found.others, found.lists, found.responses))


def signer_of(certificate: bytes) -> Signer | None:
    """Who a certificate says that it is; None when it cannot be read."""
    from cardd.documents.checking.signers import read_signer  # noqa: PLC0415  # loads the certificate code

    return read_signer(certificate)
