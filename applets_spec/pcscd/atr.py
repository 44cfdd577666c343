"""What a reader must know of an ATR: which transmission protocols the card offers (ISO/IEC 7816-3:2006, 8.2)."""

from dataclasses import dataclass

from applets_spec.pcscd.numbers import MAX_ATR, Protocol

_TS_BYTES = (0x3B, 0x3F)
_PROTOCOL_OF_T = {0: Protocol.T0, 1: Protocol.T1, 15: Protocol.T15}


@dataclass(frozen=True)
class OfferedProtocols:
    """The protocols a card offers, and the one it starts with. Both empty: the ATR makes no sense."""

    available: Protocol = Protocol.UNDEFINED
    default: Protocol = Protocol.UNDEFINED


def offered_protocols(atr: bytes) -> OfferedProtocols:
    """Read the interface bytes. A nonsense ATR offers nothing, as pcscd's `ATRDecodeAtr` has it."""
    if not 2 <= len(atr) <= MAX_ATR or atr[0] not in _TS_BYTES:
        return OfferedProtocols()
    available = default = Protocol.UNDEFINED
    present, position, level = atr[1] >> 4, 2, 1
    while present:
        if position + present.bit_count() > len(atr):
            return OfferedProtocols()
        if level == 2 and present & 0x1:
            return _specific_mode(atr[position])
        position += present.bit_count()
        if not present & 0x8:
            break
        td = atr[position - 1]
        offered = _PROTOCOL_OF_T.get(td & 0x0F, Protocol.UNDEFINED)
        if level == 1 and offered not in (Protocol.T0, Protocol.T1):
            return OfferedProtocols()
        default = default or offered
        available |= offered
        present, level = td >> 4, level + 1
    return OfferedProtocols(available or Protocol.T0, default or Protocol.T0)


def _specific_mode(ta2: int) -> OfferedProtocols:
    """TA2 present: the card speaks one protocol only (ISO/IEC 7816-3:2006, 8.3)."""
    only = _PROTOCOL_OF_T.get(ta2 & 0x0F, Protocol.UNDEFINED)
    if only not in (Protocol.T0, Protocol.T1):
        return OfferedProtocols()
    return OfferedProtocols(only, only)


def choose_protocol(atr: bytes, preferred: Protocol) -> Protocol | None:
    """The protocol to run: T=1 where card and application allow it, else T=0; None when nothing fits.

    `Protocol.ANY_OLD` in `preferred` stands for both.
    """
    if preferred & Protocol.ANY_OLD:
        preferred = Protocol.T0 | Protocol.T1
    possible = offered_protocols(atr).available & preferred
    for protocol in (Protocol.T1, Protocol.T0):
        if possible & protocol:
            return protocol
    return None
