"""Certificates and keys of signers, and whether a signature value holds. Bounded before any other parser sees the bytes."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from cardd.documents.errors import DocumentError
from certs.errors import Malformed
from certs.reading import Looseness, read
from certs.validation.algorithms import LARGEST_RSA_BITS, SMALLEST_RSA_BITS, STRONG_CURVES

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303 - known, so that a signature over it is called weak and not unknown
    "sha1": hashes.SHA1(),  # noqa: S303
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
STRONG_HASHES = frozenset({"sha256", "sha384", "sha512"})
"""What a signature may be made over; the others prove nothing any more, or (SHA-224) are allowed by no profile of ours."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a value was made. `salt`: bytes of salt, RSASSA-PSS only (RFC 8017, 8.1); None is PKCS#1 v1.5 or ECDSA."""

    family: str
    """`rsa` or `ecdsa`."""
    hash_name: str
    salt: int | None = None


_AS_ON_CARDS = frozenset({Looseness.BER_LENGTHS, Looseness.NULL_PARAMETERS})
"""What may be mended, because cards carry it and their signatures come with it."""


def load_certificate(der: bytes) -> x509.Certificate:
    """A certificate within our bounds, for its key and its extensions. Raises `DocumentError("certificate_unreadable")`."""
    try:
        return read(der, _AS_ON_CARDS).certificate
    # Without the cause: it is about a certificate.
    except Malformed:
        raise DocumentError("certificate_unreadable") from None


def public_key(certificate: x509.Certificate) -> PublicKey:
    """Its RSA or EC key. Raises `DocumentError`: `certificate_unreadable`, `key_not_supported`."""
    try:
        key = certificate.public_key()
    except ValueError:
        raise DocumentError("certificate_unreadable") from None
    except UnsupportedAlgorithm:
        raise DocumentError("key_not_supported") from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise DocumentError("key_not_supported")
    return key


def is_weak(key: PublicKey) -> bool:
    """Whether its size or curve is below our floor (SP 800-78-4, table 3-1), or beyond what anybody uses."""
    if isinstance(key, rsa.RSAPublicKey):
        return not SMALLEST_RSA_BITS <= key.key_size <= LARGEST_RSA_BITS
    return key.curve.name not in STRONG_CURVES


def holds(key: PublicKey, signature: bytes, digest: bytes, scheme: Scheme) -> bool:
    """Whether `signature` is this key's over `digest`, made in this way."""
    algorithm = HASHES[scheme.hash_name]
    prehashed = utils.Prehashed(algorithm)
    try:
        if isinstance(key, rsa.RSAPublicKey) and scheme.family == "rsa":
            filling = padding.PKCS1v15() if scheme.salt is None else padding.PSS(padding.MGF1(algorithm), scheme.salt)
            key.verify(signature, digest, filling, prehashed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and scheme.family == "ecdsa":
            key.verify(signature, digest, ec.ECDSA(prehashed))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        # ValueError: a value that cannot be one of this key's, such as a salt longer than the modulus.
        return False
    return True
