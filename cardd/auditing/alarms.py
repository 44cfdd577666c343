"""`audit.alarms` and `audit.review`: what the rules found, what became of it, and how much of it had an explanation (A9)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from cardd.audit.entries import Entry
from cardd.auditing.desk import Desk
from cardd.errors import AuditUnknown, PolicyDenied
from cardd.gate.gate import Gate
from cardd.gate.refusing import refusing
from cardd.gate.request import NO_CARD, Receipt, Request
from cardd.history.alarms import Finding, State
from cardd.history.book import Book
from cardd.history.questions import Filters
from cardd.history.schema import ALARM, REVIEW
from cardd.model import Operation
from cardd.ports import Call, Clock

if TYPE_CHECKING:
    from cardd.watching.hours import Office  # the calendar behind it takes time at start

OF_THE_MACHINE: Final = frozenset({"w15", "w18"})
"""Rules about nobody: whose name stands in their evidence was there by chance."""
T = TypeVar("T")


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

    def __init__(self, gate: Gate, desk: Desk, clock: Clock, office: "Office", review_days: int) -> None:
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
        async with refusing(self._gate, request):
            return await self._desk.answer(make)

    def _listed(self, book: Book, wanted: Wanted) -> Listed:
        found, cursor = book.alarms(wanted.state, wanted.watch, wanted.cursor, wanted.limit)
        return Listed(tuple(map(self._alarm, found)), cursor, _shares(book) if wanted.shares else ())

    def _alarm(self, finding: Finding) -> Alarm:
        review = Review(finding.review) if finding.review is not None else None
        due_us = self._office.end_of_working_day(finding.entry.utc_us, self._review_days)
        return Alarm(finding.entry, review, due_us, review is None and due_us <= self._clock.utc_us())


def _shares(book: Book) -> tuple[Share, ...]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for each in book.alarm_tallies():
        counts.setdefault((each.watch, each.month), Counter())[each.verdict or ""] += each.count
    return tuple(
        Share(watch, month, told.total(), told["explained"], told["unexplained"], told["misuse"])
        for (watch, month), told in sorted(counts.items(), key=lambda each: (each[0][1], _rule_number(each[0][0])))
    )


def _rule_number(watch: str) -> int:
    return int(watch[1:]) if watch[1:].isdecimal() else 0


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
