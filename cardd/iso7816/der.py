"""A bounded walk over DER from a card (ITU-T X.690), before any certificate library sees it: lengths and nesting, nothing else."""

from typing import NoReturn

from cardd.errors import CardBadAnswer

DER_MAX = 8 * 1024
"""Bytes of one certificate or signature (requirement C1, decision 9)."""
DEPTH_MAX = 16

SEQUENCE = 0x30
INTEGER = 0x02
CONSTRUCTED = 0x20
HIGH_TAG = 0x1F


def check_der(octets: bytes, tag: int = SEQUENCE) -> None:
    """Check that `octets` are exactly one DER element of `tag` whose nested lengths all fit.

    Raises `CardBadAnswer`: over 8 KiB (which also keeps it under 4,096 elements), deeper than 16, indefinite or not shortest
    lengths, an element that ends outside its parent, bytes behind the end.
    """
    if len(octets) > DER_MAX:
        _refuse("der_too_long")
    if not octets or octets[0] != tag:
        _refuse("der_tag")
    open_ends, place = [len(octets)], 0
    while open_ends:
        if place == open_ends[-1]:
            open_ends.pop()
            continue
        constructed, start, end = _header(octets, place, open_ends[-1])
        if place == 0 and end != len(octets):
            _refuse("der_length")
        if constructed:
            open_ends.append(end)
        if len(open_ends) > DEPTH_MAX + 1:
            _refuse("der_nesting")
        place = start if constructed else end


def ecdsa_values(octets: bytes) -> tuple[int, int]:
    """r and s of an Ecdsa-Sig-Value (RFC 3279, 2.2.3). Raises `CardBadAnswer` for any other DER."""
    check_der(octets)
    place, values = 2, list[int]()
    if octets[1] >= 0x80:
        _refuse("der_length")
    while place < len(octets) and len(values) < 3:
        if octets[place] != INTEGER:
            _refuse("ecdsa_shape")
        _, start, end = _header(octets, place, len(octets))
        values.append(_positive(octets[start:end]))
        place = end
    if len(values) != 2:
        _refuse("ecdsa_shape")
    return values[0], values[1]


def _positive(octets: bytes) -> int:
    """A DER INTEGER over zero in its shortest form."""
    if not octets or octets[0] >= 0x80 or (len(octets) > 1 and octets[0] == 0 and octets[1] < 0x80):
        _refuse("ecdsa_integer")
    value = int.from_bytes(octets, "big")
    if value == 0:
        _refuse("ecdsa_integer")
    return value


def _header(octets: bytes, place: int, limit: int) -> tuple[bool, int, int]:
    """Constructed or not, start and end of the value of the element at `place`; the element must end by `limit`."""
    constructed = bool(octets[place] & CONSTRUCTED)
    start = _after_tag(octets, place, limit)
    if start >= limit:
        _refuse("der_truncated")
    length = octets[start]
    start += 1
    if length >= 0x80:
        count = length & 0x7F
        if count not in (1, 2) or start + count > limit:
            _refuse("der_length")
        length = int.from_bytes(octets[start : start + count], "big")
        start += count
        if length < (0x80 if count == 1 else 0x100):
            _refuse("der_length")
    if start + length > limit:
        _refuse("der_truncated")
    return constructed, start, start + length


def _after_tag(octets: bytes, place: int, limit: int) -> int:
    """The place behind the tag; tag numbers of more than two further bytes do not occur in certificates."""
    if octets[place] & HIGH_TAG != HIGH_TAG:
        return place + 1
    for behind in range(place + 2, min(place + 4, limit + 1)):
        if not octets[behind - 1] & 0x80:
            return behind
    return _refuse("der_tag")


def _refuse(problem: str) -> NoReturn:
    raise CardBadAnswer(problem=problem)
