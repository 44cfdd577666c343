"""The object tree of the daemon: who is given to whom. No task is started and no file is opened here but by name."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from cardd.api.agents import AgentRegistry
from cardd.api.events import EventHub
from cardd.api.limits import Limits
from cardd.api.methods.registry import METHODS
from cardd.api.server import Server
from cardd.api.services import About, Services
from cardd.app.badge_health import badge_problem
from cardd.app.checks import HealthChecks
from cardd.app.clients import ClientTable
from cardd.app.clock_health import clock_check
from cardd.app.index import index_check
from cardd.app.leaving import LeavingTask
from cardd.app.office_files import office_parts
from cardd.app.pcscd import socket_open_to_others
from cardd.app.readers import Readers, build_readers
from cardd.app.recorder import Recorder
from cardd.app.reset import CardReset
from cardd.app.revocation import asking, list_taking
from cardd.app.rows import PresenceRows
from cardd.app.session_ends import card_gone, names_of_role, standing
from cardd.app.state import StateTables, open_tables
from cardd.app.use_cases import UseCaseLoader, UseCaseParts
from cardd.app.watching import WatchedCards, WatchTask
from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.pseudonym import CardPseudonyms, PseudonymKey
from cardd.config import Settings
from cardd.gate.door import DoorTools
from cardd.gate.gate import Gate
from cardd.gate.guard import WrongPins
from cardd.gate.parts import GateParts
from cardd.gate.refusals import Refusals
from cardd.history.book import Book
from cardd.history.follower import Follower
from cardd.in_force import InForce
from cardd.log import get_logger
from cardd.model import Operation, SeatName
from cardd.office.exchange import OfficeFiles
from cardd.office.parts import OfficeParts
from cardd.pcsc.monitor import PcscMonitor
from cardd.pcsc.workers import PcscReaderWorkers
from cardd.policy.decide import has_right
from cardd.ports import Clock, Publish
from cardd.readers.entries import Departure
from cardd.readers.watch import Watch
from cardd.revocation.asking import Asking
from cardd.revocation.held import HeldLists
from cardd.revocation.taking import ListTaking
from cardd.sessions.overrides import Overrides
from cardd.sessions.table import SessionTable
from cardd.state.badges import BadgeBook
from cardd.state.lockdown import Lockdown
from cardd.state.store import StateStore
from cardd.state.versions import Versions


@dataclass(frozen=True, slots=True)
class Given:
    """What was read and opened before anything is built."""

    settings: Settings
    in_force: InForce
    state: StateStore
    badges: BadgeBook
    pseudonym_key: PseudonymKey
    journal: AsyncJournal
    follower: Follower
    clock: Clock
    about: About
    memory_locked: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """What `daemon` starts, asks and stops."""

    monitor: PcscMonitor
    workers: PcscReaderWorkers
    watch: Watch
    sessions: SessionTable
    recheck_sessions: Callable[[], None]
    """Ends sessions that may not go on under what is in force today."""
    keep_lockdown: Callable[[], None]
    """Tries the disk again where it did not take an emergency stop."""
    office_files: OfficeFiles
    refusals: Refusals
    server: Server
    publish: Publish
    watching: WatchTask
    leaving: LeavingTask
    list_taking: ListTaking
    stop_asking: Callable[[], None]
    """Nobody waits for an OCSP responder any longer."""
    outcomes_written: Callable[[float], Awaitable[None]]
    """Waits, at most so many seconds, until every operation that was begun has its outcome on record."""


@dataclass(frozen=True, slots=True)
class _Inside:
    """What stands between the readers and the socket."""

    given: Given
    hub: EventHub
    publish: Publish
    readers: Readers
    tables: StateTables
    sessions: SessionTable
    overrides: Overrides
    refusals: Refusals
    office: OfficeParts
    office_files: OfficeFiles
    watch_lists: WatchedCards
    watching: WatchTask
    leaving: LeavingTask
    lists: HeldLists
    list_taking: ListTaking
    asking: Asking | None

    def check_login(self) -> None:
        """Whether anybody may log in at all. Raises `LoginRefused`, `HeadsOverdue`."""
        self.office.block_list.check_login()
        self.leaving.leaving.check_login()


def build(given: Given, recorder: Recorder) -> Parts:
    """Wire adapters to ports."""
    inside = _inside(given, recorder)
    sessions, readers, in_force = inside.sessions, inside.readers, given.in_force

    def recheck() -> None:
        sessions.recheck(lambda each: standing(each, in_force.policy, in_force.register, given.clock))

    in_force.on_change(recheck)
    readers.table.on_removed(card_gone(sessions))
    readers.table.on_removed(lambda card, _: inside.tables.pin_counts.insertion_ended(card.handle))
    sessions.on_stop(inside.overrides.ended)
    gate = _gate(inside)
    readers.table.on_removed(
        lambda card, how: recorder.removed(gate.after_read.gone(card.handle, pulled=how is Departure.REMOVED))
    )
    services = _services(inside, _use_cases(inside, gate))
    server = Server(services, METHODS, ClientTable(given.settings), recorder.refused, _api_limits(given.settings))
    return Parts(
        readers.monitor,
        readers.workers,
        readers.watch,
        sessions,
        recheck,
        inside.tables.lockdown.keep,
        inside.office_files,
        inside.refusals,
        server,
        inside.publish,
        inside.watching,
        inside.leaving,
        inside.list_taking,
        (lambda: None) if inside.asking is None else inside.asking.stop,
        gate.quiet,
    )


def _inside(given: Given, recorder: Recorder) -> _Inside:
    settings, clock = given.settings, given.clock
    limits = settings.limits

    def may_audit(seat: str, uid: int) -> bool:
        session = sessions.find(SeatName(seat), uid)
        may = session is not None and has_right(session.operator.role, Operation.AUDIT, given.in_force.policy)
        return session is not None and may and sessions.still(session)

    hub = EventHub(given.about.boot_id, kept=limits.event_ring, may_audit=may_audit)

    def publish(topic: str, change: str, facts: Mapping[str, str | int | None]) -> None:
        if topic == "alarm":
            recorder.alarm(change, facts)
        hub.publish(topic, change, facts)

    sessions = SessionTable(
        clock,
        publish,
        ended=recorder.session_ended,
        locked=recorder.session_locked,
        longest_s=float(limits.session_seconds),
        lock_s=float(limits.lock_seconds),
    )
    watch_lists, held = WatchedCards(settings), HeldLists(clock)
    office = office_parts(settings, given.in_force, given.badges, Versions(given.state), given.journal, publish, clock)
    return _Inside(
        given,
        hub,
        publish,
        build_readers(settings, given.about.boot_id, clock, publish),
        open_tables(given.state, limits, publish),
        sessions,
        Overrides(clock, seconds=float(limits.override_seconds)),
        Refusals(given.journal, clock, lambda error: get_logger().error("refusal_lost", code=error.code)),
        office,
        OfficeFiles(office),
        watch_lists,
        WatchTask(settings, watch_lists, given.journal, clock, hub.publish),
        LeavingTask(settings, given.journal, clock, publish),
        held,
        list_taking(settings, held, given.journal, publish),
        asking(settings, clock),
    )


def _gate(inside: _Inside) -> Gate:
    given, tables, limits = inside.given, inside.tables, inside.given.settings.limits
    tools = DoorTools(
        inside.readers.desk,
        WrongPins(float(limits.repeat_pin_seconds)),
        given.clock,
        inside.publish,
        operation_s=float(limits.operation_seconds),
        consent_s=float(limits.consent_seconds),
    )
    return Gate(
        GateParts(
            inside.readers.table,
            inside.sessions,
            given.journal,
            inside.refusals,
            CardPseudonyms(given.pseudonym_key, given.clock.utc_us),
            given.in_force,
            tables.lockdown,
            tables.approvals,
            inside.overrides,
            tables.pin_counts,
            given.clock,
            tools,
            pin_fresh_s=float(limits.pin_fresh_seconds),
        )
    )


def _use_cases(inside: _Inside, gate: Gate) -> UseCaseParts:
    given, tables = inside.given, inside.tables
    return UseCaseParts(
        given.settings,
        gate,
        inside.sessions,
        given.in_force,
        tables.attempts,
        tables.approvals,
        tables.lockdown,
        inside.overrides,
        given.clock,
        inside.publish,
        CardReset(inside.readers.table, inside.readers.workers),
        fresh_lists=inside.check_login,
        badges=given.badges,
        moment=given.state.now,
        office_files=inside.office_files,
        book=Book(given.follower),
        watch_lists=inside.watch_lists,
        journal=given.journal,
        head_exported=inside.leaving.leaving.exported,
        lists=inside.lists,
        asking=inside.asking,
        on_card_gone=lambda told: inside.readers.table.on_removed(lambda card, _: told(card)),
    )


def _services(inside: _Inside, use_cases: UseCaseParts) -> Services:
    given, readers, lockdown = inside.given, inside.readers, inside.tables.lockdown
    settings, in_force = given.settings, given.in_force
    return Services(
        about=given.about,
        clock=given.clock,
        presence=PresenceRows(
            readers.table, readers.desk, inside.sessions, settings, lambda: lockdown.engaged is not None
        ),
        health=_health(inside),
        events=inside.hub,
        agents=AgentRegistry(),
        load_use_cases=UseCaseLoader(use_cases),
        sessions=inside.sessions,
        role_names=lambda code: names_of_role(in_force.policy, code),
        policy=lambda: in_force.policy,
        private_clients=frozenset(client.name for client in settings.clients if client.private_sector),
    )


def _health(inside: _Inside) -> HealthChecks:
    given, lockdown = inside.given, inside.tables.lockdown
    return HealthChecks(
        inside.readers.table,
        journal_problem=lambda: given.journal.problem,
        memory_locked=given.memory_locked,
        mode=given.settings.mode,
        pcscd_open=socket_open_to_others,
        lockdown_problem=lambda: _lockdown_problem(lockdown),
        office_checks=lambda: (
            *inside.office_files.checks(),
            *inside.leaving.checks(),
            *inside.list_taking.checks(),
            *(() if inside.asking is None else inside.asking.checks()),
            inside.watching.check(),
            index_check(given.follower),
            clock_check(given.journal),
        ),
        badge_problem=lambda: badge_problem(
            given.badges, given.in_force.register, given.clock.utc_us(), given.settings.badges.warn_days
        ),
    )


def _lockdown_problem(lockdown: Lockdown) -> str | None:
    if lockdown.engaged is None:
        return None
    return "engaged" if lockdown.kept else "not_kept"


def _api_limits(settings: Settings) -> Limits:
    limits = settings.limits
    return Limits(
        connections=limits.connections,
        connections_per_user=limits.connections_per_user,
        requests_per_second=limits.requests_per_second,
        calls_in_flight=limits.calls_in_flight,
        output_queue_bytes=limits.output_queue_bytes,
        request_line_bytes=limits.request_line_bytes,
        response_line_bytes=limits.response_line_bytes,
        line_seconds=float(limits.line_seconds),
        agent_seconds=float(limits.pin_seconds),
    )
