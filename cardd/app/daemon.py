"""The life of the daemon: open, build, start, be ready, keep house, stop in order."""

import asyncio
import errno
import os
import secrets
import signal
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from cardd.api.listening import Listening, bind, passed_by_systemd
from cardd.api.services import About
from cardd.app.build import Given, Parts, build
from cardd.app.index import follow
from cardd.app.last_resort import on_dead_thread
from cardd.app.lost_state import state_lost
from cardd.app.pcscd import OpenSocketWarning
from cardd.app.recorder import Recorder
from cardd.app.remedies import UNSURE_REMEDY
from cardd.app.state import NAME as STATE
from cardd.app.state_copies import StateCopies
from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.chain import Damaged
from cardd.audit.clock_steps import UNSURE
from cardd.audit.journal import Journal, JournalSettings
from cardd.audit.pseudonym import PseudonymKey
from cardd.audit.records import StateRecord
from cardd.clock import SystemClock, boot_id, time_quality
from cardd.config import Settings
from cardd.errors import AuditUnavailable
from cardd.history.follower import Follower
from cardd.in_force import InForce
from cardd.log import get_logger
from cardd.office import record_order
from cardd.office.at_start import AtStart
from cardd.office.beginning import StartRefused
from cardd.process.systemd import notify, watchdog_seconds
from cardd.sessions.table import SessionEnd, SessionTable
from cardd.state.badges import BadgeBook
from cardd.state.store import StateStore

TICK_SECONDS = 5.0
"""Housekeeping: session limits, totals of refusals, the socket file. Limits are also checked whenever they matter."""
CLOCK_LOOK_SECONDS = 2.0
"""How often a start that waits for the clock looks again."""
WAIT_EXTENDED_US = 30_000_000
"""Told to systemd each time: so long it waits for the next word of such a start (sd_notify(3))."""
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Office:
    """What was read from files: settings, policy and register and block list, key."""

    config_file: Path
    settings: Settings
    files: AtStart
    pseudonym_key: PseudonymKey
    memory_locked: bool


