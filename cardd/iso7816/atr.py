"""Reading an ATR (ISO/IEC 7816-3:2006 clause 8) as far as it goes. No card is recognised or refused by it: many readers invent theirs."""

from dataclasses import dataclass
from enum import StrEnum

from cardd.errors import CardBadAnswer
from cardd.iso7816.tlv import parse_compact

TS_VALUES = frozenset({0x3B, 0x3F})
ATR_MAX = 33
"""TS and at most 32 characters (ISO/IEC 7816-3:2006, 8.2.1)."""
CATEGORY_STATUS_AT_END = 0x00
CATEGORY_COMPACT_TLV = 0x80
STATUS_LENGTH = 3
"""Category indicator byte, and the status indicator at the end that one of them announces (ISO/IEC 7816-4:2020, 12.1.2.2)."""
CARD_CAPABILITIES = 0x7
"""COMPACT-TLV tag of the card capabilities (ISO/IEC 7816-4:2020, 12.1.2.2, table 124): 1 to 3 software function tables."""
COMMAND_CHAINING = 0x80
EXTENDED_LENGTH = 0x40
"""Bits of the third software function table (ISO/IEC 7816-4:2020, table 127)."""


class AtrProblem(StrEnum):
    """What is wrong with an ATR. For a log line, never a reason to refuse a card."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    BAD_START = "bad_start"
    TRUNCATED = "truncated"
    BAD_CHECK_BYTE = "bad_check_byte"
    EXTRA_BYTES = "extra_bytes"


@dataclass(frozen=True, slots=True)
class Atr:
    """What could be read. `chaining`, `extended_length`: as the card declares, None = it does not say."""

    historical: bytes = b""
    protocols: tuple[int, ...] = ()
    chaining: bool | None = None
    extended_length: bool | None = None
    problem: AtrProblem | None = None


def read_atr(octets: bytes) -> Atr:
    """Read any bytes (a reader may give 0 to hundreds) as an ATR. Never raises."""
    if not octets:
        return Atr(problem=AtrProblem.EMPTY)
    if len(octets) > ATR_MAX:
        return Atr(problem=AtrProblem.TOO_LONG)
    if octets[0] not in TS_VALUES or len(octets) < 2:
        return Atr(problem=AtrProblem.BAD_START)
    place, protocols = _interface_bytes(octets)
    historical_length = octets[1] & 0x0F
    end = place + historical_length
    historical = bytes(octets[place:end])
    checked = any(protocol != 0 for protocol in protocols)
    problem = _problem(octets, end + checked, checked=checked)
    capabilities = _capabilities(historical) if problem is None else None
    return Atr(
        historical=historical,
        protocols=protocols or (0,),
        chaining=None if capabilities is None else bool(capabilities & COMMAND_CHAINING),
        extended_length=None if capabilities is None else bool(capabilities & EXTENDED_LENGTH),
        problem=problem,
    )


def _interface_bytes(octets: bytes) -> tuple[int, tuple[int, ...]]:
    """Where the historical bytes begin, and the protocols named in the TD bytes. TA to TD are present as bits 5 to 8 say."""
    indicator, place, protocols = octets[1], 2, list[int]()
    while True:
        place += (indicator >> 4 & 0x07).bit_count()
        if not indicator & 0x80 or place >= len(octets):
            return place, tuple(protocols)
        indicator = octets[place]
        protocols.append(indicator & 0x0F)
        place += 1


def _problem(octets: bytes, length: int, *, checked: bool) -> AtrProblem | None:
    if len(octets) < length:
        return AtrProblem.TRUNCATED
    if len(octets) > length:
        return AtrProblem.EXTRA_BYTES
    check = 0
    for octet in octets[1:]:
        check ^= octet
    return AtrProblem.BAD_CHECK_BYTE if checked and check else None


def _capabilities(historical: bytes) -> int | None:
    """The third software function table, or None when the card tells none."""
    if not historical or historical[0] not in (CATEGORY_COMPACT_TLV, CATEGORY_STATUS_AT_END):
        return None
    end = len(historical) - (STATUS_LENGTH if historical[0] == CATEGORY_STATUS_AT_END else 0)
    try:
        objects = parse_compact(historical[1:end])
    except CardBadAnswer:
        return None
    tables = [found.value for found in objects if found.tag == CARD_CAPABILITIES]
    return tables[0][2] if len(tables) == 1 and len(tables[0]) == 3 else None
