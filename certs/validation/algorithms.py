"""The floor under algorithms: SHA-256, RSA of 2048 bits or P-256 at least (SP 800-78-4, tables 3-1 and 3-3)."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

STRONG_HASHES = frozenset({"sha256", "sha384", "sha512"})
STRONG_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
SMALLEST_RSA_BITS = 2048
LARGEST_RSA_BITS = 8192
"""A larger modulus only costs time."""


def weakness(certificate: x509.Certificate) -> str | None:
    """What is too weak about the certificate, or not known; None when nothing is."""
    try:
        digest = certificate.signature_hash_algorithm
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return "algorithm_unknown"
    if digest is None or digest.name not in STRONG_HASHES:
        return "hash"
    if isinstance(key, rsa.RSAPublicKey):
        return None if SMALLEST_RSA_BITS <= key.key_size <= LARGEST_RSA_BITS else "rsa_size"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return None if key.curve.name in STRONG_CURVES else "curve"
    return "key_kind"
