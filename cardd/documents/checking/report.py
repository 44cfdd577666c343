"""What the check of a document comes to: one report a file, one part for each signature, in the words of ETSI EN 319 102-1.

Everything here may name a person: it is for the one who asked, and stands in no log or record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from cardd.documents.found import Scope
from cardd.documents.model import Format


class Indication(StrEnum):
    """Main status of a signature (ETSI EN 319 102-1, 5.1.3)."""

    PASSED = "TOTAL-PASSED"
    INDETERMINATE = "INDETERMINATE"
    """What is there does not suffice to say yes or no."""
    FAILED = "TOTAL-FAILED"


class SubIndication(StrEnum):
    """Why it is not passed (ETSI EN 319 102-1, 5.1.3, tables 5 and 6); those that this check can come to."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    NOT_YET_VALID = "NOT_YET_VALID"
    """Proven to exist before the certificate began."""
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    """Revoked, and no proof that the signature is older than that. `TOTAL-FAILED`/`REVOKED` needs a proof that it is younger, which only
    a time stamp over the content gives (EN 319 102-1, 5.3.4): none is looked for here."""
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    """An authority on the way is revoked, and no proof that the signature is older than that."""
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    """Expired, and no proof that the signature is older than that."""
    TRY_LATER = "TRY_LATER"
    """Revocation cannot be told with what there is now."""
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"


FAILURES = frozenset(
    {
        SubIndication.FORMAT_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
        SubIndication.NOT_YET_VALID,
    }
)
"""These say no for good; all others are INDETERMINATE."""


class Proof(StrEnum):
    """Whether the time of a signature is proven."""

    NONE = "none"
    """No time stamp."""
    GOOD = "good"
    NOT_TRUSTED = "not_trusted"
    """A time stamp of an authority that is not trusted here, or that cannot be judged."""
    WRONG = "wrong"
    """A time stamp that is broken or about other bytes."""


@dataclass(frozen=True, slots=True)
class StampReport:
    """What the time stamp over the signature is worth. `time`: when it says it was made, with time zone."""

    proof: Proof = Proof.NONE
    time: datetime | None = None
    problem: str = ""
    authority: str = field(default="", repr=False)

    @property
    def proven(self) -> datetime | None:
        """The moment at which the signature is proven to have existed."""
        return self.time if self.proof is Proof.GOOD else None


@dataclass(frozen=True, slots=True)
class CertificateReport:
    """What is known of the signer's certificate at one time.

    `result`: `good`, `revoked`, `expired`, `not_yet_valid`, `refused`, `unknown`, `not_checked`; `reason`: the word that decided
    (`certs.validation.verdict`); `revocation`: `good`, `revoked`, or why it is not known; `kind`: as which kind it was judged.
    """

    at: datetime
    result: str
    reason: str
    revocation: str = "not_checked"
    list_age_s: int | None = None
    kind: str | None = None
    test: bool = False
    """It comes from a test authority."""
    detail: str = ""
    """One more word where there is one, such as `other_generation`: of an authority's name, but not of its key that is trusted."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who the certificate says that it is; to be believed only where the certificate's chain is good."""

    name: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    """As in the certificate, ISO 8601 where it is a whole date."""
    issuer: str = field(default="", repr=False)
    fingerprint: str = field(default="", repr=False)
    """SHA-256 of the certificate, hex."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    name_replaced: bool = False
    """Some characters of the name stand for others that the certificate cannot write."""


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature."""

    format: Format
    indication: Indication
    sub_indication: SubIndication | None
    problem: str = ""
    """The word of ours that decided; empty when passed. Each has its sentences in `checking.words`."""
    detail: str = ""
    """One more word for whoever looks into it: what the format's check met."""
    level: str = "b"
    scope: Scope = Scope.WHOLE
    covers: str = field(default="", repr=False)
    signer: Signer | None = field(default=None, repr=False)
    claimed_at: datetime | None = None
    """What the signer says. Decides nothing."""
    stamp: StampReport = StampReport()
    then: CertificateReport | None = None
    """At the time that the stamp proves."""
    now: CertificateReport | None = None
    """At the time of the check."""
    hash_name: str = ""

    @property
    def passed(self) -> bool:
        return self.indication is Indication.PASSED


@dataclass(frozen=True, slots=True)
class Report:
    """A whole file. `sha256`: of the file, hex; `size`: bytes."""

    checked_at: datetime
    size: int
    sha256: str
    signatures: Sequence[SignatureReport]

    @property
    def indication(self) -> Indication:
        """The worst of all signatures: passed only where each one is, and there is one."""
        each = {signature.indication for signature in self.signatures}
        if Indication.FAILED in each:
            return Indication.FAILED
        return Indication.PASSED if each == {Indication.PASSED} else Indication.INDETERMINATE

    def as_dict(self) -> Mapping[str, Any]:
        """The report for programs, as JSON has it: times in RFC 3339, UTC."""
        return {
            "indication": self.indication.value,
            "checked_at": _moment(self.checked_at),
            "file": {"size": self.size, "sha256": self.sha256},
            "signatures": [_signature(each) for each in self.signatures],
        }


def _signature(each: SignatureReport) -> dict[str, Any]:
    return {
        "format": each.format.value,
        "detail": each.detail or None,
        "level": each.level,
        "indication": each.indication.value,
        "sub_indication": each.sub_indication.value if each.sub_indication else None,
        "problem": each.problem or None,
        "scope": each.scope.value,
        "covers": each.covers or None,
        "hash": each.hash_name or None,
        "claimed_at": _moment(each.claimed_at),
        "time_stamp": {
            "proof": each.stamp.proof.value,
            "time": _moment(each.stamp.time),
            "problem": each.stamp.problem or None,
            "authority": each.stamp.authority or None,
        },
        "signer": _signer(each.signer),
        "certificate_then": _certificate(each.then),
        "certificate_now": _certificate(each.now),
    }


def _signer(signer: Signer | None) -> dict[str, Any] | None:
    if signer is None:
        return None
    return {
        "name": signer.name or None,
        "name_replaced": signer.name_replaced,
        "address": signer.address or None,
        "birth_date": signer.birth_date or None,
        "issuer": signer.issuer or None,
        "fingerprint": signer.fingerprint,
        "valid_from": _moment(signer.valid_from),
        "valid_until": _moment(signer.valid_until),
    }


def _certificate(certificate: CertificateReport | None) -> dict[str, Any] | None:
    if certificate is None:
        return None
    return {
        "at": _moment(certificate.at),
        "kind": certificate.kind,
        "result": certificate.result,
        "reason": certificate.reason,
        "revocation": certificate.revocation,
        "list_age_s": certificate.list_age_s,
        "test": certificate.test,
        "detail": certificate.detail or None,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
