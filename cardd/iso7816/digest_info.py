"""What a card signs with RSA: DigestInfo, and the PKCS#1 v1.5 block around it (RFC 8017, 9.2). Hashing is done elsewhere."""

from cardd.errors import AlgorithmUnsupported

DIGEST_LENGTHS = {"sha256": 32, "sha384": 48, "sha512": 64}

DIGEST_INFO_PREFIXES = {
    "sha256": bytes.fromhex("3031300D060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300D060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300D060960864801650304020305000440"),
}
"""DER of AlgorithmIdentifier and OCTET STRING header, as listed in RFC 8017, 9.2, note 1."""

LEAST_PADDING = 8


def check_digest(algorithm: str, digest: bytes) -> None:
    """Raise `AlgorithmUnsupported` unless `algorithm` is one of ours and `digest` has its length (32, 48 or 64 bytes)."""
    if DIGEST_LENGTHS.get(algorithm) != len(digest):
        raise AlgorithmUnsupported(problem="digest")


def digest_info(algorithm: str, digest: bytes) -> bytes:
    """DigestInfo (51, 67 or 83 bytes). Raises `AlgorithmUnsupported`."""
    check_digest(algorithm, digest)
    return DIGEST_INFO_PREFIXES[algorithm] + digest


def pkcs1_block(info: bytes, size: int) -> bytes:
    """`00 01 FF.. 00 info`, `size` bytes = the length of the modulus. Raises `ValueError` when `info` leaves under 8 bytes of FF."""
    padding = size - len(info) - 3
    if padding < LEAST_PADDING:
        raise ValueError("modulus too short for this DigestInfo")
    return b"\x00\x01" + b"\xff" * padding + b"\x00" + info
