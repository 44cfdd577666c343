"""The worker over a real pcscd and over the stand-in: what cards and other programs do to it."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from smartcard import scard

from applets_spec.insertion import CardExchanged, CardGone
from applets_spec.pcscd.profile import PadProfile, ReaderProfile
from cardd import errors
from cardd.iso7816.apdu import CommandApdu
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import PinShape, ReaderName
from tests.fixtures.pcscd import PcscBox, RealPcscd, StandInBox
from tests.pcsc.adapter_house import PATIENCE_S, SELECT, Adapter, ScriptedCard, running_adapter, select

READ = CommandApdu(0x00, 0xB0, 0x00, 0x00, le=256)
VERIFY = CommandApdu(0x00, 0x20, 0x00, 0x80)
GENERATE = 0x47
TURNS = 10
"""A machine with other work may be slow once or twice."""
COMMAND_S = 1.5
"""A short limit, and long enough for a card that answers."""


@pytest.fixture
async def adapter(pcscd: PcscBox) -> AsyncIterator[Adapter]:
    async with running_adapter() as made:
        yield made


async def present(pcscd: PcscBox, card: ScriptedCard, slot: int = 0) -> str:
    await asyncio.to_thread(pcscd.insert, card, slot)
    return pcscd.readers[slot]


@contextmanager
def other_program(reader: str, share: int) -> Iterator[int]:
    """Another program with the card open."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    code, card, _ = scard.SCardConnect(context, reader, share, scard.SCARD_PROTOCOL_ANY)
    assert code == 0
    try:
        yield card
    finally:
        scard.SCardDisconnect(card, scard.SCARD_UNPOWER_CARD)
        scard.SCardReleaseContext(context)


@pytest.mark.proves("C5")
async def test_a_job_leaves_the_card_without_power(pcscd: PcscBox, adapter: Adapter) -> None:
    card = ScriptedCard(lambda command: command + b"\x90\x00")
    reader = await present(pcscd, card)
    for _ in range(TURNS):
        answer = await adapter.perform(reader, select)
        assert (answer.data, answer.sw) == (b"\x00\xa4\x04\x00", 0x9000)
        # vpcd hands the power-off on by itself; well before pcscd would cut the power of an unused card (0.7 s).
        if await asyncio.to_thread(card.off.wait, 0.3):
            break
    else:
        pytest.fail("the power went when pcscd took it, each time")
    assert card.warm_resets == 0


async def test_the_atr_is_the_cards(pcscd: PcscBox, adapter: Adapter) -> None:
    card = ScriptedCard()
    reader = await present(pcscd, card)
    assert await adapter.perform(reader, lambda connection: connection.atr) == card.atr


@pytest.mark.proves("fault 1")
async def test_no_card_is_absent(pcscd: PcscBox, adapter: Adapter) -> None:
    with pytest.raises(errors.CardAbsent):
        await adapter.perform(pcscd.readers[0], select)


async def test_no_such_reader_is_unknown(pcscd: PcscBox, adapter: Adapter) -> None:
    with pytest.raises(errors.ReaderUnknown):
        await adapter.perform("No Such Reader 00 00", select)


@pytest.mark.proves("fault 3", "fault 6", "C3", "C4")
async def test_a_card_pulled_in_the_middle_is_removed_and_nothing_read_is_given(
    pcscd: PcscBox, adapter: Adapter
) -> None:
    def answer(command: bytes) -> bytes:
        if len(card.commands) == 3:
            raise CardGone
        return bytes(16) + b"\x90\x00"

    card = ScriptedCard(answer)
    reader = await present(pcscd, card)

    def read_blocks(connection: SmartCardConnection) -> bytes:
        return b"".join(connection.transmit(READ).data for _ in range(5))

    with pytest.raises(errors.CardRemoved):
        await adapter.perform(reader, read_blocks)
    assert len(card.commands) == 3


