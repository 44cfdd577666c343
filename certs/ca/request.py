"""Certification requests (PKCS#10, RFC 2986): built for a key that a badge keeps to itself, and read back strictly.

asn1crypto builds; the bounded walk and `cryptography` check.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from asn1crypto import csr
from asn1crypto.keys import PublicKeyInfo
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certs.asn1 import check_bounds
from certs.ca.errors import CaRefused
from certs.ca.keys import spki_of
from certs.ca.names import LONGEST_NAME, fits, request_name
from certs.errors import Malformed
from certs.validation.algorithms import STRONG_HASHES


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose signature was verified: whoever made it has the private key. Nothing else in it is believed."""

    public_key: bytes = field(repr=False)
    """SubjectPublicKeyInfo, DER, written anew."""


def build_request(spki_der: bytes, subject_name: str, sign: Callable[[bytes], bytes]) -> bytes:
    """DER of a CertificationRequest.

    `spki_der`: SubjectPublicKeyInfo of an RSA or EC key. `subject_name`: common name, 1 to 64 characters.
    `sign` gets the digest of the CertificationRequestInfo, SHA-256 (32 bytes), for a P-384 key SHA-384 (48 bytes), and gives the
    signature: PKCS#1 v1.5 in the modulus's length, or DER of ECDSA. What it raises passes through.
    Raises `CaRefused`: `weak_key` (key unreadable or of another kind), `name`, `request_signature` (not made by this key).
    """
    if not fits(subject_name, LONGEST_NAME):
        raise CaRefused("name")
    hash_name, kind = _signature_of(_public_key(spki_der))
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": request_name(subject_name),
            "subject_pk_info": PublicKeyInfo.load(spki_der),
            "attributes": [],  # the field is not optional, its content is (RFC 2986, 4.1)
        }
    )
    signature = sign(hashlib.new(hash_name, info.dump()).digest())
    request = csr.CertificationRequest(
        {
            "certification_request_info": info,
            "signature_algorithm": {"algorithm": f"{hash_name}_{kind}"},
            "signature": bytes(signature),
        }
    )
    der: bytes = request.dump()
    parse_request(der)
    return der


def parse_request(der: bytes) -> Request:
    """Read one request from untrusted bytes, and verify its signature with its own key: proof of possession (RFC 2986, 3).

    At most 8 KiB. Raises `CaRefused`: `request_malformed`, `request_signature`.
    """
    try:
        check_bounds(der)
        request = x509.load_der_x509_csr(der)
        key = request.public_key()
        digest = request.signature_hash_algorithm
        verified = request.is_signature_valid
        _ = request.subject, [each.oid for each in request.extensions]
    except (Malformed, ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.DuplicateExtension):
        raise CaRefused("request_malformed") from None
    except (InvalidSignature, x509.InvalidVersion):
        raise CaRefused("request_malformed") from None
    if digest is None or digest.name not in STRONG_HASHES or not verified:
        raise CaRefused("request_signature")
    return Request(spki_of(key))


def _public_key(spki_der: bytes) -> PublicKeyTypes:
    try:
        check_bounds(spki_der)
        return load_der_public_key(spki_der)
    except (Malformed, ValueError, TypeError, UnsupportedAlgorithm):
        raise CaRefused("weak_key") from None


def _signature_of(key: PublicKeyTypes) -> tuple[str, str]:
    """Hash and kind of the signature that a key of this kind makes (SP 800-78-4, table 3-7)."""
    if isinstance(key, rsa.RSAPublicKey):
        return "sha256", "rsa"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return ("sha384" if key.curve.key_size == 384 else "sha256"), "ecdsa"
    raise CaRefused("weak_key")
