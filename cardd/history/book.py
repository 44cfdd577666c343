"""All that can be asked of the record of this machine: the log that is written, and those that it goes on from. Every answer blocks."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from cardd.errors import AuditIndexing, AuditUnavailable, BadRequest
from cardd.history.along import Along
from cardd.history.follower import Follower
from cardd.history.hashes import HashesDamaged
from cardd.history.index import IndexDamaged, View
from cardd.history.questions import Filters, Order, Records, Use, find

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
        return self._asked(lambda: self._page(filters, order, cursor, limit))

    # --- inside ------------------------------------------------------------------------------------------------------

    def _page(self, filters: Filters, order: Order, cursor: str | None, limit: int) -> Page:
        logs = self._logs(order)
        names = [each.log_id for each in logs]
        start, after = (names[0], None) if cursor is None else _parsed(cursor)
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

    def _logs(self, order: Order) -> list[Along]:
        newest_first = [self.follower.current, *reversed(self.follower.closed)]
        return newest_first if order == "newest" else newest_first[::-1]

    @contextmanager
    def view(self, along: Along) -> Iterator[tuple[View, Records]]:
        """One log as it stands now. Raises `IndexDamaged`."""
        with ExitStack() as opened:
            view = opened.enter_context(View(along.directory))
            yield view, Records(along.log, view)

    def _asked(self, answer: Callable[[], T]) -> T:
        """Wait for what is on record, then answer. An index that is found damaged is built again, and the question put off."""
        self.check()
        if not self.follower.catch_up(CATCH_UP_SECONDS):
            self.check()
            raise AuditIndexing(problem="behind")
        try:
            return answer()
        except (IndexDamaged, HashesDamaged) as error:
            self.follower.rebuild()
            raise AuditIndexing(problem="index_damaged") from error
        except OSError as error:
            raise AuditUnavailable(problem="unreadable") from error


def _parsed(cursor: str) -> tuple[str, int | None]:
    log_id, _, number = cursor.partition(":")
    if number and not (number.isascii() and number.isdecimal() and len(number) <= 16):
        raise BadRequest(field="cursor", problem="form")
    return log_id, int(number) if number else None
