"""The audit journal: intents before, results after, each on the disk before its receipt is given.

`Journal` blocks (one write, one fdatasync: a few milliseconds) and belongs on one thread; `cardd.audit.asynchronous` is the
front for the event loop.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from cardd.audit.chain import Damaged, encode_record
from cardd.audit.checkpoint import SignedHead
from cardd.audit.clock_steps import STEP_US, TRUSTED_DAYS, ClockSteps, Trust
from cardd.audit.continuing import Judge, unsigned
from cardd.audit.disk import Disk
from cardd.audit.head_files import HeadFiles
from cardd.audit.heads import BEHIND, Heads, Keys
from cardd.audit.heads_start import Found, check_beginning, check_new, continues_of, keys_of, look
from cardd.audit.log_key import KeyFile, LogKey, day_of
from cardd.audit.records import RECORD_FORMAT, AnyRecord, IntentRecord, OutcomeRecord, Phase, Result, StateRecord
from cardd.audit.startup import Tail
from cardd.audit.store import FULL, JournalBroken, SegmentStore, word_of
from cardd.errors import AuditUnavailable
from cardd.model import Operation

RESERVE_BYTES = 16 * 1024 * 1024
SEGMENT_BYTES = 4 * 1024 * 1024
"""A segment is closed before the first record that would begin behind this many bytes."""


HEAD_AFTER: Final = {
    "daemon.started": "start",
    "daemon.stopped": "stop",
    "session.logout": "logout",
    "session.ended": "logout",
}
"""Records after which a head is due at once (A4); a login is found by its intent."""


class Clock(Protocol):
    """What the journal needs of `cardd.ports.Clock`."""

    def utc_us(self) -> int: ...

    def boottime(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a record stands: log id (32 hex digits), sequence from 1, SHA-256 of the record (64 hex digits)."""

    log_id: str
    sequence: int
    record_hash: str


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """Facts that stand in every record, and the sizes of files in bytes."""

    boot_id: str
    mode: str
    version: str
    terminal: str
    segment_bytes: int = SEGMENT_BYTES
    reserve_bytes: int = RESERVE_BYTES
    time_quality: Callable[[], str] = field(default=lambda: "unknown")
    policy: Callable[[], str | None] = field(default=lambda: None)
    """SHA-256 of the policy in force, 64 hex digits; asked on the journal's thread. An intent names the one it was decided by."""
    key_file: Path | None = None
    """The key of the day. None: beside the log's directory, under its name and `.key`; never in it, for its copies go to others."""
    head_records: int = 100
    head_seconds: float = 60.0
    """When a head is due (A4)."""
    clock_days: int = TRUSTED_DAYS
    clock_confirmed: date | None = None
    """How far ahead of the key a clock is believed that nothing keeps right, and the day up to which somebody confirmed it (`Trust`)."""
    continues: Judge = unsigned
    """Whether two people ordered what `continues.json` says; asked before a log begins, on the thread that opens the journal."""


def not_given_out(record: OutcomeRecord) -> OutcomeRecord:
    """How an operation ended whose result could not be written in time: its caller got nothing. What became of card and PIN stays."""
    if record.result is not Result.DONE:
        return record
    code = AuditUnavailable.code
    return record.model_copy(update={"result": Result.FAILED, "code": code, "problem": "result_late", "items": None})