@pytest.mark.proves("fault 7", "C2")
async def test_an_answer_of_one_byte_is_bad(pcscd: PcscBox, adapter: Adapter) -> None:
    card = ScriptedCard(lambda _: b"\x90")
    reader = await present(pcscd, card)

    def twice(connection: SmartCardConnection) -> None:
        with pytest.raises(errors.CarddError):
            connection.transmit(SELECT)
        connection.transmit(SELECT)

    # A T=1 answer of one byte is passed on by vpcd; where a driver refuses it, that is a transport error.
    with pytest.raises((errors.CardBadAnswer, errors.CardRemoved)):
        await adapter.perform(reader, twice)
    assert len(card.commands) == 1


@pytest.mark.proves("C4", "fault 9", "fault 10")
@pytest.mark.parametrize("noticed", [False, True], ids=["unnoticed", "noticed"])
async def test_a_card_exchanged_in_a_failed_command_is_never_talked_to_through_the_old_handle(
    pcscd: PcscBox, adapter: Adapter, noticed: bool
) -> None:
    second = ScriptedCard(lambda _: b"second\x90\x00")

    def answer(_command: bytes) -> bytes:
        raise CardExchanged(second, noticed=noticed)

    reader = await present(pcscd, ScriptedCard(answer))

    def insist(connection: SmartCardConnection) -> object:
        for _ in range(3):
            try:
                return connection.transmit(SELECT)
            except errors.CardRemoved:
                continue
        return None

    with pytest.raises(errors.CardRemoved):
        await adapter.perform(reader, insist)
    assert second.commands == []


@pytest.mark.proves("C7", "fault 15", "fault 138")
async def test_a_silent_card_stops_its_own_reader_only_and_a_pull_mends_it(pcscd: PcscBox) -> None:
    async with running_adapter(command_limit_s=COMMAND_S) as adapter:
        card, other = ScriptedCard(), ScriptedCard()
        card.silent = True
        reader, second = await present(pcscd, card), await present(pcscd, other, 1)
        stuck = asyncio.ensure_future(adapter.perform(reader, select))
        await asyncio.to_thread(card.asked.wait, PATIENCE_S)
        assert (await adapter.perform(second, select)).sw == 0x9000
        with pytest.raises(errors.CardNoAnswer):
            await stuck
        assert adapter.stuck == [(reader, True)]
        with pytest.raises(errors.ReaderStuck):
            await adapter.perform(reader, select)
        assert (await adapter.perform(second, select)).sw == 0x9000
        await asyncio.to_thread(pcscd.pull, 0)
        fresh = ScriptedCard()
        await asyncio.to_thread(pcscd.insert, fresh, 0)
        adapter.workers.card_withdrawn(ReaderName(reader))
        assert (await adapter.perform(reader, select)).sw == 0x9000
        assert adapter.stuck == [(reader, True), (reader, False)]


@pytest.mark.proves("C7")
async def test_a_card_may_take_its_time_over_what_takes_long_and_over_nothing_else(pcscd: PcscBox) -> None:
    go = threading.Event()

    def slow(octets: bytes) -> bytes:
        if octets[1] == GENERATE:
            time.sleep(2.5)
        else:
            go.wait(PATIENCE_S)
        return b"\x90\x00"

    generate = CommandApdu(0x00, 0x47, 0x00, 0x9A, b"\xac\x03\x80\x01\x07", le=256, patience_s=PATIENCE_S)
    async with running_adapter(command_limit_s=COMMAND_S) as adapter:
        reader = await present(pcscd, ScriptedCard(slow))
        assert (await adapter.perform(reader, lambda card: card.transmit(generate), limit_s=2.0)).sw == 0x9000
        with pytest.raises(errors.CardNoAnswer):
            await adapter.perform(reader, select)
        go.set()


@pytest.mark.slow
@pytest.mark.proves("C7", "fault 15")
async def test_with_the_real_limit_the_caller_hears_within_ten_and_a_half_seconds(
    pcscd: PcscBox, adapter: Adapter
) -> None:
    card = ScriptedCard()
    card.silent = True
    reader = await present(pcscd, card)
    begun = time.monotonic()
    with pytest.raises(errors.CardNoAnswer):
        await adapter.perform(reader, select)
    assert 10.0 <= time.monotonic() - begun <= 10.5
    await asyncio.to_thread(pcscd.pull, 0)


