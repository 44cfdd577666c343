"""Table, watch and desk over the adapter: from a card put in to a lease, on a real pcscd and on the stand-in."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from applets_spec.pcscd.profile import ReaderProfile
from cardd import errors
from cardd.cards.card_type import CardType, Recognition
from cardd.cards.identify import Identified
from cardd.clock import SystemClock
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import CardKind, CardRef
from cardd.readers.entries import CardEntry
from cardd.readers.lease import LeaseDesk
from cardd.readers.roles import RoleBook
from cardd.readers.table import PresenceTable
from cardd.readers.watch import Watch
from tests.fixtures.pcscd import PcscBox, StandInBox
from tests.pcsc.adapter_house import (
    CONTACTLESS_ATR,
    PATIENCE_S,
    Adapter,
    ScriptedCard,
    running_adapter,
    select,
)

REAPPEARS_S = 0.15


def named_card(name: bytes) -> ScriptedCard:
    """A badge whose every answer is its name."""
    return ScriptedCard(lambda _: name + b"\x90\x00", CONTACTLESS_ATR)


def recognise(connection: SmartCardConnection) -> Recognition | None:
    return Recognition(CardKind.BADGE, select(connection).data)


NOTHING = dict.fromkeys(
    ["select", "reread", "clear", "tries_left", "verify", "change_pin", "read_certificate", "sign", "read_items"]
)
BADGE_TYPE = CardType(kind=CardKind.BADGE, recognise=recognise, pins={}, keys={}, items={}, **NOTHING)  # type: ignore[arg-type]


def identify(connection: SmartCardConnection) -> Identified:
    found = recognise(connection)
    assert found is not None
    return Identified(found, BADGE_TYPE)


class Presence:
    """The rooms over one adapter, and the news they published."""

    def __init__(self, adapter: Adapter) -> None:
        clock = SystemClock()
        self.adapter = adapter
        self.news: list[tuple[str, str]] = []
        self._news = asyncio.Event()
        roles = RoleBook((), virtual_readers=True)
        self.table = PresenceTable(boot_id="abcd", roles=roles, clock=clock, publish=self._publish)
        self.watch = Watch(self.table, adapter.workers, identify)
        self.desk = LeaseDesk(self.table, adapter.workers, clock=clock, publish=self._publish)

    def _publish(self, topic: str, change: str, _facts: Mapping[str, str | int | None]) -> None:
        self.news.append((topic, change))
        self._news.set()

    async def until(self, change: str, count: int = 1) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while [word for _, word in self.news].count(change) < count:
                self._news.clear()
                await self._news.wait()

    @property
    def card(self) -> CardEntry:
        (entry,) = self.table.cards()
        return entry

    async def ask(self, ref: CardRef) -> bytes:
        async with self.desk.lease(ref, uid=1, client="test", operation="read") as lease:
            return (await lease.run(select)).data


@asynccontextmanager
async def running_presence() -> AsyncIterator[Presence]:
    async with running_adapter() as adapter:
        presence = Presence(adapter)
        watching = asyncio.get_running_loop().create_task(presence.watch.run())
        adapter.monitor.start(presence.watch.listen)
        try:
            yield presence
        finally:
            assert not watching.done()
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


@pytest.fixture
async def presence(pcscd: PcscBox) -> AsyncIterator[Presence]:
    async with running_presence() as made:
        yield made


async def test_a_card_is_identified_and_used(pcscd: PcscBox, presence: Presence) -> None:
    await asyncio.to_thread(pcscd.insert, named_card(b"one"))
    await presence.until("identified")
    assert (presence.card.kind, presence.card.identity) == (CardKind.BADGE, b"one")
    assert await presence.ask(presence.card.ref) == b"one"


@pytest.mark.proves("fault 12", "fault 9", "C5")
async def test_another_insertion_has_another_handle(pcscd: PcscBox, presence: Presence) -> None:
    card = named_card(b"one")
    await asyncio.to_thread(pcscd.insert, card)
    await presence.until("identified")
    old = presence.card.ref
    await asyncio.to_thread(pcscd.pull)
    await presence.until("removed")
    await asyncio.to_thread(pcscd.insert, card)
    await presence.until("identified", 2)
    with pytest.raises(errors.CardChanged):
        presence.table.entry(old.handle)
    with pytest.raises(errors.CardRemoved):
        await presence.ask(old)
    assert await presence.ask(presence.card.ref) == b"one"


@pytest.mark.proves("fault 3", "C7")
async def test_pulling_the_card_fails_the_running_job_and_all_who_wait(pcscd: PcscBox, presence: Presence) -> None:
    card = named_card(b"one")
    await asyncio.to_thread(pcscd.insert, card)
    await presence.until("identified")
    ref = presence.card.ref
    card.silent = True
    card.asked.clear()
    running = asyncio.ensure_future(presence.ask(ref))
    await asyncio.to_thread(card.asked.wait, PATIENCE_S)
    waiting = asyncio.ensure_future(presence.ask(ref))
    await asyncio.to_thread(pcscd.pull)
    outcomes = await asyncio.gather(running, waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [errors.CardRemoved] * 2
    assert all(load.rows == () for load in presence.desk.show())


@pytest.mark.proves("fault 40")
async def test_after_a_restart_of_pcscd_cards_are_identified_anew(pcscd: PcscBox, presence: Presence) -> None:
    await asyncio.to_thread(pcscd.insert, named_card(b"one"))
    await presence.until("identified")
    old = presence.card.ref
    await asyncio.to_thread(pcscd.restart)
    await presence.until("identified", 2)
    assert presence.card.ref != old
    assert await presence.ask(presence.card.ref) == b"one"


@pytest.fixture
async def contactless(standin_pcscd: StandInBox) -> AsyncIterator[Presence]:
    """One reader that loses its card whenever the power is cut, and finds it again."""
    for slot in list(standin_pcscd.daemon.slots):
        standin_pcscd.daemon.unplug(slot)
    standin_pcscd.daemon.plug(ReaderProfile("Field 00 00", usb=(1, 9), reappears_after=REAPPEARS_S))
    async with running_presence() as made:
        yield made


async def test_a_contactless_card_keeps_its_handle_over_many_operations(
    standin_pcscd: StandInBox, contactless: Presence
) -> None:
    await asyncio.to_thread(standin_pcscd.insert, named_card(b"one"))
    await contactless.until("identified")
    entry = contactless.card
    for _ in range(5):
        assert await contactless.ask(entry.ref) == b"one"
        await asyncio.sleep(2 * REAPPEARS_S)  # the field is lost and found meanwhile
    assert contactless.card is entry
    assert "removed" not in {change for _, change in contactless.news}
    assert [change for topic, change in contactless.news if topic == "card"] == ["inserted", "identified"]


@pytest.mark.proves("fault 79")
async def test_a_contactless_card_exchanged_in_the_field_is_another_insertion(
    standin_pcscd: StandInBox, contactless: Presence
) -> None:
    await asyncio.to_thread(standin_pcscd.insert, named_card(b"one"))
    await contactless.until("identified")
    old = contactless.card.ref
    await contactless.ask(old)
    await asyncio.to_thread(standin_pcscd.pull)
    (field,) = standin_pcscd.daemon.readers.readers()
    async with asyncio.timeout(PATIENCE_S):
        while field._lost:  # until the reader has looked into its field again, and found it empty
            await asyncio.sleep(0.01)
    await asyncio.to_thread(standin_pcscd.insert, named_card(b"two"))
    await contactless.until("removed")
    await contactless.until("identified", 2)
    assert contactless.card.identity == b"two"
    with pytest.raises(errors.CardChanged):
        contactless.table.entry(old.handle)


async def test_two_operations_in_a_row_wait_for_the_field_between(
    standin_pcscd: StandInBox, contactless: Presence
) -> None:
    card = named_card(b"one")
    await asyncio.to_thread(standin_pcscd.insert, card)
    await contactless.until("identified")
    entry = contactless.card
    async with contactless.desk.lease(entry.ref, uid=1, client="test", operation="read") as lease:
        for _ in range(3):
            assert (await lease.run(select)).data == b"one"
    assert contactless.card is entry


async def test_a_contactless_card_taken_away_is_removed(standin_pcscd: StandInBox, contactless: Presence) -> None:
    await asyncio.to_thread(standin_pcscd.insert, named_card(b"one"))
    await contactless.until("identified")
    await asyncio.to_thread(standin_pcscd.pull)
    await contactless.until("removed")
    assert contactless.table.cards() == ()