class Journal:
    """The one writer of one log directory."""

    def __init__(self, directory: Path, clock: Clock, settings: JournalSettings, disk: Disk | None = None) -> None:
        """Open the log in `directory` (which exists), or create it; a torn record is cut off, open intents are closed as unknown.

        Heads and keys are looked at, a change of keys that broke off is finished, and keys change until the key is today's.
        Raises `Damaged` when the newest segment is damaged in the middle, or log, heads and key do not belong together (fault 109;
        the words stand in docs/audit-log.md), `AuditUnavailable` when the disk does not let us write (`locked`: another process
        writes this log; `clock_far_ahead`, `clock_unsure`: the clock is not believed).
        """
        self._directory, self._clock, self._settings = directory, clock, settings
        self._disk = disk or Disk()
        self._refused: str | None = None
        self._problem: str | None = None
        self._logins: set[int] = set()
        self._owed: dict[int, OutcomeRecord] = {}
        """Results that could not be written, by the number of their intent."""
        self._steps = ClockSteps(clock)
        try:
            self._store = SegmentStore(directory, self._disk, reserve_bytes=settings.reserve_bytes)
        except OSError as error:
            problem = "locked" if isinstance(error, BlockingIOError) else word_of(error)
            raise AuditUnavailable(problem=problem) from error
        try:
            self._begin()
        except OSError as error:
            self.close()
            raise AuditUnavailable(problem=word_of(error)) from error
        except JournalBroken as error:
            self.close()
            raise AuditUnavailable(problem="broken") from error
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        directory = self._directory
        keys = KeyFile(self._settings.key_file or directory.with_name(f"{directory.name}.key"), self._disk)
        files = HeadFiles(directory, self._disk)
        given = self._settings
        trust = Trust(given.time_quality, given.clock_days, given.clock_confirmed)
        self.heads = Heads(
            self, keys, files, self._clock, records=given.head_records, seconds=given.head_seconds, trust=trust
        )
        found = look(directory, keys, files)
        self.heads.newest = found.newest
        tail = self._store.find(found.newest.head.size if found.newest else None)
        check_beginning(directory, tail, self._settings.continues)
        if tail is None:
            check_new(directory, found)
            self._create(keys)
        else:
            self._open(tail, keys, found)
        with suppress(AuditUnavailable), self._noting_problem():  # without it the daemon starts and takes no intent
            self._store.make_reserve()

    def _create(self, keys: KeyFile) -> None:
        """A new log: its key waits beside its place until the record that names it is there."""
        log_id = secrets.token_bytes(16)
        self.heads.keys = Keys(next=self._first_key(log_id, keys))
        self._tail = self._store.create(log_id)
        self._write_first()
        self.heads.begin()

    def _first_key(self, log_id: bytes, keys: KeyFile) -> LogKey:
        key = LogKey.make(log_id.hex(), day_of(self._clock.utc_us()))
        keys.write_next(key)
        return key

    def _write_first(self) -> None:
        """Record 1: a log is new, or takes the place of another one."""
        previous = continues_of(self._directory)
        self.record_of_heads(previous.record() if previous else StateRecord(event="log.created"))

    def _open(self, tail: Tail, keys: KeyFile, found: Found) -> None:
        if tail.format > RECORD_FORMAT:  # a newer cardd has written here: what it means by its records is not known
            raise Damaged("newer_format", sequence=tail.sequence, offset=tail.last_offset)
        self._tail, before, uncovered = (
            tail,
            tail.utc_us,
            tail.sequence - (found.newest.head.size if found.newest else 0),
        )
        known = keys_of(self._directory, tail, found)
        upgraded = known is None
        self.heads.keys = known or Keys(next=self._first_key(tail.log_id, keys))
        self._store.finish_cut(found.newest.head.size if found.newest else 0)
        if known is not None and known.next is None:
            keys.discard_next()  # whole or torn, nothing names it
        if upgraded:
            self._store.begin_segment()  # from here on each segment says what came before it
        if self.heads.newest is None:
            if not tail.sequence:
                self._write_first()
            self.heads.begin()
        self.heads.settle()
        if before and self._clock.utc_us() < before - STEP_US:
            self.record_of_heads(StateRecord(event="clock.step", step_us=self._clock.utc_us() - before))
        left_open, cut = sorted(tail.open_intents), len(tail.torn)
        opened = StateRecord(event="log.opened", cut_bytes=cut or None, count=len(left_open) or None)
        self.state(opened.model_copy(update={"uncovered": uncovered or None}))
        self.heads.note_jump(before)
        for sequence in left_open:
            self._close_intent(sequence, OutcomeRecord(result=Result.UNKNOWN, problem="ended_before_result"))

    @property
    def tail(self) -> Tail:
        """Where the next record goes."""
        return self._tail

    @property
    def log_id(self) -> str:
        return self._tail.log_id.hex()

    @property
    def last(self) -> Receipt:
        """The newest record."""
        return Receipt(self.log_id, self._tail.sequence, self._tail.last_hash.hex())

    def intent(self, record: IntentRecord) -> Receipt:
        """Durable: the card may now be touched. Raises `AuditUnavailable` (nothing may be done), `JournalBroken`."""
        if self._refused is not None:
            raise AuditUnavailable(problem=self._refused)
        try:
            self._store.make_reserve()
            receipt = self._append(Phase.INTENT, record)
        except AuditUnavailable as error:
            self._note(error)
            raise
        self._written()
        self._tail.open_intents.add(receipt.sequence)
        if record.operation is Operation.LOGIN:
            self._logins.add(receipt.sequence)
        self.heads.recorded(None)
        return receipt

    def outcome(self, intent: Receipt, record: OutcomeRecord) -> Receipt:
        """Durable: data may now leave. Uses the reserve when the disk is full. Raises `AuditUnavailable`, `JournalBroken`."""
        if intent.log_id != self.log_id or intent.sequence not in self._tail.open_intents:
            raise ValueError("this intent is not open")
        try:
            receipt = self._close_intent(intent.sequence, record)
        except AuditUnavailable:
            self._owed[intent.sequence] = not_given_out(record)
            raise
        self.heads.recorded("login" if intent.sequence in self._logins and record.result is Result.DONE else None)
        self._logins.discard(intent.sequence)
        return receipt

    def state(self, record: StateRecord) -> Receipt:
        """Durable. Uses the reserve when the disk is full. Raises `AuditUnavailable`, `JournalBroken`."""
        receipt = self._append_closing(Phase.STATE, record)
        self.heads.recorded(HEAD_AFTER.get(record.event))
        return receipt

    def keep(self) -> None:
        """After each record, and now and then: heads that are due, keys of a new day, steps of the clock, results that the disk did not
        take. Raises `JournalBroken`.

        What the disk says against it becomes `problem`, and is tried again by the next call.
        """
        try:
            self.note_step()
            for sequence in sorted(self._owed):
                self._close_intent(sequence, self._owed[sequence])
                del self._owed[sequence]
            if self._problem == FULL:
                with self._noting_problem():
                    self._store.make_reserve()
        except AuditUnavailable as error:
            self._note(error)
        self.heads.keep()

    def head(self, why: str) -> SignedHead:
        """A head over all records now, durable. `why`: its word. Raises `AuditUnavailable`, `JournalBroken`."""
        self.heads.settle()
        return self.heads.sign(why)

    @property
    def closed(self) -> bool:
        """Whether the files are given up."""
        return self._store.closed

    @property
    def due(self) -> bool:
        """Whether `keep` has something to do. May be asked from any thread."""
        return self.heads.due or self._steps.seen or bool(self._owed) or self._problem == FULL

    @property
    def problem(self) -> str | None:
        """One word for why nothing can be recorded now; None while the newest try went well. May be asked from any thread."""
        return self._refused or self._problem or self.heads.problem or self.heads.mark_problem

    def refuse(self, problem: str) -> None:
        """Take no intent from now on, because older records were found damaged. `problem`: one word."""
        self._refused = problem

    def note_step(self) -> None:
        """A record when the clock was set (A10). Raises `AuditUnavailable`, `JournalBroken`."""
        if self._steps.seen:
            self.heads.before_record(intent=False)
            step_us = self._steps.step_us
            self.record_of_heads(StateRecord(event="clock.step", step_us=step_us))
            self._steps.told(step_us)

    def record_of_heads(self, record: StateRecord) -> int:
        """One of the log's own records, for which nothing else must be in order first. Raises `AuditUnavailable`, `JournalBroken`."""
        receipt = self._with_reserve(partial(self._place, Phase.STATE, record, None))
        self.heads.recorded(None)
        return receipt.sequence

    def give_up_reserve(self) -> bool:
        """Free the reserve's blocks; False when there was none."""
        return self._store.give_up_reserve()

    def close(self) -> None:
        """Give up the files; no head is signed here. Harmless when done twice."""
        self._store.close()

    def _close_intent(self, sequence: int, record: OutcomeRecord) -> Receipt:
        receipt = self._append_closing(Phase.RESULT, record, intent=sequence)
        self._tail.open_intents.discard(sequence)
        return receipt

    def _append_closing(self, phase: Phase, record: AnyRecord, *, intent: int | None = None) -> Receipt:
        try:
            receipt = self._with_reserve(partial(self._append, phase, record, intent=intent))
        except AuditUnavailable as error:
            self._note(error)
            raise
        self._written()
        return receipt

    def _with_reserve(self, work: Callable[[], Receipt]) -> Receipt:
        """Once more with the blocks of the reserve when the disk is full."""
        try:
            return work()
        except AuditUnavailable as error:
            if error.facts.problem != FULL or not self._store.give_up_reserve():
                raise
        return work()

    @contextmanager
    def _noting_problem(self) -> Iterator[None]:
        try:
            yield
        except AuditUnavailable as error:
            self._note(error)
            raise
        self._written()

    def _written(self) -> None:
        self._problem = None if self._store.has_reserve else FULL  # results still go in, intents do not

    def _note(self, error: AuditUnavailable) -> None:
        """What heads are in the way of is told, tried again and taken back by them, also where nobody asks for a record."""
        told = error.facts.problem
        self._problem = None if self.heads.problem is not None and told in (self.heads.problem, BEHIND) else told

    def _append(self, phase: Phase, record: AnyRecord, *, intent: int | None = None) -> Receipt:
        """Once more where a slow disk took it over midnight: no record stands under the key of another day."""
        while True:
            self.heads.before_record(intent=phase is Phase.INTENT)
            self.note_step()
            self._make_segment()
            if not self.heads.is_over:
                return self._put(phase, record, intent)

    def _place(self, phase: Phase, record: AnyRecord, intent: int | None) -> Receipt:
        self._make_segment()
        return self._put(phase, record, intent)

    def _make_segment(self) -> None:
        """A new segment where this one is full, and its first record."""
        if self._tail.size >= self._settings.segment_bytes:
            self._store.begin_segment()
        if self._tail.sequence and self._tail.sequence < self._tail.first:
            still_open = tuple(sorted(self._tail.open_intents))
            tree = tuple(each.hex() for each in self._tail.peaks.hashes)
            self._put(Phase.STATE, StateRecord(event="log.segment", open_intents=still_open, tree=tree), None)

    def _put(self, phase: Phase, record: AnyRecord, intent: int | None) -> Receipt:
        content = record.model_dump(mode="json", exclude_none=True) | self._common()
        policy = self._settings.policy()
        if policy is not None:
            content.setdefault("policy", policy)
        if intent is not None:
            content["intent"] = intent
        tail = self._tail
        self._store.append(encode_record(tail.sequence + 1, self._clock.utc_us(), phase, tail.last_hash, content))
        return self.last

    def _common(self) -> dict[str, object]:
        """What stands in every record."""
        return {
            "format": RECORD_FORMAT,
            "log": self.log_id,
            "boot": self._settings.boot_id,
            "mode": self._settings.mode,
            "program": self._settings.version,
            "terminal": self._settings.terminal,
            "up_us": int(self._clock.boottime() * 1_000_000),
            "time_quality": self._settings.time_quality(),
        }
