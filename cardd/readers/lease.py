"""One operation's exclusive use of one card: queue, deadline, jobs, and the check that the insertion is still the same."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from cardd.errors import (
    CardAbsent,
    CardBadAnswer,
    CardBusy,
    CardChanged,
    CarddError,
    CardNoAnswer,
    CardRemoved,
    DeadlineExceeded,
    PcscDown,
    PinUnknown,
    ReaderStuck,
    ReaderUnknown,
)
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import CardRef, ReaderName
from cardd.ports import Clock, Job, Progress, Publish, ReaderWorkers
from cardd.readers.entries import CardEntry, Departure
from cardd.readers.fair_queue import FairQueue, Ticket
from cardd.readers.table import PresenceTable

T = TypeVar("T")

LOST = (CardRemoved, CardNoAnswer, CardBadAnswer, PcscDown, PinUnknown)
"""Errors after which a card that leaves the field is gone, and does not keep its handle."""
LOOK_AGAIN_S = 0.05
"""Between looks for a contactless card that is on its way back; the table says for how long."""
QUEUE_PER_READER = 4
QUEUE_PER_USER = 2
JOB_LIMIT_S = 30.0


def _no_progress(_progress: Progress) -> None:
    """For callers that do not want to know."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One operation at a reader. `place`: 0 = running, 1 = next. `since_s`: seconds it has been running or waiting."""

    place: int
    client: str
    operation: str
    since_s: float


@dataclass(frozen=True, slots=True)
class ReaderLoad:
    """What `queue.show` says of one reader. `state`: `free`, `busy`, `stuck`."""

    reader: str
    state: str
    rows: tuple[QueueRow, ...]


class _OutOfTheField(Exception):
    """No command was sent: a contactless card that we powered off is not back yet."""


class Lease:
    """The card is ours. Valid inside `LeaseDesk.lease` only."""

    def __init__(self, desk: "LeaseDesk", entry: CardEntry) -> None:
        self._desk = desk
        self._entry = entry
        self.jobs: set[asyncio.Task[object]] = set()

    @property
    def entry(self) -> CardEntry:
        return self._entry

    async def run(self, job: Job[T], *, limit_s: float = JOB_LIMIT_S) -> T:
        """Run `job` on the card: connect, transaction, power off.

        When the insertion ended before or meanwhile, nothing of the result is given (requirements C4, C5): `CardRemoved`, or
        `CardChanged` when another card came back in its place. Raises what the job raises, and what `ReaderWorker.perform`
        names. Cancelled, the job runs to its end and the lease lasts as long.
        """
        task = asyncio.ensure_future(self._desk.work(self._entry, job, limit_s))
        self.jobs.add(task)
        task.add_done_callback(self.jobs.discard)
        return await asyncio.shield(task)


