"""What a real pcscd does with a virtual card, and that the stand-in does the same: each test runs on both."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from smartcard import scard

from tests.fixtures.pcscd import PcscBox

ATR = bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B")
ANY = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
PATIENCE_MS = 30_000
SCARD_PRESENT = 0x0004  # pcsclite.h; pyscard has no name for it


class EchoCard:
    """Answers each command with itself and 9000, and counts what the reader does to it."""

    def __init__(self) -> None:
        self.atr = ATR
        self.power_ons = 0
        self.resets = 0
        self.power_offs = 0
        self.off = threading.Event()
        self.off_at = 0.0

    def power_on(self) -> bytes:
        self.power_ons += 1
        self.off.clear()
        return self.atr

    def reset(self) -> bytes:
        self.resets += 1
        return self.atr

    def power_off(self) -> None:
        self.power_offs += 1
        self.off_at = time.monotonic()
        self.off.set()

    def transmit(self, command: bytes) -> bytes:
        return command + b"\x90\x00"


@pytest.fixture
def context(pcscd: PcscBox) -> Iterator[int]:
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    assert result == scard.SCARD_S_SUCCESS
    yield context
    scard.SCardReleaseContext(context)


@pytest.fixture
def other(pcscd: PcscBox) -> Iterator[int]:
    """A second program, as far as pcscd can tell."""
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    assert result == scard.SCARD_S_SUCCESS
    yield context
    scard.SCardReleaseContext(context)


def connect(context: int, reader: str, mode: int = scard.SCARD_SHARE_SHARED) -> tuple[int, int]:
    result, handle, _ = scard.SCardConnect(context, reader, mode, ANY)
    return result, handle


def opened(context: int, reader: str, mode: int = scard.SCARD_SHARE_SHARED) -> int:
    result, handle = connect(context, reader, mode)
    assert result == scard.SCARD_S_SUCCESS
    return int(handle)


def transmit(handle: int, command: bytes = b"\x00\xa4\x00\x00") -> tuple[int, bytes]:
    result, response = scard.SCardTransmit(handle, scard.SCARD_PCI_T1, list(command))
    return result, bytes(response)


def wait_for_state(context: int, reader: str, wanted: int) -> int:
    """Wait as pcsc_scan does until the reader's state has the wanted bits; the state."""
    state = scard.SCARD_STATE_UNAWARE
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        result, [(_, state, _)] = scard.SCardGetStatusChange(context, PATIENCE_MS, [(reader, state)])
        assert result == scard.SCARD_S_SUCCESS
        if state & wanted == wanted:
            return int(state)
    raise AssertionError(f"state stayed {state:#x}")


def pull_and_wait(pcscd: PcscBox, context: int) -> None:
    pcscd.pull()
    wait_for_state(context, pcscd.readers[0], scard.SCARD_STATE_EMPTY)


def test_all_readers_are_listed_in_order(pcscd: PcscBox, context: int) -> None:
    result, readers = scard.SCardListReaders(context, [])
    assert result == scard.SCARD_S_SUCCESS
    assert readers == pcscd.readers


def test_an_empty_reader_has_no_smart_card(pcscd: PcscBox, context: int) -> None:
    assert connect(context, pcscd.readers[0])[0] == scard.SCARD_E_NO_SMARTCARD


def test_an_unknown_reader_is_unknown(pcscd: PcscBox, context: int) -> None:
    assert connect(context, "No Such Reader")[0] == scard.SCARD_E_UNKNOWN_READER


def test_a_connection_without_protocol_is_a_mismatch(pcscd: PcscBox, context: int) -> None:
    pcscd.insert(EchoCard())
    assert scard.SCardConnect(context, pcscd.readers[0], scard.SCARD_SHARE_SHARED, 0)[0] == scard.SCARD_E_PROTO_MISMATCH


def test_a_nonsense_share_mode_is_an_invalid_value(pcscd: PcscBox, context: int) -> None:
    pcscd.insert(EchoCard())
    assert connect(context, pcscd.readers[0], mode=9)[0] == scard.SCARD_E_INVALID_VALUE


