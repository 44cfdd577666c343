"""`audit.alarms` and `audit.review`: what the rules found, what became of it, and how much of it had an explanation (A9)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, TypeVar

from cardd.audit.entries import Entry
from cardd.auditing.desk import Desk
from cardd.auditing.ledger import ALARM, REVIEW, Known, Ledger
from cardd.errors import AuditUnknown, BadRequest, CarddError, PolicyDenied
from cardd.gate.gate import Gate
from cardd.gate.request import NO_CARD, Receipt, Request
from cardd.history.book import Book, parsed
from cardd.history.questions import Filters
from cardd.japan_time import JAPAN, utc
from cardd.model import Operation
from cardd.ports import Call, Clock
from cardd.watching.hours import Office

OF_THE_MACHINE: Final = frozenset({"w15", "w18"})
"""Rules about nobody: whose name stands in their evidence was there by chance."""
T = TypeVar("T")
State = Literal["open", "reviewed", "all"]


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody found out. The newest review of an alarm counts; the earlier ones stay on record."""

    entry: Entry

    @property
    def verdict(self) -> str:
        """`explained`, `unexplained` or `misuse`."""
        return self.entry.text("verdict") or ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. `due_us`: until when somebody must have looked at it, microseconds since 1970."""

    entry: Entry
    review: Review | None
    due_us: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class Share:
    """One rule in one month (of Japan, `2026-11`)."""

    watch: str
    month: str
    alarms: int
    explained: int
    unexplained: int
    misuse: int

    @property
    def still_open(self) -> int:
        """Without a review."""
        return self.alarms - self.explained - self.unexplained - self.misuse


@dataclass(frozen=True, slots=True)
class Listed:
    """One page, and the shares where they were asked for."""

    alarms: tuple[Alarm, ...]
    cursor: str | None
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alarms. `watch`: of one rule."""

    state: State = "open"
    watch: str | None = None
    cursor: str | None = None
    limit: int = 50
    shares: bool = False


class Alarms:
    """Needs the right `audit` to look, `audit_review` to say what became of one."""

    def __init__(self, gate: Gate, desk: Desk, clock: Clock, office: Office, review_days: int) -> None:
        self._gate, self._desk, self._clock = gate, desk, clock
        self._office, self._review_days = office, review_days
        self._ledger = Ledger()

    async def alarms(self, call: Call, wanted: Wanted) -> tuple[Listed, Receipt]:
        """The newest first. Raises `AuditIndexing`, `AuditUnavailable`, `BadRequest`, and what `Gate.allow` raises."""
        request = Request(call, Operation.AUDIT, NO_CARD)
        session = await self._gate.allow(request)
        listed = await self._asked(request, lambda book: self._listed(book, wanted))
        receipt = await self._gate.note(call, session, operation=Operation.AUDIT, count=len(listed.alarms))
        self._gate.check_session(session)
        return listed, receipt

    async def review(self, call: Call, alarm: int, verdict: str, reason: str) -> Receipt:
        """Say what became of an alarm. `reason`: a word of the wire's list. Nobody reviews what is about themselves:
        neither an alarm that names them, under whichever id, nor one that rests on records of what they did or agreed to.

        Raises `AuditUnknown` (`alarm`), `PolicyDenied` (`own_alarm`), `AuditIndexing`, and what `Gate.allow` raises.
        """
        request = Request(call, Operation.AUDIT_REVIEW, NO_CARD)
        session = await self._gate.allow(request)
        found, people = await self._asked(request, lambda book: _alarm(book, alarm))
        if any(self._gate.is_person(session.operator, each) for each in people):
            error = PolicyDenied(rule="own_alarm", problem="own_alarm")
            await self._gate.refuse(request, error)
            raise error
        receipt = await self._gate.note(
            call,
            session,
            event=REVIEW,
            operation=Operation.AUDIT_REVIEW,
            watch=found.text("watch"),
            alarm=alarm,
            verdict=verdict,
            reason=reason,
        )
        self._gate.check_session(session)
        return receipt

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _asked(self, request: Request, make: Callable[[Book], T]) -> T:
        try:
            return await self._desk.answer(make)
        except CarddError as error:
            await self._gate.refuse(request, error)
            raise

    def _listed(self, book: Book, wanted: Wanted) -> Listed:
        self._ledger.catch_up(book)
        found = self._ledger.newest_first(*_place(book.log_ids(), wanted.cursor))
        chosen = list(islice((each for each in found if _fits(each[2], wanted)), wanted.limit + 1))
        shown, more = chosen[: wanted.limit], len(chosen) > wanted.limit
        records = {log_id: _records(book, log_id, shown) for log_id in {each[0] for each in shown}}
        rows = [
            self._alarm(records[log_id][number], records[log_id].get(known.review))
            for log_id, number, known in shown
            if number in records[log_id]
        ]
        cursor = f"{shown[-1][0]}:{shown[-1][1]}" if more else None
        return Listed(tuple(rows), cursor, self._shares(book) if wanted.shares else ())

    def _alarm(self, entry: Entry, reviewed: Entry | None) -> Alarm:
        review = Review(reviewed) if reviewed is not None else None
        due_us = self._office.end_of_working_day(entry.utc_us, self._review_days)
        return Alarm(entry, review, due_us, review is None and due_us <= self._clock.utc_us())

    def _shares(self, book: Book) -> tuple[Share, ...]:
        counts: dict[tuple[str, str], Counter[str]] = {}
        for _, _, known in self._ledger.newest_first(book.log_ids()):
            month = utc(known.utc_us).astimezone(JAPAN).strftime("%Y-%m")
            counts.setdefault((known.watch, month), Counter())[known.verdict] += 1
        return tuple(
            Share(watch, month, told.total(), told["explained"], told["unexplained"], told["misuse"])
            for (watch, month), told in sorted(counts.items(), key=lambda each: (each[0][1], int(each[0][0][1:] or 0)))
        )


def _fits(known: Known, wanted: Wanted) -> bool:
    state_fits = wanted.state == "all" or (wanted.state == "open") == (known.review == 0)
    return state_fits and wanted.watch in (None, known.watch)


def _place(log_ids: list[str], cursor: str | None) -> tuple[list[str], int | None]:
    """The logs that are still to be told of, and before which number of the first of them. Raises `BadRequest` (`cursor`)."""
    if cursor is None:
        return log_ids, None
    log_id, before = parsed(cursor)
    if log_id not in log_ids:
        raise BadRequest(field="cursor", problem="unknown")
    return log_ids[log_ids.index(log_id) :], before


def _records(book: Book, log_id: str, shown: list[tuple[str, int, Known]]) -> dict[int, Entry]:
    """The records of the alarms of one log, and of their reviews."""
    here = [(number, known.review) for log, number, known in shown if log == log_id]
    return book.entries_of(log_id, [number for pair in here for number in pair if number])


def _alarm(book: Book, sequence: int) -> tuple[Entry, frozenset[str]]:
    """An alarm of the log that is written, and the operators whom it is about. Raises `AuditUnknown`."""
    log_id = book.follower.log_id
    book.page(Filters(event=ALARM), limit=1)  # waits until the index has it
    found = book.entries_of(log_id, [sequence]).get(sequence)
    if found is None or found.event != ALARM:
        raise AuditUnknown(problem="alarm")
    behind = [found]
    evidence = found.content.get("evidence")
    if found.text("watch") not in OF_THE_MACHINE and isinstance(evidence, list):
        behind += book.entries_of(log_id, [each for each in evidence if type(each) is int]).values()
    named = (each.text(name) for each in behind for name in ("operator", "approver"))
    return found, frozenset(each for each in named if each is not None)
