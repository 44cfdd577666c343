"""Certificates from bytes nobody vouches for: the bounded walk first, then `cryptography`; and what may be mended on the way, by name.

A certificate is DER (RFC 5280, 4.1; ITU-T X.690, 10). Cards carry some that are not: files longer than their content, lengths of
BER, parameters where none belong. A source for which that is known (a card) may be read with `CARDS`; anchors never are. What is
mended is written anew as DER for the parsers. The signature is checked over the bytes that came, so mending makes nothing valid
that nobody signed.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509

from certs.asn1 import DEEPEST, LARGEST, MOST_ELEMENTS, check_bounds, check_serial_number
from certs.errors import Malformed


class Looseness(StrEnum):
    """One thing that may be mended."""

    ZERO_PADDING = "zero_padding"
    """Zero bytes behind the certificate, as a file of fixed size leaves them."""
    BER_LENGTHS = "ber_lengths"
    """Lengths that are indefinite, or longer than they need be (X.690, 8.1.3.5 and 8.1.3.6)."""
    NULL_PARAMETERS = "null_parameters"
    """NULL as parameters of ecdsa-with-SHA2, where there must be none (RFC 5758, 3.2)."""


STRICT: frozenset[Looseness] = frozenset()
CARDS = frozenset(Looseness)
"""What a certificate read from a card may need."""

_CONSTRUCTED = 0x20
_SEQUENCE = 0x30
_SET = 0x31
_CLASS = 0xC0
_LONG_TAG = 0x1F
_INDEFINITE = 0x80
_END = b"\x00\x00"
_NULL = b"\x05\x00"
_VERSION = 0xA0
_LONGEST_LENGTH = 8
"""Bytes of a length, leading zeros counted."""
_ECDSA_WITH_SHA2 = tuple(bytes.fromhex(f"06082a8648ce3d0403{last:02x}") for last in (1, 2, 3, 4))
"""ecdsa-with-SHA224, 256, 384 and 512 as object identifiers (RFC 5758, 3.2)."""


_NOT_READABLE = (x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType)
"""What `cryptography` raises beside its ValueErrors."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A certificate as it came and as parsers may see it."""

    octets: bytes = field(repr=False)
    """As it came, without padding: what other software is handed, and what a fingerprint is of."""
    der: bytes = field(repr=False)
    """As DER. The same bytes as `octets` where nothing but padding was wrong."""
    certificate: x509.Certificate = field(repr=False)
    """Read from `der`."""
    signed: tuple[bytes, ...] = field(repr=False)
    """What the issuer may have signed: the TBSCertificate as it came, and where its lengths were BER also as DER, for that is what
    RFC 5280, 4.1.1.3 has the issuer sign. Same content, so a signature over either is one over this certificate."""
    fixes: tuple[Looseness, ...] = ()
    """What was mended, in the order of `Looseness`."""


def read(octets: bytes, allowed: frozenset[Looseness] = STRICT) -> Reading:
    """One certificate, up to 8 KiB with its padding. Raises `Malformed`: nothing is mended that is not in `allowed`."""
    try:
        certificate = parse(octets)
    except Malformed:
        if not allowed or len(octets) > LARGEST:
            raise
    else:
        return Reading(octets, octets, certificate, (certificate.tbs_certificate_bytes,))
    return _mended(octets, allowed)


def _mended(octets: bytes, allowed: frozenset[Looseness]) -> Reading:
    came = octets
    if Looseness.ZERO_PADDING in allowed:
        came = _without_padding(octets, ber=Looseness.BER_LENGTHS in allowed)
    der = _as_der(came) if Looseness.BER_LENGTHS in allowed else came
    fixes = [
        *([Looseness.ZERO_PADDING] if came != octets else []),
        *([Looseness.BER_LENGTHS] if der != came else []),
    ]
    signed = dict.fromkeys((_body(came), _body(der)))
    if Looseness.NULL_PARAMETERS in allowed and (plain := _without_null(der)) != der:
        fixes.append(Looseness.NULL_PARAMETERS)
        der = plain
    return Reading(came, der, parse(der), tuple(signed), tuple(fixes))


def parse(der: bytes) -> x509.Certificate:
    """A certificate from untrusted bytes: our bounded walk first (8 KiB, 16 levels), then `cryptography`. Raises `Malformed`."""
    check_bounds(der)
    check_serial_number(der)
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.subject, certificate.issuer)
        _ = certificate.extensions, certificate.version
    except (ValueError, TypeError, OverflowError, *_NOT_READABLE):
        raise Malformed("not_readable") from None
    return certificate