@pytest.mark.proves("fault 43")
async def test_a_card_that_another_program_holds_exclusively_is_busy(pcscd: PcscBox, adapter: Adapter) -> None:
    reader = await present(pcscd, ScriptedCard())
    with other_program(reader, scard.SCARD_SHARE_EXCLUSIVE), pytest.raises(errors.ReaderBusy):
        await adapter.perform(reader, select)
    assert (await adapter.perform(reader, select)).sw == 0x9000


@pytest.mark.proves("fault 45")
async def test_a_transaction_of_another_program_is_busy_after_the_limit_and_hurts_nobody_afterwards(
    pcscd: PcscBox,
) -> None:
    async with running_adapter(command_limit_s=COMMAND_S) as adapter:
        reader = await present(pcscd, ScriptedCard())
        second = await present(pcscd, ScriptedCard(), 1)
        with other_program(reader, scard.SCARD_SHARE_SHARED) as card:
            assert scard.SCardBeginTransaction(card) == 0
            with pytest.raises(errors.ReaderBusy):
                await adapter.perform(reader, select)
            assert (await adapter.perform(second, select)).sw == 0x9000
            scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)
        while adapter.workers.worker(ReaderName(reader)).stuck:
            await asyncio.sleep(0.01)
        assert (await adapter.perform(reader, select)).sw == 0x9000


async def test_while_a_job_runs_no_other_program_gets_the_card(pcscd: PcscBox, adapter: Adapter) -> None:
    reader = await present(pcscd, ScriptedCard())
    go = threading.Event()
    begun = threading.Event()

    def hold(_connection: SmartCardConnection) -> None:
        begun.set()
        go.wait(PATIENCE_S)

    holding = asyncio.ensure_future(adapter.perform(reader, hold))
    await asyncio.to_thread(begun.wait, PATIENCE_S)
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    code, _, _ = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_ANY)
    assert code == scard.SCARD_E_SHARING_VIOLATION
    scard.SCardReleaseContext(context)
    go.set()
    await holding


@pytest.mark.proves("fault 172")
async def test_after_a_failed_job_any_program_can_use_the_reader(pcscd: PcscBox, adapter: Adapter) -> None:
    card = ScriptedCard(lambda _: b"\x90")
    reader = await present(pcscd, card)
    with pytest.raises(errors.CarddError):
        await adapter.perform(reader, select)
    card.answer = lambda _: b"\x90\x00"
    with other_program(reader, scard.SCARD_SHARE_EXCLUSIVE) as handle:
        assert scard.SCardBeginTransaction(handle) == 0
        scard.SCardEndTransaction(handle, scard.SCARD_LEAVE_CARD)
    assert (await adapter.perform(reader, select)).sw == 0x9000


@pytest.mark.proves("C10", "fault 40")
async def test_after_a_restart_of_pcscd_the_next_job_works(pcscd: PcscBox, adapter: Adapter) -> None:
    reader = await present(pcscd, ScriptedCard())
    await adapter.perform(reader, select)
    await asyncio.to_thread(pcscd.restart)
    assert (await adapter.perform(reader, select)).sw == 0x9000


@pytest.mark.proves("C10")
async def test_pcscd_that_dies_in_a_job_is_down(real_pcscd: RealPcscd) -> None:
    async with running_adapter() as adapter:
        card = ScriptedCard()
        card.silent = True
        reader = await present(real_pcscd, card)
        job = asyncio.ensure_future(adapter.perform(reader, select))
        await asyncio.to_thread(card.asked.wait, PATIENCE_S)
        await asyncio.to_thread(real_pcscd.kill)
        with pytest.raises(errors.PcscDown):
            await job
        card.silent = False
        await asyncio.to_thread(real_pcscd.pull)
        await asyncio.to_thread(real_pcscd.start)
        await present(real_pcscd, card)
        assert (await adapter.perform(reader, select)).sw == 0x9000


FILL_PCSCD = """
import select, sys
from smartcard import scard
taken, told = [], False
while not select.select([sys.stdin], [], [], 0.01)[0]:  # takes what comes free, too: pcscd sees off earlier clients in its own time
    while len(taken) < 210 and (answer := scard.SCardEstablishContext(0))[0] == 0:
        taken.append(answer[1])
    if not told:
        print(len(taken), flush=True)
        told = True
"""


