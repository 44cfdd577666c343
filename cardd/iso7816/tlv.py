"""BER-TLV and COMPACT-TLV (ISO/IEC 7816-4:2020 clause 6.3, 12.1.2.2) as values: strict, repeated tags kept, nothing guessed.

Elements are taken apart one level at a time: on cards the constructed bit does not tell (PIV `53` holds TLV, `71` does not).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from cardd.errors import CardBadAnswer

TAG_MAX = 3
"""Bytes of a tag (ISO/IEC 7816-4:2020, 6.3)."""
LENGTH_MAX = 5
"""Bytes of a length: `84` and four more (ISO/IEC 7816-4:2020, table 8)."""
HEADER_MAX = TAG_MAX + LENGTH_MAX
ELEMENTS_MAX = 4_096
"""Elements in one answer (requirement C1)."""

LOW_TAG_MASK = 0x1F
MORE_TAG_BYTES = 0x80
LONG_LENGTH = 0x80
FILLERS = (0x00, 0xFF)
"""Bytes that cards fill unused space with."""


@dataclass(frozen=True, slots=True)
class Header:
    """Tag and length of an element: `size` bytes on the card, followed by `length` bytes of value."""

    tag: int
    size: int
    length: int

    @property
    def total(self) -> int:
        return self.size + self.length


@dataclass(frozen=True, slots=True, repr=False)
class Tlv:
    """One element. `raw` is the whole of it as it stood on the card."""

    tag: int
    value: bytes
    raw: bytes

    def __repr__(self) -> str:
        return f"<{self.tag:X}, {len(self.value)} bytes>"


def read_header(octets: bytes | memoryview, place: int = 0) -> Header | None:
    """The header at `place`, or None when `octets` end inside it. The value may lie beyond the end.

    Raises `CardBadAnswer` for tags 00, tags over 3 bytes, indefinite length and lengths over 4 bytes.
    """
    tag_size = _tag_size(octets, place)
    if tag_size is None or place + tag_size >= len(octets):
        return None
    tag = int.from_bytes(octets[place : place + tag_size], "big")
    first = octets[place + tag_size]
    if first < LONG_LENGTH:
        return Header(tag, tag_size + 1, first)
    count = first & 0x7F
    if not 1 <= count < LENGTH_MAX:
        _refuse("tlv_length_form")
    start = place + tag_size + 1
    if start + count > len(octets):
        return None
    return Header(tag, tag_size + 1 + count, int.from_bytes(octets[start : start + count], "big"))


def first(octets: bytes) -> tuple[Tlv, bytes]:
    """The first element and what stands behind it. Raises `CardBadAnswer` when there is no whole element."""
    element = _element(octets, 0)
    return element, octets[len(element.raw) :]


def parse(octets: bytes) -> tuple[Tlv, ...]:
    """All elements, in order, to the last byte. Filler bytes are not elements: cut them off first (`is_filler`).

    Raises `CardBadAnswer` (truncated, indefinite or oversized lengths, more than 4,096 elements).
    """
    return tuple(_elements(octets))


def one(elements: tuple[Tlv, ...], tag: int) -> Tlv | None:
    """The element of that tag, None when absent. Raises `CardBadAnswer` when it is there twice: which would be meant?"""
    found = [element for element in elements if element.tag == tag]
    if len(found) > 1:
        _refuse("tlv_repeated_tag")
    return found[0] if found else None


def is_filler(octets: bytes) -> bool:
    """Whether this is unused space of a file: nothing, all 00 or all FF."""
    return not octets or (octets[0] in FILLERS and octets.count(octets[0]) == len(octets))


def encode(tag: int, value: bytes) -> bytes:
    """One element in the shortest length form, e.g. 7C, 5C, 81. `value` up to 65,535 bytes."""
    size = len(value)
    if size < LONG_LENGTH:
        length = bytes((size,))
    else:
        digits = size.to_bytes(1 if size <= 0xFF else 2, "big")
        length = bytes((LONG_LENGTH | len(digits),)) + digits
    return tag.to_bytes(max(1, (tag.bit_length() + 7) // 8), "big") + length + value


def parse_compact(octets: bytes) -> tuple[Tlv, ...]:
    """COMPACT-TLV of historical bytes: tag and length share a byte. Raises `CardBadAnswer` when truncated."""
    found, place = list[Tlv](), 0
    while place < len(octets):
        tag, length = divmod(octets[place], 0x10)
        end = place + 1 + length
        if end > len(octets):
            _refuse("tlv_truncated")
        found.append(Tlv(tag, octets[place + 1 : end], octets[place:end]))
        place = end
    return tuple(found)


def _tag_size(octets: bytes | memoryview, place: int) -> int | None:
    """Bytes of the tag at `place`; None when `octets` end inside it."""
    if place >= len(octets):
        return None
    if octets[place] == 0x00:
        _refuse("tlv_tag")
    if octets[place] & LOW_TAG_MASK != LOW_TAG_MASK:
        return 1
    for size in range(2, TAG_MAX + 1):
        if place + size > len(octets):
            return None
        if not octets[place + size - 1] & MORE_TAG_BYTES:
            return size
    return _refuse("tlv_tag")


def _element(octets: bytes, place: int) -> Tlv:
    header = read_header(octets, place)
    if header is None or place + header.total > len(octets):
        _refuse("tlv_truncated")
    end = place + header.total
    return Tlv(header.tag, octets[place + header.size : end], octets[place:end])


def _elements(octets: bytes) -> Iterator[Tlv]:
    place, count = 0, 0
    while place < len(octets):
        count += 1
        if count > ELEMENTS_MAX:
            _refuse("tlv_too_many")
        element = _element(octets, place)
        yield element
        place += len(element.raw)


def _refuse(problem: str) -> NoReturn:
    raise CardBadAnswer(problem=problem)
