"""The management key 9B: proving to the card that one has it, and putting in another where the vendor allows that."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto, unique
from typing import Any, Self

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from applets_spec.iso7816 import OK, CardRefusal, Command, Response, StatusWord, tlv
from applets_spec.piv.quirks import PivQuirks
from applets_spec.piv.spec import (
    BLOCK_BYTES,
    CHALLENGE,
    DYNAMIC_AUTHENTICATION,
    MANAGEMENT_KEY_BYTES,
    RESPONSE,
    WITNESS,
    Algorithm,
    KeyRef,
)


@unique
class _Waiting(Enum):
    """What the card has sent and waits to see come back."""

    FOR_WITNESS = auto()
    FOR_RESPONSE = auto()


@dataclass(slots=True, repr=False)
class ManagementKey:
    """The key, and where its authentication stands. `random` gives that many random bytes."""

    algorithm: Algorithm
    key: bytes
    random: Callable[[int], bytes]
    quirks: PivQuirks = field(default_factory=PivQuirks)
    authenticated: bool = False
    _pending: tuple[_Waiting, bytes] | None = None

    @classmethod
    def from_state(cls, state: dict[str, Any], random: Callable[[int], bytes], quirks: PivQuirks) -> Self:
        """Raises `ValueError` when algorithm and key length do not fit."""
        algorithm, key = Algorithm(state["algorithm"]), bytes.fromhex(state["key"])
        if MANAGEMENT_KEY_BYTES.get(algorithm) != len(key):
            raise ValueError("management key and algorithm do not fit")
        return cls(algorithm, key, random, quirks)

    def to_state(self) -> dict[str, Any]:
        """For the card file."""
        return {"algorithm": int(self.algorithm), "key": self.key.hex()}

    def forget(self) -> None:
        """The session is over."""
        self.authenticated = False
        self._pending = None

    def drop_pending(self) -> None:
        """Another command came between: challenge and witness are void (piv.management-once)."""
        self._pending = None

    def authenticate(self, p1: int, template: dict[int, bytes]) -> Response:
        """One step of GENERAL AUTHENTICATE with 9B (piv.management)."""
        if p1 != self.algorithm and not (p1 == Algorithm.TDES_DEFAULT and self.algorithm is Algorithm.TDES):
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        pending, self._pending = self._pending, None
        if template == {WITNESS: b""} and not self.quirks.no_witness:
            return self._send(WITNESS, _Waiting.FOR_WITNESS)
        if template == {CHALLENGE: b""}:
            return self._send(CHALLENGE, _Waiting.FOR_RESPONSE)
        self.authenticated = False
        if set(template) == {RESPONSE}:
            self._check(pending, _Waiting.FOR_RESPONSE, self._decrypted(template[RESPONSE]))
            return self._proven(OK)
        if template.keys() >= {WITNESS, CHALLENGE} and not template.get(RESPONSE):
            challenge = self._block(template[CHALLENGE])
            self._check(pending, _Waiting.FOR_WITNESS, self._block(template[WITNESS]))
            return self._proven(_answer(RESPONSE, self._encrypted(challenge)))
        raise CardRefusal(StatusWord.WRONG_DATA)

    def replace(self, command: Command) -> Response:
        """SET MANAGEMENT KEY: algorithm, 9B, length, key (piv.set-management-key)."""
        if not self.authenticated:
            raise CardRefusal(StatusWord.SECURITY_NOT_SATISFIED)
        header, key = command.data[:3], command.data[3:]
        algorithm = header[0] if header else 0
        if algorithm not in MANAGEMENT_KEY_BYTES or header[1:] != bytes([KeyRef.MANAGEMENT, len(key)]):
            raise CardRefusal(StatusWord.WRONG_DATA)
        if MANAGEMENT_KEY_BYTES[Algorithm(algorithm)] != len(key):
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        self.algorithm, self.key = Algorithm(algorithm), key
        return OK

    def _send(self, tag: int, waiting: _Waiting) -> Response:
        """A random block: as it is for a challenge, encrypted for a witness."""
        plain = self.random(BLOCK_BYTES[self.algorithm])
        self._pending = (waiting, plain)
        return _answer(tag, self._encrypted(plain) if waiting is _Waiting.FOR_WITNESS else plain)

    def _check(self, pending: tuple[_Waiting, bytes] | None, waiting: _Waiting, candidate: bytes) -> None:
        if pending is None or pending[0] is not waiting:
            raise CardRefusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        if not hmac.compare_digest(candidate, pending[1]):
            strange = self.quirks.wrong_management_key_as_wrong_data
            raise CardRefusal(StatusWord.WRONG_DATA if strange else StatusWord.SECURITY_NOT_SATISFIED)

    def _proven(self, response: Response) -> Response:
        self.authenticated = True
        return response

    def _block(self, value: bytes) -> bytes:
        if len(value) != BLOCK_BYTES[self.algorithm]:
            raise CardRefusal(StatusWord.WRONG_DATA)
        return value

    def _cipher(self) -> Cipher[ECB]:
        kind = TripleDES if self.algorithm is Algorithm.TDES else AES
        return Cipher(kind(self.key), ECB())  # noqa: S305 - one random block, as the standard has it

    def _encrypted(self, block: bytes) -> bytes:
        encryptor = self._cipher().encryptor()
        return encryptor.update(block) + encryptor.finalize()

    def _decrypted(self, block: bytes) -> bytes:
        decryptor = self._cipher().decryptor()
        return decryptor.update(self._block(block)) + decryptor.finalize()


def _answer(tag: int, block: bytes) -> Response:
    return Response(tlv(DYNAMIC_AUTHENTICATION, tlv(tag, block)))
