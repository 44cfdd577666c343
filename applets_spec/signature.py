"""COMPUTE DIGITAL SIGNATURE of the Japanese cards: RSA-2048, the padding chosen by P1 (myna-card src/ap; measured by its author)."""

from collections.abc import Callable
from enum import IntEnum, unique
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from applets_spec.iso7816 import CardRefusal, StatusWord

HASH_BYTES = 32
LONGEST_INPUT = 245
"""256 bytes of modulus less the 11 bytes that PKCS#1 v1.5 needs (RFC 8017, 9.2)."""
SIGNATURE_BYTES = 256


@unique
class Mode(IntEnum):
    """P1 of `80 2A`."""

    PAD = 0
    """The data goes into PKCS#1 v1.5 padding as it is, 1 to 245 bytes; normally a DigestInfo."""
    HASH_AND_PAD = 1
    """The card hashes with SHA-256 and pads the bare hash."""
    PAD_DIGEST = 2
    """A 32-byte hash comes in, the card puts the DigestInfo around it."""
    HASH_AND_PAD_DIGEST = 3
    """The card hashes and puts the DigestInfo around it."""
    PSS_DIGEST = 4
    """A 32-byte hash comes in, RSASSA-PSS goes out."""
    HASH_AND_PSS = 5
    """The card hashes, RSASSA-PSS goes out."""


def _pad(key: RSAPrivateKey, data: bytes) -> bytes:
    if not 1 <= len(data) <= LONGEST_INPUT:
        raise CardRefusal(StatusWord.WRONG_LENGTH)
    return key.sign(data, PKCS1v15(), NoDigestInfo())


def _pad_digest(key: RSAPrivateKey, digest: bytes) -> bytes:
    _check_digest(digest)
    return key.sign(digest, PKCS1v15(), Prehashed(SHA256()))


def _pss_digest(key: RSAPrivateKey, digest: bytes) -> bytes:
    """Salt as long as the hash: assumed, the usual choice."""
    _check_digest(digest)
    return key.sign(digest, PSS(MGF1(SHA256()), HASH_BYTES), Prehashed(SHA256()))


def _check_digest(digest: bytes) -> None:
    if len(digest) != HASH_BYTES:
        raise CardRefusal(StatusWord.WRONG_LENGTH)


def _hashed(sign: Callable[[RSAPrivateKey, bytes], bytes]) -> Callable[[RSAPrivateKey, bytes], bytes]:
    return lambda key, message: sign(key, sha256(message).digest())


_SIGN: dict[Mode, Callable[[RSAPrivateKey, bytes], bytes]] = {
    Mode.PAD: _pad,
    Mode.HASH_AND_PAD: _hashed(_pad),
    Mode.PAD_DIGEST: _pad_digest,
    Mode.HASH_AND_PAD_DIGEST: _hashed(_pad_digest),
    Mode.PSS_DIGEST: _pss_digest,
    Mode.HASH_AND_PSS: _hashed(_pss_digest),
}


def mode_of(p1: int) -> Mode:
    """The mode P1 asks for. Raises 6A86 for all others."""
    try:
        return Mode(p1)
    except ValueError as error:
        raise CardRefusal(StatusWord.WRONG_P1_P2) from error


def compute(mode: Mode, key: RSAPrivateKey, data: bytes) -> bytes:
    """The 256-byte signature. Raises 6700 when the data has no length that the mode takes."""
    if not data:
        raise CardRefusal(StatusWord.WRONG_LENGTH)
    return _SIGN[mode](key, data)
