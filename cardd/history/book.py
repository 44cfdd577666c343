"""All that can be asked of the record of this machine: the log that is written, and those that it goes on from. Every answer blocks."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from cardd.audit.chain import Damaged, segments
from cardd.audit.checkpoint import SignedHead
from cardd.audit.entries import Entry
from cardd.audit.head_files import newest_head
from cardd.errors import AuditIndexing, AuditUnavailable, AuditUnknown, BadRequest
from cardd.history.along import Along
from cardd.history.follower import Follower
from cardd.history.hashes import HashesDamaged
from cardd.history.index import IndexDamaged, View
from cardd.history.proofs import Handover, Proof, first_key, handovers, prove
from cardd.history.questions import Filters, Order, Records, Use, find

__all__ = ["Book", "Handover", "Page", "Proof", "SignedHead"]
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
            raise AuditIndexing(problem=problem)

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

    def kept_from(self, log_id: str) -> int:
        """Number of the first record of a log that is kept. Raises as `entries_of`."""

        def answer() -> int:
            files = segments(self._log(log_id).log)
            return int(files[0].stem) if files else 0

        return self._asked(answer, wait=False)

    def log_ids(self) -> list[str]:
        """The log that is written, then those it goes on from, the newest first."""
        return [each.log_id for each in self._logs("newest")]

    # --- inside ------------------------------------------------------------------------------------------------------

    def _page(self, filters: Filters, order: Order, cursor: str | None, limit: int) -> Page:
        logs = self._logs(order)
        names = [each.log_id for each in logs]
        start, after = (names[0], None) if cursor is None else parsed(cursor)
        if start not in names:
            raise BadRequest(field="cursor", problem="unknown")
        for along in logs[names.index(start) :]:
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

    def _asked(self, answer: Callable[[], T], *, wait: bool = True) -> T:
        """Wait for what is on record, but not for each further page; then answer.

        An index that is found damaged is built again, and the question put off.
        """
        self.check()
        if wait and not self.follower.catch_up(CATCH_UP_SECONDS):
            self.check()
            raise AuditIndexing(problem="behind")
        try:
            return answer()
        except (IndexDamaged, HashesDamaged) as error:
            self.follower.rebuild()
            raise AuditIndexing(problem="index_damaged") from error
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
