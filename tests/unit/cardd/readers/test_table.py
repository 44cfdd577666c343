import asyncio

import pytest

from cardd import errors
from cardd.config import ReaderMatch, Seat
from cardd.model import CardHandle, CardKind, CardRef, KeyRole, PinKind, ReaderName
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
from cardd.readers.entries import Departure
from tests.unit.cardd.readers.conftest import MakeHouse
from tests.unit.cardd.readers.house import (
    BADGE,
    CONTACT,
    CONTACTLESS,
    OTHER_BADGE,
    RESIDENT,
    UNSUPPORTED,
    USB,
    House,
    R,
    S,
)


async def test_a_card_is_unknown_then_identified(house: House) -> None:
    house.plug()
    await house.settle()
    house.workers.worker(R).go.clear()
    house.insert(RESIDENT)
    await house.settle()
    (entry,) = house.table.cards()
    assert (entry.kind, entry.ref) == (CardKind.UNKNOWN, CardRef(R, 1, house.handle(1)))
    house.workers.worker(R).go.set()
    assert (await house.table.identified(entry.ref.handle)).kind is CardKind.MY_NUMBER
    assert house.words("card") == ["inserted", "identified"]
    assert house.told[-1][2] == {"card": "c-5f1e-1", "reader": "R", "kind": "my_number"}


@pytest.mark.proves("fault 12")
async def test_the_same_card_put_in_again_is_another_insertion(house: House) -> None:
    first = await house.present(BADGE)
    first.memory.tries[PinKind.BADGE] = 3
    first.memory.certificates[KeyRole.AUTHENTICATION] = b"der"
    house.watch.listen(CardWithdrawn(R))
    house.insert(BADGE)
    await house.settle()
    (second,) = house.table.cards()
    assert second.ref.handle == house.handle(2)
    assert (second.memory.tries, second.memory.certificates) == ({}, {})
    assert second.notes is not first.notes
    with pytest.raises(errors.CardChanged):
        house.table.entry(first.ref.handle)


@pytest.mark.proves("fault 9")
async def test_a_handle_is_stale_for_ever(house: House) -> None:
    entry = await house.present()
    house.watch.listen(CardWithdrawn(R))
    await house.settle()
    for _ in range(3):
        with pytest.raises(errors.CardChanged):
            house.table.entry(entry.ref.handle)
        house.insert(BADGE)
        await house.settle()


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        ("c-0000-1", errors.CardChanged),
        ("c-5f1e-1", errors.CardChanged),
        ("c-5f1e-2", errors.CardAbsent),
        ("c-5f1e-0", errors.CardAbsent),
        ("c-5f1e-", errors.CardAbsent),
        ("nonsense", errors.CardAbsent),
    ],
    ids=["before a restart", "pulled", "not given yet", "never given", "no number", "no handle"],
)
async def test_a_handle_without_a_card(house: House, handle: str, expected: type[Exception]) -> None:
    await house.present()
    house.watch.listen(CardWithdrawn(R))
    await house.settle()
    with pytest.raises(expected):
        house.table.entry(CardHandle(handle))


async def test_an_answer_for_an_insertion_that_ended_is_dropped(house: House) -> None:
    house.plug()
    await house.settle()
    house.workers.worker(R).go.clear()
    house.insert(BADGE)
    await house.settle()
    waiting = asyncio.ensure_future(house.table.identified(house.handle(1)))
    house.watch.listen(CardWithdrawn(R))
    await house.settle()
    house.workers.worker(R).go.set()
    await house.settle()
    assert house.words("card") == ["inserted", "removed"]
    with pytest.raises(errors.CardRemoved):
        await waiting


