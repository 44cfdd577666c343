"""Changes to DER that come from a real thing: bits, bytes, elements taken out, doubled, exchanged, nested, lengths that lie.

Every change is drawn from a `random.Random` that is given, so the same seed makes the same bytes on any machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

BIG = 1024 * 1024
_CONSTRUCTED = 0x20
_DEEPEST = 60
_WRAPPERS = (0x30, 0x31, 0xA0, 0xA3, 0x24, 0x04)
_ODD_LENGTHS = (
    b"\x80",
    b"\x81\x05",
    b"\x82\x00\x05",
    b"\x84\x7f\xff\xff\xff",
    b"\x84\xff\xff\xff\xff",
    b"\x85\x01\x00\x00\x00\x00",
    b"\x88" + b"\xff" * 8,
    b"\xff",
    b"\x00",
    b"\x7f",
)
_ODD_CONTENT = (
    b"",
    b"\x00",
    b"\xff",
    b"\x80",
    b"\x00\x00\x00",
    b"\x7f" + b"\xff" * 40,
    b"\x80" + b"\x00" * 40,
    b"991332256161Z",
    b"20250230000000Z",
    b"500101000000+0900",
    b"00000000000000Z",
    b"\xe6\x97\xa5\xe6\x9c",
    b"\xed\xa0\x80",
    b"\x00\xd8\x00",
    b"\x2a" + b"\x80" * 30 + b"\x01",
)


@dataclass
class Element:
    """One element; `parts` where it holds others, of its own kind or as DER inside a string."""

    tag: int
    content: bytes = field(repr=False)
    parts: list["Element"] | None = None
    unused_bits: bool = False
    length: bytes | None = None
    """Length octets that lie; None: the right ones."""
    raw: bytes | None = field(default=None, repr=False)
    """All of its bytes, whatever the rest says."""

    def encoded(self) -> bytes:
        """Its bytes, with right lengths but where a length lies."""
        if self.raw is not None:
            return self.raw
        content = self.content
        if self.parts is not None:
            content = b"\x00" * self.unused_bits + b"".join(each.encoded() for each in self.parts)
        return bytes([self.tag]) + (self.length or _length(len(content))) + content

    def all(self) -> list["Element"]:
        """Itself and everything below it."""
        found = [self]
        for each in self.parts or ():
            found += each.all()
        return found


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(digits)]) + digits


def elements(octets: bytes, depth: int = 0) -> list[Element] | None:
    """The elements of right DER, down to the smallest or 60 levels; None where it is none."""
    found, place = [], 0
    while place < len(octets):
        if place + 2 > len(octets) or octets[place] & 0x1F == 0x1F:
            return None
        tag, size, start = octets[place], octets[place + 1], place + 2
        if size >= 0x80:
            count = size & 0x7F
            size, start = int.from_bytes(octets[start : start + count], "big"), start + count
        if start + size > len(octets) or not size < BIG:
            return None
        found.append(_element(tag, octets[start : start + size], depth))
        place = start + size
    return found


def _element(tag: int, content: bytes, depth: int) -> Element:
    unused_bits = tag == 0x03 and content[:1] == b"\x00"
    if content and depth < _DEEPEST and (tag & _CONSTRUCTED or tag == 0x04 or unused_bits):
        inside = elements(content[unused_bits:], depth + 1)
        if inside is not None:
            return Element(tag, content, inside, unused_bits)
    return Element(tag, content)


class Mutator:
    """Makes one changed thing after the other out of real ones."""

    def __init__(self, seeds: Sequence[bytes]) -> None:
        self._seeds = seeds
        self._donors = [each.encoded() for seed in seeds for top in elements(seed) or () for each in top.all()]
        self._by_tag: dict[int, list[bytes]] = {}
        for octets in self._donors:
            self._by_tag.setdefault(octets[0], []).append(octets)

    def donors_of(self, tag: int) -> list[bytes]:
        """Elements of the real ones with this tag."""
        return self._by_tag.get(tag, [])

    def mutated(self, random: Random) -> bytes:
        """One input. Mostly one change, sometimes up to six; one in eight by the bytes alone, few up to 1 MiB."""
        seed = random.choice(self._seeds)
        if random.random() < 0.125:
            return self._by_bytes(seed, random)
        tops = elements(seed)
        assert tops
        for _ in range(random.choice((1, 1, 1, 1, 2, 2, 3, 6))):
            random.choice(_SURGERY)(self, tops[0], random)
        octets = tops[0].encoded()
        return self._by_bytes(octets, random) if random.random() < 0.05 else octets

    def _by_bytes(self, octets: bytes, random: Random) -> bytes:
        changed = bytearray(octets)
        kind = random.randrange(6)
        if kind == 0:
            return octets[: random.randrange(len(octets))]
        if kind == 1:
            return octets + random.choice((b"\x00", octets, b"\x30\x80", random.choice(self._donors)))
        if kind == 2:
            start, size = random.randrange(len(octets)), random.randrange(1, 40)
            return octets[:start] + random.choice((b"", octets[start : start + size] * 2)) + octets[start + size :]
        for _ in range(random.randrange(1, 9)):
            place = random.randrange(len(changed))
            changed[place] = (
                changed[place] ^ 1 << random.randrange(8) if kind < 5 else random.choice((0, 1, 0x7F, 0x80, 0xFF))
            )
        return bytes(changed)

    def donor(self, random: Random) -> Element:
        """Any element of the real ones."""
        octets = random.choice(self._donors)
        inside = elements(octets)
        return inside[0] if inside else Element(0x05, b"")


Surgery = Callable[[Mutator, Element, Random], None]


def _holder(top: Element, random: Random) -> list[Element]:
    """The parts of some element that has any; where earlier changes left none, the top gets one."""
    holders = [each.parts for each in top.all() if each.parts]
    if not holders:
        top.parts = [Element(0x05, b"")]
        return top.parts
    return random.choice(holders)


def _take_out(_: Mutator, top: Element, random: Random) -> None:
    parts = _holder(top, random)
    del parts[random.randrange(len(parts))]


def _double(_: Mutator, top: Element, random: Random) -> None:
    parts = _holder(top, random)
    octets = random.choice(parts).encoded()
    times = random.choice((1, 1, 3, 300))
    parts.insert(0, Element(octets[0], b"", raw=octets * (times if len(octets) * times < BIG else 1)))


def _exchange(mutator: Mutator, top: Element, random: Random) -> None:
    parts = _holder(top, random)
    parts[random.randrange(len(parts))] = mutator.donor(random)


def _exchange_alike(mutator: Mutator, top: Element, random: Random) -> None:
    """With one of the same tag: what stays readable gets further than what does not."""
    parts = _holder(top, random)
    place = random.randrange(len(parts))
    alike = mutator.donors_of(parts[place].tag)
    if alike:
        parts[place] = (elements(random.choice(alike)) or [parts[place]])[0]


def _flip_content(_: Mutator, top: Element, random: Random) -> None:
    """One to three bits of a smallest element."""
    smallest = [each for each in top.all() if each.parts is None and each.raw is None and each.content]
    if smallest:
        one = random.choice(smallest)
        changed = bytearray(one.content)
        for _number in range(random.randrange(1, 4)):
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
        one.content = bytes(changed)


def _insert(mutator: Mutator, top: Element, random: Random) -> None:
    parts = _holder(top, random)
    parts.insert(random.randrange(len(parts) + 1), mutator.donor(random))


def _reorder(_: Mutator, top: Element, random: Random) -> None:
    random.shuffle(_holder(top, random))


def _another_tag(_: Mutator, top: Element, random: Random) -> None:
    one = random.choice(top.all())
    context = random.choice((0x80, 0xA0)) | random.randrange(9)  # the forms of a GeneralName among them
    one.tag = random.choice(
        (one.tag ^ _CONSTRUCTED, one.tag ^ 0x80, random.randrange(256), context, context, 0x1F, 0x05, 0x0C, 0x17, 0x18)
    )


def _another_content(_: Mutator, top: Element, random: Random) -> None:
    one = random.choice(top.all()[1:] or [top])
    one.parts, one.content = None, random.choice((*_ODD_CONTENT, random.randbytes(random.randrange(64))))


def _lie_about_length(_: Mutator, top: Element, random: Random) -> None:
    one = random.choice(top.all())
    size = len(one.encoded()) - 2
    near = _length(max(0, size + random.choice((-2, -1, 1, 2, 200))))
    one.length = random.choice((near, random.choice(_ODD_LENGTHS)))


def _nest(_: Mutator, top: Element, random: Random) -> None:
    parts = _holder(top, random)
    place = random.randrange(len(parts))
    octets = parts[place].encoded()
    tag = random.choice(_WRAPPERS)
    for _level in range(random.choice((1, 2, 14, 40, 400))):
        octets = bytes([tag]) + _length(len(octets)) + octets
    parts[place] = Element(tag, b"", raw=octets)


def _grow(_: Mutator, top: Element, random: Random) -> None:
    """Up to 1 MiB, seldom: such an input is refused by its size, and making it costs more than refusing it."""
    one = random.choice(top.all())
    size = random.choice((BIG, BIG // 16)) if random.random() < 0.08 else random.choice((300, 5_000))
    one.parts, one.content = None, random.choice((b"\x00", b"\x30\x00", b"\x30\x03\x02\x01\x01", b"\xff")) * (size // 2)


_SURGERY: tuple[Surgery, ...] = (
    _take_out,
    _double,
    _exchange,
    *[_exchange_alike] * 5,
    *[_flip_content] * 5,
    _insert,
    _reorder,
    _another_tag,
    _another_content,
    _lie_about_length,
    _nest,
    _grow,
)
