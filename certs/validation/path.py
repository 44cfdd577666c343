"""Finds and checks a path from a certificate to an anchor (RFC 5280, 6.1) with pyhanko-certvalidator. No network, time is an argument."""

import logging
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    PathError,
    ValidationError,
)

from certs.validation.algorithms import weakness
from certs.validation.truststore import TrustStore, is_authority
from certs.validation.verdict import GOOD, Answer, bad

LONGEST_PATH = 4
"""Certificates from the holder's up to the anchor, both counted."""
WEAK_HASHES = frozenset({"md2", "md5", "sha1"})
T = TypeVar("T")

logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)  # it logs names from certificates with tracebacks


@dataclass(frozen=True, slots=True)
class PathResult:
    """The answer, and who issued the holder's certificate when the path is good."""

    answer: Answer
    issuer: x509.Certificate | None = None


def check_path(der: bytes, store: TrustStore, others: Iterable[x509.Certificate], moment: datetime) -> PathResult:
    """Whether `der` (bounded and parsed before) leads to an anchor that is valid at `moment`, over authorities among `others`.

    Revocation is not looked at here. Answers `unknown_issuer`, `bad_signature`, `issuer_not_valid`, `weak_algorithm`, `bad_path`.
    """
    between = [each for each in others if is_authority(each) and weakness(each) is None]
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(anchor.der) for anchor in store.anchors],
        other_certs=[asn1_x509.Certificate.load(each.public_bytes(Encoding.DER)) for each in between],
        moment=moment,
        allow_fetching=False,
        revocation_mode="soft-fail",  # without lists and fetching: not looked at
        weak_hash_algos=WEAK_HASHES,
        time_tolerance=timedelta(0),
    )
    validator = CertificateValidator(asn1_x509.Certificate.load(der), validation_context=context)
    leaf = x509.load_der_x509_certificate(der)
    candidates = [*(anchor.certificate for anchor in store.anchors), *between]
    try:
        path = _run(validator.async_validate_path())
    except (ValidationError, PathError) as error:
        return PathResult(bad(_reason(error, leaf, candidates)))
    chain = [each.dump() for each in path if isinstance(each, asn1_x509.Certificate)]
    if len(chain) > LONGEST_PATH:
        return PathResult(bad("bad_path"))
    anchor = next((each for each in store.anchors if each.der == chain[0]), None)
    if anchor is None or not anchor.valid_at(moment):
        return PathResult(bad("issuer_not_valid" if anchor else "unknown_issuer"))
    return PathResult(GOOD, x509.load_der_x509_certificate(chain[-2]) if len(chain) > 1 else None)


def _reason(error: Exception, leaf: x509.Certificate, candidates: list[x509.Certificate]) -> str:
    if isinstance(error, PathBuildingError):
        return "unknown_issuer"
    if isinstance(error, ExpiredError | NotYetValidError):
        return "issuer_not_valid"
    if isinstance(error, DisallowedAlgorithmError):
        return "weak_algorithm"
    issuers = [each for each in candidates if each.subject == leaf.issuer]
    return "bad_path" if any(_signed_by(leaf, each) for each in issuers) else "bad_signature"


def _signed_by(leaf: x509.Certificate, issuer: x509.Certificate) -> bool:
    """A second opinion, by another library."""
    try:
        leaf.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _run(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits: without fetching the validator only computes. No event loop is needed."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("the path check tried to wait for something")
