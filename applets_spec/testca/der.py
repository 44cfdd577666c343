"""Taking a certificate apart and putting it together wrongly: what a certificate library refuses to issue must still reach a reader."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import IntEnum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from applets_spec.testca.keys import PrivateKey

SEQUENCE = 0x30
BIT_STRING = 0x03
INTEGER = 0x02
OCTET_STRING = 0x04
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
INDEFINITE = 0x80
END_OF_CONTENTS = b"\x00\x00"

ECDSA_WITH_SHA1 = bytes.fromhex("300906072A8648CE3D0401")
"""AlgorithmIdentifier of ecdsa-with-SHA1 (RFC 3279, 2.2.3)"""

SHA1_WITH_RSA = bytes.fromhex("300D06092A864886F70D0101050500")
"""AlgorithmIdentifier of sha1WithRSAEncryption (RFC 3279, 2.2.1)"""
LIST_ALGORITHM = 1
"""Place of the algorithm in TBSCertList (RFC 5280, 5.1)."""


class Field(IntEnum):
    """Places in TBSCertificate of a version 3 certificate (RFC 5280, 4.1)."""

    VERSION = 0
    SERIAL = 1
    ALGORITHM = 2
    ISSUER = 3
    VALIDITY = 4
    SUBJECT = 5
    PUBLIC_KEY = 6
    EXTENSIONS = 7


def encode(tag: int, value: bytes) -> bytes:
    """One object with a one-byte tag and the shortest definite length."""
    return header(tag, len(value)) + value


def header(tag: int, length: int) -> bytes:
    """Tag and shortest definite length of an object whose value has `length` bytes."""
    if length < 0x80:
        return bytes([tag, length])
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size)


def contents(der: bytes) -> bytes:
    """The value of the first object."""
    start, end = _bounds(der, 0)
    return der[start:end]


def children(der: bytes) -> list[bytes]:
    """The objects inside the first object, each with its header. For DER we issued: one-byte tags, definite lengths."""
    value, at, found = contents(der), 0, []
    while at < len(value):
        _, end = _bounds(value, at)
        found.append(value[at:end])
        at = end
    return found


def _bounds(der: bytes, at: int) -> tuple[int, int]:
    first = der[at + 1]
    if first < 0x80:
        return at + 2, at + 2 + first
    start = at + 2 + (first & 0x7F)
    return start, start + int.from_bytes(der[at + 2 : start])


def reassembled(
    certificate: bytes,
    changes: Mapping[Field, bytes],
    key: PrivateKey,
    digest: hashes.HashAlgorithm | None = None,
) -> bytes:
    """The certificate with some fields of its body replaced by other DER, signed anew (SHA-256 unless told)."""
    fields = children(children(certificate)[0])
    for field, value in changes.items():
        fields[field] = value
    return _signed_anew(fields, fields[Field.ALGORITHM], key, digest)


def list_by(
    crl: bytes, key: PrivateKey, algorithm: bytes | None = None, digest: hashes.HashAlgorithm | None = None
) -> bytes:
    """The same revocation list signed by another key, or with another algorithm (both places in it are changed)."""
    fields = children(children(crl)[0])
    fields[LIST_ALGORITHM] = algorithm or fields[LIST_ALGORITHM]
    return _signed_anew(fields, fields[LIST_ALGORITHM], key, digest)


def produced_at(response: bytes, moment: datetime, key: PrivateKey) -> bytes:
    """The same OCSP response (RFC 6960, 4.2.1), said to be made at `moment` and signed anew: a library says *now*, and a case has
    its own time."""
    status, carrier = children(response)
    kind, octets = children(children(carrier)[0])
    body, algorithm, _, *certificates = children(contents(octets))
    fields = children(body)
    place = next(number for number, field in enumerate(fields) if field[0] == GENERALIZED_TIME)
    fields[place] = encode(GENERALIZED_TIME, f"{moment.astimezone(UTC):%Y%m%d%H%M%SZ}".encode())
    body = encode(SEQUENCE, b"".join(fields))
    signature = encode(BIT_STRING, b"\x00" + _signature(body, key, hashes.SHA256()))
    basic = encode(SEQUENCE, body + algorithm + signature + b"".join(certificates))
    return encode(SEQUENCE, status + encode(carrier[0], encode(SEQUENCE, kind + encode(OCTET_STRING, basic))))


def _signed_anew(fields: list[bytes], algorithm: bytes, key: PrivateKey, digest: hashes.HashAlgorithm | None) -> bytes:
    body = encode(SEQUENCE, b"".join(fields))
    signature = _signature(body, key, digest or hashes.SHA256())
    return encode(SEQUENCE, body + algorithm + encode(BIT_STRING, b"\x00" + signature))


def _signature(body: bytes, key: PrivateKey, digest: hashes.HashAlgorithm) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(body, ec.ECDSA(digest, deterministic_signing=True))
    return key.sign(body, padding.PKCS1v15(), digest)


def indefinite_length(certificate: bytes) -> bytes:
    """The same certificate in BER: its outermost SEQUENCE with indefinite length."""
    return bytes([SEQUENCE, INDEFINITE]) + contents(certificate) + END_OF_CONTENTS
