"""All that can be asked of the record of this machine: the log that is written, and those that it goes on from. Every answer blocks."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from cardd.audit.chain import Damaged
from cardd.audit.checkpoint import SignedHead
from cardd.audit.entries import Entry, entries
from cardd.audit.head_files import newest_head
from cardd.errors import AuditIndexing, AuditUnavailable, AuditUnknown, BadRequest
from cardd.history.alarms import Finding, State, Tally, newest, tallies
from cardd.history.along import Along
from cardd.history.follower import Follower
from cardd.history.hashes import HashesDamaged
from cardd.history.index import IndexDamaged, View
from cardd.history.proofs import Handover, Proof, first_key, handovers, prove
from cardd.history.questions import Filters, Order, Records, Use, cut_before, find

__all__ = ["Beginning", "Book", "Finding", "Handover", "Page", "Proof", "SignedHead", "Tally"]
T = TypeVar("T")
CATCH_UP_SECONDS = 5.0
"""How long a question waits until everything that is on record is in the index."""
MOST_BYTES = 128 * 1024
"""Of records on one page; a page may have fewer uses for it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Uses, and by which word the next page is asked for; None: that was all."""

    uses: tuple[Use, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Beginning:
    """Of one log: the first record that is kept, and when it was made (microseconds since 1970). `cut`: the record `log.cut` of those
    before it, which two people agreed to; None where nothing was cut off.
    """

    log_id: str
    sequence: int
    utc_us: int
    cut: Entry | None


class Book:
    """Answers. Any thread; each call blocks for its own time."""

    def __init__(self, follower: Follower, *, most_bytes: int = MOST_BYTES) -> None:
        self.follower = follower
        self._most_bytes = most_bytes

    def check(self) -> None:
        """Raise `AuditIndexing` while the index is being built, `AuditUnavailable` where the log itself cannot be read."""
        problem = self.follower.problem
        if problem is not None and problem.startswith("log_"):
            raise AuditUnavailable(problem=problem)
        if not self.follower.ready:
            raise self._indexing(problem)

    def page(self, filters: Filters, *, order: Order = "newest", cursor: str | None = None, limit: int = 50) -> Page:
        """Uses that fit, by their numbers; of the log that is written first when the newest are asked for, last else.

        Raises `AuditIndexing`, `AuditUnavailable`, `BadRequest` (`cursor`).
        """
        return self._asked(lambda: self._page(filters, order, cursor, limit), wait=cursor is None)

    def proof(
        self, sequence: int, record_hash: str | None, head: SignedHead | None, log_id: str | None = None
    ) -> Proof:
        """That a record stands under a head: under `head`, of the log that is written, or under the newest of a closed log.

        Raises `AuditUnknown` (`log`: not kept here; `no_head`), and what `prove` raises.
        """

        def answer() -> Proof:
            along = self._log(log_id)
            signed = head if along is self.follower.current else newest_head(along.log)
            if signed is None:
                raise AuditUnknown(problem="no_head")
            with self.view(along) as (view, records):
                return prove(view, records, sequence, record_hash, signed)

        return self._asked(answer)

    def keys(self, after: date | None, most: int, log_id: str | None = None) -> tuple[str | None, list[Handover], bool]:
        """The first key, up to `most` hand-overs of keys behind the day `after`, and whether there are more. Raises as `handovers`."""

        def answer() -> tuple[str | None, list[Handover], bool]:
            along = self._log(log_id)
            with self.view(along) as (_, records):
                return first_key(along.log), *handovers(along.log, records, after, most)

        return self._asked(answer)

    def alarms(
        self, state: State, watch: str | None, cursor: str | None, limit: int
    ) -> tuple[list[Finding], str | None]:
        """What the rules found, the newest first, of the log that is written and then of those before it; and by which word the next
        page is asked for. `watch`: of one rule. Raises as `page`.
        """

        def answer() -> tuple[list[Finding], str | None]:
            found: list[Finding] = []
            logs, before = self._from(cursor, "newest")
            for along in logs:
                with self.view(along) as (view, records):
                    more = limit + 1 - len(found)
                    found += newest(view, records, state=state, watch=watch, before=before, limit=more)
                before = None
                if len(found) > limit:
                    last = found[limit - 1].entry
                    return found[:limit], f"{last.log_id}:{last.sequence}"
            return found, None

        return self._asked(answer, wait=cursor is None)

    def alarm_tallies(self) -> list[Tally]:
        """All alarms of all logs, counted by log. Raises as `page`, but `BadRequest`."""

        def answer() -> list[Tally]:
            found: list[Tally] = []
            for along in self._logs("newest"):
                with self.view(along) as (view, _):
                    found += tallies(view)
            return found

        return self._asked(answer)

    def entries_of(self, log_id: str, sequences: Iterable[int]) -> dict[int, Entry]:
        """Single records by their numbers, each checked against the index; those that were cut off or never written are left out.

        Raises `AuditIndexing`, `AuditUnavailable`, `AuditUnknown` (`log`).
        """

        def answer() -> dict[int, Entry]:
            found: dict[int, Entry] = {}
            with self.view(self._log(log_id)) as (_, records):
                for sequence in sequences:
                    with suppress(AuditUnknown):
                        found[sequence] = records.entry(sequence)
            return found

        return self._asked(answer, wait=False)

    def beginnings(self) -> list[Beginning]:
        """From where on each log is kept here, the log that is written first. Raises as `entries_of`."""

        def answer() -> list[Beginning]:
            return [begin for along in self._logs("newest") if (begin := self._beginning(along)) is not None]

        return self._asked(answer, wait=False)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _page(self, filters: Filters, order: Order, cursor: str | None, limit: int) -> Page:
        logs, after = self._from(cursor, order)
        for along in logs:
            with self.view(along) as (view, records):
                found = find(view, records, filters, order=order, after=after, limit=limit, most_bytes=self._most_bytes)
            after = None
            if found.after is not None:
                return Page(found.uses, f"{along.log_id}:{found.after}")
            if found.uses and along is not logs[-1]:
                following = logs[logs.index(along) + 1]
                return Page(found.uses, f"{following.log_id}:")
            if found.uses:
                return Page(found.uses, None)
        return Page((), None)

    def _from(self, cursor: str | None, order: Order) -> tuple[list[Along], int | None]:
        """The logs that are still to be told of, and the number of the last that was told of the first of them. Raises `BadRequest`."""
        logs = self._logs(order)
        names = [each.log_id for each in logs]
        start, after = (names[0], None) if cursor is None else parsed(cursor)
        if start not in names:
            raise BadRequest(field="cursor", problem="unknown")
        return logs[names.index(start) :], after

    def _beginning(self, along: Along) -> Beginning | None:
        first = next(entries(along.log), None)
        if first is None:
            return None
        entry, _ = first
        if entry.sequence == 1:
            return Beginning(along.log_id, 1, entry.utc_us, None)
        with self.view(along) as (view, records):
            cut = cut_before(view, records, entry.sequence)
        return Beginning(along.log_id, entry.sequence, entry.utc_us, cut)

    def _log(self, log_id: str | None) -> Along:
        if log_id is None:
            return self.follower.current
        found = next((each for each in self._logs("newest") if each.log_id == log_id), None)
        if found is None:
            raise AuditUnknown(problem="log")
        return found

    def _logs(self, order: Order) -> list[Along]:
        newest_first = [self.follower.current, *reversed(self.follower.closed)]
        return newest_first if order == "newest" else newest_first[::-1]

    @contextmanager
    def view(self, along: Along) -> Iterator[tuple[View, Records]]:
        """One log as it stands now. Raises `IndexDamaged`."""
        with ExitStack() as opened:
            view = opened.enter_context(View(along.directory))
            yield view, Records(along.log, view)

    def _indexing(self, problem: str | None) -> AuditIndexing:
        return AuditIndexing(problem=problem, percent=self.follower.percent)

    def _asked(self, answer: Callable[[], T], *, wait: bool = True) -> T:
        """Wait for what is on record, but not for each further page; then answer.

        An index that is found damaged is built again, and the question put off.
        """
        self.check()
        if wait and not self.follower.catch_up(CATCH_UP_SECONDS):
            self.check()
            raise self._indexing("behind")
        try:
            return answer()
        except (IndexDamaged, HashesDamaged) as error:
            self.follower.rebuild()
            raise self._indexing("index_damaged") from error
        except Damaged as error:
            raise AuditUnavailable(problem="heads_changed") from error
        except OSError as error:
            raise AuditUnavailable(problem="unreadable") from error


def parsed(cursor: str) -> tuple[str, int | None]:
    """Log id and number of the last use that was told; no number: from the beginning of that log. Raises `BadRequest` (`cursor`)."""
    log_id, _, number = cursor.partition(":")
    if number and not (number.isascii() and number.isdecimal() and len(number) <= 16):
        raise BadRequest(field="cursor", problem="form")
    return log_id, int(number) if number else None
