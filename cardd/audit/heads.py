"""Signs the heads of a log, each day with another key, and keeps heads, keys and records in step.

The rules stand in docs/audit-log.md, "Heads" and "The key of the day"; `checkpoint` has a head's bytes. Everything here runs on the
journal's thread, after the receipt of the record that made a head due was given.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final, Protocol

from cardd.audit.chain import Damaged
from cardd.audit.checkpoint import Head, Signature, SignedHead, sign_head
from cardd.audit.clock_steps import NOTED_DAYS, SYNCHRONISED, Trust
from cardd.audit.head_files import HeadFiles
from cardd.audit.log_key import HeadMark, KeyFile, LogKey, day_of
from cardd.audit.records import StateRecord
from cardd.audit.startup import Tail
from cardd.audit.store import FULL, word_of
from cardd.errors import AuditUnavailable

INTENTS_BEHIND: Final = 50
"""So many records beyond `head_records` without a head, and no intent is taken: heads cannot be written."""
ALL_BEHIND: Final = 100
"""The same for every record."""
FIRST_KEY = "first.key"
"""In the log's directory: the verifier key of the log's first day."""
BEHIND: Final = "heads_behind"


class Clock(Protocol):
    """What heads need of `cardd.ports.Clock`."""

    def utc_us(self) -> int: ...

    def boottime(self) -> float: ...


class Log(Protocol):
    """What heads need of the journal."""

    @property
    def tail(self) -> Tail: ...

    def record_of_heads(self, record: StateRecord) -> int:
        """A record of our own, durable on return: its number. Raises `AuditUnavailable`, `JournalBroken`."""
        ...

    def give_up_reserve(self) -> bool: ...


@dataclass(slots=True)
class Keys:
    """The keys as they stand: the one in use, the next one while they change, and the number of the record that names it."""

    present: LogKey | None = None
    next: LogKey | None = None
    next_record: int | None = None


class Heads:
    """The heads and keys of one log."""

    def __init__(
        self, log: Log, keys: KeyFile, files: HeadFiles, clock: Clock, *, records: int, seconds: float, trust: Trust
    ) -> None:
        """`records`, `seconds`: a head is due after so many records, and when the oldest record without one is so old (A4). `trust`: how
        far ahead the clock is believed."""
        self._log, self._key_file, self._files, self._clock = log, keys, files, clock
        self._records, self._seconds, self._trust = records, seconds, trust
        self._jumped = False
        """The clock was days ahead of the newest record when the log was opened, and nothing said that it was right."""
        self.keys = Keys()
        self.newest: SignedHead | None = None
        """The head that covers most. May be asked from any thread."""
        self.problem: str | None = None
        """One word for why no head can be signed now. May be asked from any thread."""
        self.mark_problem: str | None = None
        """One word for why the newest head could not be noted beside the key; the next head tries again. From any thread."""
        self._due: str | None = None
        self._since: float | None = None
        """CLOCK_BOOTTIME of the oldest record without a head."""

    @property
    def uncovered(self) -> int:
        """How many records no head covers yet."""
        return self._log.tail.sequence - (self.newest.head.size if self.newest else 0)

    # --- while records are written ---------------------------------------------------------------------------------

    def recorded(self, why: str | None) -> None:
        """One more record is durable. `why`: the word of the head that it wants now, None for no hurry."""
        if self._since is None:
            self._since = self._clock.boottime()
        self._due = why or self._due
        if self._due is None and self.uncovered >= self._records:
            self._due = "count"

    @property
    def due(self) -> bool:
        """Whether `keep` has something to do. May be asked from any thread."""
        if self.keys.next is not None or self.problem is not None or self.is_over:
            return True
        return self._due is not None or self.seconds_left == 0.0

    @property
    def _settled(self) -> bool:
        """Whether `settle` has nothing to do: it is asked before each record."""
        changing = self.keys.next is not None or self.newest is None or self.newest.head.why == "key"
        return not changing and not self.is_over

    @property
    def is_over(self) -> bool:
        """Whether the day of the key is over."""
        return day_of(self._clock.utc_us()) > self._period

    @property
    def seconds_left(self) -> float | None:
        """Until the oldest record without a head is as old as it may be; 0.0 when it is; None when there is none. From any thread."""
        since = self._since
        return None if since is None else max(0.0, since + self._seconds - self._clock.boottime())

    def keep(self) -> None:
        """Sign what is due, change keys when the day has changed. What the disk says becomes `problem`. Raises `JournalBroken`."""
        if self.due:
            self._try(self._due or "time")

    def _try(self, why: str) -> None:
        try:
            self.settle()
            if self.uncovered:
                self.sign(why)
        except AuditUnavailable as error:
            self.problem = error.facts.problem
        else:
            self.problem = None

    def before_record(self, *, intent: bool) -> None:
        """Everything that must be in order before a record is taken. Raises `AuditUnavailable`, `JournalBroken`."""
        if not self._settled:
            with self._noting():
                self.settle()
        if self.uncovered >= self._records:
            self._try(self._due or "count")
        if self.uncovered >= self._records + (INTENTS_BEHIND if intent else ALL_BEHIND):
            raise AuditUnavailable(problem=BEHIND)

    def sign(self, why: str) -> SignedHead:
        """A head over all records, durable on return. Raises `AuditUnavailable`."""
        return self._write(self._present, why)

    def sign_note(self, text: bytes) -> bytes:
        """A text that is no head (an export's), signed with the key of the day: the whole note. Raises `AuditUnavailable`.

        `text` ends in a newline; its first line is `cardd/<log id>/…`, so that nobody can take it for a head of the log.
        """
        if (
            not text.startswith(f"cardd/{self._present.log_id}/".encode())
            or not text.endswith(b"\n")
            or b"\n\n" in text
        ):
            raise ValueError("this text cannot be signed")
        with self._noting():
            self.settle()
        known = self._present.verifier_key
        return text + b"\n" + Signature(known.name, known.key_id, self._present.sign(text)).line()

    # --- the clock -------------------------------------------------------------------------------------------------

    def note_jump(self, before_us: int) -> None:
        """Put on record that the clock is days ahead of the newest record before, of `before_us`, and nothing keeps it right; after a
        start, behind `log.opened`. Raises `AuditUnavailable`, `JournalBroken`."""
        today = day_of(self._clock.utc_us())
        days = (today - day_of(before_us)).days
        if days <= NOTED_DAYS or self._trust.quality() == SYNCHRONISED:
            return
        confirmed = self._trust.is_confirmed(today)
        self._jumped = not confirmed
        why = "confirmed" if confirmed else "not_synchronised"
        self._log.record_of_heads(StateRecord(event="clock.ahead", count=days, problem=why))

    @property
    def clock_problem(self) -> str | None:
        """One word for `health`: `key_ahead` while the key is of a later day than the clock says, which it keeps until then;
        `not_synchronised` after a start that `note_jump` told of, until something keeps the clock right. May be asked from any thread."""
        present, today = self.keys.present, day_of(self._clock.utc_us())
        if present is not None and present.period > today:
            return "key_ahead"
        return "not_synchronised" if self._jumped and not self._trust.sure(today) else None

    # --- keys ------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The first key, which waits as the next one: its record, its place, its head. Raises `AuditUnavailable`, `JournalBroken`."""
        key = self.keys.next or self._present
        if self.keys.next is not None:
            self._name_next(key)
            self._promote()
        self._leave_first(key)
        self._write(key, "period")

    def settle(self) -> None:
        """Finish a change of keys that broke off, then change until the key is today's. Raises `AuditUnavailable`, `JournalBroken`."""
        if self.keys.next is not None:
            self._change()
        elif self.newest is not None and self.newest.head.why == "key":
            self._open_period()
        today = day_of(self._clock.utc_us())
        problem = self._trust.problem(self._period, today)
        if problem is not None:
            raise AuditUnavailable(problem=problem)
        while self._period < today:
            following = LogKey.make(self._present.log_id, self._period + timedelta(days=1))
            self._on_disk(partial(self._key_file.write_next, following))
            self.keys.next = following
            self._change()

    def _change(self) -> None:
        """The steps of a roll-over from the record on; what is done already is left out."""
        following = self.keys.next
        assert following is not None
        self._name_next(following)
        assert self.newest is not None
        if self.newest.head.why != "key":
            self._write(self._present, "key")
        self._promote()
        self._open_period()

    def _name_next(self, key: LogKey) -> None:
        if self.keys.next_record is None:
            record = StateRecord(event="log.key", key_period=key.period.isoformat(), key_public=key.public.hex())
            self.keys.next_record = self._log.record_of_heads(record)

    def _promote(self) -> None:
        self._on_disk(self._key_file.promote)
        self.keys = Keys(self.keys.next)

    def _open_period(self) -> None:
        missed = self._period < day_of(self._clock.utc_us())
        self._write(self._present, "empty" if missed else "period")

    def _leave_first(self, key: LogKey) -> None:
        self._on_disk(partial(self._files.leave, FIRST_KEY, f"{key.verifier_key}\n".encode()))

    # --- the disk --------------------------------------------------------------------------------------------------

    def _write(self, key: LogKey, why: str) -> SignedHead:
        tail = self._log.tail
        head = Head(key.log_id, tail.sequence, tail.peaks.root(), self._clock.utc_us(), tail.last_hash, why)
        signed = sign_head(head, key.verifier_key, key.sign)
        self._on_disk(partial(self._files.append, key.period, signed))
        self.newest, self._due, self._since = signed, None, None
        self._leave_mark(head)
        return signed

    def _leave_mark(self, head: Head) -> None:
        """Behind the head: it never says more than the heads do. The head counts also where this fails."""
        try:
            self._key_file.leave_mark(HeadMark(head.log_id, head.size, head.root))
        except OSError as error:
            self.mark_problem = f"heads_{word_of(error)}"
        else:
            self.mark_problem = None

    def _on_disk(self, work: Callable[[], None]) -> None:
        """Once more with the blocks of the reserve when the disk is full. Raises `AuditUnavailable`."""
        try:
            try:
                work()
            except OSError as error:
                if word_of(error) != FULL or not self._log.give_up_reserve():
                    raise
                work()
        except OSError as error:
            raise AuditUnavailable(problem=f"heads_{word_of(error)}") from error
        except Damaged as damage:  # somebody was at the files of heads while we ran
            raise AuditUnavailable(problem=damage.problem) from damage

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except AuditUnavailable as error:
            self.problem = error.facts.problem
            raise

    @property
    def _present(self) -> LogKey:
        assert self.keys.present is not None
        return self.keys.present

    @property
    def _period(self) -> date:
        return self._present.period
