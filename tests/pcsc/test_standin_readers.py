"""What only the stand-in can do: hot-plug, PIN pads, silent and lossy readers, hostile clients, other protocol versions."""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest
from smartcard import scard

from applets_spec.fault_script import parse_script
from applets_spec.faults import FaultyCard
from applets_spec.pcscd.profile import ReaderProfile
from tests.fixtures.counter import until
from tests.fixtures.pcscd import SOCKET_VARIABLE, StandInBox
from tests.pcsc.standin_scene import (
    ANY,
    BROKEN_PAD,
    LOSSY,
    PAD,
    PATIENCE_MS,
    PLAIN,
    PNP,
    PROFILES,
    VERIFY,
    PinCard,
    ask,
    box,
    context,
    features,
    opened,
    verify_block,
)

__all__ = ["box", "context"]


def wait_until_waiting(box: StandInBox) -> None:
    """Until a client waits for a change."""
    until(lambda: box.daemon.waiting._waiting, PATIENCE_MS / 1000)


def test_a_reader_may_come_and_go(box: StandInBox, context: int) -> None:
    timer = threading.Timer(0.1, box.daemon.plug, (ReaderProfile("New 00 00"),))
    timer.start()
    result, _ = scard.SCardGetStatusChange(context, PATIENCE_MS, [(PNP, len(PROFILES) << 16)])
    timer.join()
    assert result == scard.SCARD_S_SUCCESS
    assert scard.SCardListReaders(context, [])[1] == [*box.readers[:4], "New 00 00"]
    box.daemon.unplug(box.daemon.slots[4])
    assert scard.SCardListReaders(context, [])[1] == box.readers


@pytest.mark.proves("fault 34")
def test_an_unplugged_reader_is_unknown_and_its_handles_are_dead(box: StandInBox, context: int) -> None:
    box.insert(PinCard())
    handle = opened(context, box, PLAIN)
    name = box.readers[PLAIN]
    state = scard.SCardGetStatusChange(context, 0, [(name, 0)])[1][0][1]
    timer = threading.Timer(0.1, box.daemon.unplug, (box.daemon.slots[PLAIN],))
    timer.start()
    result, [(_, state, _)] = scard.SCardGetStatusChange(context, PATIENCE_MS, [(name, state)])
    timer.join()
    assert (result, bool(state & scard.SCARD_STATE_UNKNOWN)) == (scard.SCARD_S_SUCCESS, True)
    assert scard.SCardTransmit(handle, scard.SCARD_PCI_T1, [0, 0, 0, 0])[0] == scard.SCARD_E_INVALID_VALUE
    assert scard.SCardStatus(handle)[0] == scard.SCARD_E_READER_UNAVAILABLE
    assert scard.SCardConnect(context, name, scard.SCARD_SHARE_SHARED, ANY)[0] == scard.SCARD_E_UNKNOWN_READER
    assert scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD) == scard.SCARD_S_SUCCESS


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        (scard.SCARD_ATTR_CHANNEL_ID, struct.pack("=I", 0x00200107)),
        (scard.SCARD_ATTR_VENDOR_IFD_SERIAL_NO, b"S-1\0"),
        (scard.SCARD_ATTR_VENDOR_NAME, b"cardd-vcard\0"),
        (scard.SCARD_ATTR_DEVICE_FRIENDLY_NAME_A, b"Plain 00 00\0"),
        (scard.SCARD_ATTR_MAXINPUT, struct.pack("=I", 261)),
        (scard.SCARD_ATTR_ATR_STRING, PinCard.atr),
        (scard.SCARD_ATTR_ICC_PRESENCE, b"\x02"),
    ],
)
def test_a_reader_tells_its_attributes(box: StandInBox, context: int, attribute: int, value: bytes) -> None:
    box.insert(PinCard())
    result, answer = scard.SCardGetAttrib(opened(context, box, PLAIN), attribute)
    assert (result, bytes(answer)) == (scard.SCARD_S_SUCCESS, value)


def test_a_reader_without_usb_has_no_channel(box: StandInBox, context: int) -> None:
    handle = opened(context, box, PAD, scard.SCARD_SHARE_DIRECT)
    assert scard.SCardGetAttrib(handle, scard.SCARD_ATTR_CHANNEL_ID)[0] == scard.SCARD_E_UNSUPPORTED_FEATURE


def test_the_usb_path_is_told_by_control_3601(box: StandInBox, context: int) -> None:
    handle = opened(context, box, PLAIN, scard.SCARD_SHARE_DIRECT)
    result, path = scard.SCardControl(handle, scard.SCARD_CTL_CODE(3601), [])
    assert (result, bytes(path)) == (scard.SCARD_S_SUCCESS, b"1-2.3\0")


