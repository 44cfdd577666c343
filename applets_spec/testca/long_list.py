"""Revocation lists of any length, written as they are made: a million entries take no memory.

DER states the length of everything before it begins (ITU-T X.690, 10.1), so the entries are made twice: counted, then written.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from applets_spec.testca.crl import issue_crl
from applets_spec.testca.der import BIT_STRING, INTEGER, SEQUENCE, UTC_TIME, children, contents, encode, header
from applets_spec.testca.hierarchy import Authority
from applets_spec.testca.keys import KeySource
from applets_spec.testca.x509_parts import Extension

Entry = tuple[int, datetime, x509.ReasonFlags | None]
FILLER_FIRST = 0x4000_0000_0000_0000
"""Serial numbers of made-up entries begin here, 8 bytes long; this PKI's own have 4, so no certificate is among them."""
CHUNK = 1 << 16
_ENUMERATED = 0x0A
_OCTET_STRING = 0x04
_REASON_OID = bytes.fromhex("0603551D15")
_CODES = {
    x509.ReasonFlags.key_compromise: 1,
    x509.ReasonFlags.ca_compromise: 2,
    x509.ReasonFlags.affiliation_changed: 3,
    x509.ReasonFlags.superseded: 4,
    x509.ReasonFlags.cessation_of_operation: 5,
    x509.ReasonFlags.certificate_hold: 6,
    x509.ReasonFlags.privilege_withdrawn: 9,
}
"""CRLReason (RFC 5280, 5.3.1)."""


def filler(count: int, moment: datetime) -> Iterator[Entry]:
    """`count` entries about certificates that nobody has, their numbers rising by steps that vary."""
    serial = FILLER_FIRST
    for number in range(count):
        serial += 1 + (number * 7919) % 104_729
        yield serial, moment, x509.ReasonFlags.affiliation_changed


def write_list(
    out: BinaryIO,
    row: Authority,
    entries: Callable[[], Iterable[Entry]],
    updates: tuple[datetime, datetime],
    number: int,
    source: KeySource,
    more: tuple[Extension, ...] = (),
) -> int:
    """Write the list as DER; how many entries it has. `entries` is called twice and must give the same each time."""
    shell = issue_crl(row, (), updates[0], updates[1], number, source, more)
    body, algorithm, _ = children(shell)
    *head, extensions = children(body)  # version, algorithm, issuer, thisUpdate, nextUpdate; then [0]
    first = b"".join(head)
    size = count = 0
    for one in entries():
        size += len(_entry(*one))
        count += 1
    listed = header(SEQUENCE, size) if count else b""  # absent when there is none (RFC 5280, 5.1.2.6)
    opening = header(SEQUENCE, len(first) + len(listed) + size + len(extensions)) + first + listed
    key = source.key(row.key_name, row.algorithm)
    signature_bytes = len(contents(children(shell)[2]))
    digest = hashlib.sha256()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("long lists are of JPKI's authorities, which have RSA keys")  # whose signatures have one length
    tail = len(algorithm) + len(header(BIT_STRING, signature_bytes)) + signature_bytes
    out.write(header(SEQUENCE, len(opening) + size + len(extensions) + tail))
    for piece in _pieces(opening, entries(), extensions):
        digest.update(piece)
        out.write(piece)
    signature = key.sign(digest.digest(), padding.PKCS1v15(), Prehashed(hashes.SHA256()))
    out.write(algorithm + encode(BIT_STRING, b"\x00" + signature))
    return count


def _pieces(opening: bytes, entries: Iterable[Entry], closing: bytes) -> Iterator[bytes]:
    waiting = bytearray(opening)
    for one in entries:
        waiting += _entry(*one)
        if len(waiting) >= CHUNK:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting) + closing


def _entry(serial: int, moment: datetime, reason: x509.ReasonFlags | None) -> bytes:
    number = encode(INTEGER, serial.to_bytes(serial.bit_length() // 8 + 1))
    time = encode(UTC_TIME, f"{moment.astimezone(UTC):%y%m%d%H%M%SZ}".encode())
    if reason is None or reason is x509.ReasonFlags.unspecified:
        return encode(SEQUENCE, number + time)
    value = encode(_OCTET_STRING, encode(_ENUMERATED, bytes([_CODES[reason]])))
    return encode(SEQUENCE, number + time + encode(SEQUENCE, encode(SEQUENCE, _REASON_OID + value)))
