"""Known secrets, every spelling in which they could come out, and the search for them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

WINDOW = 12
"""Octets of a longer secret that are searched for as one piece."""
STRIDE = 32
SHORT = 8
"""A secret of fewer characters is not looked for inside a run of hexadecimal digits: hashes contain every short number."""
FEWEST_VALUES = 6
"""Different octets in a piece of raw data; padding stands in every file, and so do words of the language (`isalpha`)."""
_NO_HEX_BEFORE, _NO_HEX_BEHIND = rb"(?<![0-9A-Fa-f])", rb"(?![0-9A-Fa-f])"


@dataclass(frozen=True, slots=True)
class Needle:
    """One spelling of one secret. `name` says what it is and how it is spelt, never what it says."""

    name: str
    octets: bytes
    alone: bool = False
    """Counts only where no hexadecimal digit touches it."""

    def found_in(self, hay: bytes) -> bool:
        if not self.alone:
            return self.octets in hay
        return re.search(_NO_HEX_BEFORE + re.escape(self.octets) + _NO_HEX_BEHIND, hay) is not None


def of_text(name: str, text: str) -> Iterator[Needle]:
    """A secret of characters: UTF-8, UTF-16, UTF-32, Shift JIS, JSON escapes, hexadecimal, base64 at every offset, reversed."""
    raw, short = text.encode(), len(text) < SHORT
    yield Needle(f"{name} as UTF-8", raw, alone=short)
    for codec in ("utf-16-le", "utf-16-be", "utf-32-le"):  # strings inside CPython are UCS-1, 2 or 4
        yield Needle(f"{name} as {codec}", text.encode(codec))
    if not text.isascii():
        yield Needle(f"{name} as Shift JIS", text.encode("shift_jis", errors="ignore"))
        yield Needle(f"{name} escaped", text.encode("ascii", "backslashreplace"))
    else:
        if not short:  # four digits backwards are a process id as well
            yield Needle(f"{name} reversed", raw[::-1])
        yield Needle(f"{name} as numbers", ", ".join(map(str, raw)).encode())
    yield from _coded(name, raw)


def of_digits(name: str, digits: str, groups: tuple[int, ...]) -> Iterator[Needle]:
    """A number that people write in groups, and that machines pack two digits to an octet."""
    yield from of_text(name, digits)
    ends = [sum(groups[:place]) for place in range(1, len(groups))]
    parts = [digits[start:end] for start, end in zip([0, *ends], [*ends, None], strict=True)]
    for mark in (" ", "-", "/", "."):
        yield Needle(f"{name} in groups", mark.join(parts).encode(), alone=True)
    if len(digits) % 2 == 0 and len(digits) >= SHORT:
        yield Needle(f"{name} as BCD", bytes.fromhex(digits))


def of_bytes(name: str, content: bytes) -> Iterator[Needle]:
    """Raw data: pieces of it all along, as they are, in hexadecimal, in base64."""
    starts = {*range(0, max(1, len(content) - WINDOW), STRIDE), max(0, len(content) - WINDOW)}
    for start in sorted(starts):
        piece = content[start : start + WINDOW]
        if len(piece) == WINDOW and len(set(piece)) >= FEWEST_VALUES and not piece.isalpha():
            yield Needle(f"{name} raw at {start}", piece)
            yield from _coded(f"{name} at {start}", piece)


def _coded(name: str, raw: bytes) -> Iterator[Needle]:
    for text in (raw.hex(), raw.hex().upper(), raw.hex(" "), raw.hex(":")):
        yield Needle(f"{name} in hexadecimal", text.encode())
    for offset in range(3):
        whole = base64.b64encode(bytes(offset) + raw)
        # Only characters that the secret alone decides: the first and last ones mix with its neighbours.
        kept = whole[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]
        if len(kept) >= 4:
            yield Needle(f"{name} in base64 at offset {offset}", kept, alone=False)
            yield Needle(f"{name} in base64url at offset {offset}", kept.translate(bytes.maketrans(b"+/", b"-_")))


def hits(needles: Iterable[Needle], hays: Mapping[str, bytes]) -> list[str]:
    """What was found and where; never the secret itself, for this goes into test reports."""
    unique = {(needle.octets, needle.alone): needle for needle in needles}
    return [
        f"{needle.name} in {place}" for place, hay in hays.items() for needle in unique.values() if needle.found_in(hay)
    ]
