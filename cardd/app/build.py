"""The object tree of the daemon: who is given to whom. No task is started and no file is opened here but by name."""

from collections.abc import Callable, Mapping
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
from cardd.app.office_files import office_parts
from cardd.app.pcscd import socket_open_to_others
from cardd.app.recorder import Recorder
from cardd.app.reset import CardReset
from cardd.app.rows import PresenceRows
from cardd.app.session_ends import card_gone, names_of_role, standing
from cardd.app.state import open_tables
from cardd.app.use_cases import UseCaseLoader, UseCaseParts
from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.pseudonym import CardPseudonyms, PseudonymKey
from cardd.cards.identify import identify
from cardd.config import Settings
from cardd.gate.door import DoorTools
from cardd.gate.gate import Gate, GateParts
from cardd.gate.guard import WrongPins
from cardd.gate.refusals import Refusals
from cardd.in_force import InForce
from cardd.log import get_logger
from cardd.office.exchange import OfficeFiles
from cardd.pcsc.calls import PyscardCalls
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.monitor import PcscMonitor
from cardd.pcsc.workers import PcscReaderWorkers
from cardd.ports import Clock, Publish
from cardd.readers.lease import LeaseDesk
from cardd.readers.roles import RoleBook
from cardd.readers.table import PresenceTable
from cardd.readers.watch import Watch
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


def build(given: Given, recorder: Recorder) -> Parts:
    """Wire adapters to ports."""
    settings, clock = given.settings, given.clock
    limits = settings.limits
    hub = EventHub(given.about.boot_id, kept=limits.event_ring)

    def publish(topic: str, change: str, facts: Mapping[str, str | int | None]) -> None:
        if topic == "alarm":
            recorder.alarm(change, facts)
        hub.publish(topic, change, facts)

    table = PresenceTable(
        boot_id=given.about.boot_id,
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
    sessions = SessionTable(
        clock,
        publish,
        ended=recorder.session_ended,
        locked=recorder.session_locked,
        longest_s=float(limits.session_seconds),
        lock_s=float(limits.lock_seconds),
    )
    table.on_removed(card_gone(sessions))
    refusals = Refusals(given.journal, clock, lambda error: get_logger().error("refusal_lost", code=error.code))
    tools = DoorTools(
        desk,
        WrongPins(float(limits.repeat_pin_seconds)),
        clock,
        publish,
        operation_s=float(limits.operation_seconds),
        consent_s=float(limits.consent_seconds),
    )
    pseudonyms = CardPseudonyms(given.pseudonym_key, clock.utc_us)
    tables = open_tables(given.state, settings.limits, publish)
    overrides = Overrides(clock, seconds=float(limits.override_seconds))
    sessions.on_stop(overrides.ended)
    table.on_removed(lambda card, _: tables.pin_counts.insertion_ended(card.handle))
    in_force = given.in_force

    def recheck() -> None:
        sessions.recheck(lambda each: standing(each, in_force.policy, in_force.register, clock))

    in_force.on_change(recheck)
    parts_of_office = office_parts(
        settings, in_force, given.badges, Versions(given.state), given.journal, publish, clock
    )
    office_files = OfficeFiles(parts_of_office)
    gate = Gate(
        GateParts(
            table,
            sessions,
            given.journal,
            refusals,
            pseudonyms,
            given.in_force,
            tables.lockdown,
            tables.approvals,
            overrides,
            tables.pin_counts,
            clock,
            tools,
            pin_fresh_s=float(limits.pin_fresh_seconds),
        )
    )
    use_cases = UseCaseParts(
        settings,
        gate,
        sessions,
        given.in_force,
        tables.attempts,
        tables.approvals,
        tables.lockdown,
        overrides,
        clock,
        publish,
        CardReset(table, workers),
        fresh_lists=parts_of_office.block_list.check_login,
        badges=given.badges,
        moment=given.state.now,
        office_files=office_files,
    )
    services = Services(
        about=given.about,
        clock=clock,
        presence=PresenceRows(table, desk, sessions, settings, lambda: tables.lockdown.engaged is not None),
        health=_health(given, table, tables.lockdown, office_files),
        events=hub,
        agents=AgentRegistry(),
        load_use_cases=UseCaseLoader(use_cases),
        sessions=sessions,
        role_names=lambda code: names_of_role(in_force.policy, code),
        policy=lambda: in_force.policy,
        private_clients=frozenset(client.name for client in settings.clients if client.private_sector),
    )
    server = Server(services, METHODS, ClientTable(settings), recorder.refused, _api_limits(settings))
    monitor = PcscMonitor(calls, contexts)
    watch, keep_lockdown = Watch(table, workers, identify), tables.lockdown.keep
    return Parts(monitor, workers, watch, sessions, recheck, keep_lockdown, office_files, refusals, server, publish)


def _health(given: Given, table: PresenceTable, lockdown: Lockdown, office_files: OfficeFiles) -> HealthChecks:
    return HealthChecks(
        table,
        journal_problem=lambda: given.journal.problem,
        memory_locked=given.memory_locked,
        mode=given.settings.mode,
        pcscd_open=socket_open_to_others,
        lockdown_problem=lambda: _lockdown_problem(lockdown),
        office_checks=office_files.checks,
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
