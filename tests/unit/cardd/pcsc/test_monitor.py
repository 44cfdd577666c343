import asyncio
from collections.abc import AsyncIterator

import pytest

from cardd.model import ReaderName
from cardd.pcsc import monitor as monitor_module
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.errors import Pcsc
from cardd.pcsc.monitor import PcscMonitor
from cardd.pcsc.sightings import Sighting, card_events
from cardd.ports import (
    CardInserted,
    CardWithdrawn,
    ReaderAppeared,
    ReaderEvent,
    ReaderTraits,
    ReaderVanished,
    ServiceDown,
    ServiceUp,
)
from tests.unit.cardd.pcsc.fake_pcsc import MAX_STATES, FakePcsc

A, B = ReaderName("A"), ReaderName("B")
ATR, OTHER_ATR = b"\x3b\x00", b"\x3b\x01\x02"


class Following:
    """A monitor over a fake PC/SC, and its events one after the other."""

    def __init__(self, fake: FakePcsc) -> None:
        self.fake = fake
        self.monitor = PcscMonitor(fake, Contexts(fake), pause_shortest_s=0.01, pause_longest_s=0.02)
        self.events: asyncio.Queue[ReaderEvent] = asyncio.Queue()

    def start(self) -> None:
        self.monitor.start(self.events.put_nowait)

    async def next(self) -> ReaderEvent:
        return await self.events.get()

    async def take(self, count: int) -> list[ReaderEvent]:
        return [await self.next() for _ in range(count)]


@pytest.fixture
async def following() -> AsyncIterator[Following]:
    made = Following(FakePcsc())
    yield made
    await made.monitor.stop()
    assert made.fake.contexts == set()


async def test_what_is_there_comes_first(following: Following) -> None:
    following.fake.plug(A)
    following.fake.plug(B, atr=ATR)
    following.start()
    assert await following.take(4) == [
        ServiceUp(),
        ReaderAppeared(A, ReaderTraits()),
        ReaderAppeared(B, ReaderTraits()),
        CardInserted(B, ATR),
    ]


async def test_readers_and_cards_come_and_go(following: Following) -> None:
    following.start()
    assert await following.next() == ServiceUp()
    following.fake.plug(A)
    assert await following.next() == ReaderAppeared(A, ReaderTraits())
    following.fake.insert(A, ATR)
    assert await following.next() == CardInserted(A, ATR)
    following.fake.pull(A)
    assert await following.next() == CardWithdrawn(A)


@pytest.mark.proves("fault 34")
async def test_a_reader_unplugged_takes_its_card_with_it(following: Following) -> None:
    following.fake.plug(A, atr=ATR)
    following.start()
    await following.take(3)
    following.fake.unplug(A)
    assert await following.take(2) == [CardWithdrawn(A, with_reader=True), ReaderVanished(A)]


async def test_as_many_readers_as_pcscd_knows_are_all_followed(following: Following) -> None:
    names = [ReaderName(f"Reader {number:02}") for number in range(MAX_STATES)]
    for name in names:
        following.fake.plug(name)
    following.start()
    assert await following.take(1 + len(names)) == [
        ServiceUp(),
        *(ReaderAppeared(one, ReaderTraits()) for one in names),
    ]
    following.fake.insert(names[-1], ATR)
    assert await following.next() == CardInserted(names[-1], ATR)


@pytest.mark.proves("C9", "fault 12")
async def test_a_card_pulled_and_put_in_between_two_looks_is_another_insertion(following: Following) -> None:
    following.fake.plug(A, atr=ATR)
    following.start()
    await following.take(3)
    following.fake.swap(A, ATR)
    assert await following.take(2) == [CardWithdrawn(A), CardInserted(A, ATR)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((1, ATR), (1, ATR), []),
        ((1, ATR), (3, ATR), [CardWithdrawn(A), CardInserted(A, ATR)]),
        ((1, ATR), (1, OTHER_ATR), [CardWithdrawn(A), CardInserted(A, OTHER_ATR)]),
        ((1, ATR), (2, None), [CardWithdrawn(A)]),
        ((1, ATR), (1, None), [CardWithdrawn(A)]),
        ((0, None), (1, ATR), [CardInserted(A, ATR)]),
        ((0, None), (2, None), []),
        ((65535, ATR), (1, ATR), [CardWithdrawn(A), CardInserted(A, ATR)]),
    ],
    ids=["same", "exchanged", "other ATR", "pulled", "pulled, not counted yet", "in", "in and out", "counter wraps"],
)
def test_two_looks_tell_what_happened(
    before: tuple[int, bytes | None], after: tuple[int, bytes | None], expected: list[ReaderEvent]
) -> None:
    def sighting(count: int, atr: bytes | None) -> Sighting:
        return Sighting.of(count << 16 | (0x10 if atr is None else 0x20) | 0x02, atr or b"")

    assert list(card_events(A, sighting(*before), sighting(*after))) == expected


