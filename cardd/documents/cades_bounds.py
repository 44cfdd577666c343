"""A bounded walk over BER, before asn1crypto sees a CMS: signed documents of other software need not be DER (RFC 5652, 2)."""

from cardd.documents.errors import DocumentError

LARGEST = 96 * 1024 * 1024
"""Bytes of a whole CMS."""
DEEPEST = 32
MOST_ELEMENTS = 300_000
"""A revocation list has about five elements for each entry."""

_CONSTRUCTED = 0x20
_END_OF_CONTENTS = b"\0\0"
"""Ends an element of indefinite length (X.690, 8.1.5)."""


def check_bounds(octets: bytes) -> None:
    """One BER element, nothing behind it, within `LARGEST` bytes, `DEEPEST` levels and `MOST_ELEMENTS` elements.

    Octet strings are not followed. Raises `DocumentError`: `too_large`, `cms_unreadable`.
    """
    if len(octets) > LARGEST:
        raise DocumentError("too_large")
    open_ones: list[tuple[int | None, int]] = []  # where each ends (None: indefinite), and what it may not go beyond
    place = 0
    for _ in range(MOST_ELEMENTS):
        place = _step(octets, place, open_ones)
        place = _close(octets, place, open_ones)
        if not open_ones:
            if place != len(octets):
                raise DocumentError("cms_unreadable")
            return
    raise DocumentError("cms_unreadable")


def _step(octets: bytes, place: int, open_ones: list[tuple[int | None, int]]) -> int:
    """Read one tag and length: into a constructed element, past a primitive one. Where the next one stands."""
    limit = open_ones[-1][1] if open_ones else len(octets)
    tag = octets[place] if place < limit else 0
    if tag == 0 or tag & 0x1F == 0x1F:
        raise DocumentError("cms_unreadable")
    length, start = _length(octets, place + 1)
    end = None if length is None else start + length
    if start > limit or (end is not None and end > limit):
        raise DocumentError("cms_unreadable")
    if tag & _CONSTRUCTED:
        if len(open_ones) == DEEPEST:
            raise DocumentError("cms_unreadable")
        open_ones.append((end, limit if end is None else end))
        return start
    if end is None:
        raise DocumentError("cms_unreadable")
    return end


def _close(octets: bytes, place: int, open_ones: list[tuple[int | None, int]]) -> int:
    """Leave all elements that end at `place`. Where the next one stands."""
    while open_ones:
        end, limit = open_ones[-1]
        if end is None and octets[place : place + 2] == _END_OF_CONTENTS and place + 2 <= limit:
            place += 2
        elif end != place:
            break
        open_ones.pop()
    return place


def _length(octets: bytes, place: int) -> tuple[int | None, int]:
    """The length at `place`, None for an indefinite one, and where the content begins."""
    first = octets[place] if place < len(octets) else 0xFF
    if first < 0x80:
        return first, place + 1
    count = first & 0x7F
    if count == 0:
        return None, place + 1
    digits = octets[place + 1 : place + 1 + count]
    if count > 4 or len(digits) < count:
        raise DocumentError("cms_unreadable")
    return int.from_bytes(digits, "big"), place + 1 + count
