"""Clients of the stand-in that mean harm, speak other versions, or send anything at all."""

from __future__ import annotations

import random
import socket
import struct
from pathlib import Path

import pytest
from smartcard import scard

from tests.fixtures.pcscd import StandInBox
from tests.pcsc.standin_scene import PLAIN, PinCard, ask, box, context, opened

__all__ = ["box", "context"]


@pytest.mark.parametrize(
    "message",
    [
        struct.pack("=II", 12, 0x99),
        struct.pack("=II", 0xFFFFFFFF, 0x11),
        struct.pack("=II", 32, 0x09) + struct.pack("=iIIIIIII", 4711, 2, 8, 5, 0, 0, 258, 0) + bytes(5),
        struct.pack("=II", 8, 0x07) + struct.pack("=iI", 4711, 0),
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack("=II", 12, 0x11)[:5],
    ],
    ids=["no command", "huge", "foreign handle", "foreign transaction", "http", "cut"],
)
def test_a_hostile_client_is_hung_up_on_and_nobody_else(box: StandInBox, context: int, message: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(box.socket_path))
        client.sendall(message)
        client.shutdown(socket.SHUT_WR)
        try:
            assert client.recv(64) == b""
        except ConnectionResetError:  # bytes of ours were still unread when the daemon hung up
            assert len(message) > 8
    assert scard.SCardListReaders(context, [])[1] == box.readers


@pytest.mark.parametrize(
    ("ours", "theirs", "answered", "result"),
    [(6, 6, 6, 0), (6, 4, 6, 0), (6, 5, 6, 0), (4, 4, 4, 0), (4, 6, 4, 0x8010001E), (6, 3, 6, 0x8010001E)],
)
def test_versions_meet_or_the_client_hears_ours(
    tmp_path: Path, ours: int, theirs: int, answered: int, result: int
) -> None:
    with StandInBox(tmp_path) as box, socket.socket(socket.AF_UNIX) as client:
        box.daemon.minor = ours
        client.connect(str(box.socket_path))
        assert struct.unpack("=iiI", ask(client, 0x11, struct.pack("=iiI", 4, theirs, 0), 12)) == (4, answered, result)


@pytest.mark.parametrize("readers", [2, 20])
def test_a_client_of_protocol_4_6_reads_a_sized_array_and_waits_without_one(tmp_path: Path, readers: int) -> None:
    """As libpcsclite 2.4 does it: size, array, wait (no states come back), then the 8-byte event."""
    with StandInBox(tmp_path, readers=readers) as box, socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(box.socket_path))
        ask(client, 0x11, struct.pack("=iiI", 4, 6, 0), 12)
        (size,) = struct.unpack("=i", ask(client, 0x16, b"", 4))
        assert size == (16 if readers <= 16 else 32)
        states = ask(client, 0x17, b"", size * 184)
        assert sum(states[offset] != 0 for offset in range(0, len(states), 184)) == readers
        assert struct.unpack("=II", ask(client, 0x15, b"", 8)) == (readers, 0)
        client.sendall(struct.pack("=II", 0, 0x13))
        assert struct.unpack("=iiI", ask(client, 0x11, struct.pack("=iiI", 4, 6, 0), 12)) == (4, 6, 0)
        box.insert(PinCard())
        assert struct.unpack("=II", client.recv(8)) == (0, 0)
        assert struct.unpack("=II", ask(client, 0x15, b"", 8)) == (readers, 0)


@pytest.mark.parametrize("seed", range(8))
def test_random_messages_never_end_the_daemon(box: StandInBox, context: int, seed: int) -> None:
    """Well-formed headers with random bodies, then a good client is served as before."""
    chance = random.Random(seed)
    box.insert(PinCard())
    sizes = {0x01: 12, 0x02: 8, 0x04: 152, 0x05: 24, 0x06: 12, 0x07: 8, 0x08: 12, 0x09: 32, 0x0A: 24, 0x0B: 8, 0x0D: 8,
             0x0F: 280, 0x10: 280, 0x11: 12, 0x12: 0, 0x13: 0, 0x14: 0, 0x15: 0, 0x16: 0, 0x17: 0}  # fmt: skip
    for _ in range(40):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(box.socket_path))
            try:
                for command in chance.choices(list(sizes), k=6):
                    client.sendall(struct.pack("=II", sizes[command], command) + chance.randbytes(sizes[command]))
            except (BrokenPipeError, ConnectionResetError):
                continue
    handle = opened(context, box, PLAIN)
    assert scard.SCardTransmit(handle, scard.SCARD_PCI_T1, [0, 0, 0, 0])[0] == scard.SCARD_S_SUCCESS