def test_a_card_is_connected_with_its_atr_and_t1(pcscd: PcscBox, context: int) -> None:
    pcscd.insert(EchoCard())
    result, handle, protocol = scard.SCardConnect(context, pcscd.readers[0], scard.SCARD_SHARE_SHARED, ANY)
    assert (result, protocol) == (scard.SCARD_S_SUCCESS, scard.SCARD_PROTOCOL_T1)
    result, name, state, protocol, atr = scard.SCardStatus(handle)
    assert (result, name, protocol, bytes(atr)) == (scard.SCARD_S_SUCCESS, pcscd.readers[0], 2, ATR)
    assert state & SCARD_PRESENT
    assert transmit(handle, b"\x00\xb0\x00\x00\x00") == (scard.SCARD_S_SUCCESS, b"\x00\xb0\x00\x00\x00\x90\x00")


def test_an_extended_apdu_of_64_kib_goes_through(pcscd: PcscBox, context: int) -> None:
    pcscd.insert(EchoCard())
    handle = opened(context, pcscd.readers[0])
    command = b"\x00\xda\x00\x00\x00\xff\x00" + bytes(0xFF00)
    assert transmit(handle, command) == (scard.SCARD_S_SUCCESS, command + b"\x90\x00")


def test_a_waiting_program_hears_of_a_card_put_in_and_pulled(pcscd: PcscBox, context: int) -> None:
    reader = pcscd.readers[1]
    wait_for_state(context, reader, scard.SCARD_STATE_EMPTY)
    inserting = threading.Timer(0.1, pcscd.insert, (EchoCard(), 1))
    inserting.start()
    state = wait_for_state(context, reader, scard.SCARD_STATE_PRESENT)
    inserting.join()
    pulling = threading.Timer(0.1, pcscd.pull, (1,))
    pulling.start()
    gone = wait_for_state(context, reader, scard.SCARD_STATE_EMPTY)
    pulling.join()
    assert (gone >> 16) - (state >> 16) == 1


def test_waiting_times_out(pcscd: PcscBox, context: int) -> None:
    state = wait_for_state(context, pcscd.readers[0], scard.SCARD_STATE_EMPTY)
    result, _ = scard.SCardGetStatusChange(context, 50, [(pcscd.readers[0], state)])
    assert result == scard.SCARD_E_TIMEOUT


def test_waiting_can_be_cancelled(pcscd: PcscBox, context: int) -> None:
    state = wait_for_state(context, pcscd.readers[0], scard.SCARD_STATE_EMPTY)
    over = threading.Event()

    def cancel() -> None:
        while not over.wait(0.2):  # once more where it came before the wait began
            scard.SCardCancel(context)

    cancelling = threading.Thread(target=cancel)
    cancelling.start()
    result, _ = scard.SCardGetStatusChange(context, PATIENCE_MS, [(pcscd.readers[0], state)])
    over.set()
    cancelling.join()
    assert result == scard.SCARD_E_CANCELLED


@pytest.mark.proves("fault 43")
def test_an_exclusive_holder_keeps_everybody_else_out(pcscd: PcscBox, context: int, other: int) -> None:
    pcscd.insert(EchoCard())
    handle = opened(context, pcscd.readers[0], scard.SCARD_SHARE_EXCLUSIVE)
    assert connect(other, pcscd.readers[0])[0] == scard.SCARD_E_SHARING_VIOLATION
    scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
    assert connect(other, pcscd.readers[0])[0] == scard.SCARD_S_SUCCESS


@pytest.mark.proves("fault 43")
def test_nobody_becomes_exclusive_while_another_is_connected(pcscd: PcscBox, context: int, other: int) -> None:
    pcscd.insert(EchoCard())
    opened(context, pcscd.readers[0])
    assert connect(other, pcscd.readers[0], scard.SCARD_SHARE_EXCLUSIVE)[0] == scard.SCARD_E_SHARING_VIOLATION


def test_becoming_exclusive_by_reconnect_waits_for_the_others(pcscd: PcscBox, context: int, other: int) -> None:
    pcscd.insert(EchoCard())
    shared, second = opened(context, pcscd.readers[0]), opened(other, pcscd.readers[0])
    leaving = threading.Timer(0.3, scard.SCardDisconnect, (second, scard.SCARD_LEAVE_CARD))
    leaving.start()
    result, _ = scard.SCardReconnect(shared, scard.SCARD_SHARE_EXCLUSIVE, ANY, scard.SCARD_LEAVE_CARD)
    leaving.join()
    assert result == scard.SCARD_S_SUCCESS
    assert connect(other, pcscd.readers[0])[0] == scard.SCARD_E_SHARING_VIOLATION


def test_a_direct_connection_needs_no_card(pcscd: PcscBox, context: int) -> None:
    result, handle, protocol = scard.SCardConnect(context, pcscd.readers[0], scard.SCARD_SHARE_DIRECT, 0)
    assert (result, protocol) == (scard.SCARD_S_SUCCESS, 0)
    assert scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD) == scard.SCARD_S_SUCCESS


