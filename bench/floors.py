"""The least commands that do each job, sent by bare pyscard. Nothing is checked beyond status words: no identity, no counter, no clearing.

Facts: SP 800-73-4 part 2 (badge); soltia48/myna-card, jpki/myna, OpenSC card-jpki.c (My Number card, files named in P1 and P2).
"""

import hashlib
from collections.abc import Callable

from bench.bare import BareCard
from bench.rows import Job

JPKI = bytes.fromhex("D392F000260100000001")
TEXT = bytes.fromhex("D3921000310001010408")
PIV = bytes.fromhex("A000000308000010000100")
SHA256_INFO = bytes.fromhex("3031300D060960864801650304020105000420")
DIGEST = hashlib.sha256(b"an application form\n").digest()
RSA_2048, P_256 = 0x07, 0x11
CHUNK = 255

Script = Callable[[BareCard], object]


def _select(card: BareCard, aid: bytes) -> None:
    card.send(bytes((0x00, 0xA4, 0x04, 0x0C, len(aid))) + aid)


def _verify(card: BareCard, reference: int, pin: bytes) -> None:
    card.send(bytes((0x00, 0x20, 0x00, reference, len(pin))) + pin)


def _read_file(card: BareCard, short_name: int) -> bytes:
    """A whole file: its first bytes say how long its one element is."""
    found = card.send(bytes((0x00, 0xB0, 0x80 | short_name, 0x00, 0x00)))
    length = _element_length(found)
    while len(found) < length:
        place = len(found)
        found += card.send(bytes((0x00, 0xB0, place >> 8, place & 0xFF, min(256, length - place) & 0xFF)))
    return found


def _element_length(octets: bytes) -> int:
    head = 2 if octets[0] & 0x1F == 0x1F else 1
    size = octets[head]
    if size < 0x80:
        return head + 1 + size
    more = size & 0x7F
    return head + 1 + more + int.from_bytes(octets[head + 1 : head + 1 + more], "big")


def kind(card: BareCard) -> None:
    """One SELECT that only a card with JPKI answers."""
    _select(card, JPKI)


def items(pin: str) -> Script:
    """SELECT, VERIFY, READ BINARY."""

    def script(card: BareCard) -> None:
        _select(card, TEXT)
        _verify(card, 0x91, pin.encode())
        _read_file(card, 0x02)

    return script


def certificate(card: BareCard) -> None:
    """SELECT and READ BINARY until all is there."""
    _select(card, JPKI)
    _read_file(card, 0x0A)


def signature(pin: str) -> Script:
    """SELECT, VERIFY, COMPUTE DIGITAL SIGNATURE."""

    def script(card: BareCard) -> None:
        _select(card, JPKI)
        _verify(card, 0x98, pin.encode())
        card.send(bytes((0x80, 0x2A, 0x00, 0x97, 0x33)) + SHA256_INFO + DIGEST + b"\x00")

    return script


def badge(pin: str, *, extended: bool, algorithm: int = RSA_2048, digests: int = 1) -> Script:
    """SELECT, VERIFY, and GENERAL AUTHENTICATE for each digest: chained where the command is too long for a short one."""

    def script(card: BareCard) -> None:
        card.send(bytes((0x00, 0xA4, 0x04, 0x00, len(PIV))) + PIV + b"\x00")
        _verify(card, 0x80, pin.encode().ljust(8, b"\xff"))
        for _ in range(digests):
            _authenticate(card, algorithm, extended=extended)

    return script


def _authenticate(card: BareCard, algorithm: int, *, extended: bool) -> None:
    block = _padded(DIGEST) if algorithm == RSA_2048 else DIGEST
    template = _element(0x7C, b"\x82\x00" + _element(0x81, block))
    header = bytes((0x87, algorithm, 0x9A))
    if len(template) <= CHUNK:
        card.send(b"\x00" + header + bytes((len(template),)) + template + b"\x00")
    elif extended:
        card.send(b"\x00" + header + b"\x00" + len(template).to_bytes(2, "big") + template + b"\x00\x00")
    else:
        card.send(b"\x10" + header + bytes((CHUNK,)) + template[:CHUNK])
        card.send(b"\x00" + header + bytes((len(template) - CHUNK,)) + template[CHUNK:] + b"\x00")


def _padded(digest: bytes) -> bytes:
    """EMSA-PKCS1-v1_5 for 2048 bits (RFC 8017, 9.2)."""
    info = SHA256_INFO + digest
    return b"\x00\x01" + b"\xff" * (256 - 3 - len(info)) + b"\x00" + info


def _element(tag: int, value: bytes) -> bytes:
    length = bytes((len(value),)) if len(value) < 0x80 else b"\x82" + len(value).to_bytes(2, "big")
    return bytes((tag,)) + length + value


def resident_scripts(card_info_pin: str, authentication_pin: str) -> dict[Job, Script]:
    """The jobs on a My Number card. What is known already costs nothing, so a second read has no floor."""
    return {
        Job.KIND: kind,
        Job.ITEMS: items(card_info_pin),
        Job.CERTIFICATE: certificate,
        Job.SIGNATURE: signature(authentication_pin),
        Job.SIGNATURE_KNOWN: signature(authentication_pin),
    }
