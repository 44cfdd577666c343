"""A card in a vpcd slot of a real pcscd that misbehaves: what libpcsclite then says."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from smartcard import scard

from applets_spec.card import NoPower
from applets_spec.fault_script import parse_script
from applets_spec.faults import FaultyCard
from applets_spec.vpcd import NoReader, VpcdSlot
from tests.fixtures.pcscd import RealPcscd

ANY = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1


class EchoCard:
    """Answers every command with `mark` and 9000."""

    atr = bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B")

    def __init__(self, mark: bytes = b"") -> None:
        self.mark = mark

    def power_on(self) -> bytes:
        return self.atr

    def reset(self) -> bytes:
        return self.atr

    def power_off(self) -> None:
        pass

    def transmit(self, command: bytes) -> bytes:
        return self.mark + (b"\x90\x00" if command else b"")


@pytest.fixture
def context(real_pcscd: RealPcscd) -> Iterator[int]:
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    yield context
    scard.SCardReleaseContext(context)


def opened(context: int, box: RealPcscd) -> int:
    result, handle, _ = scard.SCardConnect(context, box.readers[0], scard.SCARD_SHARE_SHARED, ANY)
    assert result == scard.SCARD_S_SUCCESS
    return int(handle)


def ask(handle: int) -> tuple[int, bytes]:
    result, response = scard.SCardTransmit(handle, scard.SCARD_PCI_T1, [0, 0xA4, 0, 0])
    return result, bytes(response)


def faulty(rules: str) -> FaultyCard:
    return FaultyCard(EchoCard(), parse_script(f"faults: [{rules}]"), load=lambda _: EchoCard(b"other"))


@pytest.mark.proves("fault 6")
def test_a_card_dropped_in_mid_command_looks_like_success_without_bytes(real_pcscd: RealPcscd, context: int) -> None:
    real_pcscd.insert(faulty("{at: 2, do: drop_mid_command}"))
    handle = opened(context, real_pcscd)
    assert ask(handle) == (scard.SCARD_S_SUCCESS, b"\x90\x00")
    assert ask(handle) == (scard.SCARD_S_SUCCESS, b"")
    assert ask(handle)[0] in (scard.SCARD_E_NOT_TRANSACTED, scard.SCARD_W_REMOVED_CARD)


@pytest.mark.proves("fault 7")
def test_an_answer_of_one_byte_goes_through(real_pcscd: RealPcscd, context: int) -> None:
    real_pcscd.insert(faulty("{at: 1, do: one_byte}"))
    assert ask(opened(context, real_pcscd)) == (scard.SCARD_S_SUCCESS, b"\x90")


@pytest.mark.proves("fault 15")
def test_a_silent_card_lets_go_when_pulled(real_pcscd: RealPcscd, context: int) -> None:
    real_pcscd.insert(faulty("{at: 1, do: silence}"))
    handle = opened(context, real_pcscd)
    answers: list[tuple[int, bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(ask(handle)))
    asking.start()
    asking.join(0.3)
    assert asking.is_alive()
    real_pcscd.pull()
    asking.join()
    assert answers == [(scard.SCARD_S_SUCCESS, b"")]


@pytest.mark.proves("fault 10")
def test_a_quick_exchange_leaves_the_old_handle_working_on_the_other_card(real_pcscd: RealPcscd, context: int) -> None:
    """What a program must defend itself against: nobody tells it that this is another card."""
    for _ in range(6):  # once in some hundred times pcscd looks in the very moment the slot is empty
        real_pcscd.insert(faulty("{at: 1, do: exchange, card: other, noticed: false}"))
        handle = opened(context, real_pcscd)
        assert ask(handle)[1] == b""
        answer = (int(scard.SCARD_E_NOT_TRANSACTED), b"")
        while answer[0] == scard.SCARD_E_NOT_TRANSACTED or answer[1] == b"":
            answer = ask(handle)
            if answer[0] == scard.SCARD_W_REMOVED_CARD:
                break
        else:
            break
        scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
    assert answer == (scard.SCARD_S_SUCCESS, b"other\x90\x00")


def test_a_noticed_exchange_ends_the_handle(real_pcscd: RealPcscd, context: int) -> None:
    real_pcscd.insert(faulty("{at: 1, do: exchange, card: other, noticed: true}"))
    handle = opened(context, real_pcscd)
    assert ask(handle)[1] == b""
    state = scard.SCARD_STATE_UNAWARE
    events: list[int] = []
    while len(events) < 2:
        result, [(_, state, _)] = scard.SCardGetStatusChange(context, 30_000, [(real_pcscd.readers[0], state)])
        assert result == scard.SCARD_S_SUCCESS
        if bool(state & scard.SCARD_STATE_EMPTY) == (not events):
            events.append(state)
    assert ask(handle)[0] == scard.SCARD_W_REMOVED_CARD
    assert ask(opened(context, real_pcscd)) == (scard.SCARD_S_SUCCESS, b"other\x90\x00")


def test_five_hundred_commands_take_no_forty_milliseconds_each(real_pcscd: RealPcscd, context: int) -> None:
    """Without a quick acknowledgement before each read they would take 20 s."""
    real_pcscd.insert(EchoCard())
    handle = opened(context, real_pcscd)
    before = time.monotonic()
    assert {ask(handle) for _ in range(500)} == {(scard.SCARD_S_SUCCESS, b"\x90\x00")}
    assert time.monotonic() - before < 10


def test_a_port_without_reader_is_named() -> None:
    with VpcdSlot(1) as slot, pytest.raises(NoReader, match="port 1: is pcscd running"):
        slot.insert(EchoCard(), seconds=0.1)


def test_a_command_without_power_is_answered_and_the_card_stays(real_pcscd: RealPcscd, context: int) -> None:
    class NeedsPower(EchoCard):
        def transmit(self, command: bytes) -> bytes:
            if not self.power:
                raise NoPower
            return super().transmit(command)

        power = False

        def power_on(self) -> bytes:
            self.power = True
            return super().power_on()

        def power_off(self) -> None:
            self.power = False

    card = NeedsPower()
    real_pcscd.insert(card)
    handle = opened(context, real_pcscd)
    card.power_off()
    assert ask(handle) == (scard.SCARD_S_SUCCESS, bytes.fromhex("6F00"))
    scard.SCardDisconnect(handle, scard.SCARD_UNPOWER_CARD)
    assert ask(opened(context, real_pcscd))[0] == scard.SCARD_S_SUCCESS
