"""The monitor over a real pcscd and over the stand-in."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from applets_spec.pcscd.profile import PadProfile, ReaderProfile
from cardd.model import ReaderName
from cardd.ports import (
    CardInserted,
    CardWithdrawn,
    ReaderAppeared,
    ReaderTraits,
    ReaderVanished,
    ServiceDown,
    ServiceUp,
)
from tests.fixtures.counter import SLOWER
from tests.fixtures.pcscd import PcscBox, PcscSwitch, RealPcscd, StandInBox
from tests.pcsc.adapter_house import Adapter, ScriptedCard, adapter_threads, open_files, running_adapter, select


@pytest.fixture
async def adapter(pcscd: PcscBox) -> AsyncIterator[Adapter]:
    async with running_adapter() as made:
        yield made


def names(box: PcscBox) -> list[ReaderName]:
    return [ReaderName(name) for name in box.readers]


async def test_readers_then_cards_are_told(pcscd: PcscBox, adapter: Adapter) -> None:
    first, second = names(pcscd)
    card = ScriptedCard()
    await asyncio.to_thread(pcscd.insert, card)
    adapter.listen()
    seen = await adapter.until(CardInserted(first, card.atr))
    assert seen[0] == ServiceUp()
    assert [event.reader for event in seen if isinstance(event, ReaderAppeared)] == [first, second]
    await asyncio.to_thread(pcscd.pull)
    assert await adapter.until(CardWithdrawn(first)) == [CardWithdrawn(first)]


@pytest.mark.proves("C9")
async def test_events_come_by_themselves(pcscd: PcscBox, adapter: Adapter) -> None:
    (reader, _) = names(pcscd)
    adapter.listen()
    await adapter.until(ReaderAppeared, 2)
    card = ScriptedCard()
    begun = time.monotonic()
    await asyncio.to_thread(pcscd.insert, card)
    await adapter.until(CardInserted(reader, card.atr))
    await asyncio.to_thread(pcscd.pull)
    await adapter.until(CardWithdrawn(reader))
    assert time.monotonic() - begun < 2.0 * SLOWER


async def test_our_own_jobs_are_no_events(pcscd: PcscBox, adapter: Adapter) -> None:
    reader, second = names(pcscd)
    adapter.listen()
    card = ScriptedCard()
    await asyncio.to_thread(pcscd.insert, card)
    await adapter.until(CardInserted)
    for _ in range(3):
        await adapter.perform(reader, select)
    await asyncio.to_thread(pcscd.insert, card, 1)
    assert await adapter.until(CardInserted) == [CardInserted(second, card.atr)]


@pytest.mark.proves("fault 12", "C9")
async def test_a_quick_exchange_is_a_withdrawal_and_an_insertion(pcscd: PcscBox, adapter: Adapter) -> None:
    (reader, _) = names(pcscd)
    first, second = ScriptedCard(), ScriptedCard()
    await asyncio.to_thread(pcscd.insert, first)
    adapter.listen()
    await adapter.until(CardInserted)
    await asyncio.to_thread(pcscd.pull)
    await adapter.until(CardWithdrawn)
    await asyncio.to_thread(pcscd.insert, second)
    assert await adapter.until(CardInserted) == [CardInserted(reader, second.atr)]


@pytest.mark.proves("fault 31")
@pytest.mark.parametrize(
    "atr", ["", "3b", "ff" * 33, "3b" + "00" * 40], ids=["empty", "1 byte", "nonsense", "41 bytes"]
)
async def test_a_nonsense_atr_hurts_nobody(real_pcscd: RealPcscd, atr: str) -> None:
    async with running_adapter() as adapter:
        (broken, good) = names(real_pcscd)
        adapter.listen()
        await adapter.until(ReaderAppeared, 2)
        strange = ScriptedCard(atr=bytes.fromhex(atr))
        inserting = asyncio.ensure_future(asyncio.to_thread(real_pcscd.insert, strange, seconds=5.0))
        card = ScriptedCard()
        await asyncio.to_thread(real_pcscd.insert, card, 1)
        await adapter.until(CardInserted(good, card.atr))
        assert (await adapter.perform(good, select)).sw == 0x9000
        await asyncio.gather(inserting, return_exceptions=True)  # pcscd may refuse to power such a card
        assert broken not in {name for name, _ in adapter.stuck}


@pytest.mark.proves("fault 39")
async def test_the_daemon_may_start_before_pcscd(pcsc_switch: PcscSwitch, tmp_path: Path) -> None:
    pcsc_switch.point_nowhere()
    async with running_adapter() as adapter:
        adapter.listen()
        (down,) = await adapter.until(ServiceDown)
        assert down == ServiceDown(0x8010001D)
        box = StandInBox(tmp_path)
        with box:
            pcsc_switch.point_to(box.socket_path)
            assert (await adapter.until(ReaderAppeared, 2))[0] == ServiceUp()
    pcsc_switch.point_nowhere()


@pytest.mark.proves("fault 40", "C10")
async def test_a_restart_of_pcscd_is_survived_and_a_missed_removal_told(pcscd: PcscBox, adapter: Adapter) -> None:
    first, second = names(pcscd)
    cards = [ScriptedCard(), ScriptedCard()]
    for slot, card in enumerate(cards):
        await asyncio.to_thread(pcscd.insert, card, slot)
    adapter.listen()
    await adapter.until(CardInserted, 2)
    begun = time.monotonic()
    await asyncio.to_thread(pcscd.restart)
    seen = await adapter.until(CardInserted, 2)
    assert time.monotonic() - begun < 5.0 * SLOWER
    assert isinstance(seen[0], ServiceDown)
    up = seen.index(ServiceUp())
    before, after = seen[1:up], seen[up + 1 :]
    lost = {CardWithdrawn(first, with_reader=True), CardWithdrawn(second, with_reader=True)}
    assert {*lost, ReaderVanished(first), ReaderVanished(second)} == set(before)
    assert {event.reader for event in after if isinstance(event, CardInserted)} == {first, second}
    assert (await adapter.perform(first, select)).sw == 0x9000


@pytest.mark.proves("fault 42", "C10")
async def test_a_hundred_restarts_leave_no_thread_and_no_file_behind(standin_pcscd: StandInBox) -> None:
    async with running_adapter(pause_s=0.01) as adapter:
        adapter.listen()
        await adapter.until(ReaderAppeared, 2)
        for turn in range(100):
            await asyncio.to_thread(standin_pcscd.restart)
            await adapter.until(ReaderAppeared, 2)
            if turn == 9:  # whatever is opened once is open by now
                threads, files = adapter_threads(), open_files()
        assert adapter_threads() <= threads
        async with asyncio.timeout(30):  # the stand-in runs in this process and may be closing its side
            while open_files() > files + 2:
                await asyncio.sleep(0.05)


@pytest.mark.proves("fault 42", "C10")
async def test_ten_restarts_of_a_real_pcscd_leave_nothing_behind(real_pcscd: RealPcscd) -> None:
    (reader, _) = names(real_pcscd)
    async with running_adapter() as adapter:
        adapter.listen()
        await adapter.until(ReaderAppeared, 2)
        card = ScriptedCard()
        for turn in range(10):
            await asyncio.to_thread(real_pcscd.restart)
            await adapter.until(ReaderAppeared, 2)
            await asyncio.to_thread(real_pcscd.insert, card)
            await adapter.until(CardInserted)
            assert (await adapter.perform(reader, select)).sw == 0x9000
            await asyncio.to_thread(real_pcscd.pull)
            if turn == 1:
                threads, files = adapter_threads(), open_files()
        await adapter.until(CardWithdrawn)
        assert adapter_threads() <= threads
        assert open_files() <= files


# --- what only the stand-in can do ------------------------------------------------------------------------------------


@pytest.mark.proves("fault 34", "fault 36")
async def test_a_reader_may_be_plugged_in_and_out(standin_pcscd: StandInBox) -> None:
    name = ReaderName("Late Reader 00 00")
    async with running_adapter() as adapter:
        adapter.listen()
        await adapter.until(ReaderAppeared, 2)
        slot = standin_pcscd.daemon.plug(ReaderProfile(name, usb=(1, 9)))
        assert await adapter.until(ReaderAppeared) == [ReaderAppeared(name, ReaderTraits(virtual=False))]
        card = ScriptedCard()
        slot.insert(card)
        await adapter.until(CardInserted(name, card.atr))
        begun = time.monotonic()
        standin_pcscd.daemon.unplug(slot)
        assert await adapter.until(ReaderVanished(name)) == [
            CardWithdrawn(name, with_reader=True),
            ReaderVanished(name),
        ]
        assert time.monotonic() - begun < 1.0 * SLOWER


@pytest.mark.proves("fault 48", "C11")
async def test_traits_come_from_reader_and_sys(standin_pcscd: StandInBox, tmp_path: Path) -> None:
    port = tmp_path / "1-4.2"
    port.mkdir()
    (port / "busnum").write_text("1\n")
    (port / "devnum").write_text("9\n")
    standin_pcscd.daemon.plug(ReaderProfile("Pad 00 00", usb=(1, 9), serial="0815", max_input=65_544, pad=PadProfile()))
    standin_pcscd.daemon.plug(ReaderProfile("Told 00 00", usb=(2, 3), usb_path="2-1"))
    standin_pcscd.daemon.plug(ReaderProfile("Virtual 00 00"))
    async with running_adapter(sys_usb=tmp_path) as adapter:
        adapter.listen()
        seen = await adapter.until(ReaderAppeared, 5)
    traits = {event.reader: event.traits for event in seen if isinstance(event, ReaderAppeared)}
    assert traits[ReaderName("Pad 00 00")] == ReaderTraits(
        usb_path="1-4.2", serial="0815", virtual=False, pin_pad=True, extended_apdus=True
    )
    assert traits[ReaderName("Told 00 00")].usb_path == "2-1"
    assert traits[ReaderName("Virtual 00 00")].virtual


@pytest.mark.proves("fault 37")
async def test_a_reader_whose_name_is_not_utf8_hides_no_other(standin_pcscd: StandInBox) -> None:
    (reader, _) = names(standin_pcscd)
    async with running_adapter() as adapter:
        adapter.listen()
        await adapter.until(ReaderAppeared, 2)
        standin_pcscd.daemon.plug(ReaderProfile("bad \udcff\x1b[31m\nname"))
        bad = ReaderAppeared(ReaderName("bad \\xff\x1b[31m\nname"), ReaderTraits())
        assert await adapter.until(ReaderAppeared) == [bad]
        card = ScriptedCard()
        await asyncio.to_thread(standin_pcscd.insert, card)
        assert await adapter.until(CardInserted) == [CardInserted(reader, card.atr)]


async def test_sixteen_readers_are_seen(standin_pcscd: StandInBox) -> None:
    for number in range(14):
        standin_pcscd.daemon.plug(ReaderProfile(f"Many {number:02d} 00", usb=(1, 20 + number)))
    async with running_adapter() as adapter:
        adapter.listen()
        seen = await adapter.until(ReaderAppeared, 16)
    assert len({event.reader for event in seen if isinstance(event, ReaderAppeared)}) == 16
