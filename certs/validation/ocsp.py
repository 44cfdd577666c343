"""What an OCSP response, given as bytes, says about one certificate (RFC 6960, 4.2 and 3.2). Nothing is asked, nothing is fetched.

Each way in which it says nothing has its own word, and none of them is good (ETSI EN 319 102-1 calls all of them INDETERMINATE).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.oid import SignatureAlgorithmOID as Algorithm

from certs.asn1 import check_bounds
from certs.errors import Malformed
from certs.validation.algorithms import weakness
from certs.validation.lists import UNREADABLE
from certs.validation.verdict import GOOD, Answer, State, bad, unknown

LARGEST = 64 * 1024
"""Bytes of a response."""
DEEPEST = 32
"""Levels: a certificate of 16 lies seven levels down in the response."""
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far another clock may run before ours (our choice)."""
LONGEST_WITHOUT_NEXT = timedelta(hours=1)
"""Without nextUpdate newer information is there at any time (RFC 6960, 4.2.2.1): such a response is a snapshot, and ages fast."""

_RSA_ALGORITHMS = frozenset({Algorithm.RSA_WITH_SHA256, Algorithm.RSA_WITH_SHA384, Algorithm.RSA_WITH_SHA512})
_ECDSA_ALGORITHMS = frozenset({Algorithm.ECDSA_WITH_SHA256, Algorithm.ECDSA_WITH_SHA384, Algorithm.ECDSA_WITH_SHA512})
_IDENTIFIER_HASHES = (hashes.SHA1, hashes.SHA256, hashes.SHA384, hashes.SHA512)
"""SHA-1 names a certificate here, it signs nothing (RFC 5019, 2.1.1 even asks for it)."""
_UNDERSTOOD = frozenset({x509.OCSPNonce.oid})
_UNDERSTOOD_OF_RESPONDER = frozenset(
    {x509.BasicConstraints.oid, x509.KeyUsage.oid, x509.ExtendedKeyUsage.oid, x509.OCSPNoCheck.oid}
)

OfResponder = Callable[[x509.Certificate], Answer]
"""What revocation lists say about a responder's own certificate."""


class UnusableResponse(Exception):
    """`problem` is one of these words:

    response_malformed           not one DER OCSPResponse within 64 KiB and 32 levels, or its times contradict each other
    responder_try_later          tryLater: nobody signed this, it says nothing about the certificate
    responder_refused            malformedRequest, internalError, sigRequired, unauthorized
    responder_not_authorised     signed by somebody who is neither the issuer nor appointed by it
    response_weak_algorithm      signed with SHA-1, or with something that is not known here
    response_bad_signature       the signature does not fit
    response_not_understood      has a critical extension that is not known here
    response_other_nonce         does not repeat the nonce that was sent: an old answer, or another's
    response_other_certificate   says nothing about this certificate
    response_from_future         made after the moment at which it is looked at
    """

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Asked:
    """The question a response must answer. `issuer`: of a path that holds. Times with time zone; `seen_at` is not before `at`."""

    certificate: x509.Certificate
    issuer: x509.Certificate
    at: datetime
    seen_at: datetime
    nonce: bytes | None = field(repr=False)


def answer_of(octets: bytes, asked: Asked, of_responder: OfResponder) -> tuple[Answer, int | None]:
    """The answer, and its age at `asked.at` in seconds.

    good; bad `revoked`; unknown with a word of `UnusableResponse`, or `responder_unknown`: the responder does not know the
    certificate, or `response_too_old`: nextUpdate is over.
    """
    try:
        return _answer_of(octets, asked, of_responder)
    except UnusableResponse as unusable:
        return unknown(unusable.problem), None
    except (*UNREADABLE, UnsupportedAlgorithm):
        return unknown("response_malformed"), None


def _answer_of(octets: bytes, asked: Asked, of_responder: OfResponder) -> tuple[Answer, int | None]:
    response = _load(octets)
    signer = _signer(response, asked, of_responder)
    _check_signature(response, signer)
    _check_extensions(response, octets)
    if asked.nonce is not None and _nonce(response) != asked.nonce:
        raise UnusableResponse("response_other_nonce")
    if response.produced_at_utc > asked.seen_at + CLOCK_TOLERANCE:
        raise UnusableResponse("response_from_future")
    about = [each for each in response.responses if _is_about(each, asked)]
    if not about:
        raise UnusableResponse("response_other_certificate")
    answers = [_said(each, asked) for each in about]
    worst = next((each for each in answers if each[0].bad), None)
    return worst or next((each for each in answers if each[0].state is State.UNKNOWN), answers[0])


def _load(octets: bytes) -> ocsp.OCSPResponse:
    try:
        check_bounds(octets, LARGEST, DEEPEST)
    except Malformed:
        raise UnusableResponse("response_malformed") from None
    response = ocsp.load_der_ocsp_response(octets)
    if response.response_status is ocsp.OCSPResponseStatus.TRY_LATER:
        raise UnusableResponse("responder_try_later")
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise UnusableResponse("responder_refused")
    return response


def _signer(response: ocsp.OCSPResponse, asked: Asked, of_responder: OfResponder) -> x509.Certificate:
    """Who signed: the issuer itself, or whom it appointed (RFC 6960, 4.2.2.2). A locally trusted third party there is none."""
    named = [each for each in (asked.issuer, *response.certificates) if _is_named(response, each)]
    for each in named:
        if each == asked.issuer or _is_appointed(each, response, asked, of_responder):
            return each
    raise UnusableResponse("responder_not_authorised")