@pytest.mark.proves("fault 33")
@pytest.mark.parametrize(("slot", "card"), [("1-1", RESIDENT), ("1-2", BADGE)], ids=["badge reader", "resident reader"])
async def test_a_card_in_the_wrong_reader_is_told_and_refused(make_house: MakeHouse, slot: str, card: object) -> None:
    seat = Seat(name="a", badge_reader=ReaderMatch(usb_path="1-1"), resident_readers=(ReaderMatch(usb_path="1-2"),))
    house = make_house(seat)
    house.plug(R, ReaderTraits(usb_path=slot, virtual=False))
    house.insert(card)  # type: ignore[arg-type]
    await house.settle()
    assert house.words("card") == ["inserted", "wrong_reader"]
    assert house.table.cards()[0].use == "wrong_reader"
    with pytest.raises(errors.CardWrongReader):
        house.table.entry(house.handle(1))
    with pytest.raises(errors.CardWrongReader):
        await house.table.identified(house.handle(1))


@pytest.mark.proves("C11", "fault 99")
async def test_a_virtual_reader_is_ignored_and_reported_in_production(house: House) -> None:
    house.plug(R, ReaderTraits(virtual=True))
    house.insert(BADGE)
    await house.settle()
    assert house.table.cards() == ()
    assert house.workers.made == {}
    assert ("alarm", "reader_ignored", {"reader": "R", "problem": "virtual"}) in house.told
    assert house.table.readers()[0].state == "empty"


@pytest.mark.proves("fault 36")
async def test_a_reader_plugged_in_again_under_another_name_keeps_its_role(make_house: MakeHouse) -> None:
    house = make_house(Seat(name="a", badge_reader=ReaderMatch(usb_path="1-1"), resident_readers=()))
    house.plug(ReaderName("Sony 00 00"))
    await house.settle()
    house.watch.listen(ReaderVanished(ReaderName("Sony 00 00")))
    house.plug(ReaderName("Sony 01 00"))
    await house.settle()
    (reader,) = house.table.readers()
    assert (reader.role, reader.seat, reader.place) == ("badge", "a", "1-1")
    assert house.workers.forgotten == ["Sony 00 00"]


@pytest.mark.proves("fault 34")
async def test_a_reader_that_vanishes_ends_the_card_in_it(house: House) -> None:
    removed: list[tuple[CardRef, Departure]] = []
    house.table.on_removed(lambda *told: removed.append(told))
    entry = await house.present()
    house.watch.listen(ReaderVanished(R))
    await house.settle()
    assert removed == [(entry.ref, Departure.READER_LOST)]
    assert house.words("card", "reader") == ["appeared", "inserted", "identified", "removed", "vanished"]


@pytest.mark.proves("S2", "fault 34", "fault 40")
@pytest.mark.parametrize("atr", [CONTACT, CONTACTLESS], ids=["contact", "contactless after a job"])
@pytest.mark.parametrize(
    ("events", "how"),
    [
        ([CardWithdrawn(R, with_reader=True), ReaderVanished(R)], Departure.READER_LOST),
        ([ServiceDown(0x8010001D), CardWithdrawn(R, with_reader=True), ReaderVanished(R)], Departure.PCSC_LOST),
        ([ServiceDown(0x8010001D), ServiceUp(), ReaderVanished(R)], Departure.READER_LOST),
    ],
    ids=["reader", "pcscd", "reader, once pcscd is back"],
)
async def test_it_is_told_how_a_card_went(house: House, atr: bytes, events: list[ReaderEvent], how: Departure) -> None:
    removed: list[tuple[CardRef, Departure]] = []
    house.table.on_removed(lambda *told: removed.append(told))
    entry = await house.present(atr=atr)
    for event in events:
        house.watch.listen(event)
    await house.settle()
    assert removed == [(entry.ref, how)]


@pytest.mark.proves("S2", "fault 12")
async def test_a_card_that_was_exchanged_was_removed(house: House) -> None:
    removed: list[tuple[CardRef, Departure]] = []
    house.table.on_removed(lambda *told: removed.append(told))
    entry = await house.present()
    house.watch.listen(CardInserted(R, CONTACT))
    await house.settle()
    assert removed == [(entry.ref, Departure.REMOVED)]


async def test_a_removal_is_told_once(house: House) -> None:
    removed: list[CardRef] = []
    house.table.on_removed(lambda ref, _: removed.append(ref))
    entry = await house.present()
    house.table.end(entry)
    house.table.end(entry)
    house.watch.listen(CardWithdrawn(R))
    await house.settle()
    assert removed == [entry.ref]


