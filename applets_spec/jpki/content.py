"""What stands in the EFs of a JPKI-AP: token information and which certificates are there."""

from enum import StrEnum, unique

LABEL_BYTES = 32
MODEL = "E16R01NJ"
FLAGS = 0x0000040D
UNAVAILABLE = 0xFFFFFFFF
NO_TIME = b"9" * 16
PRESENT, ABSENT = 0x8F, 0x00


@unique
class TokenLabel(StrEnum):
    """First field of the token information (jpki/myna, TRETJapanNFCReader, myna-card)."""

    JUKI_CARD = "JPKIAPICCTOKEN"
    MY_NUMBER_CARD = "JPKIAPICCTOKEN2"
    ANDROID = "JPKIAPGPSETOKEN"
    IPHONE = "JPKIAPIOSTOKEN"


def token_info(label: TokenLabel, number: int) -> bytes:
    """160 bytes in the manner of CK_TOKEN_INFO, big-endian (PKCS#11; field values myna-card).

    `number` makes the serial. The session fields and the manufacturer's digits before 0001 are assumed.
    """
    texts = _text(label, LABEL_BYTES) + _text("0000001", 32) + _text(MODEL, 16) + _text(f"{number:016d}", 16)
    sessions = [0, UNAVAILABLE, 0, UNAVAILABLE]
    longest_pin, shortest_pin = 16, 6
    memory = [UNAVAILABLE] * 4
    numbers = [FLAGS, *sessions, longest_pin, shortest_pin, *memory]
    versions = bytes([1, 0, 1, 0])
    return texts + b"".join(value.to_bytes(4) for value in numbers) + versions + NO_TIME


def _text(text: str, size: int) -> bytes:
    return text.encode("ascii").ljust(size)


def availability(*, signature: bool, authentication: bool) -> bytes:
    """EF 0008: signature, authentication, a third byte of unknown meaning that was seen as 00."""
    return bytes([PRESENT if signature else ABSENT, PRESENT if authentication else ABSENT, 0])
