"""What signs for the operator CA, wherever its key is; and the three kinds of key that a CA may have."""

import hashlib
from enum import StrEnum
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.ca.errors import CaKeyError

RSA_BITS = 3072
RSA_EXPONENT = 65537


class Algorithm(StrEnum):
    """The CA's key, and with it how it signs."""

    P256 = "p256"
    """ecdsa-with-SHA256 (RFC 5758, 3.2)"""
    P384 = "p384"
    """ecdsa-with-SHA384 (RFC 5758, 3.2)"""
    RSA_3072 = "rsa3072"
    """sha256WithRSAEncryption (RFC 4055, 5)"""

    @property
    def hash_name(self) -> str:
        """As hashlib and `cryptography` name it."""
        return "sha384" if self is Algorithm.P384 else "sha256"

    @property
    def signature_name(self) -> str:
        """As asn1crypto names the signature algorithm."""
        return f"{self.hash_name}_{'rsa' if self is Algorithm.RSA_3072 else 'ecdsa'}"


class CaSigner(Protocol):
    """The CA's private key, opened. It signs until it is closed."""

    @property
    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""

    @property
    def algorithm(self) -> Algorithm:
        """Which decides the signature's form."""

    def sign(self, tbs: bytes) -> bytes:
        """The signature over `tbs` as it stands in a certificate: PKCS#1 v1.5, or DER of ECDSA. Raises `CaKeyError`."""

    def close(self) -> None:
        """Let go of the key; a token is logged out. Harmless when done twice."""


def algorithm_of(key: PublicKeyTypes) -> Algorithm:
    """Raises `CaKeyError` (`key_kind`)."""
    if isinstance(key, rsa.RSAPublicKey) and key.key_size == RSA_BITS:
        return Algorithm.RSA_3072
    if isinstance(key, ec.EllipticCurvePublicKey):
        if isinstance(key.curve, ec.SECP256R1):
            return Algorithm.P256
        if isinstance(key.curve, ec.SECP384R1):
            return Algorithm.P384
    raise CaKeyError("key_kind")


def spki_of(key: PublicKeyTypes) -> bytes:
    """SubjectPublicKeyInfo, DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_fingerprint(spki_der: bytes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo's DER, lower-case hex: the same for every certificate of one key."""
    return hashlib.sha256(spki_der).hexdigest()
