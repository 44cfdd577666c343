"""What a reader can do beyond passing APDUs on: PC/SC part 10 (features, properties, the PIN pad's VERIFY block)."""

import struct
from dataclasses import dataclass
from enum import IntEnum

from cardd.iso7816.apdu import CommandApdu
from cardd.model import PinShape
from cardd.pcsc.calls import PcscCalls, control_code
from cardd.pcsc.errors import Pcsc

GET_FEATURE_REQUEST = 3400
"""Number of the control code CM_IOCTL_GET_FEATURE_REQUEST (PC/SC part 10 v2.02.09, 2.2)."""
PAD_TIMEOUT_S = 30
"""Time the pad gives the person, before and between digits."""
PAD_GRACE_S = 5
"""What a PIN-pad command may take beyond the pad's own time-out."""

LARGEST_SHORT = 261
"""dwMaxAPDUDataSize: 0 = short APDUs only, over 256 = extended ones of so many data bytes (PC/SC part 10 v2.02.09, 2.6.14).
261 is taken for the size of a whole short APDU, which some give instead."""


class Feature(IntEnum):
    """Feature tags (PC/SC part 10 v2.02.09, 2.3)."""

    VERIFY_PIN_DIRECT = 0x06
    GET_TLV_PROPERTIES = 0x12


class Property(IntEnum):
    """Tags of the TLV properties (PC/SC part 10 v2.02.09, 2.6.14)."""

    MAX_APDU_DATA_SIZE = 0x0A


@dataclass(frozen=True, slots=True)
class ReaderFeatures:
    """What one reader offers. `verify_direct`: control code of its PIN pad, None = it has none."""

    verify_direct: int | None = None
    extended_apdus: bool = False


def ask_features(calls: PcscCalls, card: int) -> ReaderFeatures:
    """Ask the reader behind a connection. A reader that does not know the question (vpcd: 0x8010001F) has no features."""
    code, answer = calls.control(card, control_code(GET_FEATURE_REQUEST), [])
    if code != Pcsc.SUCCESS:
        return ReaderFeatures()
    features = parse_features(answer)
    extended = False
    if Feature.GET_TLV_PROPERTIES in features:
        code, answer = calls.control(card, features[Feature.GET_TLV_PROPERTIES], [])
        extended = code == Pcsc.SUCCESS and parse_properties(answer).get(Property.MAX_APDU_DATA_SIZE, 0) > LARGEST_SHORT
    return ReaderFeatures(features.get(Feature.VERIFY_PIN_DIRECT), extended)


def parse_features(answer: bytes) -> dict[int, int]:
    """Feature tag → control code. Entries of six bytes: tag, length 4, code (big endian); what is not so shaped is skipped."""
    entries = [answer[start : start + 6] for start in range(0, len(answer) - 5, 6)]
    return {entry[0]: int.from_bytes(entry[2:], "big") for entry in entries if entry[1] == 4}


def parse_properties(answer: bytes) -> dict[int, int]:
    """Property tag → value (little endian). Reading stops at the first entry that passes the end."""
    found: dict[int, int] = {}
    place = 0
    while place + 2 <= len(answer) and place + 2 + answer[place + 1] <= len(answer):
        tag, length = answer[place], answer[place + 1]
        found[tag] = int.from_bytes(answer[place + 2 : place + 2 + length], "little")
        place += 2 + length
    return found


ASCII_LEFT_IN_BYTES = 0x82
"""bmFormatString: positions count in bytes, digits are ASCII, put at the left of the block."""
KEY_OK_OR_FULL = 0x02
"""bEntryValidationCondition: the person presses OK."""
ONE_MESSAGE = 0x01
LANGUAGE_JAPANESE = 0x0411
PADDING = 0xFF


def verify_block(command: CommandApdu, shape: PinShape, padded_to: int | None, timeout_s: int = PAD_TIMEOUT_S) -> bytes:
    """The PIN_VERIFY structure for FEATURE_VERIFY_PIN_DIRECT (PC/SC part 10 v2.02.09, 2.5.2): 19 bytes, then the template.

    `padded_to`: bytes of the PIN block, filled with FF; None = the pad sends the digits alone and sets Lc itself.
    """
    header = bytes((command.cla, command.ins, command.p1, command.p2))
    template = header + (bytes((0,)) if padded_to is None else bytes((padded_to,)) + bytes((PADDING,)) * padded_to)
    fixed = struct.pack(
        "<BBBBBHBBHB3sI",
        timeout_s,
        timeout_s,
        ASCII_LEFT_IN_BYTES,
        padded_to or 0,
        0,  # bmPINLengthFormat: the length is not written into the APDU
        shape.shortest << 8 | shape.longest,
        KEY_OK_OR_FULL,
        ONE_MESSAGE,
        LANGUAGE_JAPANESE,
        0,  # bMsgIndex
        bytes(3),  # bTeoPrologue: for T=1 readers without APDU level; filled by the driver
        len(template),
    )
    return fixed + template