@pytest.mark.proves("fault 37")
async def test_names_are_shown_clean_and_apart(house: House) -> None:
    house.plug(ReaderName("evil\x1b[2J"))
    house.plug(ReaderName("evil [2J"))
    await house.settle()
    assert [reader.shown for reader in house.table.readers()] == ["evil [2J", "evil [2J (2)"]
    house.insert(BADGE, ReaderName("evil\x1b[2J"))
    await house.settle()
    assert house.table.cards()[0].ref.reader == "evil [2J"
    assert all("\x1b" not in str(facts) for _, _, facts in house.told)


async def test_pcscd_down_and_up_is_told(house: House) -> None:
    house.watch.listen(ServiceUp())
    house.watch.listen(ServiceDown(0x8010001D))
    await house.settle()
    assert house.told == [("health", "pcsc_up", {}), ("health", "pcsc_down", {"pcsc_code": 0x8010001D})]
    assert not house.table.service_up


async def test_a_stuck_reader_is_shown_and_told(house: House) -> None:
    entry = await house.present()
    house.table.set_stuck(R, True)
    house.table.set_stuck(R, True)
    assert (entry.use, house.table.readers()[0].state) == ("stuck", "stuck")
    house.table.set_stuck(R, False)
    house.table.set_stuck(S, True)
    assert house.words("reader") == ["appeared", "stuck", "freed"]


@pytest.mark.proves("fault 31")
async def test_a_card_that_cannot_be_talked_to_is_unsupported(house: House) -> None:
    await house.present(errors.CardUnsupported(problem="unresponsive_card"), atr=b"")
    entry = await house.table.identified(house.handle(1))
    assert (entry.kind, entry.card_type) == (CardKind.UNSUPPORTED, None)


async def test_a_bug_in_a_driver_costs_its_card_and_not_the_watch(house: House) -> None:
    await house.present(ZeroDivisionError("12345678 is card data"))
    with pytest.raises(errors.Internal):
        await house.table.identified(house.handle(1))
    house.watch.listen(CardWithdrawn(R))
    house.insert(BADGE)
    await house.settle()
    assert (await house.table.identified(house.handle(2))).kind is CardKind.BADGE


async def test_a_card_held_by_another_program_is_asked_again(house: House) -> None:
    house.plug()
    house.cards[R] = errors.ReaderBusy()
    house.watch.listen(CardInserted(R, CONTACT))
    await house.settle()
    with pytest.raises(errors.ReaderBusy):
        await house.table.identified(house.handle(1))
    house.cards[R] = BADGE
    await house.settle()
    assert house.words("alarm") == ["card_not_identified"]
    assert (await house.table.identified(house.handle(1))).kind is CardKind.BADGE


@pytest.mark.proves("fault 46")
async def test_a_card_lost_while_it_is_asked_is_asked_once_more(house: House) -> None:
    await house.present(errors.CardRemoved())
    await house.settle()
    assert house.workers.worker(R).begun == 2
    with pytest.raises(errors.CardRemoved):
        await house.table.identified(house.handle(1))


async def test_a_reader_may_come_anew_with_better_knowledge(make_house: MakeHouse) -> None:
    house = make_house()
    house.plug(R, ReaderTraits())
    house.watch.listen(ReaderVanished(R))
    house.watch.listen(ReaderAppeared(R, USB))
    house.insert(BADGE)
    await house.settle()
    assert house.table.cards()[0].kind is CardKind.BADGE


# --- contactless cards that leave the field when their power is cut ---------------------------------------------------


async def leave_and_return(house: House, card: object, atr: bytes = CONTACTLESS) -> None:
    house.watch.listen(CardWithdrawn(R))
    house.insert(card, atr=atr)  # type: ignore[arg-type]
    await house.settle()


async def use(house: House) -> object:
    async with house.desk.lease(house.table.cards()[0].ref, uid=1, client="c", operation="read") as lease:
        return await lease.run(lambda connection: connection.card)  # type: ignore[attr-defined]


