"""The object tree of the daemon: who is given to whom. No task is started and no file is opened here but by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from cardd.api.agents import AgentRegistry
from cardd.api.events import EventHub
from cardd.api.limits import Limits
from cardd.api.methods.registry import METHODS
from cardd.api.server import Server
from cardd.api.services import About, Services
from cardd.app.checks import HealthChecks
from cardd.app.clients import ClientTable
from cardd.app.pcscd import socket_open_to_others
from cardd.app.recorder import Recorder
from cardd.app.rows import PresenceRows
from cardd.app.session_ends import card_gone, names_of_role
from cardd.app.use_cases import UseCaseLoader
from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.pseudonym import CardPseudonyms, PseudonymKey
from cardd.cards.identify import identify
from cardd.config import Settings
from cardd.gate.door import DoorTools
from cardd.gate.gate import Gate, GateParts
from cardd.gate.guard import WrongPins
from cardd.gate.refusals import Refusals
from cardd.log import get_logger
from cardd.pcsc.calls import PyscardCalls
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.monitor import PcscMonitor
from cardd.pcsc.workers import PcscReaderWorkers
from cardd.policy.rules import Policy
from cardd.ports import Clock, Publish
from cardd.readers.lease import LeaseDesk
from cardd.readers.roles import RoleBook
from cardd.readers.table import PresenceTable
from cardd.readers.watch import Watch
from cardd.register import Register
from cardd.sessions.attempts import LoginAttempts
from cardd.sessions.table import SessionTable


@dataclass(frozen=True, slots=True)
class Given:
    """What was read and opened before anything is built."""

    settings: Settings
    policy: Policy
    register: Register
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
    gate = Gate(GateParts(table, sessions, given.journal, refusals, pseudonyms, given.policy, clock, tools))
    services = Services(
        about=given.about,
        clock=clock,
        presence=PresenceRows(table, desk, sessions, settings),
        health=_health(given, table),
        events=hub,
        agents=AgentRegistry(),
        load_use_cases=UseCaseLoader(
            settings, gate, sessions, _attempts(settings, clock, publish), given.register, clock
        ),
        sessions=sessions,
        role_names=lambda code: names_of_role(given.policy, code),
    )
    server = Server(services, METHODS, ClientTable(settings), recorder.refused, _api_limits(settings))
    monitor = PcscMonitor(calls, contexts)
    return Parts(monitor, workers, Watch(table, workers, identify), sessions, refusals, server, publish)


def _health(given: Given, table: PresenceTable) -> HealthChecks:
    return HealthChecks(
        table,
        journal_problem=lambda: given.journal.problem,
        memory_locked=given.memory_locked,
        mode=given.settings.mode,
        pcscd_open=socket_open_to_others,
    )


def _attempts(settings: Settings, clock: Clock, publish: Publish) -> LoginAttempts:
    limits = settings.limits
    return LoginAttempts(
        clock,
        publish,
        failures=limits.login_failures,
        window_s=float(limits.login_window_seconds),
        lock_s=float(limits.login_lock_seconds),
    )


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
