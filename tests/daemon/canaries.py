"""Known secrets, every spelling in which they could come out, and the search for them.

A hay is looked at as it is, and once more with what stands in it in base64, or in hexadecimal as PostgreSQL prints octets, put into plain
bytes: a record inside a proof, or in a dump of a database, is searched like the record itself.

Days are full of keys, hashes and signatures, and a short spelling may stand in one of them by chance: then `comes_out` looks at
a second day.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WINDOW = 12
"""Octets of a longer secret that are searched for as one piece."""
STRIDE = 32
SHORT = 8
"""A secret of fewer characters is looked for as a word of its own: hashes, keys and names of folders contain every short number."""
FEWEST_VALUES = 6
"""Different octets in a piece of raw data; padding stands in every file, and so do words of the language (`isalpha`)."""
SHORTEST_CODED = 6
"""Characters of base64 that a secret must decide by itself to be looked for like that: fewer stand in any long signature by chance. Shorter
secrets are found in what base64 runs mean."""
WHOLE_RECORD = 120
"""Characters of base64 from which on it may be a record."""
ALGORITHMS = (bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a864886f70d01010b"))
"""ecdsa-with-SHA256, sha256WithRSAEncryption (RFC 5758, RFC 8017): they stand in every certificate, whosever it is."""
NEVER_BY_CHANCE = 48
"""Bits: what takes as many stands in ten million random octets once in 30 million days."""
_NO_WORD_BEFORE, _NO_WORD_BEHIND = rb"(?<![0-9A-Za-z])", rb"(?![0-9A-Za-z])"
_ALPHABETS = ((4, frozenset(b"0123456789abcdef")), (4, frozenset(b"0123456789ABCDEF")),
              (6, frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")))  # fmt: skip
"""Bits that each character of random octets in hexadecimal and in base64 takes."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_DIGITS_ALONE = re.compile(rb"[0-9A-Fa-f]+")
_OCTETS = re.compile(rb"\\\\?x((?:[0-9a-f]{2}){4,})")
"""bytea as PostgreSQL prints it (PostgreSQL documentation, 8.4.1), in COPY with the backslash doubled."""
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
PROOF = re.compile(rb"[0-9a-f]{64}:(?:[0-9a-f]{2}){64,520}")
"""The field `proof` of a record: our own challenge and the signature that an operator's badge gave over it."""


@dataclass(frozen=True, slots=True)
class Needle:
    """One spelling of one secret. `name` says what it is and how it is spelt, never what it says."""

    name: str
    octets: bytes
    alone: bool = False
    """Counts only where no letter and no digit touches it."""

    @property
    def by_chance(self) -> bool:
        """Whether random octets, as they are or in hexadecimal or base64, may spell it within some thousand days."""
        bits = next((bits for bits, alphabet in _ALPHABETS if alphabet.issuperset(self.octets)), 8)
        return bits * len(self.octets) < NEVER_BY_CHANCE

    def found_in(self, hay: bytes) -> bool:
        if not self.alone or self.octets not in hay:
            return self.octets in hay
        return re.search(_NO_WORD_BEFORE + re.escape(self.octets) + _NO_WORD_BEHIND, hay) is not None


