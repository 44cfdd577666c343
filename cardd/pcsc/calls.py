"""The seam over PC/SC: the few calls cardd makes, as a protocol, and the real ones over `smartcard.scard` (pcsc-lite).

Every call gives the PC/SC return code (32 bits, unsigned) first and never raises for it. Tests choose another `PcscCalls`.
"""

import ctypes
from enum import IntEnum
from typing import Protocol

from smartcard import scard

INFINITE_MS = scard.INFINITE
PNP_NOTIFICATION = r"\\?PnP?\Notification"
"""Pseudo reader of SCardGetStatusChange that tells of readers coming and going."""


class Share(IntEnum):
    """Share modes of SCardConnect (PC/SC part 5; pcsc-lite `pcsclite.h`)."""

    EXCLUSIVE = 1
    DIRECT = 3


class Disposition(IntEnum):
    """What becomes of the card at the end of a connection (pcsc-lite `pcsclite.h`)."""

    LEAVE = 0
    UNPOWER = 2


class CardProtocol(IntEnum):
    """Transmission protocols (pcsc-lite `pcsclite.h`)."""

    NONE = 0
    T0 = 1
    T1 = 2


T0_OR_T1 = CardProtocol.T0 | CardProtocol.T1


class ReaderState(IntEnum):
    """Bits of a reader state. The upper 16 bits count insertions and removals (pcsc-lite `winscard_clnt.c`)."""

    UNAWARE = 0x0000
    CHANGED = 0x0002
    UNKNOWN = 0x0004
    UNAVAILABLE = 0x0008
    PRESENT = 0x0020


class PcscCalls(Protocol):
    """The calls of PC/SC that cardd makes. A context or handle is used on one thread only, except for `cancel`."""

    def establish_context(self) -> tuple[int, int]:
        """Code, context."""
        ...

    def release_context(self, context: int) -> int: ...

    def list_readers(self, context: int) -> tuple[int, list[bytes]]:
        """Code, reader names as the bytes the drivers gave."""
        ...

    def get_status_change(
        self, context: int, timeout_ms: int, states: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, bytes]]]:
        """Blocks. Code; per reader its name, event state, ATR."""
        ...

    def cancel(self, context: int) -> int:
        """End a `get_status_change` of another thread."""
        ...

    def connect(self, context: int, reader: str, share: int, protocols: int) -> tuple[int, int, int]:
        """Code, card handle, protocol in use."""
        ...

    def disconnect(self, card: int, disposition: int) -> int: ...

    def begin_transaction(self, card: int) -> int: ...

    def end_transaction(self, card: int, disposition: int) -> int: ...

    def get_atr(self, card: int) -> tuple[int, bytes]:
        """Code, ATR of the connected card."""
        ...

    def transmit(self, card: int, protocol: int, command: list[int]) -> tuple[int, list[int]]:
        """Blocks as long as the card likes. Code, answer with status word; the answer means nothing when the code is not 0."""
        ...

    def control(self, card: int, code: int, data: list[int]) -> tuple[int, bytes]:
        """SCardControl. Code, answer of the reader."""
        ...

    def get_attribute(self, card: int, attribute: int) -> tuple[int, bytes]:
        """Code, value of a reader attribute."""
        ...


def control_code(number: int) -> int:
    """SCARD_CTL_CODE of this platform (0x42000000 + number on pcsc-lite)."""
    return int(scard.SCARD_CTL_CODE(number))


def _unsigned(code: int) -> int:
    return int(code) & 0xFFFFFFFF


class PyscardCalls:
    """PC/SC through the plain calls of pyscard, which give up the interpreter lock while they wait."""

    def __init__(self) -> None:
        # The same library, already loaded by pyscard: see `list_readers`.
        self._library = ctypes.CDLL("libpcsclite.so.1")
        self._library.SCardListReaders.argtypes = [
            ctypes.c_long,
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.POINTER(ctypes.c_ulong),
        ]
        self._library.SCardListReaders.restype = ctypes.c_long

    def establish_context(self) -> tuple[int, int]:
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        return _unsigned(code), context

    def release_context(self, context: int) -> int:
        return _unsigned(scard.SCardReleaseContext(context))

    def list_readers(self, context: int) -> tuple[int, list[bytes]]:
        # pyscard 2.3.1 gives no reader at all when the name of one is not UTF-8 (SystemError: measured), so ask the library.
        room = ctypes.c_ulong(0)
        code = _unsigned(self._library.SCardListReaders(context, None, None, ctypes.byref(room)))
        if code != 0:
            return code, []
        names = ctypes.create_string_buffer(room.value)
        code = _unsigned(self._library.SCardListReaders(context, None, names, ctypes.byref(room)))
        return code, [name for name in names.raw[: room.value].split(b"\0") if name] if code == 0 else []

    def get_status_change(
        self, context: int, timeout_ms: int, states: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, bytes]]]:
        code, seen = scard.SCardGetStatusChange(context, timeout_ms, states)
        return _unsigned(code), [(name, _unsigned(state), bytes(atr)) for name, state, atr in seen]

    def cancel(self, context: int) -> int:
        return _unsigned(scard.SCardCancel(context))

    def connect(self, context: int, reader: str, share: int, protocols: int) -> tuple[int, int, int]:
        code, card, protocol = scard.SCardConnect(context, reader, share, protocols)
        return _unsigned(code), card, protocol

    def disconnect(self, card: int, disposition: int) -> int:
        return _unsigned(scard.SCardDisconnect(card, disposition))

    def begin_transaction(self, card: int) -> int:
        return _unsigned(scard.SCardBeginTransaction(card))

    def end_transaction(self, card: int, disposition: int) -> int:
        return _unsigned(scard.SCardEndTransaction(card, disposition))

    def get_atr(self, card: int) -> tuple[int, bytes]:
        code, _reader, _state, _protocol, atr = scard.SCardStatus(card)
        return _unsigned(code), bytes(atr)

    def transmit(self, card: int, protocol: int, command: list[int]) -> tuple[int, list[int]]:
        header = scard.SCARD_PCI_T0 if protocol == CardProtocol.T0 else scard.SCARD_PCI_T1
        code, answer = scard.SCardTransmit(card, header, command)
        return _unsigned(code), answer

    def control(self, card: int, code: int, data: list[int]) -> tuple[int, bytes]:
        result, answer = scard.SCardControl(card, code, data)
        return _unsigned(result), bytes(answer)

    def get_attribute(self, card: int, attribute: int) -> tuple[int, bytes]:
        code, value = scard.SCardGetAttrib(card, attribute)
        return _unsigned(code), bytes(value)
