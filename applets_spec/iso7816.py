"""The card's side of ISO/IEC 7816-4: commands as they arrive, answers as they leave, status words, BER-TLV.

Written apart from any reader-side code on purpose: with one shared table a wrong number would make both sides agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Self

MAX_SHORT_LE = 256
MAX_EXTENDED_LE = 65_536


@unique
class StatusWord(IntEnum):
    """SW1SW2 as the reference cards answer them (ISO/IEC 7816-4:2020, 5.6; 6984 and 69FC as Japanese cards use them)."""

    SUCCESS = 0x9000
    MORE_DATA = 0x6100
    END_OF_FILE = 0x6282
    WRONG_NO_COUNTER = 0x6300
    TRIES_LEFT = 0x63C0
    MEMORY_FAILURE = 0x6581
    SESSION_KEY_REFUSED = 0x66F1
    WRONG_LENGTH = 0x6700
    CHANNEL_NOT_SUPPORTED = 0x6881
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    LAST_OF_CHAIN_EXPECTED = 0x6883
    CHAINING_NOT_SUPPORTED = 0x6884
    WRONG_FILE_TYPE = 0x6981
    SECURITY_NOT_SATISFIED = 0x6982
    BLOCKED = 0x6983
    IEF_BLOCKED = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_EF = 0x6986
    SECURE_MESSAGING_OBJECT_WRONG = 0x6988
    SECURE_MESSAGING_IMPOSSIBLE = 0x69FC
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    NO_SPACE = 0x6A84
    WRONG_P1_P2 = 0x6A86
    LC_AGAINST_P1_P2 = 0x6A87
    REFERENCE_NOT_FOUND = 0x6A88
    OFFSET_OUTSIDE = 0x6B00
    CORRECT_LE = 0x6C00
    INS_NOT_SUPPORTED = 0x6D00
    CLA_NOT_SUPPORTED = 0x6E00
    INTERNAL = 0x6F00


@unique
class Ins(IntEnum):
    """Instruction bytes (ISO/IEC 7816-4:2020, 5.4.2; JICSAP ones as in myna-card)."""

    VERIFY = 0x20
    CHANGE_REFERENCE_DATA = 0x24
    PERFORM_SECURITY_OPERATION = 0x2A
    RESET_RETRY_COUNTER = 0x2C
    CHANGE_KEY = 0x32
    GENERATE_ASYMMETRIC = 0x47
    UNLOCK_KEY = 0x54
    GET_CHALLENGE = 0x84
    GENERAL_AUTHENTICATE = 0x87
    INTERNAL_AUTHENTICATE = 0x88
    SELECT = 0xA4
    SET_SESSION_KEY = 0xAE
    READ_BINARY = 0xB0
    READ_RECORD = 0xB2
    GET_RESPONSE = 0xC0
    GET_DATA = 0xCA
    GET_DATA_ODD = 0xCB
    PUT_DATA = 0xDB


class CardRefusal(Exception):  # an answer of the card, not a failure of this program
    """Raised inside an applet to answer with a status word and no data. The card turns it into that answer."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"SW {sw:04X}")
        self.sw = sw


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """A command APDU as the card understood it.

    `data`: 0 to 65,535 bytes. `le`: None = absent (cases 1 and 3); else 1 to 256 short, 1 to 65,536 extended.
    `extended`: the extended length form was used. `chained`: joined by the card from several links.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None
    extended: bool = False
    chained: bool = False

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Take a command apart (ISO/IEC 7816-3:2006, 12.1.3). Raises `CardRefusal` 6700 when the lengths do not fit."""
        if len(raw) < 4:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        body = raw[4:]
        data, le, extended = _short_body(body) if len(body) < 2 or body[0] else _extended_body(body)
        return cls(raw[0], raw[1], raw[2], raw[3], data, le, extended)

    def __repr__(self) -> str:
        """The header and the lengths; never the data, which may be a PIN."""
        return f"<{self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X} Lc {len(self.data)} Le {self.le}>"


def _short_body(body: bytes) -> tuple[bytes, int | None, bool]:
    if not body:
        return b"", None, False
    if len(body) == 1:
        return b"", body[0] or MAX_SHORT_LE, False
    lc, rest = body[0], body[1:]
    if len(rest) == lc:
        return rest, None, False
    if len(rest) == lc + 1:
        return rest[:lc], rest[lc] or MAX_SHORT_LE, False
    raise CardRefusal(StatusWord.WRONG_LENGTH)


def _extended_body(body: bytes) -> tuple[bytes, int | None, bool]:
    if len(body) < 3:
        raise CardRefusal(StatusWord.WRONG_LENGTH)
    length, rest = int.from_bytes(body[1:3]), body[3:]
    if not rest:
        return b"", length or MAX_EXTENDED_LE, True
    if length and len(rest) == length:
        return rest, None, True
    if length and len(rest) == length + 2:
        return rest[:length], int.from_bytes(rest[length:]) or MAX_EXTENDED_LE, True
    raise CardRefusal(StatusWord.WRONG_LENGTH)


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """An answer: data (may be empty) and the status word."""

    data: bytes = b""
    sw: int = StatusWord.SUCCESS

    def to_bytes(self) -> bytes:
        """Data followed by SW1SW2."""
        return self.data + self.sw.to_bytes(2)

    def __repr__(self) -> str:
        return f"<{len(self.data)} bytes, SW {self.sw:04X}>"


OK = Response()


def tlv(tag: int, value: bytes) -> bytes:
    """Encode one BER-TLV object with the shortest definite length (ISO/IEC 8825-1; lengths up to 65,535)."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1) + _length(len(value)) + value


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    if length < 0x100:
        return bytes([0x81, length])
    return b"\x82" + length.to_bytes(2)


def read_tlvs(encoded: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk over concatenated BER-TLV objects of a command: (tag, value). Raises `CardRefusal` 6A80 on broken ones."""
    at = 0
    while at < len(encoded):
        tag, at = _read_tag(encoded, at)
        length, at = _read_length(encoded, at)
        if at + length > len(encoded):
            raise CardRefusal(StatusWord.WRONG_DATA)
        yield tag, encoded[at : at + length]
        at += length


def _read_tag(encoded: bytes, at: int) -> tuple[int, int]:
    end = at + 1
    if encoded[at] & 0x1F == 0x1F:
        while end < len(encoded) and encoded[end] & 0x80:
            end += 1
        end += 1
    if end > len(encoded):
        raise CardRefusal(StatusWord.WRONG_DATA)
    return int.from_bytes(encoded[at:end]), end


def _read_length(encoded: bytes, at: int) -> tuple[int, int]:
    if at >= len(encoded):
        raise CardRefusal(StatusWord.WRONG_DATA)
    first = encoded[at]
    if first < 0x80:
        return first, at + 1
    octets = first & 0x7F
    if not 1 <= octets <= 2 or at + 1 + octets > len(encoded):
        raise CardRefusal(StatusWord.WRONG_DATA)
    return int.from_bytes(encoded[at + 1 : at + 1 + octets]), at + 1 + octets
