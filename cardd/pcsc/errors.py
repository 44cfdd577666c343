"""The one table from PC/SC return codes to our errors."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

from cardd import errors


class Pcsc(IntEnum):
    """PC/SC return codes that cardd knows (pcsc-lite `pcsclite.h`; PC/SC part 5)."""

    SUCCESS = 0
    INTERNAL_ERROR = 0x80100001
    CANCELLED = 0x80100002
    INVALID_HANDLE = 0x80100003
    NO_MEMORY = 0x80100006
    WAITED_TOO_LONG = 0x80100007
    UNKNOWN_READER = 0x80100009
    TIMEOUT = 0x8010000A
    SHARING_VIOLATION = 0x8010000B
    NO_SMARTCARD = 0x8010000C
    PROTO_MISMATCH = 0x8010000F
    NOT_READY = 0x80100010
    COMM_ERROR = 0x80100013
    INVALID_ATR = 0x80100015
    NOT_TRANSACTED = 0x80100016
    READER_UNAVAILABLE = 0x80100017
    NO_SERVICE = 0x8010001D
    SERVICE_STOPPED = 0x8010001E
    UNSUPPORTED_FEATURE = 0x8010001F
    NO_READERS_AVAILABLE = 0x8010002E
    COMM_DATA_LOST = 0x8010002F
    UNSUPPORTED_CARD = 0x80100065
    UNRESPONSIVE_CARD = 0x80100066
    UNPOWERED_CARD = 0x80100067
    RESET_CARD = 0x80100068
    REMOVED_CARD = 0x80100069
    SECURITY_VIOLATION = 0x8010006A


SERVICE_LOST = frozenset({Pcsc.COMM_ERROR, Pcsc.NO_SERVICE, Pcsc.SERVICE_STOPPED, Pcsc.INVALID_HANDLE})
"""pcscd ended or was started anew: the context is of no more use (measured; requirement C10)."""

ERRORS: Mapping[Pcsc, type[errors.CarddError]] = MappingProxyType(
    {
        Pcsc.INVALID_HANDLE: errors.PcscDown,
        Pcsc.COMM_ERROR: errors.PcscDown,
        Pcsc.NO_SERVICE: errors.PcscDown,
        Pcsc.SERVICE_STOPPED: errors.PcscDown,
        Pcsc.NO_MEMORY: errors.PcscFull,
        Pcsc.SECURITY_VIOLATION: errors.PcscRefused,
        Pcsc.UNKNOWN_READER: errors.ReaderUnknown,
        Pcsc.READER_UNAVAILABLE: errors.ReaderUnknown,
        Pcsc.NO_READERS_AVAILABLE: errors.ReaderUnknown,
        Pcsc.SHARING_VIOLATION: errors.ReaderBusy,
        Pcsc.RESET_CARD: errors.ReaderBusy,  # only another program can have done that: our own handle is exclusive
        Pcsc.NO_SMARTCARD: errors.CardAbsent,
        Pcsc.REMOVED_CARD: errors.CardRemoved,
        # pcscd says these for a card on its way out, until it has looked again (measured: up to 0.4 s).
        Pcsc.NOT_TRANSACTED: errors.CardRemoved,
        Pcsc.COMM_DATA_LOST: errors.CardRemoved,
        Pcsc.UNPOWERED_CARD: errors.CardRemoved,
        Pcsc.TIMEOUT: errors.CardNoAnswer,
        Pcsc.WAITED_TOO_LONG: errors.CardNoAnswer,
        Pcsc.UNRESPONSIVE_CARD: errors.CardUnsupported,
        Pcsc.UNSUPPORTED_CARD: errors.CardUnsupported,
        Pcsc.PROTO_MISMATCH: errors.CardUnsupported,
        Pcsc.INVALID_ATR: errors.CardUnsupported,
    }
)


def pcsc_error(code: int, call: str, reader: str | None = None) -> errors.CarddError:
    """Our error for the return code of PC/SC call `call`. A code without a row becomes `Internal`; the number tells which."""
    known = Pcsc(code) if code in Pcsc.__members__.values() else None
    kind = ERRORS.get(known, errors.Internal) if known is not None else errors.Internal
    problem = "code_unknown" if known is None else known.name.lower()
    return kind(command=call, pcsc_code=code, problem=problem, reader=reader)