def test_features_name_the_pad_and_its_limits(box: StandInBox, context: int) -> None:
    assert set(features(opened(context, box, PLAIN, scard.SCARD_SHARE_DIRECT))) == {0x12}
    handle = opened(context, box, PAD, scard.SCARD_SHARE_DIRECT)
    codes = features(handle)
    assert set(codes) == {0x06, 0x07, 0x0A, 0x12}
    _, tlv = scard.SCardControl(handle, codes[0x12], [])
    found, rest = {}, bytes(tlv)
    while rest:
        found[rest[0]], rest = int.from_bytes(rest[2 : 2 + rest[1]], "little"), rest[2 + rest[1] :]
    assert (found[6], found[7], found[10]) == (4, 16, 65_544)


@pytest.mark.parametrize(
    ("person", "answer", "sent"),
    [
        ("1234", "9000", True),
        ("9999", "63C2", True),
        ("cancel", "6401", False),
        ("nobody", "6400", False),
        ("1", "6403", False),
    ],
    ids=["right", "wrong", "cancelled", "time-out", "too short"],
)
def test_a_pin_is_verified_through_the_pad(box: StandInBox, context: int, person: str, answer: str, sent: bool) -> None:
    card = PinCard()
    box.insert(card, PAD)
    handle = opened(context, box, PAD)
    pad = box.daemon.slots[PAD].pad
    assert pad is not None
    {"cancel": pad.cancel, "nobody": pad.walk_away}.get(person, lambda: pad.type(person))()
    result, response = scard.SCardControl(handle, features(handle)[0x06], verify_block())
    assert (result, bytes(response).hex().upper()) == (scard.SCARD_S_SUCCESS, answer)
    assert any(command[:4] == VERIFY for command in card.commands) == sent


def test_a_card_pulled_while_the_person_types_ends_the_entry(box: StandInBox, context: int) -> None:
    box.insert(PinCard(), PAD)
    handle = opened(context, box, PAD)
    pad = box.daemon.slots[PAD].pad
    assert pad is not None

    def pull() -> None:
        assert pad.wait_until_asking(30)
        box.pull(PAD)

    pulling = threading.Thread(target=pull)
    pulling.start()
    result, _ = scard.SCardControl(handle, features(handle)[0x06], verify_block())
    pulling.join()
    assert result == scard.SCARD_E_NOT_TRANSACTED


def test_a_pad_that_is_none_fails(box: StandInBox, context: int) -> None:
    box.insert(PinCard(), BROKEN_PAD)
    handle = opened(context, box, BROKEN_PAD)
    result, _ = scard.SCardControl(handle, features(handle)[0x06], verify_block())
    assert result == scard.SCARD_E_NOT_TRANSACTED


def test_unpower_in_a_lossy_field_loses_the_card_and_finds_it_again(box: StandInBox, context: int) -> None:
    box.insert(PinCard(), LOSSY)
    name = box.readers[LOSSY]
    scard.SCardDisconnect(opened(context, box, LOSSY), scard.SCARD_UNPOWER_CARD)
    assert scard.SCardConnect(context, name, scard.SCARD_SHARE_SHARED, ANY)[0] == scard.SCARD_E_NO_SMARTCARD
    state = scard.SCARD_STATE_EMPTY
    while not state & scard.SCARD_STATE_PRESENT:
        result, [(_, state, _)] = scard.SCardGetStatusChange(context, PATIENCE_MS, [(name, state)])
        assert result == scard.SCARD_S_SUCCESS
    opened(context, box, LOSSY)


class ReachedCard(FaultyCard):
    """Says when a command has come to it."""

    def __init__(self, script: str) -> None:
        super().__init__(PinCard(), parse_script(script))
        self.reached = threading.Event()

    def transmit(self, command: bytes) -> bytes:
        self.reached.set()
        return super().transmit(command)


@pytest.mark.proves("fault 15")
def test_a_silent_card_holds_up_nobody_else_and_lets_go_when_pulled(box: StandInBox, context: int) -> None:
    silent = ReachedCard("faults: [{at: 1, do: silence}]")
    box.insert(silent, PLAIN)
    box.insert(PinCard(), PAD)
    results: list[int] = []
    _, stuck = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    handle = opened(stuck, box, PLAIN)
    asking = threading.Thread(
        target=lambda: results.append(scard.SCardTransmit(handle, scard.SCARD_PCI_T1, [0, 0, 0, 0])[0])
    )
    asking.start()
    for _ in range(3):
        other = opened(context, box, PAD)
        assert scard.SCardTransmit(other, scard.SCARD_PCI_T1, [0, 0, 0, 0])[0] == scard.SCARD_S_SUCCESS
        scard.SCardDisconnect(other, scard.SCARD_LEAVE_CARD)
    assert silent.reached.wait(PATIENCE_MS / 1000)
    assert asking.is_alive()
    box.pull(PLAIN)
    asking.join()
    assert results == [scard.SCARD_E_NOT_TRANSACTED]
    box.insert(PinCard(), PLAIN)
    opened(context, box, PLAIN)
    scard.SCardReleaseContext(stuck)