@dataclass(frozen=True, slots=True)
class Hit:
    """A spelling that was found, and where; never the secret itself, for this goes into test reports."""

    needle: str
    place: str
    by_chance: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What came out of one day, by its place; what is looked for in it; and what may stand there (`published`)."""

    needles: Sequence[Needle]
    hays: Mapping[str, bytes]
    shown: Iterable[bytes] = ()


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
        ordinary = piece.isalpha() or any(each in piece for each in ALGORITHMS)
        if len(piece) == WINDOW and len(set(piece)) >= FEWEST_VALUES and not ordinary:
            yield Needle(f"{name} raw at {start}", piece)
            yield from _coded(f"{name} at {start}", piece)


def of_serial(name: str, serial: int) -> Iterator[Needle]:
    """The number of a certificate: in decimal, in hexadecimal with and without marks, and, where it is long enough to mean it, raw."""
    yield from of_text(f"{name} in decimal", str(serial))
    octets = serial.to_bytes((serial.bit_length() + 8) // 8 or 1)  # DER: a leading zero where the first bit is set
    for form, digits in (("", f"{serial:x}"), ("padded ", octets.hex())):
        yield from of_text(f"{form}hexadecimal {name}", digits)
        yield from of_text(f"{form}hexadecimal {name} in capitals", digits.upper())
    for mark in (":", " "):
        yield Needle(f"{name} with marks", octets.hex(mark).encode(), alone=True)
        yield Needle(f"{name} with marks in capitals", octets.hex(mark).upper().encode(), alone=True)
    yield from of_bytes(f"octets of the {name}", octets)


def _coded(name: str, raw: bytes) -> Iterator[Needle]:
    for text in (raw.hex(), raw.hex().upper(), raw.hex(" "), raw.hex(":")):
        yield Needle(f"{name} in hexadecimal", text.encode())
    for offset in range(3):
        whole = base64.b64encode(bytes(offset) + raw)
        # Only characters that the secret alone decides: the first and last ones mix with its neighbours.
        kept = whole[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]
        if len(kept) >= SHORTEST_CODED:
            yield Needle(f"{name} in base64 at offset {offset}", kept, alone=False)
            yield Needle(f"{name} in base64url at offset {offset}", kept.translate(bytes.maketrans(b"+/", b"-_")))


def published(records: Iterable[Mapping[str, Any]]) -> set[bytes]:
    """What a card answered and a record shows on purpose: signatures of operators' badges over our own challenges, by which an outsider
    sees that it was them. Nothing of a resident's card is among it.
    """
    listed = list(records)
    intents = {record["seq"]: record for record in listed if record["phase"] == 1}
    found = set()
    for record in listed:
        if (proof := record.get("proof")) is None:
            continue
        asked = intents[record["intent"]]
        assert asked["reader_role"] == "badge", asked["event"]
        assert PROOF.fullmatch(proof.encode()), asked["event"]
        found |= {proof.encode(), bytes.fromhex(proof.partition(":")[2])}
    return found


def views(hay: bytes) -> Iterator[tuple[bytes, bool]]:
    """The hay, and what it means in base64 (at every alignment, for its beginning may be anything) and as octets of a database.

    With each: whether it is for short secrets alone. The long ones are looked for in base64 already; a whole record in base64 is read for
    all, because it has spellings of its own.
    """
    told = [run[1] for run in _OCTETS.finditer(hay)]
    yield _OCTETS.sub(b" octets ", hay), False  # hexadecimal of a hash in hexadecimal has every short number in it
    if told:
        yield b"\n".join(bytes.fromhex(run.decode()) for run in told), False
    runs = [run[0].translate(_URL_SAFE) for run in _BASE64.finditer(hay) if not _DIGITS_ALONE.fullmatch(run[0])]
    for for_short in (False, True):
        if chosen := [run for run in runs if (len(run) < WHOLE_RECORD) == for_short]:
            yield b"\n".join(_meant(run[start:]) for run in chosen for start in range(4)), for_short


def _meant(run: bytes) -> bytes:
    return base64.b64decode(run[: len(run) // 4 * 4])


def hits(needles: Iterable[Needle], hays: Mapping[str, bytes], shown: Iterable[bytes] = ()) -> list[Hit]:
    """What was found. `shown`: what may stand there (`published`)."""
    unique = list({(needle.octets, needle.alone): needle for needle in needles}.values())
    short = [needle for needle in unique if needle.alone]
    allowed, found = list(shown), dict[Hit, None]()
    everything: dict[bool, list[tuple[str, bytes]]] = {False: [], True: []}
    for place, hay in hays.items():
        for view, for_short in views(hay):
            everything[for_short].append((place, _without(view, allowed)))
    for for_short, views_ in everything.items():
        joined = b"\n\n".join(view for _, view in views_)  # one look at all for each: nearly always there is nothing
        for needle in short if for_short else unique:
            if needle.found_in(joined):
                told = (Hit(needle.name, place, needle.by_chance) for place, view in views_ if needle.found_in(view))
                found |= dict.fromkeys(told)
    return list(found)


def comes_out(first: Seen, again: Callable[[], Seen]) -> list[Hit]:
    """What a day lets out. Where it is nothing but spellings that chance may have written, the day is lived `again`: keys, hashes and
    signatures are others then, and what the program lets out is the same. So a spelling counts that both days have.

    Chance writes one into a day about once in 500; the same one into two days less than once in ten million.
    """
    found = hits(first.needles, first.hays, first.shown)
    if not all(hit.by_chance for hit in found) or not found:
        return found
    second = again()
    after = hits(second.needles, second.hays, second.shown)
    names = {hit.needle for hit in found}
    return [hit for hit in after if hit.needle in names or not hit.by_chance]


def _without(view: bytes, allowed: Iterable[bytes]) -> bytes:
    for each in allowed:
        view = view.replace(each, b" shown ")
    return view