class LeaseDesk:
    """Gives out leases. Lives on the event loop."""

    def __init__(
        self,
        table: PresenceTable,
        workers: ReaderWorkers,
        *,
        clock: Clock,
        publish: Publish,
        queue_per_reader: int = QUEUE_PER_READER,
        queue_per_user: int = QUEUE_PER_USER,
    ) -> None:
        self._table = table
        self._workers = workers
        self._clock = clock
        self._publish = publish
        self._limits = (queue_per_reader, queue_per_user)
        self._queues: dict[ReaderName, FairQueue] = {}
        table.on_removed(self._removed)

    @asynccontextmanager
    async def lease(
        self,
        ref: CardRef,
        *,
        uid: int,
        client: str,
        operation: str,
        deadline: float | None = None,
        progress: Callable[[Progress], None] = _no_progress,
    ) -> AsyncIterator[Lease]:
        """Wait for the turn of this operation, and hold the card until the block is left and its jobs have ended.

        `deadline` on `Clock.boottime`. Raises `CardRemoved` (before or while waiting), `CardBusy` (queue full, or the deadline
        passed while waiting; with holder and place), `DeadlineExceeded` (passed already), `ReaderStuck`.
        """
        entry = self._table.current(ref)
        if entry is None:
            raise CardRemoved(reader=ref.reader)
        if entry.reader.stuck:
            raise ReaderStuck(reader=ref.reader)
        if deadline is not None and self._clock.boottime() >= deadline:
            raise DeadlineExceeded()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        ticket = Ticket(
            ref,
            uid,
            client,
            operation,
            self._clock.boottime(),
            granted=lambda: None if turn.done() else turn.set_result(None),
            card_gone=lambda: None if turn.done() else turn.set_exception(CardRemoved(reader=ref.reader)),
            moved=lambda place, holder: progress(Progress("queued", place, holder)),
        )
        queue = self._queues.setdefault(entry.reader.name, FairQueue(*self._limits))
        queue.join(ticket)
        lease = Lease(self, entry)
        try:
            await self._turn(queue, ticket, turn, deadline)
            entry.leased = True
            self._tell(entry, queue)
            yield lease
        finally:
            self._leave_after_jobs(lease, queue, ticket)

    def show(self) -> tuple[ReaderLoad, ...]:
        """Who has which card and who waits, for every reader that is there."""
        now = self._clock.boottime()
        loads = []
        for reader in self._table.readers():
            rows = self._rows(reader.name, now)
            state = "stuck" if reader.stuck else "busy" if rows else "free"
            loads.append(ReaderLoad(reader.shown, state, rows))
        return tuple(loads)

    async def work(self, entry: CardEntry, job: Job[T], limit_s: float) -> T:
        """One job of a lease; see `Lease.run`."""
        while True:
            await _usable(entry)
            try:
                return await self._work_once(entry, job, limit_s)
            except _OutOfTheField:
                await asyncio.sleep(LOOK_AGAIN_S)

    async def _work_once(self, entry: CardEntry, job: Job[T], limit_s: float) -> T:
        self._table.job_begins(entry)
        clean, absent, proving = False, False, entry.unproven
        try:
            worker = self._workers.worker(entry.reader.name)
            whole = _proving(job, entry) if proving else job
            result = await worker.perform(whole, notes=entry.notes, limit_s=limit_s)
            clean = True
        except (CardAbsent, ReaderUnknown) as error:
            absent = True
            if self._table.job_found_no_card(entry):
                raise _OutOfTheField from error
            raise CardRemoved(replace(error.facts, reader=entry.reader.shown)) from error
        except CarddError as error:
            error.facts = replace(error.facts, reader=error.facts.reader or entry.reader.shown)
            clean = not isinstance(error, LOST)
            if isinstance(error, CardChanged):  # whatever lies in the reader, this insertion is not what it was
                self._table.replace(entry)
            raise
        finally:
            if not absent:
                self._table.job_ended(entry, clean=clean)
        if entry.ended:
            raise CardRemoved(reader=entry.reader.shown)
        if proving:
            self._table.proven(entry)
        return result

    async def _turn(self, queue: FairQueue, ticket: Ticket, turn: asyncio.Future[None], deadline: float | None) -> None:
        left = None if deadline is None else deadline - self._clock.boottime()
        try:
            async with asyncio.timeout(left):
                await turn
        except TimeoutError:
            holder = queue.running.client if queue.running is not None else None
            place = queue.place(ticket)
            raise CardBusy(reader=ticket.ref.reader, holder=holder, place=place, problem="deadline") from None

    def _leave_after_jobs(self, lease: Lease, queue: FairQueue, ticket: Ticket) -> None:
        """The next operation gets the card when this one's jobs have ended, also when its caller has gone."""

        def leave(_done: object = None) -> None:
            held = queue.running is ticket
            if held:
                lease.entry.leased = False
            queue.leave(ticket, self._clock.boottime())
            name = lease.entry.reader.name
            if queue.running is None and not queue.waiting and self._queues.get(name) is queue:
                del self._queues[name]
            if held:
                self._tell(lease.entry, queue)

        if lease.jobs:
            asyncio.gather(*lease.jobs, return_exceptions=True).add_done_callback(leave)
        else:
            leave()

    def _removed(self, ref: CardRef, _why: Departure) -> None:
        for queue in self._queues.values():
            for ticket in [ticket for ticket in queue.waiting if ticket.ref == ref]:
                ticket.card_gone()

    def _rows(self, name: ReaderName, now: float) -> tuple[QueueRow, ...]:
        queue = self._queues.get(name)
        if queue is None:
            return ()
        running = [] if queue.running is None else [queue.running]
        return tuple(
            QueueRow(place, ticket.client, ticket.operation, max(0.0, now - ticket.since))
            for place, ticket in enumerate([*running, *queue.order()], start=1 - len(running))
        )

    def _tell(self, entry: CardEntry, queue: FairQueue) -> None:
        holder = queue.running.client if queue.running is not None else None
        facts = {"reader": entry.reader.shown, "holder": holder, "waiting": len(queue.waiting)}
        self._publish("queue", "busy" if queue.running is not None else "free", facts)


async def _usable(entry: CardEntry) -> None:
    """Wait until nothing is open about this insertion. Raises `CardRemoved`."""
    await entry.settled.wait()
    if entry.ended:
        raise CardRemoved(reader=entry.reader.shown)


def _proving(job: Job[T], entry: CardEntry) -> Job[T]:
    """`job`, after the card that came back into the field has shown that it is the one it was."""
    card_type = entry.card_type

    def proven(connection: SmartCardConnection) -> T:
        seen = card_type.recognise(connection) if card_type is not None else None
        if seen is None or entry.identity is None or seen.identity != entry.identity:
            raise CardChanged()
        return job(connection)

    return proven
