"""`audit.alarms` and `audit.review`: what the rules found, what became of it, and how much of it had an explanation (A9)."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from cardd.audit.entries import Entry
from cardd.auditing.desk import Desk
from cardd.errors import AuditUnknown, CarddError, PolicyDenied
from cardd.gate.gate import Gate
from cardd.gate.request import NO_CARD, Receipt, Request
from cardd.history.book import Book
from cardd.history.questions import Filters
from cardd.japan_time import JAPAN, utc
from cardd.model import Operation
from cardd.ports import Call, Clock
from cardd.watching.hours import Office

ALARM: Final = "watch.alarm"
REVIEW: Final = "watch.review"
MOST_LOOKED_AT: Final = 5000
"""Alarms that one page looks through; it may have fewer rows than asked for, and still a next page."""
MOST_COUNTED: Final = 100_000
"""Alarms that the shares count, the newest."""
PAGE: Final = 200
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

    async def alarms(self, call: Call, wanted: Wanted) -> tuple[Listed, Receipt]:
        """The newest first. Raises `AuditIndexing`, `AuditUnavailable`, `BadRequest`, and what `Gate.allow` raises."""
        request = Request(call, Operation.AUDIT, NO_CARD)
        session = await self._gate.allow(request)
        listed = await self._asked(request, lambda book: self._listed(book, wanted))
        receipt = await self._gate.note(call, session, operation=Operation.AUDIT, count=len(listed.alarms))
        self._gate.check_session(session)
        return listed, receipt

    async def review(self, call: Call, alarm: int, verdict: str, reason: str) -> Receipt:
        """Say what became of an alarm. `reason`: a word of the wire's list. Nobody reviews what is about themselves.

        Raises `AuditUnknown` (`alarm`), `PolicyDenied` (`own_alarm`), `AuditIndexing`, and what `Gate.allow` raises.
        """
        request = Request(call, Operation.AUDIT_REVIEW, NO_CARD)
        session = await self._gate.allow(request)
        found = await self._asked(request, lambda book: _alarm(book, alarm))
        if session.operator.id in (found.text("operator"), found.text("approver")):
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
        reviews = {(each.entry.log_id, each.entry.number("alarm") or 0): each for each in _reviews(book)}
        rows: list[Alarm] = []
        last: Entry | None = None
        more = False
        for looked_at, entry in enumerate(_entries(book, ALARM, "newest", wanted.cursor)):
            if len(rows) == wanted.limit or looked_at == MOST_LOOKED_AT:
                more = True
                break
            last = entry
            review = reviews.get((entry.log_id, entry.sequence))
            if _fits(entry, review, wanted):
                rows.append(self._alarm(entry, review))
        cursor = f"{last.log_id}:{last.sequence}" if more and last is not None else None
        return Listed(tuple(rows), cursor, _shares(book, reviews) if wanted.shares else ())

    def _alarm(self, entry: Entry, review: Review | None) -> Alarm:
        due_us = self._office.end_of_working_day(entry.utc_us, self._review_days)
        return Alarm(entry, review, due_us, review is None and due_us <= self._clock.utc_us())


def _fits(entry: Entry, review: Review | None, wanted: Wanted) -> bool:
    state_fits = wanted.state == "all" or (wanted.state == "open") == (review is None)
    return state_fits and wanted.watch in (None, entry.text("watch"))


def _entries(book: Book, event: str, order: Literal["newest", "oldest"], cursor: str | None = None) -> Iterator[Entry]:
    while True:
        page = book.page(Filters(event=event), order=order, cursor=cursor, limit=PAGE)
        # What asks or refuses has the method's name as event and a code; a finding has none.
        yield from (
            use.entry for use in page.uses if use.entry.text("watch") is not None and use.entry.text("code") is None
        )
        cursor = page.cursor
        if cursor is None:
            return


def _reviews(book: Book) -> Iterator[Review]:
    return (Review(entry) for entry in _entries(book, REVIEW, "oldest"))


def _alarm(book: Book, sequence: int) -> Entry:
    """Of the log that is written. Raises `AuditUnknown`."""
    log_id = book.follower.log_id
    page = book.page(Filters(event=ALARM), cursor=f"{log_id}:{sequence + 1}", limit=1)
    for use in page.uses:
        if use.entry.sequence == sequence and use.entry.log_id == log_id:
            return use.entry
    raise AuditUnknown(problem="alarm")


def _shares(book: Book, reviews: dict[tuple[str, int], Review]) -> tuple[Share, ...]:
    alarms: Counter[tuple[str, str]] = Counter()
    verdicts: Counter[tuple[str, str, str]] = Counter()
    for counted, entry in enumerate(_entries(book, ALARM, "newest")):
        if counted == MOST_COUNTED:
            break
        place = entry.text("watch") or "", utc(entry.utc_us).astimezone(JAPAN).strftime("%Y-%m")
        alarms[place] += 1
        review = reviews.get((entry.log_id, entry.sequence))
        if review is not None:
            verdicts[*place, review.verdict] += 1
    return tuple(
        Share(watch, month, count, *(verdicts[watch, month, word] for word in ("explained", "unexplained", "misuse")))
        for (watch, month), count in sorted(alarms.items(), key=lambda each: (each[0][1], int(each[0][0][1:] or 0)))
    )