async def test_a_contactless_card_that_comes_back_after_our_power_off_keeps_its_handle(house: House) -> None:
    entry = await house.present(BADGE, CONTACTLESS)
    await use(house)
    begun = house.workers.worker(R).begun
    await leave_and_return(house, BADGE)
    assert house.table.cards() == (entry,)
    assert house.workers.worker(R).begun == begun + 1  # asked what it is once more
    assert house.words("card") == ["inserted", "identified"]


async def test_another_card_that_comes_back_instead_is_another_insertion(house: House) -> None:
    entry = await house.present(BADGE, CONTACTLESS)
    await use(house)
    await leave_and_return(house, OTHER_BADGE)
    (other,) = house.table.cards()
    assert other.identity == b"badge two"
    with pytest.raises(errors.CardChanged):
        house.table.entry(entry.ref.handle)


async def test_a_contactless_card_that_stays_away_is_removed(house: House) -> None:
    entry = await house.present(BADGE, CONTACTLESS)
    house.watch.listen(CardWithdrawn(R))
    await house.settle()
    waiting = asyncio.ensure_future(house.table.identified(entry.ref.handle))
    await entry.settled.wait()
    assert entry.ended
    with pytest.raises(errors.CardRemoved):
        await waiting


@pytest.mark.parametrize("atr", [CONTACT, CONTACTLESS], ids=["contact", "contactless, long after"])
async def test_otherwise_a_card_that_leaves_is_gone_at_once(house: House, atr: bytes) -> None:
    await house.present(BADGE, atr)
    if atr == CONTACTLESS:
        house.clock.now += 1.0
    house.watch.listen(CardWithdrawn(R))
    await house.settle()
    assert house.table.cards() == ()


@pytest.mark.parametrize("card", [BADGE, UNSUPPORTED], ids=["badge", "unsupported"])
async def test_identifying_does_not_chase_its_own_power_off(house: House, card: object) -> None:
    entry = await house.present(card, CONTACTLESS)  # type: ignore[arg-type]
    for _ in range(5):
        await leave_and_return(house, card)
    assert house.workers.worker(R).begun == 1
    assert house.table.cards() == (entry,)


@pytest.mark.proves("C5", "fault 9", "fault 79")
async def test_a_card_that_came_back_unasked_must_prove_itself_before_anything_is_done(house: House) -> None:
    entry = await house.present(BADGE, CONTACTLESS)
    await leave_and_return(house, OTHER_BADGE)
    ran: list[object] = []
    with pytest.raises(errors.CardChanged):
        async with house.desk.lease(entry.ref, uid=1, client="c", operation="read") as lease:
            await lease.run(ran.append)
    assert ran == []
    await house.settle()
    (other,) = house.table.cards()
    assert (other.identity, other.ref.handle) == (b"badge two", house.handle(2))


async def test_once_proven_a_card_is_not_asked_again(house: House) -> None:
    entry = await house.present(BADGE, CONTACTLESS)
    await leave_and_return(house, BADGE)
    assert entry.unproven
    assert await use(house) == BADGE
    assert not entry.unproven


async def test_a_card_lost_in_a_job_does_not_keep_its_handle(house: House) -> None:
    entry = await house.present(BADGE, CONTACTLESS)

    def lose(_connection: object) -> None:
        raise errors.CardRemoved()

    async with house.desk.lease(entry.ref, uid=1, client="c", operation="read") as lease:
        with pytest.raises(errors.CardRemoved):
            await lease.run(lose)
    await leave_and_return(house, BADGE)
    assert house.table.cards()[0].ref.handle == house.handle(2)


async def test_the_field_may_be_left_before_the_result_is_known(house: House) -> None:
    entry = await house.present(BADGE, CONTACTLESS)
    house.workers.worker(R).go.clear()
    using = asyncio.ensure_future(use(house))
    await house.settle()
    house.watch.listen(CardWithdrawn(R))
    await house.settle()
    house.workers.worker(R).go.set()
    await house.settle()
    house.insert(BADGE, atr=CONTACTLESS)
    await house.settle()
    assert await using == BADGE
    assert house.table.cards() == (entry,)