def test_a_transaction_is_handed_over_when_it_ends(pcscd: PcscBox, context: int, other: int) -> None:
    pcscd.insert(EchoCard())
    first, second = opened(context, pcscd.readers[0]), opened(other, pcscd.readers[0])
    assert scard.SCardBeginTransaction(first) == scard.SCARD_S_SUCCESS
    order: list[str] = []

    def wait_for_turn() -> None:
        result = scard.SCardBeginTransaction(second)
        order.append(f"second began: {result}")

    waiting = threading.Thread(target=wait_for_turn)
    waiting.start()
    assert transmit(first)[0] == scard.SCARD_S_SUCCESS
    waiting.join(0.3)
    assert waiting.is_alive()
    order.append("first ends")
    assert scard.SCardEndTransaction(first, scard.SCARD_LEAVE_CARD) == scard.SCARD_S_SUCCESS
    waiting.join()
    assert order == ["first ends", "second began: 0"]


def test_transactions_nest(pcscd: PcscBox, context: int) -> None:
    pcscd.insert(EchoCard())
    handle = opened(context, pcscd.readers[0])
    results = [scard.SCardBeginTransaction(handle) for _ in range(2)]
    results += [scard.SCardEndTransaction(handle, scard.SCARD_LEAVE_CARD) for _ in range(3)]
    assert results == [0, 0, 0, 0, scard.SCARD_E_NOT_TRANSACTED]


@pytest.mark.proves("fault 172")
def test_releasing_a_context_inside_a_transaction_leaves_no_lock(pcscd: PcscBox, context: int) -> None:
    card = EchoCard()
    pcscd.insert(card)
    _, second = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    locked = opened(second, pcscd.readers[0])
    handle = opened(context, pcscd.readers[0])
    assert scard.SCardBeginTransaction(locked) == scard.SCARD_S_SUCCESS
    scard.SCardReleaseContext(second)
    assert card.resets == 1
    assert transmit(handle)[0] == scard.SCARD_W_RESET_CARD
    result, _ = scard.SCardReconnect(handle, scard.SCARD_SHARE_SHARED, ANY, scard.SCARD_LEAVE_CARD)
    assert result == scard.SCARD_S_SUCCESS
    assert scard.SCardBeginTransaction(handle) == scard.SCARD_S_SUCCESS


@pytest.mark.parametrize("way", ["disconnect", "reconnect", "end of transaction"])
def test_a_reset_by_one_program_is_told_to_the_other(pcscd: PcscBox, context: int, other: int, way: str) -> None:
    card = EchoCard()
    pcscd.insert(card)
    first, second = opened(context, pcscd.readers[0]), opened(other, pcscd.readers[0])
    if way == "disconnect":
        scard.SCardDisconnect(second, scard.SCARD_RESET_CARD)
    elif way == "reconnect":
        scard.SCardReconnect(second, scard.SCARD_SHARE_SHARED, ANY, scard.SCARD_RESET_CARD)
        assert transmit(second)[0] == scard.SCARD_S_SUCCESS
    else:
        scard.SCardBeginTransaction(second)
        assert scard.SCardEndTransaction(second, scard.SCARD_RESET_CARD) == scard.SCARD_S_SUCCESS
        assert transmit(second)[0] == scard.SCARD_W_RESET_CARD
    assert card.resets == 1
    assert transmit(first)[0] == scard.SCARD_W_RESET_CARD
    assert scard.SCardStatus(first)[0] == scard.SCARD_W_RESET_CARD
    assert scard.SCardBeginTransaction(first) == scard.SCARD_W_RESET_CARD
    result, _ = scard.SCardReconnect(first, scard.SCARD_SHARE_SHARED, ANY, scard.SCARD_LEAVE_CARD)
    assert (result, transmit(first)[0]) == (scard.SCARD_S_SUCCESS, scard.SCARD_S_SUCCESS)


def test_removal_under_an_open_handle_is_told(pcscd: PcscBox, context: int, other: int) -> None:
    pcscd.insert(EchoCard())
    handle = opened(context, pcscd.readers[0])
    pull_and_wait(pcscd, other)
    assert transmit(handle)[0] == scard.SCARD_W_REMOVED_CARD
    assert scard.SCardStatus(handle)[0] == scard.SCARD_W_REMOVED_CARD
    assert scard.SCardBeginTransaction(handle) == scard.SCARD_W_REMOVED_CARD
    assert scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD) == scard.SCARD_S_SUCCESS


