"""PUK and management key of each badge: derived from the office's master key and the badge's GUID, kept nowhere.

HKDF with SHA-256 (RFC 5869): salt empty, input the master key, info one line of ASCII that names purpose, version and what else
counts, then a zero byte, then the 16 bytes of the GUID. A new way of deriving gets a new version; badges made under the old one keep
theirs.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cardd.cards.management_key import ManagementAlgorithm, ManagementKey
from cardd.cards.piv_puk import FACTORY_PUK
from cardd.pin import Pin

SMALLEST_KEY = 32
LARGEST_KEY = 1024
GUID_BYTES = 16

PUK_DIGITS = 8
PUKS = 10**PUK_DIGITS
DRAW_BYTES = 8
FAIR_DRAWS = 256**DRAW_BYTES // PUKS * PUKS
"""Numbers below this give each PUK equally often."""


class BadgeMasterKey:
    """The office's key for all its badges. Has no text and cannot be stored."""

    __slots__ = ("_octets",)

    def __init__(self, octets: bytes) -> None:
        """32 to 1,024 bytes. Raises `ValueError`."""
        if not SMALLEST_KEY <= len(octets) <= LARGEST_KEY:
            raise ValueError(f"a badge master key has {SMALLEST_KEY} to {LARGEST_KEY} bytes")
        if len(set(octets)) == 1:
            raise ValueError("a badge master key is random")
        self._octets = octets

    def puk(self, guid: bytes) -> Pin:
        """The PUK of the badge with this GUID (16 bytes): 8 digits, for the caller to wipe. Raises `ValueError` for another length."""
        return Pin(
            _first_fair_puk(self._derive(b"cardd badge PUK 1 draw %d" % turn, guid, DRAW_BYTES) for turn in count())
        )

    def management_key(self, guid: bytes, algorithm: ManagementAlgorithm) -> ManagementKey:
        """The management key of that badge for `algorithm`, for the caller to wipe. Raises as `puk`."""
        purpose = b"cardd badge management key 1 algorithm %02X" % algorithm
        octets = bytearray(self._derive(purpose, guid, algorithm.key_bytes))
        if algorithm is ManagementAlgorithm.TDES:
            _set_odd_parity(octets)
        return ManagementKey(algorithm, octets)

    def _derive(self, purpose: bytes, guid: bytes, length: int) -> bytes:
        if len(guid) != GUID_BYTES:
            raise ValueError("a GUID has 16 bytes")
        return HKDF(SHA256(), length, salt=None, info=purpose + b"\0" + guid).derive(self._octets)

    def __repr__(self) -> str:
        return "<BadgeMasterKey>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a BadgeMasterKey cannot be copied or stored")


def read_master_key(path: Path) -> BadgeMasterKey:
    """The key from its file, all bytes as they are. Raises `OSError`, `ValueError`."""
    with path.open("rb") as file:
        return BadgeMasterKey(file.read(LARGEST_KEY + 1))


def _first_fair_puk(draws: Iterator[bytes]) -> bytearray:
    """Digits of the first draw that favours no PUK, and gives none that everybody would try."""
    for draw in draws:
        number = int.from_bytes(draw, "big")
        digits = bytearray(b"%08d" % (number % PUKS))
        if number < FAIR_DRAWS and digits != FACTORY_PUK and len(set(digits)) > 1:
            return digits
    raise ValueError("no draw was left")


def _set_odd_parity(octets: bytearray) -> None:
    """The lowest bit of each byte of a DES key is parity (FIPS 46-3; SP 800-67); some cards look at it."""
    for place, octet in enumerate(octets):
        octets[place] = octet ^ (octet.bit_count() + 1) % 2