def _is_named(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    """By name, or by the SHA-1 of its key (RFC 6960, 4.2.1)."""
    if response.responder_name is not None:
        return response.responder_name == certificate.subject
    return response.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest


def _is_appointed(
    certificate: x509.Certificate, response: ocsp.OCSPResponse, asked: Asked, of_responder: OfResponder
) -> bool:
    """Issued by the certificate's issuer itself, for answering, and valid when it answered and when the answer is used."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    produced = response.produced_at_utc
    if not begins <= produced <= ends or max(produced, asked.at) > ends or weakness(certificate) is not None:
        return False
    try:
        certificate.verify_directly_issued_by(asked.issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return _may_answer(certificate.extensions) and _still_holds(certificate, of_responder)


def _may_answer(extensions: x509.Extensions) -> bool:
    """id-kp-OCSPSigning, by name (RFC 6960, 4.2.2.2)."""
    if any(each.critical and each.oid not in _UNDERSTOOD_OF_RESPONDER for each in extensions):
        return False
    try:
        usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    try:
        signs = extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        signs = True
    return signs and ExtendedKeyUsageOID.OCSP_SIGNING in usages


def _still_holds(certificate: x509.Certificate, of_responder: OfResponder) -> bool:
    """With id-pkix-ocsp-nocheck nobody need ask whether it is revoked; without, lists must say that it is not (4.2.2.2.1)."""
    said = of_responder(certificate)
    try:
        certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return said == GOOD
    return not said.bad


def _check_signature(response: ocsp.OCSPResponse, signer: x509.Certificate) -> None:
    algorithm, key = response.signature_algorithm_oid, signer.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm in _RSA_ALGORITHMS:
            digest = _digest_of(response)
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm in _ECDSA_ALGORITHMS:
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(_digest_of(response)))
        else:
            raise UnusableResponse("response_weak_algorithm")
    except InvalidSignature:
        raise UnusableResponse("response_bad_signature") from None


def _digest_of(response: ocsp.OCSPResponse) -> hashes.HashAlgorithm:
    digest = response.signature_hash_algorithm
    if digest is None:
        raise UnusableResponse("response_weak_algorithm")
    return digest


def _check_extensions(response: ocsp.OCSPResponse, octets: bytes) -> None:
    if any(each.critical and each.oid not in _UNDERSTOOD for each in response.extensions):
        raise UnusableResponse("response_not_understood")
    if any(_critical_of_singles(response, octets)):
        raise UnusableResponse("response_not_understood")


def _critical_of_singles(response: ocsp.OCSPResponse, octets: bytes) -> Iterator[bool]:
    """`cryptography` shows the extensions of a single response only where there is one; then asn1crypto reads what it accepted."""
    if len(list(response.responses)) == 1:
        yield from (each.critical for each in response.single_extensions)
        return
    for single in asn1_ocsp.OCSPResponse.load(octets).response_data["responses"]:
        yield from (bool(each["critical"].native) for each in single["single_extensions"] or ())


def _nonce(response: ocsp.OCSPResponse) -> bytes | None:
    try:
        return response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def _is_about(single: ocsp.OCSPSingleResponse, asked: Asked) -> bool:
    """Serial number, issuer's name and issuer's key, by the hash that the responder chose (RFC 6960, 4.1.1 and 3.2 (1))."""
    try:
        algorithm = single.hash_algorithm
    except UnsupportedAlgorithm:
        return False
    if single.serial_number != asked.certificate.serial_number or not isinstance(algorithm, _IDENTIFIER_HASHES):
        return False
    expected = ocsp.OCSPRequestBuilder().add_certificate(asked.certificate, asked.issuer, algorithm).build()
    return (single.issuer_name_hash, single.issuer_key_hash) == (expected.issuer_name_hash, expected.issuer_key_hash)


def _said(single: ocsp.OCSPSingleResponse, asked: Asked) -> tuple[Answer, int | None]:
    """What one single response says for the time that is asked for. Revoked is final, so an old answer says that too."""
    this_update = single.this_update_utc
    if this_update > asked.seen_at + CLOCK_TOLERANCE:
        return unknown("response_from_future"), None
    age_s = max(0, int((asked.at - this_update).total_seconds()))
    status, revoked_at = single.certificate_status, single.revocation_time_utc
    if status is ocsp.OCSPCertStatus.UNKNOWN:
        return unknown("responder_unknown"), age_s
    if status is ocsp.OCSPCertStatus.REVOKED and (revoked_at is None or revoked_at <= asked.at):
        return bad("revoked"), age_s
    problem = _problem_of_time(single, asked)
    return (GOOD if problem is None else unknown(problem)), age_s


def _problem_of_time(single: ocsp.OCSPSingleResponse, asked: Asked) -> str | None:
    """Why the response does not reach to the time that is asked for (RFC 6960, 4.2.2.1)."""
    this_update, next_update = single.this_update_utc, single.next_update_utc
    if next_update is not None and next_update < this_update:
        return "response_malformed"
    if asked.at > (next_update or this_update + LONGEST_WITHOUT_NEXT):
        return "response_too_old"
    if this_update > asked.at + CLOCK_TOLERANCE and asked.certificate.not_valid_after_utc < this_update:
        return "response_too_old"  # a responder may forget what had expired (RFC 6960, 4.4.4)
    return None