def test_an_old_handle_never_reaches_the_next_card_by_itself(pcscd: PcscBox, context: int, other: int) -> None:
    pcscd.insert(EchoCard())
    handle = opened(context, pcscd.readers[0])
    pull_and_wait(pcscd, other)
    pcscd.insert(EchoCard())
    wait_for_state(other, pcscd.readers[0], scard.SCARD_STATE_PRESENT)
    assert transmit(handle)[0] == scard.SCARD_W_REMOVED_CARD
    result, _ = scard.SCardReconnect(handle, scard.SCARD_SHARE_SHARED, ANY, scard.SCARD_LEAVE_CARD)
    assert (result, transmit(handle)[0]) == (scard.SCARD_S_SUCCESS, scard.SCARD_S_SUCCESS)


def test_removal_ends_a_transaction(pcscd: PcscBox, context: int, other: int) -> None:
    pcscd.insert(EchoCard())
    first = opened(context, pcscd.readers[0])
    assert scard.SCardBeginTransaction(first) == scard.SCARD_S_SUCCESS
    pull_and_wait(pcscd, other)
    pcscd.insert(EchoCard())
    wait_for_state(other, pcscd.readers[0], scard.SCARD_STATE_PRESENT)
    second = opened(other, pcscd.readers[0])
    assert scard.SCardBeginTransaction(second) == scard.SCARD_S_SUCCESS


def test_unpower_takes_the_power_at_once(pcscd: PcscBox, context: int, other: int) -> None:
    card = EchoCard()
    pcscd.insert(card)
    handle, second = opened(context, pcscd.readers[0]), opened(other, pcscd.readers[0])
    offs, ons = card.power_offs, card.power_ons
    assert scard.SCardDisconnect(handle, scard.SCARD_UNPOWER_CARD) == scard.SCARD_S_SUCCESS
    assert card.off.wait(30)
    assert card.power_offs == offs + 1
    assert transmit(second)[0] == scard.SCARD_W_RESET_CARD
    opened(context, pcscd.readers[0])
    assert card.power_ons == ons + 1


def test_the_power_stays_while_anybody_is_connected(pcscd: PcscBox, context: int, other: int) -> None:
    card = EchoCard()
    pcscd.insert(card)
    first = opened(context, pcscd.readers[0])
    opened(other, pcscd.readers[0])
    scard.SCardDisconnect(first, scard.SCARD_LEAVE_CARD)
    assert not card.off.wait(1.2)


def test_the_power_goes_off_some_time_after_the_last_disconnect(pcscd: PcscBox, context: int) -> None:
    card = EchoCard()
    pcscd.insert(card)
    first = opened(context, pcscd.readers[0])
    left = time.monotonic()
    scard.SCardDisconnect(first, scard.SCARD_LEAVE_CARD)
    assert card.off.wait(30)
    assert card.off_at - left > 0.2


def test_the_power_goes_off_when_nobody_uses_a_new_card(pcscd: PcscBox, context: int) -> None:
    card = EchoCard()
    pcscd.insert(card)
    assert card.off.wait(30)
    handle = opened(context, pcscd.readers[0])
    assert transmit(handle)[0] == scard.SCARD_S_SUCCESS


def test_readers_without_a_pad_say_so(pcscd: PcscBox, context: int) -> None:
    _, handle, _ = scard.SCardConnect(context, pcscd.readers[0], scard.SCARD_SHARE_DIRECT, 0)
    result, answer = scard.SCardControl(handle, 0x42000000 + 3400, [])
    tags = bytes(answer)[::6] if result == scard.SCARD_S_SUCCESS else b""
    assert 0x06 not in tags


@pytest.mark.proves("fault 40")
def test_a_restarted_daemon_wants_a_new_context(pcscd: PcscBox, context: int) -> None:
    pcscd.insert(EchoCard())
    handle = opened(context, pcscd.readers[0])
    pcscd.restart()
    assert transmit(handle)[0] != scard.SCARD_S_SUCCESS
    assert scard.SCardListReaders(context, [])[0] == scard.SCARD_E_NO_SERVICE
    result, fresh = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    assert result == scard.SCARD_S_SUCCESS
    assert transmit(opened(fresh, pcscd.readers[0]))[0] == scard.SCARD_S_SUCCESS
    scard.SCardReleaseContext(fresh)