@pytest.mark.parametrize("bits", [0x120, 0x0A0, 0x1A0, 0x220, 0x420], ids=hex)
def test_a_card_in_use_or_mute_or_unpowered_is_still_there(bits: int) -> None:
    idle, used = Sighting.of(0x10022, ATR), Sighting.of(0x10002 | bits, ATR)
    assert list(card_events(A, idle, used)) == []
    assert list(card_events(A, used, idle)) == []


@pytest.mark.proves("fault 39", "C10")
async def test_no_pcscd_at_the_start_is_said_once_and_tried_again(following: Following) -> None:
    following.fake.die()
    following.fake.plug(A, atr=ATR)
    following.start()
    assert await following.next() == ServiceDown(Pcsc.NO_SERVICE)
    await asyncio.to_thread(following.fake.wait_for, "establish", 3)
    assert following.events.empty()
    following.fake.rise()
    assert await following.take(3) == [ServiceUp(), ReaderAppeared(A, ReaderTraits()), CardInserted(A, ATR)]


@pytest.mark.proves("fault 40", "C10")
async def test_when_pcscd_goes_every_card_and_reader_is_gone_and_what_is_there_comes_anew(following: Following) -> None:
    following.fake.plug(A, atr=ATR)
    following.fake.plug(B, atr=ATR)
    following.start()
    await following.take(5)
    following.fake.die()
    down, *gone = await following.take(5)
    assert isinstance(down, ServiceDown)
    assert gone == [
        CardWithdrawn(A, with_reader=True),
        ReaderVanished(A),
        CardWithdrawn(B, with_reader=True),
        ReaderVanished(B),
    ]
    following.fake.pull(A)  # a removal that nobody saw
    following.fake.rise()
    assert await following.take(4) == [
        ServiceUp(),
        ReaderAppeared(A, ReaderTraits()),
        ReaderAppeared(B, ReaderTraits()),
        CardInserted(B, ATR),
    ]


@pytest.mark.proves("fault 42")
async def test_a_hundred_restarts_leave_one_context_and_one_thread(following: Following) -> None:
    following.start()
    await following.next()
    for _ in range(100):
        following.fake.die()
        assert isinstance(await following.next(), ServiceDown)
        following.fake.rise()
        assert await following.next() == ServiceUp()
    assert len(following.fake.contexts) == 1
    assert len({thread for call, thread in following.fake.log if call == "establish"}) == 1


@pytest.mark.proves("fault 142")
async def test_a_full_pcscd_is_service_down_with_its_code(following: Following) -> None:
    following.fake.establish_codes = [Pcsc.SECURITY_VIOLATION]
    following.start()
    assert await following.next() == ServiceDown(0x8010006A)
    assert await following.next() == ServiceUp()


@pytest.mark.proves("fault 37")
async def test_a_name_that_is_not_utf8_hides_no_other_reader(following: Following) -> None:
    following.fake.plug(A, atr=ATR)
    following.fake.raw_names = [b"bad \xff\x1b[31m"]
    following.start()
    events = await following.take(4)
    assert ReaderAppeared(ReaderName("bad \\xff\x1b[31m"), ReaderTraits()) in events
    assert CardInserted(A, ATR) in events


async def test_a_reader_that_tells_later_what_it_is_comes_anew(following: Following) -> None:
    following.fake.connect_codes = [Pcsc.SHARING_VIOLATION]
    following.monitor = PcscMonitor(
        following.fake, Contexts(following.fake), pause_shortest_s=0.01, pause_longest_s=0.02, ask_again_s=0.0
    )
    reader = following.fake.plug(A, atr=ATR, attributes={0x00020110: bytes.fromhex("05012000")})
    following.start()
    assert await following.take(2) == [ServiceUp(), ReaderAppeared(A, ReaderTraits())]
    assert await following.next() == CardInserted(A, ATR)
    told = await following.take(4)
    assert told == [
        CardWithdrawn(A, with_reader=True),
        ReaderVanished(A),
        ReaderAppeared(A, ReaderTraits(virtual=False)),
        CardInserted(A, ATR),
    ]
    assert reader.atr == ATR


async def test_the_monitor_sleeps_while_nothing_happens(following: Following) -> None:
    following.fake.plug(A)
    following.start()
    await following.take(2)
    following.fake.insert(A)
    await following.next()
    looks = len(following.fake.waits)
    assert looks <= 4
    assert set(following.fake.waits) == {5000}  # idle: one wake-up in five seconds


async def test_nothing_is_delivered_after_stop(following: Following) -> None:
    following.start()
    await following.next()
    await following.monitor.stop()
    following.fake.plug(A)
    await asyncio.sleep(0)
    assert following.events.empty()


def test_pauses_are_those_of_the_requirement() -> None:
    assert (monitor_module.PAUSE_SHORTEST_S, monitor_module.PAUSE_LONGEST_S) == (0.5, 5.0)
