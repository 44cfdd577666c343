"""The key of a PIV card's administrator, reference 9B: its algorithms, its octets in memory, and one block through it."""

import hmac
from enum import IntEnum, unique
from types import MappingProxyType
from typing import NoReturn

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from cardd.iso7816.apdu import wipe


@unique
class ManagementAlgorithm(IntEnum):
    """Algorithm identifiers for 9B (SP 800-78-4, table 6-2)."""

    TDES = 0x03
    AES_128 = 0x08
    AES_192 = 0x0A
    AES_256 = 0x0C

    @property
    def key_bytes(self) -> int:
        """Length of a key."""
        return KEY_BYTES[self]

    @property
    def block_bytes(self) -> int:
        """Length of a witness, a challenge and their answers."""
        return 8 if self is ManagementAlgorithm.TDES else 16


KEY_BYTES = MappingProxyType(
    {
        ManagementAlgorithm.TDES: 24,
        ManagementAlgorithm.AES_128: 16,
        ManagementAlgorithm.AES_192: 24,
        ManagementAlgorithm.AES_256: 32,
    }
)
FACTORY_OCTETS = bytes.fromhex("0102030405060708" * 3)
"""What makers deliver cards with, published by them (docs.yubico.com, PIV management key; arekinath/PivApplet README)."""


class ManagementKey:
    """One management key, owned by whoever holds the object. Has no text, no hash, cannot be stored."""

    __slots__ = ("_algorithm", "_factory", "_octets")

    def __init__(self, algorithm: ManagementAlgorithm, octets: bytearray) -> None:
        """Take over `octets` (16, 24 or 32, as the algorithm wants); the caller keeps no other name for them. Raises `ValueError`."""
        if len(octets) != algorithm.key_bytes:
            raise ValueError(f"this management key has {algorithm.key_bytes} bytes")
        self._algorithm = algorithm
        self._octets = octets
        self._factory = hmac.compare_digest(octets, FACTORY_OCTETS)

    @property
    def algorithm(self) -> ManagementAlgorithm:
        return self._algorithm

    @property
    def octets(self) -> bytearray:
        """The live buffer, not a copy."""
        return self._octets

    @property
    def is_factory(self) -> bool:
        """Whether this is the published key that everybody knows."""
        return self._factory

    def wipe(self) -> None:
        """Overwrite the octets with zeros. The published key is no secret and stays, so that `FACTORY_KEYS` can be used again."""
        if not self._factory:
            wipe(self._octets)

    def encrypt(self, block: bytes) -> bytes:
        """One block through the cipher, in ECB (SP 800-73-4 part 2, A.1). Raises `ValueError` for another length."""
        encryptor = self._cipher(block).encryptor()
        return encryptor.update(block) + encryptor.finalize()

    def decrypt(self, block: bytes) -> bytes:
        """The other way round."""
        decryptor = self._cipher(block).decryptor()
        return decryptor.update(block) + decryptor.finalize()

    def _cipher(self, block: bytes) -> Cipher[ECB]:
        if len(block) != self._algorithm.block_bytes:
            raise ValueError(f"this cipher takes {self._algorithm.block_bytes} bytes")
        if self._algorithm is ManagementAlgorithm.TDES:
            kind: TripleDES | AES = TripleDES(self._octets)  # type: ignore[arg-type]  # any buffer will do; `bytes` would be a copy left behind
        else:
            kind = AES(self._octets)
        return Cipher(kind, ECB())  # noqa: S305 -- one random block, as the standard has it

    def __eq__(self, other: object) -> bool:
        """Compared in constant time."""
        if not isinstance(other, ManagementKey) or self._algorithm is not other._algorithm:
            return False
        return hmac.compare_digest(self._octets, other._octets)

    def __hash__(self) -> NoReturn:
        raise TypeError("a ManagementKey has no hash")

    def __repr__(self) -> str:
        return "<ManagementKey>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a ManagementKey cannot be copied or stored")


FACTORY_KEYS = (
    ManagementKey(ManagementAlgorithm.TDES, bytearray(FACTORY_OCTETS)),
    ManagementKey(ManagementAlgorithm.AES_192, bytearray(FACTORY_OCTETS)),
)
"""The published key as 3DES and, on newer products, as AES-192 (docs.yubico.com: since firmware 5.7)."""
