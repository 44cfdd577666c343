"""The audit journal: intents before, results after, each on the disk before its receipt is given.

`Journal` blocks (one write, one fdatasync: a few milliseconds) and belongs on one thread; `cardd.audit.asynchronous` is the
front for the event loop.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cardd.audit.chain import encode_record
from cardd.audit.disk import Disk
from cardd.audit.records import RECORD_FORMAT, AnyRecord, IntentRecord, OutcomeRecord, Phase, Result, StateRecord
from cardd.audit.store import FULL, JournalBroken, SegmentStore, word_of
from cardd.errors import AuditUnavailable

RESERVE_BYTES = 16 * 1024 * 1024
SEGMENT_BYTES = 4 * 1024 * 1024
"""A segment is closed before the first record that would begin behind this many bytes."""


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


class Journal:
    """The one writer of one log directory."""

    def __init__(self, directory: Path, clock: Clock, settings: JournalSettings, disk: Disk | None = None) -> None:
        """Open the log in `directory` (which exists), or create it; a torn record is cut off, open intents are closed as unknown.

        Raises `Damaged` when the newest segment is damaged in the middle, `AuditUnavailable` when the disk does not let us
        write (`locked`: another process writes this log).
        """
        self._clock, self._settings = clock, settings
        self._refused: str | None = None
        self._problem: str | None = None
        try:
            self._store = SegmentStore(directory, disk or Disk(), reserve_bytes=settings.reserve_bytes)
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
        self._tail, created = self._store.open_or_create(secrets.token_bytes(16))
        left_open, cut = sorted(self._tail.open_intents), len(self._tail.torn)
        event = "log.created" if created else "log.opened"
        self.state(StateRecord(event=event, cut_bytes=cut or None, count=len(left_open) or None))
        for sequence in left_open:
            self._close_intent(sequence, OutcomeRecord(result=Result.UNKNOWN, problem="ended_before_result"))
        with suppress(AuditUnavailable), self._noting_problem():  # without it the daemon starts and takes no intent
            self._store.make_reserve()

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
        with self._noting_problem():
            self._store.make_reserve()
            receipt = self._append(Phase.INTENT, record)
        self._tail.open_intents.add(receipt.sequence)
        return receipt

    def outcome(self, intent: Receipt, record: OutcomeRecord) -> Receipt:
        """Durable: data may now leave. Uses the reserve when the disk is full. Raises `AuditUnavailable`, `JournalBroken`."""
        if intent.log_id != self.log_id or intent.sequence not in self._tail.open_intents:
            raise ValueError("this intent is not open")
        return self._close_intent(intent.sequence, record)

    def state(self, record: StateRecord) -> Receipt:
        """Durable. Uses the reserve when the disk is full. Raises `AuditUnavailable`, `JournalBroken`."""
        return self._append_closing(Phase.STATE, record)

    @property
    def problem(self) -> str | None:
        """One word for why nothing can be recorded now; None while the newest try went well. May be asked from any thread."""
        return self._refused or self._problem

    def refuse(self, problem: str) -> None:
        """Take no intent from now on, because older records were found damaged. `problem`: one word."""
        self._refused = problem

    def close(self) -> None:
        """Give up the files. Harmless when done twice."""
        self._store.close()

    def _close_intent(self, sequence: int, record: OutcomeRecord) -> Receipt:
        receipt = self._append_closing(Phase.RESULT, record, intent=sequence)
        self._tail.open_intents.discard(sequence)
        return receipt

    def _append_closing(self, phase: Phase, record: AnyRecord, *, intent: int | None = None) -> Receipt:
        with self._noting_problem():
            try:
                return self._append(phase, record, intent=intent)
            except AuditUnavailable as error:
                if error.facts.problem != FULL or not self._store.give_up_reserve():
                    raise
            return self._append(phase, record, intent=intent)

    @contextmanager
    def _noting_problem(self) -> Iterator[None]:
        try:
            yield
        except AuditUnavailable as error:
            self._problem = error.facts.problem
            raise
        self._problem = None if self._store.has_reserve else FULL  # results still go in, intents do not

    def _append(self, phase: Phase, record: AnyRecord, *, intent: int | None = None) -> Receipt:
        if self._tail.size >= self._settings.segment_bytes:
            self._store.begin_segment()
        if self._tail.sequence and self._tail.sequence < self._tail.first:
            still_open = tuple(sorted(self._tail.open_intents))
            self._put(Phase.STATE, StateRecord(event="log.segment", open_intents=still_open), None)
        return self._put(phase, record, intent)

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