def _without_padding(octets: bytes, *, ber: bool) -> bytes:
    """The first element alone, where only zero bytes follow it; all of it otherwise, for the strict reader to refuse."""
    end = _Walk(octets, ber=ber).element(0, 1)[1]
    return octets[:end] if not any(octets[end:]) else octets


def _as_der(octets: bytes) -> bytes:
    der, end = _Walk(octets, ber=True).element(0, 1)
    return der + octets[end:]


@dataclass(slots=True)
class _Walk:
    """Writes elements anew with lengths of DER. What has no single DER form is refused, not guessed."""

    octets: bytes = field(repr=False)
    ber: bool
    count: int = 0

    def element(self, place: int, depth: int) -> tuple[bytes, int]:
        """The element at `place` as DER, and where the next one begins. Raises `Malformed`."""
        self.count += 1
        if depth > DEEPEST or self.count > MOST_ELEMENTS:
            raise Malformed("too_deep" if depth > DEEPEST else "too_many_elements")
        if place + 2 > len(self.octets):
            raise Malformed("truncated")
        tag = self.octets[place]
        if tag & _LONG_TAG == _LONG_TAG:
            raise Malformed("long_tag")
        if tag & _CONSTRUCTED and not tag & _CLASS and tag not in {_SEQUENCE, _SET}:
            raise Malformed("string_in_parts")  # its parts could be joined in more than one way
        length, start = self.length(place + 1)
        if length is None:
            return self._indefinite(tag, start, depth)
        if start + length > len(self.octets):
            raise Malformed("truncated")
        if not tag & _CONSTRUCTED:
            return _encoded(tag, self.octets[start : start + length]), start + length
        return _encoded(tag, self._children(start, start + length, depth)), start + length

    def _children(self, place: int, end: int, depth: int) -> bytes:
        parts = []
        while place < end:
            part, place = self.element(place, depth + 1)
            parts.append(part)
        if place != end:
            raise Malformed("truncated")
        return b"".join(parts)

    def _indefinite(self, tag: int, place: int, depth: int) -> tuple[bytes, int]:
        if not tag & _CONSTRUCTED:
            raise Malformed("length_form")
        parts = []
        while self.octets[place : place + 2] != _END:
            part, place = self.element(place, depth + 1)
            parts.append(part)
        return _encoded(tag, b"".join(parts)), place + 2

    def length(self, place: int) -> tuple[int | None, int]:
        """The length at `place`, None when indefinite; and where the content begins."""
        first = self.octets[place]
        if first < _INDEFINITE:
            return first, place + 1
        count = first & 0x7F
        if not self.ber and not 1 <= count <= 4:
            raise Malformed("length_form")
        if count == 0:
            return None, place + 1
        digits = self.octets[place + 1 : place + 1 + count]
        if count > _LONGEST_LENGTH or len(digits) < count:
            raise Malformed("truncated" if len(digits) < count else "length_form")
        return int.from_bytes(digits, "big"), place + 1 + count


def _encoded(tag: int, content: bytes) -> bytes:
    """An element with the shortest definite length (X.690, 10.1)."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def _without_null(der: bytes) -> bytes:
    """The certificate without NULL in its two algorithm fields, when both say the same; else as it is (RFC 5280, 4.1.1.2)."""
    parts = _inside(der)
    if len(parts) != 3 or _encoded(_SEQUENCE, b"".join(parts)) != der or parts[0][0] != _SEQUENCE:
        return der
    fields = _inside(parts[0])
    place = 2 if fields and fields[0][0] == _VERSION else 1
    plain = _PLAIN.get(parts[1])
    if plain is None or len(fields) <= place or fields[place] != parts[1]:
        return der
    body = _encoded(_SEQUENCE, b"".join((*fields[:place], plain, *fields[place + 1 :])))
    return _encoded(_SEQUENCE, body + plain + parts[2])


def _body(octets: bytes) -> bytes:
    """The TBSCertificate: the first element inside the certificate, byte by byte as it stands there."""
    return next(iter(_inside(octets)), b"")


def _inside(octets: bytes) -> list[bytes]:
    """The elements inside the first one, each with its header, as they stand there."""
    walk = _Walk(octets, ber=True)
    end = walk.element(0, 1)[1]
    length, place = walk.length(1)
    end = end - len(_END) if length is None else end
    found = []
    while place < end:
        behind = walk.element(place, 2)[1]
        found.append(octets[place:behind])
        place = behind
    return found


_PLAIN = {_encoded(_SEQUENCE, oid + _NULL): _encoded(_SEQUENCE, oid) for oid in _ECDSA_WITH_SHA2}
"""AlgorithmIdentifiers with NULL, and as they should be."""