class Daemon:
    """One run. `serve` returns the exit code."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._clock = SystemClock()
        self._in_force: InForce | None = None
        self._stop = asyncio.Event()
        self._failed: str | None = None

    async def serve(self) -> int:
        """Run until SIGTERM or SIGINT (0), or until something makes a restart necessary (1)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        # Without its monitor or a reader's thread the daemon would go on half blind: better a new start.
        on_dead_thread(lambda: loop.call_soon_threadsafe(self._fail, "thread_failed"))
        lost = state_lost(self._office.settings)
        store = StateStore(self._office.settings.state_directory / STATE, self._clock, boot_id())
        badges = BadgeBook(store)
        self._in_force = in_force = InForce(self._office.files.policy, self._office.files.register, badges)
        journal = await self._journal_once_sure(self._may_order(in_force, badges))
        if journal is None:
            store.close()
            return 0
        recorder = Recorder(journal)
        given = self._given(journal, store, in_force, badges)
        parts = build(given, recorder)
        await journal.state(StateRecord(event="daemon.started"))
        if lost:
            parts.publish("alarm", "state_lost", {})
        try:
            await parts.office_files.begin(self._office.files)
        except StartRefused:
            self._fail("office_files")
            await self._last_words(journal)
            await journal.close()
            store.close()
            raise
        await parts.leaving.begin()
        await parts.list_taking.begin()
        listening = self._listen()
        writing = asyncio.create_task(recorder.run(), name="recorder")
        helpers = [
            asyncio.create_task(parts.watch.run(), name="watch"),
            asyncio.create_task(self._keep_house(parts), name="housekeeping"),
            asyncio.create_task(
                self._watch_office(parts, StateCopies(store.path.parent, store, journal)), name="office files"
            ),
            asyncio.create_task(self._check_log(journal, parts), name="log check"),
            asyncio.create_task(self._keep_record(journal), name="heads"),
            asyncio.create_task(parts.watching.run(), name="watching"),
            asyncio.create_task(parts.leaving.run(), name="leaving"),
            asyncio.create_task(parts.list_taking.run(), name="revocation lists"),
            asyncio.create_task(follow(given.follower, journal), name="index"),
        ]
        for helper in helpers:
            helper.add_done_callback(self._helper_ended)
        parts.monitor.start(parts.watch.listen)
        await parts.server.start(listening)
        _tell_manager(f"READY=1\nSTATUS=Serving at {listening.path}")
        get_logger().info("ready", socket=str(listening.path), mode=self._office.settings.mode)
        await self._stop.wait()
        await self._shut_down(parts, helpers)
        await recorder.finish()
        await writing
        await self._last_words(journal)
        await journal.close()
        store.close()
        return 0 if self._failed is None else 1

    # --- start -----------------------------------------------------------------------------------------------------

    def _may_order(self, in_force: InForce, badges: BadgeBook) -> record_order.Office:
        """Who may order that the record goes on as a new one; a badge that the block list names counts no more."""
        files, blocks = self._office.files, self._office.files.blocks
        judged = InForce(files.policy, files.register, badges)
        if blocks is not None:
            judged.put_block_list(blocks.marks)
        return record_order.Office(self._office.settings, self._office.config_file, in_force.policy, judged.register)

    async def _journal_once_sure(self, may_order: record_order.Office) -> AsyncJournal | None:
        """The record, once the clock is believed; None when the daemon is told to stop meanwhile.

        A machine that was off for weeks may start before its clock is synchronised: to give up would use up the starts that systemd
        allows (fault 141), and nobody would start it again. Raises what `Journal` raises.
        """
        told = False
        while True:
            try:
                return await asyncio.to_thread(self._open_journal, may_order)
            except AuditUnavailable as error:
                if error.facts.problem != UNSURE:
                    raise
            if not told:
                get_logger().error("waiting_for_clock", problem=UNSURE, remedy=UNSURE_REMEDY)
                told = True
            _tell_manager(
                f"EXTEND_TIMEOUT_USEC={WAIT_EXTENDED_US}\nSTATUS=Waiting for a clock that is right: {UNSURE_REMEDY}"
            )
            try:
                await asyncio.wait_for(self._stop.wait(), CLOCK_LOOK_SECONDS)
            except TimeoutError:
                continue
            return None

    def _open_journal(self, may_order: record_order.Office) -> AsyncJournal:
        audit, settings = self._office.settings.audit, self._office.settings
        facts = JournalSettings(
            boot_id=boot_id(),
            mode=settings.mode,
            version=version("cardd"),
            terminal=settings.terminal,
            segment_bytes=audit.segment_mib * MIB,
            reserve_bytes=audit.reserve_mib * MIB,
            time_quality=time_quality,
            policy=self._policy_hash,
            key_file=settings.log_key_path(),
            head_records=audit.head_records,
            head_seconds=float(audit.head_seconds),
            clock_days=audit.clock_days,
            clock_confirmed=audit.clock_confirmed,
            continues=may_order.judge,
        )
        return AsyncJournal(
            Journal(audit.directory, self._clock, facts), audit.directory, lambda _: self._fail("audit_broken")
        )

    def _policy_hash(self) -> str:
        """Of the policy in force; before anything is built, of the one that was read."""
        policy = self._office.files.policy if self._in_force is None else self._in_force.policy
        return policy.hash

    def _given(self, journal: AsyncJournal, store: StateStore, in_force: InForce, badges: BadgeBook) -> Given:
        office = self._office
        about = About(version("cardd"), secrets.token_hex(8), office.settings.mode, self._clock.boottime())
        return Given(
            office.settings,
            in_force,
            store,
            badges,
            office.pseudonym_key,
            journal,
            Follower(office.settings.audit.directory, office.settings.index_path(), journal.log_id),
            self._clock,
            about,
            office.memory_locked,
        )

    def _listen(self) -> Listening:
        try:
            passed = passed_by_systemd(os.environ)
        except ValueError as error:
            raise OSError(errno.EINVAL, str(error), "LISTEN_FDS") from error
        return passed or bind(self._office.settings.socket)

    # --- while it runs -----------------------------------------------------------------------------------------------

    async def _keep_house(self, parts: Parts) -> None:
        period = min(TICK_SECONDS, watchdog_seconds() or TICK_SECONDS)
        pcscd = OpenSocketWarning(self._clock)
        while True:
            pcscd.look()
            await asyncio.sleep(self._nap_s(parts.sessions, period))
            parts.sessions.expire()
            parts.recheck_sessions()  # a role may have ended with the day
            parts.keep_lockdown()
            await parts.refusals.tick()
            if self._stop.is_set():
                return  # from here on the socket goes, and is missed by nobody
            problem = parts.server.check()
            if problem is not None:
                # Clients that look for the socket find nothing or somebody else: only a restart helps (fault 73).
                parts.publish("alarm", problem, {})
                self._fail(problem)
            else:
                _tell_manager("WATCHDOG=1")

    async def _watch_office(self, parts: Parts, copies: StateCopies) -> None:
        """Beside housekeeping, which must not wait for a check of signatures, nor for a copy of state.db."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await parts.office_files.look()
            await copies.look()

    async def _keep_record(self, journal: AsyncJournal) -> None:
        """Beside housekeeping, which must not wait for the disk. A head that is due by time has a timer of its own."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await journal.keep()

    def _nap_s(self, sessions: SessionTable, longest_s: float) -> float:
        """How long housekeeping may sleep, so that a session's lock or end is told when it happens."""
        deadline = sessions.next_deadline()
        return longest_s if deadline is None else min(longest_s, max(0.0, deadline - self._clock.boottime()))

    async def _check_log(self, journal: AsyncJournal, parts: Parts) -> None:
        try:
            records = await journal.check_all()
        except Damaged:
            get_logger().error("log_damaged", remedy="cardd-verify DIRECTORY")
            parts.publish("alarm", "log_damaged", {})
        else:
            get_logger().info("log_checked", records=records)

    def _helper_ended(self, helper: asyncio.Task[None]) -> None:
        if helper.cancelled():
            return
        error = helper.exception()
        if error is not None:
            get_logger().error("task_failed", task=helper.get_name(), exc_info=error)
            self._fail("task_failed")

    def _fail(self, why: str) -> None:
        if self._failed is None:
            self._failed = why
            get_logger().error("stopping", problem=why)
        self._stop.set()

    # --- stop --------------------------------------------------------------------------------------------------------

    async def _shut_down(self, parts: Parts, helpers: list[asyncio.Task[None]]) -> None:
        _tell_manager("STOPPING=1")
        limit_s = float(self._office.settings.limits.stop_seconds)
        parts.stop_asking()
        await parts.server.close(limit_s / 2)
        parts.sessions.end_all(SessionEnd.STOP)
        await parts.monitor.stop()
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        await parts.workers.close(limit_s / 4)
        await parts.outcomes_written(limit_s / 4)
        parts.keep_lockdown()
        await parts.refusals.flush()

    async def _last_words(self, journal: AsyncJournal) -> None:
        try:
            await journal.state(StateRecord(event="daemon.stopped", problem=self._failed))
        except AuditUnavailable as error:
            get_logger().error("record_lost", event_lost="daemon.stopped", problem=error.facts.problem)


def _tell_manager(text: str) -> None:
    """A service manager that does not read is no reason to stop serving; its own watchdog decides about us."""
    try:
        notify(text)
    except OSError as error:
        get_logger().warning("notify_failed", problem=error.strerror)
