"""The scene of the stand-in's tests: its readers, a card that knows one PIN, and how a client opens one."""

from __future__ import annotations

import socket
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from smartcard import scard

from applets_spec.pcscd.numbers import Result
from applets_spec.pcscd.profile import PadProfile, ReaderProfile
from tests.fixtures.pcscd import PcscSwitch, StandInBox

ANY = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
PATIENCE_MS = 30_000
PNP = "\\\\?PnP?\\Notification"
PLAIN, PAD, LOSSY, BROKEN_PAD = range(4)
PROFILES = [
    ReaderProfile("Plain 00 00", usb=(1, 7), serial="S-1", usb_path="1-2.3"),
    ReaderProfile("Pad 00 00", pad=PadProfile(), max_input=65_544),
    ReaderProfile("Lossy 00 00", reappears_after=0.2),
    ReaderProfile("Broken Pad 00 00", pad=PadProfile(works=False), lost_answer=Result.SUCCESS),
]
VERIFY = bytes.fromhex("00200080")


class PinCard:
    """Knows one PIN, 1234, and answers everything else with 9000."""

    atr = bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B")

    def __init__(self) -> None:
        self.commands: list[bytes] = []

    def power_on(self) -> bytes:
        return self.atr

    def reset(self) -> bytes:
        return self.atr

    def power_off(self) -> None:
        self.commands.append(b"off")

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        if command[:4] == VERIFY and command[5:] != b"1234":
            return b"\x63\xc2"
        return b"\x90\x00"


@pytest.fixture
def box(pcsc_switch: PcscSwitch) -> Iterator[StandInBox]:
    with tempfile.TemporaryDirectory(prefix="pcscd-") as folder, StandInBox(Path(folder), profiles=PROFILES) as box:
        pcsc_switch.point_to(box.socket_path)
        yield box
        pcsc_switch.point_nowhere()


@pytest.fixture
def context(box: StandInBox) -> Iterator[int]:
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    assert result == scard.SCARD_S_SUCCESS
    yield context
    scard.SCardReleaseContext(context)


def opened(context: int, box: StandInBox, reader: int, mode: int = scard.SCARD_SHARE_SHARED) -> int:
    protocols = 0 if mode == scard.SCARD_SHARE_DIRECT else ANY
    result, handle, _ = scard.SCardConnect(context, box.readers[reader], mode, protocols)
    assert result == scard.SCARD_S_SUCCESS
    return int(handle)


def verify_block(time_out: int = 30) -> list[int]:
    fixed = struct.pack("=BBBBBHBBHB3sI", time_out, 0, 0x82, 0, 0, 0x0408, 2, 1, 0x0411, 0, b"", len(VERIFY))
    return list(fixed + VERIFY)


def features(handle: int) -> dict[int, int]:
    result, answer = scard.SCardControl(handle, scard.SCARD_CTL_CODE(3400), [])
    assert result == scard.SCARD_S_SUCCESS
    return {tag: code for tag, _, code in struct.iter_unpack(">BBI", bytes(answer))}


def ask(client: socket.socket, command: int, body: bytes, size: int) -> bytes:
    client.sendall(struct.pack("=II", len(body), command) + body)
    answer = b""
    while len(answer) < size:
        answer += client.recv(size - len(answer))
    return answer