async def stays_full(adapter: Adapter, seconds: float = 1.0) -> None:
    """Until no place came free for so long: pcscd sees off earlier clients in its own time, and the filler takes what they leave."""
    full_since = time.monotonic()
    async with asyncio.timeout(PATIENCE_S):
        while time.monotonic() - full_since < seconds:
            code, context = await asyncio.to_thread(adapter.calls.establish_context)
            if code == 0:
                adapter.calls.release_context(context)
                full_since = time.monotonic()
            await asyncio.sleep(0.02)


@pytest.mark.proves("fault 142")
async def test_a_pcscd_full_of_other_clients_is_full(real_pcscd: RealPcscd) -> None:
    async with running_adapter() as adapter:
        reader = await present(real_pcscd, ScriptedCard())
        await adapter.perform(reader, select)
        filler = subprocess.Popen([sys.executable, "-c", FILL_PCSCD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert filler.stdin is not None
        assert filler.stdout is not None
        try:
            assert int(await asyncio.to_thread(filler.stdout.readline)) < 210
            await stays_full(adapter)
            with pytest.raises((errors.PcscFull, errors.PcscDown)) as full:
                await adapter.perform(real_pcscd.readers[1], select)
            assert full.value.facts.pcsc_code in {0x8010006A, 0x8010001D}
            assert (await adapter.perform(reader, select)).sw == 0x9000  # who has a context goes on working
        finally:
            filler.stdin.close()
            filler.stdout.close()
            await asyncio.to_thread(filler.wait, PATIENCE_S)


# --- what only the stand-in can do ------------------------------------------------------------------------------------


@pytest.mark.proves("P6")
@pytest.mark.parametrize(
    ("shape", "padded_to", "digits", "data"),
    [
        (PinShape(4, 4, "digits"), None, "1234", b"1234"),
        (PinShape(6, 8, "digits"), 8, "123456", b"123456\xff\xff"),
    ],
    ids=["JPKI", "PIV"],
)
async def test_the_pin_goes_from_the_pad_to_the_card(
    standin_pcscd: StandInBox, shape: PinShape, padded_to: int | None, digits: str, data: bytes
) -> None:
    slot = standin_pcscd.daemon.plug(ReaderProfile("Pad Reader 00 00", usb=(1, 9), pad=PadProfile()))
    assert slot.pad is not None
    slot.pad.type(digits)
    card = ScriptedCard()
    slot.insert(card)

    def verify(connection: SmartCardConnection) -> int:
        assert connection.has_pin_pad
        return connection.verify_on_pad(VERIFY, shape, padded_to=padded_to).sw

    async with running_adapter() as adapter:
        assert await adapter.perform("Pad Reader 00 00", verify) == 0x9000
    assert card.commands == [b"\x00\x20\x00\x80" + bytes([len(data)]) + data]
    slot.pull()


async def test_a_person_who_cancels_at_the_pad_is_heard(standin_pcscd: StandInBox) -> None:
    slot = standin_pcscd.daemon.plug(ReaderProfile("Pad Reader 00 00", usb=(1, 9), pad=PadProfile()))
    assert slot.pad is not None
    slot.pad.cancel()
    card = ScriptedCard()
    slot.insert(card)
    async with running_adapter() as adapter:
        answer = await adapter.perform(
            "Pad Reader 00 00", lambda connection: connection.verify_on_pad(VERIFY, PinShape(4, 4, "digits"))
        )
    assert (answer.sw, card.commands) == (0x6401, [])
    slot.pull()


async def test_a_reader_for_extended_apdus_says_so(standin_pcscd: StandInBox) -> None:
    slot = standin_pcscd.daemon.plug(ReaderProfile("Long Reader 00 00", usb=(1, 9), max_input=65_544))
    slot.insert(ScriptedCard())
    async with running_adapter() as adapter:
        assert await adapter.perform("Long Reader 00 00", lambda connection: connection.reader_takes_extended)
    slot.pull()