@pytest.mark.proves("fault 6")
def test_a_reader_may_call_a_lost_card_a_success_without_bytes(box: StandInBox, context: int) -> None:
    box.insert(FaultyCard(PinCard(), parse_script("faults: [{at: 1, do: drop}]")), BROKEN_PAD)
    handle = opened(context, box, BROKEN_PAD)
    assert scard.SCardTransmit(handle, scard.SCARD_PCI_T1, [0, 0, 0, 0]) == [scard.SCARD_S_SUCCESS, []]
    assert scard.SCardTransmit(handle, scard.SCARD_PCI_T1, [0, 0, 0, 0])[0] == scard.SCARD_W_REMOVED_CARD


@pytest.mark.proves("fault 40")
def test_a_killed_daemon_ends_a_wait_and_comes_back_with_its_cards(box: StandInBox, context: int) -> None:
    box.insert(PinCard())
    _, [(_, state, _)] = scard.SCardGetStatusChange(context, 0, [(box.readers[PLAIN], 0)])

    def kill() -> None:
        wait_until_waiting(box)
        box.daemon.kill()

    killing = threading.Thread(target=kill)
    killing.start()
    result, _ = scard.SCardGetStatusChange(context, PATIENCE_MS, [(box.readers[PLAIN], state)])
    killing.join()
    assert result == scard.SCARD_F_COMM_ERROR
    assert scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)[0] == scard.SCARD_E_NO_SERVICE
    box.daemon.start()
    _, fresh = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    opened(fresh, box, PLAIN)
    scard.SCardReleaseContext(fresh)


def test_a_restart_frees_a_client_from_a_silent_card_and_the_card_from_its_client(box: StandInBox) -> None:
    box.insert(FaultyCard(PinCard(), parse_script("faults: [{at: 2, do: silence}]")))
    _, stuck = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    handle = opened(stuck, box, PLAIN)
    results: list[int] = []

    def ask_twice() -> None:
        for _ in range(2):
            results.append(scard.SCardTransmit(handle, scard.SCARD_PCI_T1, [0, 0, 0, 0])[0])

    asking = threading.Thread(target=ask_twice)
    asking.start()
    asking.join(0.2)
    assert asking.is_alive()
    box.restart()
    asking.join()
    assert results[0] == scard.SCARD_S_SUCCESS
    assert results[1] != scard.SCARD_S_SUCCESS
    _, fresh = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    assert scard.SCardTransmit(opened(fresh, box, PLAIN), scard.SCARD_PCI_T1, [0, 0, 0, 0])[0] == scard.SCARD_S_SUCCESS
    scard.SCardReleaseContext(fresh)
    scard.SCardReleaseContext(stuck)


@pytest.mark.proves("fault 37")
def test_a_reader_may_have_any_name(tmp_path: Path) -> None:
    raw = b"\xff\xfe evil\n\x1b[2J" + b"x" * 115
    profile = ReaderProfile(raw.decode("utf-8", "surrogateescape"))
    with StandInBox(tmp_path, profiles=[profile]) as box, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(box.socket_path))
        assert ask(client, 0x12, b"", 16 * 184)[:128] == raw + b"\0"


@pytest.mark.proves("fault 142")
def test_a_full_daemon_turns_the_next_client_away(box: StandInBox, context: int) -> None:
    box.daemon.max_clients = 1
    assert scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)[0] != scard.SCARD_S_SUCCESS
    box.daemon.max_clients = 200
    assert scard.SCardListReaders(context, [])[0] == scard.SCARD_S_SUCCESS


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--list-readers"], "PIN pad   Pad 00 00"),
        (["--reader", "0", "--atr"], "3b:da:13:ff:81:31:fb:46:80:12:39:2f:31:c1:73:c6:01:c0:3b"),
        (["--reader", "0", "--send-apdu", "00A40000"], "Received (SW1=0x90, SW2=0x00)"),
    ],
    ids=["list", "atr", "apdu"],
)
def test_opensc_tools_see_the_virtual_readers(box: StandInBox, arguments: list[str], expected: str) -> None:
    box.insert(PinCard())
    done = subprocess.run(
        ["opensc-tool", *arguments],
        env={SOCKET_VARIABLE: str(box.socket_path), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert expected in done.stdout


def test_events_reach_a_waiting_program_at_once(box: StandInBox, context: int) -> None:
    """An insertion is heard well before the 0.4 s a polling driver takes; a busy machine may be slow at it a few times."""
    assert any(_heard_after_s(box, context) < 0.3 for _ in range(10))


def _heard_after_s(box: StandInBox, context: int) -> float:
    """Put a card in while a program waits for it, and take it out."""
    _, [(_, state, _)] = scard.SCardGetStatusChange(context, 0, [(box.readers[PLAIN], 0)])
    inserted: list[float] = []

    def insert() -> None:
        wait_until_waiting(box)
        inserted.append(time.monotonic())
        box.insert(PinCard())

    inserting = threading.Thread(target=insert)
    inserting.start()
    result, [(_, state, _)] = scard.SCardGetStatusChange(context, PATIENCE_MS, [(box.readers[PLAIN], state)])
    heard = time.monotonic()
    inserting.join()
    assert (result, bool(state & scard.SCARD_STATE_PRESENT)) == (scard.SCARD_S_SUCCESS, True)
    box.pull()
    return heard - inserted[0]
