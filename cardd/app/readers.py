"""Readers and cards, put together: the PC/SC side, who is present, and the queues in front of the readers."""

from dataclasses import dataclass

from cardd.cards.identify import identify
from cardd.config import Settings
from cardd.pcsc.calls import PyscardCalls
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.monitor import PcscMonitor
from cardd.pcsc.workers import PcscReaderWorkers
from cardd.ports import Clock, Publish
from cardd.readers.lease import LeaseDesk
from cardd.readers.roles import RoleBook
from cardd.readers.table import PresenceTable
from cardd.readers.watch import Watch


@dataclass(frozen=True, slots=True)
class Readers:
    """All that has to do with readers."""

    table: PresenceTable
    workers: PcscReaderWorkers
    desk: LeaseDesk
    monitor: PcscMonitor
    watch: Watch


def build_readers(settings: Settings, boot_id: str, clock: Clock, publish: Publish) -> Readers:
    """`boot_id`: of this run of the daemon; it stands in the handles of cards. No thread is started."""
    limits = settings.limits
    table = PresenceTable(
        boot_id=boot_id,
        roles=RoleBook(settings.seats, virtual_readers=settings.mode == "test"),
        clock=clock,
        publish=publish,
    )
    calls = PyscardCalls()
    contexts = Contexts(calls)
    workers = PcscReaderWorkers(
        calls, contexts, on_stuck=table.set_stuck, command_limit_s=float(limits.command_seconds)
    )
    desk = LeaseDesk(
        table,
        workers,
        clock=clock,
        publish=publish,
        queue_per_reader=limits.queue_per_reader,
        queue_per_user=limits.queue_per_user,
    )
    return Readers(table, workers, desk, PcscMonitor(calls, contexts), Watch(table, workers, identify))
