"""A bounded walk over DER, made before any other parser sees the bytes; and the object identifiers that are ours to name.

DER: ITU-T X.690, clause 10. JPKI identifiers: soltia48/myna-sign `src/x509.rs`, hnakamura's description of a real certificate.
"""

from collections.abc import Iterator

from certs.errors import Malformed

LARGEST = 8 * 1024
"""Bytes of a certificate."""
DEEPEST = 16
MOST_ELEMENTS = 4096

_CONSTRUCTED = 0x20
_INTEGER = 0x02
_OCTET_STRING = 0x04
_SEQUENCE = 0x30
_VERSION = 0xA0

JPKI_SIGNATURE_POLICY = "1.2.392.200149.8.5.1.1.20"
JPKI_AUTHENTICATION_POLICY = "1.2.392.200149.8.5.1.3.30"
JPKI_TEST_SIGNATURE_POLICY = "1.2.392.200149.8.5.1.0.20"
JPKI_TEST_AUTHENTICATION_POLICY = "1.2.392.200149.8.5.1.0.30"
"""Assumed: public sources name the test policy of the signature certificate only."""
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
SMARTCARD_LOGON = "1.3.6.1.4.1.311.20.2.2"
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
ANY_EXTENDED_USAGE = "2.5.29.37.0"
PIV_CARD_AUTHENTICATION = "2.16.840.1.101.3.6.8"
"""id-PIV-cardAuth: the key that answers without a PIN (FIPS 201-2, 4.2.2.2)."""


def check_bounds(octets: bytes, largest: int = LARGEST, deepest: int = DEEPEST) -> None:
    """One DER element, no byte behind it, within `largest` bytes, `deepest` levels, 4,096 elements, each length definite and minimal.

    Octet strings are followed as far as they look like DER, so that nesting cannot hide in an extension. Raises `Malformed`.
    """
    if len(octets) > largest:
        raise Malformed("too_large")
    if len(list(_elements(octets))) != 1:
        raise Malformed("trailing_data")
    waiting: list[tuple[bytes, int, bool]] = [(octets, 1, True)]
    count = 0
    while waiting:
        content, depth, strict = waiting.pop()
        found = _level(content, strict=strict)
        count += len(found)
        if count > MOST_ELEMENTS:
            raise Malformed("too_many_elements")
        below = [
            (value, depth + 1, strict and tag != _OCTET_STRING) for tag, value in found if _may_hold_more(tag, value)
        ]
        if below and depth == deepest:
            raise Malformed("too_deep")
        waiting += below


def _level(content: bytes, *, strict: bool) -> list[tuple[int, bytes]]:
    try:
        return list(_elements(content))
    except Malformed:
        if strict:
            raise
        return []  # an octet string that is no DER


def _may_hold_more(tag: int, value: bytes) -> bool:
    return bool(value) and bool(tag & _CONSTRUCTED or tag == _OCTET_STRING)


def check_serial_number(octets: bytes) -> None:
    """The certificate's serial number is positive and at most 20 bytes (RFC 5280, 4.1.2.2). Raises `Malformed`."""
    certificate = _only(octets, _SEQUENCE)
    fields = list(_elements(next(_elements(certificate), (0, b""))[1]))
    if fields and fields[0][0] == _VERSION:
        fields = fields[1:]
    if not fields or fields[0][0] != _INTEGER:
        raise Malformed("no_certificate")
    serial = fields[0][1]
    if not serial or serial[0] & 0x80 or not any(serial) or len(serial.lstrip(b"\x00")) > 20:
        raise Malformed("serial_number")


def _only(octets: bytes, tag: int) -> bytes:
    found = list(_elements(octets))
    if len(found) != 1 or found[0][0] != tag:
        raise Malformed("no_certificate")
    return found[0][1]


def _elements(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag byte and content of each element of one level."""
    place = 0
    while place < len(octets):
        tag = octets[place]
        if tag & 0x1F == 0x1F:
            raise Malformed("long_tag")
        length, start = _length(octets, place + 1)
        if start + length > len(octets):
            raise Malformed("truncated")
        yield tag, octets[start : start + length]
        place = start + length


def _length(octets: bytes, place: int) -> tuple[int, int]:
    """The length that stands at `place`, and where the content begins."""
    if place >= len(octets):
        raise Malformed("truncated")
    first = octets[place]
    if first < 0x80:
        return first, place + 1
    count = first & 0x7F
    if not 1 <= count <= 4:
        raise Malformed("length_form")
    digits = octets[place + 1 : place + 1 + count]
    length = int.from_bytes(digits, "big")
    if len(digits) < count:
        raise Malformed("truncated")
    if length < 0x80 or digits[0] == 0:
        raise Malformed("length_not_minimal")
    return length, place + 1 + count
