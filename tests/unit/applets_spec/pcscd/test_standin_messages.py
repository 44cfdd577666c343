"""The bytes of the pcsc-lite socket, written out by hand from the C structures of winscard_msg.h."""

from __future__ import annotations

import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applets_spec.pcscd.messages import (
    BODY_OF,
    HEADER,
    MalformedMessage,
    PublicReaderState,
    Transmit,
    pack,
    pack_reader_states,
    parse_header,
    size_of,
    unpack,
)
from applets_spec.pcscd.numbers import Command, Protocol

SIZES = {
    Command.VERSION: 12,
    Command.ESTABLISH_CONTEXT: 12,
    Command.RELEASE_CONTEXT: 8,
    Command.CONNECT: 152,
    Command.RECONNECT: 24,
    Command.DISCONNECT: 12,
    Command.BEGIN_TRANSACTION: 8,
    Command.END_TRANSACTION: 12,
    Command.TRANSMIT: 32,
    Command.CONTROL: 24,
    Command.STATUS: 8,
    Command.CANCEL: 8,
    Command.GET_ATTRIB: 280,
    Command.SET_ATTRIB: 280,
}


@pytest.mark.parametrize("command", Command, ids=lambda command: command.name)
def test_every_body_has_the_size_of_its_c_structure(command: Command) -> None:
    kind = BODY_OF[command]
    assert (0 if kind is None else size_of(kind)) == SIZES.get(command, 0)


def test_a_reader_state_is_184_bytes_with_three_bytes_of_padding_behind_the_atr() -> None:
    state = PublicReaderState(b"Reader", 7, 0x34, -1, b"\x3b\x00", Protocol.T1)
    packed = state.pack()
    assert len(packed) == 184
    assert packed[:7] == b"Reader\0"
    assert struct.unpack_from("=IIi", packed, 128) == (7, 0x34, -1)
    assert packed[140:142] == b"\x3b\x00"
    assert packed[142:176] == bytes(34)
    assert struct.unpack_from("=II", packed, 176) == (2, 2)


@pytest.mark.parametrize(("readers", "entries"), [(2, 16), (16, 16), (20, 16), (20, 32)])
def test_the_state_array_has_exactly_the_entries_the_client_reads(readers: int, entries: int) -> None:
    states = [PublicReaderState(f"Reader {number}".encode()) for number in range(readers)]
    packed = pack_reader_states(states, entries)
    assert len(packed) == 184 * entries
    names = [packed[offset : offset + 128].rstrip(b"\0") for offset in range(0, len(packed), 184)]
    assert names == [state.name for state in states[:entries]] + [b""] * max(0, entries - readers)


def test_numbers_are_in_host_order() -> None:
    packed = pack(Transmit(1, 2, 16, 5, 0, 0, 258, 0x80100016))
    assert int.from_bytes(packed[28:32], sys.byteorder) == 0x80100016
    assert unpack(Transmit, packed) == Transmit(1, 2, 16, 5, 0, 0, 258, 0x80100016)


@pytest.mark.parametrize(
    ("size", "command"),
    [(0, 0), (12, 0x18), (11, 0x11), (13, 0x11), (0xFFFFFFFF, 0x09), (1, 0x12), (0, 0x03)],
    ids=["no command", "past the last", "short", "long", "huge", "body not wanted", "unused command"],
)
def test_a_header_that_does_not_fit_is_refused(size: int, command: int) -> None:
    with pytest.raises(MalformedMessage):
        parse_header(HEADER.pack(size, command))


@given(st.binary(min_size=8, max_size=8))
def test_any_eight_bytes_are_a_known_header_or_malformed(data: bytes) -> None:
    try:
        command, size = parse_header(data)
    except MalformedMessage:
        return
    assert size == SIZES.get(command, 0)
