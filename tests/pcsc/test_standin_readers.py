"""What only the stand-in can do: hot-plug, PIN pads, silent and lossy readers, hostile clients, other protocol versions."""

from __future__ import annotations

import random
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from smartcard import scard

from applets_spec.fault_script import parse_script
from applets_spec.faults import FaultyCard
from applets_spec.pcscd.numbers import Result
from applets_spec.pcscd.profile import PadProfile, ReaderProfile
from tests.fixtures.pcscd import SOCKET_VARIABLE, PcscSwitch, StandInBox

ANY = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
PATIENCE_MS = 5000
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
    timer = threading.Timer(0.1, box.daemon.unplug, (box.daemon.slots[PLAIN],))
    timer.start()
    state = scard.SCardGetStatusChange(context, 0, [(name, 0)])[1][0][1]
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
        assert pad.wait_until_asking(5)
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


@pytest.mark.proves("fault 15")
def test_a_silent_card_holds_up_nobody_else_and_lets_go_when_pulled(box: StandInBox, context: int) -> None:
    box.insert(FaultyCard(PinCard(), parse_script("faults: [{at: 1, do: silence}]")), PLAIN)
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
    killing = threading.Timer(0.1, box.daemon.kill)
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
        client.settimeout(5)
        client.connect(str(box.socket_path))
        client.sendall(message)
        client.shutdown(socket.SHUT_WR)
        try:
            assert client.recv(64) == b""
        except ConnectionResetError:  # bytes of ours were still unread when the daemon hung up
            assert len(message) > 8
    assert scard.SCardListReaders(context, [])[1] == box.readers


def ask(client: socket.socket, command: int, body: bytes, size: int) -> bytes:
    client.sendall(struct.pack("=II", len(body), command) + body)
    answer = b""
    while len(answer) < size:
        answer += client.recv(size - len(answer))
    return answer


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
        client.settimeout(5)
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
    """An insertion is heard well before the 0.4 s a polling driver takes."""
    _, [(_, state, _)] = scard.SCardGetStatusChange(context, 0, [(box.readers[PLAIN], 0)])
    inserted: list[float] = []

    def insert() -> None:
        inserted.append(time.monotonic())
        box.insert(PinCard())

    inserting = threading.Timer(0.05, insert)
    inserting.start()
    result, [(_, state, _)] = scard.SCardGetStatusChange(context, PATIENCE_MS, [(box.readers[PLAIN], state)])
    heard = time.monotonic()
    inserting.join()
    assert (result, bool(state & scard.SCARD_STATE_PRESENT)) == (scard.SCARD_S_SUCCESS, True)
    assert heard - inserted[0] < 0.3


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
