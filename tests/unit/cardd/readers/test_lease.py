import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from cardd import errors
from cardd.model import CardRef
from cardd.ports import CardWithdrawn, Progress, ReaderVanished
from cardd.readers.lease import Lease, QueueRow, ReaderLoad
from tests.unit.cardd.readers.conftest import MakeHouse
from tests.unit.cardd.readers.house import BADGE, CONTACTLESS, RESIDENT, House, R, S


@asynccontextmanager
async def leased(
    house: House,
    ref: CardRef,
    uid: int = 1,
    deadline: float | None = None,
    progress: Callable[[Progress], None] = lambda _progress: None,
) -> AsyncIterator[Lease]:
    client = f"client{uid}"
    async with house.desk.lease(
        ref, uid=uid, client=client, operation="read", deadline=deadline, progress=progress
    ) as lease:
        yield lease


async def once(house: House, ref: CardRef, uid: int = 1) -> object:
    async with leased(house, ref, uid) as lease:
        return await lease.run(lambda connection: connection.card)  # type: ignore[attr-defined]


async def test_a_lease_runs_jobs_with_the_notes_of_the_insertion(house: House) -> None:
    entry = await house.present()
    async with leased(house, entry.ref) as lease:
        assert await lease.run(lambda connection: connection.notes) is entry.notes
        assert entry.use == "busy"
    assert entry.use == "idle"
    assert house.words("queue") == ["busy", "free"]


@pytest.mark.proves("C4", "C5", "fault 10")
async def test_a_result_is_thrown_away_when_the_card_went_meanwhile(house: House) -> None:
    entry = await house.present()
    house.workers.worker(R).go.clear()
    using = asyncio.ensure_future(once(house, entry.ref))
    await house.settle()
    house.watch.listen(CardWithdrawn(R))
    house.insert(RESIDENT)
    await house.settle()
    house.workers.worker(R).go.set()
    with pytest.raises(errors.CardRemoved) as removed:
        await using
    assert removed.value.facts.reader == "R"


@pytest.mark.proves("C5", "fault 9")
async def test_an_insertion_that_ended_gets_no_lease(house: House) -> None:
    entry = await house.present()
    house.watch.listen(CardWithdrawn(R))
    house.insert(BADGE)
    await house.settle()
    begun = house.workers.worker(R).begun
    with pytest.raises(errors.CardRemoved):
        await once(house, entry.ref)
    assert house.workers.worker(R).begun == begun


async def test_a_lease_whose_card_went_between_two_jobs_runs_no_more(house: House) -> None:
    entry = await house.present()
    async with leased(house, entry.ref) as lease:
        await lease.run(lambda _: None)
        house.watch.listen(CardWithdrawn(R))
        await house.settle()
        with pytest.raises(errors.CardRemoved):
            await lease.run(lambda _: None)


async def test_who_waits_hears_place_and_holder(house: House) -> None:
    entry = await house.present()
    heard: list[Progress] = []

    async def second() -> None:
        async with leased(house, entry.ref, 2, progress=heard.append):
            pass

    async with leased(house, entry.ref):
        waiting = asyncio.ensure_future(second())
        await house.settle()
        assert heard == [Progress("queued", place=1, holder="client1")]
        house.clock.now += 2.5
        rows = (QueueRow(0, "client1", "read", 2.5), QueueRow(1, "client2", "read", 2.5))
        assert house.desk.show() == (ReaderLoad("R", "busy", rows),)
    await waiting
    assert house.desk.show() == (ReaderLoad("R", "free", ()),)


@pytest.mark.proves("fault 60")
async def test_a_full_queue_is_busy_and_says_who_holds_the_card(make_house: MakeHouse) -> None:
    house = make_house(queue_per_reader=1)
    entry = await house.present()
    async with leased(house, entry.ref):
        waiting = asyncio.ensure_future(once(house, entry.ref, 2))
        await house.settle()
        with pytest.raises(errors.CardBusy) as busy:
            await once(house, entry.ref, 3)
        assert busy.value.facts.holder == "client1"
    await waiting


async def test_a_deadline_that_passes_in_the_queue_is_busy_with_place_and_holder(house: House) -> None:
    entry = await house.present()
    async with leased(house, entry.ref):
        with pytest.raises(errors.CardBusy) as busy:
            async with leased(house, entry.ref, 2, deadline=house.clock.now + 0.01):
                pass
    assert (busy.value.facts.holder, busy.value.facts.place) == ("client1", 1)
    assert await once(house, entry.ref) == BADGE


async def test_a_deadline_that_has_passed_is_not_tried(house: House) -> None:
    entry = await house.present()
    with pytest.raises(errors.DeadlineExceeded):
        async with leased(house, entry.ref, deadline=house.clock.now):
            pass
    assert house.desk.show()[0].state == "free"


async def test_pulling_the_card_fails_all_who_wait_at_once(house: House) -> None:
    entry = await house.present()
    async with leased(house, entry.ref):
        waiting = [asyncio.ensure_future(once(house, entry.ref, uid)) for uid in (2, 3)]
        await house.settle()
        house.watch.listen(CardWithdrawn(R))
        await house.settle()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [errors.CardRemoved] * 2


