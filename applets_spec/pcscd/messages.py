"""The message bodies of the pcsc-lite socket: fixed C structures in host byte order, read and written as NamedTuples.

Source: LudovicRousseau/PCSC, `src/winscard_msg.h` (structures) and `src/winscard_svc.c` (which way each goes). Every
message of a client starts with `HEADER` (8 bytes: size of the body, command); answers carry no header.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from applets_spec.pcscd.numbers import MAX_ATR, MAX_READER_NAME, MAX_SHORT_BUFFER, Command, Protocol

HEADER = struct.Struct("=II")
READER_STATE = struct.Struct(f"={MAX_READER_NAME}sIIi{MAX_ATR}s3xII")  # 184 bytes
ARRAY_SIZE = struct.Struct("=i")


class MalformedMessage(Exception):
    """A client sent something that is no message of this protocol; its connection is closed."""


class Version(NamedTuple):
    """CMD_VERSION, 12 bytes."""

    major: int
    minor: int
    result: int


class WaitReaderStateChange(NamedTuple):
    """The 8-byte event a waiting client gets."""

    time_out: int
    result: int


class Establish(NamedTuple):
    """SCARD_ESTABLISH_CONTEXT, 12 bytes."""

    scope: int
    context: int
    result: int


class Release(NamedTuple):
    """SCARD_RELEASE_CONTEXT, 8 bytes."""

    context: int
    result: int


class Connect(NamedTuple):
    """SCARD_CONNECT, 152 bytes. `reader` is NUL-padded to 128 bytes."""

    context: int
    reader: bytes
    share_mode: int
    preferred_protocols: int
    handle: int
    active_protocol: int
    result: int


class Reconnect(NamedTuple):
    """SCARD_RECONNECT, 24 bytes."""

    handle: int
    share_mode: int
    preferred_protocols: int
    initialization: int
    active_protocol: int
    result: int


class Disconnect(NamedTuple):
    """SCARD_DISCONNECT and SCARD_END_TRANSACTION, 12 bytes."""

    handle: int
    disposition: int
    result: int


class HandleOnly(NamedTuple):
    """SCARD_BEGIN_TRANSACTION, SCARD_STATUS and SCARD_CANCEL, 8 bytes."""

    handle: int
    result: int


class Transmit(NamedTuple):
    """SCARD_TRANSMIT, 32 bytes; the command APDU follows it, and on success the response follows the answer."""

    handle: int
    send_protocol: int
    send_pci_length: int
    send_length: int
    receive_protocol: int
    receive_pci_length: int
    receive_length: int
    result: int


class ControlMessage(NamedTuple):
    """SCARD_CONTROL, 24 bytes; data follow it both ways as with `Transmit`."""

    handle: int
    code: int
    send_length: int
    receive_length: int
    bytes_returned: int
    result: int


class Attrib(NamedTuple):
    """SCARD_GET_ATTRIB and SCARD_SET_ATTRIB, 280 bytes with a 264-byte value."""

    handle: int
    attribute: int
    value: bytes
    length: int
    result: int


class ReaderEvents(NamedTuple):
    """Answer of CMD_GET_READER_EVENTS (protocol 4:5), 8 bytes."""

    events: int
    result: int


Body = (
    Version | WaitReaderStateChange | Establish | Release | Connect | Reconnect | Disconnect | HandleOnly | Transmit
    | ControlMessage | Attrib | ReaderEvents
)  # fmt: skip

_LAYOUTS: dict[type[Body], struct.Struct] = {
    Version: struct.Struct("=iiI"),
    WaitReaderStateChange: struct.Struct("=II"),
    Establish: struct.Struct("=III"),
    Release: struct.Struct("=II"),
    Connect: struct.Struct(f"=I{MAX_READER_NAME}sIIiII"),
    Reconnect: struct.Struct("=iIIIII"),
    Disconnect: struct.Struct("=iII"),
    HandleOnly: struct.Struct("=iI"),
    Transmit: struct.Struct("=iIIIIIII"),
    ControlMessage: struct.Struct("=iIIIII"),
    Attrib: struct.Struct(f"=iI{MAX_SHORT_BUFFER}sII"),
    ReaderEvents: struct.Struct("=II"),
}

BODY_OF: dict[Command, type[Body] | None] = {
    Command.ESTABLISH_CONTEXT: Establish,
    Command.RELEASE_CONTEXT: Release,
    Command.CONNECT: Connect,
    Command.RECONNECT: Reconnect,
    Command.DISCONNECT: Disconnect,
    Command.BEGIN_TRANSACTION: HandleOnly,
    Command.END_TRANSACTION: Disconnect,
    Command.TRANSMIT: Transmit,
    Command.CONTROL: ControlMessage,
    Command.STATUS: HandleOnly,
    Command.CANCEL: HandleOnly,
    Command.GET_ATTRIB: Attrib,
    Command.SET_ATTRIB: Attrib,
    Command.VERSION: Version,
    Command.GET_READERS_STATE: None,
    Command.WAIT_READER_STATE_CHANGE: None,
    Command.STOP_WAITING_READER_STATE_CHANGE: None,
    Command.GET_READER_EVENTS: None,
    Command.GET_READERS_STATE_SIZE: None,
    Command.GET_READERS_STATE_ARRAY: None,
}
"""The body a client sends with each command; None: the header alone."""


def size_of(kind: type[Body]) -> int:
    """Length in bytes of a message body."""
    return _LAYOUTS[kind].size


def pack(body: Body) -> bytes:
    """The body as the C structure."""
    return _LAYOUTS[type(body)].pack(*body)


def unpack(kind: type[Body], data: bytes) -> Body:
    """A body from exactly its C structure."""
    if len(data) != size_of(kind):
        raise MalformedMessage(f"{kind.__name__} takes {size_of(kind)} bytes, {len(data)} came")
    return kind(*_LAYOUTS[kind].unpack(data))


def parse_header(data: bytes) -> tuple[Command, int]:
    """Command and body size from the 8 bytes in front of each message, refused unless they fit together."""
    size, number = HEADER.unpack(data)
    try:
        command = Command(number)
    except ValueError:
        raise MalformedMessage(f"no such command: {number:#x}") from None
    kind = BODY_OF[command]
    expected = 0 if kind is None else size_of(kind)
    if size != expected:
        raise MalformedMessage(f"{command.name} takes a body of {expected} bytes, {size} announced")
    return command, size


@dataclass(frozen=True)
class PublicReaderState:
    """What every client may see of a reader: the entry of the reader-state array, 184 bytes."""

    name: bytes = b""
    event_counter: int = 0
    bits: int = 0
    sharing: int = 0
    atr: bytes = b""
    protocol: Protocol = Protocol.UNDEFINED

    def pack(self) -> bytes:
        """The entry as the C structure; an empty name marks a free entry."""
        return READER_STATE.pack(
            self.name, self.event_counter, self.bits, self.sharing, self.atr, len(self.atr), self.protocol
        )


def pack_reader_states(states: list[PublicReaderState], entries: int) -> bytes:
    """The reader-state array with exactly `entries` entries: readers beyond are not shown, free entries are zero."""
    shown = [state.pack() for state in states[:entries]]
    return b"".join(shown) + bytes(READER_STATE.size * (entries - len(shown)))