async def test_who_waits_for_the_new_card_is_not_failed_by_the_old_one(house: House) -> None:
    old = await house.present()
    async with leased(house, old.ref):
        house.watch.listen(CardWithdrawn(R))
        house.insert(RESIDENT)
        await house.settle()
        (new,) = house.table.cards()
        waiting = asyncio.ensure_future(once(house, new.ref, 2))
        await house.settle()
        assert not waiting.done()
    assert await waiting == RESIDENT


@pytest.mark.parametrize("waiting", [True, False], ids=["while waiting", "while running"])
async def test_a_cancelled_caller_frees_the_card(house: House, waiting: bool) -> None:
    entry = await house.present()
    house.workers.worker(R).go.clear()
    first = asyncio.ensure_future(once(house, entry.ref))
    await house.settle()
    second = asyncio.ensure_future(once(house, entry.ref, 2))
    await house.settle()
    (second if waiting else first).cancel()
    await house.settle()
    house.workers.worker(R).go.set()
    assert await (first if waiting else second) == BADGE
    await house.settle()
    assert house.desk.show()[0].rows == ()


@pytest.mark.proves("fault 61")
async def test_the_card_stays_held_until_the_job_of_a_cancelled_caller_has_ended(house: House) -> None:
    entry = await house.present()
    worker = house.workers.worker(R)
    worker.go.clear()
    first = asyncio.ensure_future(once(house, entry.ref))
    await house.settle()
    first.cancel()
    await house.settle()
    assert first.cancelled()
    second = asyncio.ensure_future(once(house, entry.ref, 2))
    await house.settle()
    assert worker.begun - worker.ended == 1
    assert house.desk.show()[0].rows[0].client == "client1"
    worker.go.set()
    assert await second == BADGE


async def test_whatever_goes_wrong_inside_the_lease_ends(house: House) -> None:
    entry = await house.present()
    with pytest.raises(ZeroDivisionError):
        async with leased(house, entry.ref):
            raise ZeroDivisionError
    assert await once(house, entry.ref) == BADGE


async def test_a_card_that_is_not_what_it_was_ends_the_insertion(house: House) -> None:
    entry = await house.present()

    def differ(_connection: object) -> None:
        raise errors.CardChanged()

    async with leased(house, entry.ref) as lease:
        with pytest.raises(errors.CardChanged):
            await lease.run(differ)
    await house.settle()
    assert house.table.cards()[0].ref.handle == house.handle(2)
    with pytest.raises(errors.CardChanged):
        house.table.entry(entry.ref.handle)


@pytest.mark.proves("fault 15")
async def test_a_stuck_reader_gives_no_lease(house: House) -> None:
    entry = await house.present()
    house.table.set_stuck(R, True)
    with pytest.raises(errors.ReaderStuck):
        await once(house, entry.ref)
    assert house.desk.show()[0].state == "stuck"


async def test_readers_do_not_wait_for_each_other(house: House) -> None:
    first = await house.present()
    house.plug(S)
    house.insert(RESIDENT, S)
    await house.settle()
    async with leased(house, first.ref):
        assert await once(house, house.table.cards()[1].ref, 2) == RESIDENT


async def test_a_lease_waits_for_the_identification(house: House) -> None:
    house.plug()
    await house.settle()
    house.workers.worker(R).go.clear()
    house.insert(BADGE)
    await house.settle()
    using = asyncio.ensure_future(once(house, house.table.cards()[0].ref))
    await house.settle()
    assert house.workers.worker(R).begun == 1
    house.workers.worker(R).go.set()
    assert await using == BADGE


async def test_a_reader_that_vanishes_fails_who_waits(house: House) -> None:
    entry = await house.present()
    async with leased(house, entry.ref):
        waiting = asyncio.ensure_future(once(house, entry.ref, 2))
        await house.settle()
        house.watch.listen(ReaderVanished(R))
        with pytest.raises(errors.CardRemoved):
            await waiting
    assert house.desk.show() == ()


@pytest.mark.parametrize("error", [errors.CardAbsent, errors.ReaderUnknown], ids=["no card", "no reader"])
async def test_a_card_that_is_gone_before_the_monitor_says_so_is_removed(
    house: House, error: type[errors.CarddError]
) -> None:
    entry = await house.present()
    async with leased(house, entry.ref) as lease:
        with pytest.raises(errors.CardRemoved):
            await lease.run(raising(error()))
    assert entry.jobs == 0


async def test_a_contactless_card_that_is_on_its_way_back_is_waited_for(house: House) -> None:
    entry = await house.present(BADGE, CONTACTLESS)
    answers: list[Exception | None] = [errors.CardAbsent(), None]

    def job(connection: object) -> str:
        if (answer := answers.pop(0)) is not None:
            raise answer
        return "done"

    async with leased(house, entry.ref) as lease:
        assert await lease.run(job) == "done"
    assert not entry.unproven  # it had to prove itself, and did


async def test_a_contactless_card_that_does_not_come_back_is_removed(house: House) -> None:
    entry = await house.present(BADGE, CONTACTLESS)

    def job(_connection: object) -> None:
        house.clock.now += 0.1
        raise errors.CardAbsent()

    async with leased(house, entry.ref) as lease:
        with pytest.raises(errors.CardRemoved):
            await lease.run(job)


def raising(error: Exception) -> Callable[[object], None]:
    def job(_connection: object) -> None:
        raise error

    return job
