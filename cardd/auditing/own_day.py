"""`audit.own_day`: whoever is logged in hears what the record has of their own acts today. Nobody needs a right for that."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cardd.auditing.desk import Desk
from cardd.gate.gate import Gate
from cardd.gate.refusing import refusing
from cardd.gate.request import NO_CARD, Receipt, Request
from cardd.history.book import Book, Page
from cardd.history.questions import Filters
from cardd.japan_time import JAPAN, today
from cardd.model import Operation
from cardd.ports import Call, Clock


@dataclass(frozen=True, slots=True)
class Day:
    """One page, the newest use first. `day`: which day of Japan it is."""

    day: date
    page: Page


class OwnDays:
    """Needs a session and nothing else: one's own acts are no secret from oneself. What the rules over the record wrote is left out, for
    an alarm about an operator is not told to them by a list of their work; so is who is on a watch list.
    """

    def __init__(self, gate: Gate, desk: Desk, clock: Clock) -> None:
        self._gate, self._desk, self._clock = gate, desk, clock

    async def own_day(self, call: Call, cursor: str | None, limit: int) -> tuple[Day, Receipt]:
        """One page of the day that it is in Japan now, of the register's entry that is logged in; the question is on record before it is
        answered. Raises `AuditIndexing`, `AuditUnavailable`, `BadRequest` (`cursor`), and what `Gate.allow` raises.
        """
        request = Request(call, Operation.OWN_DAY, NO_CARD)
        session = await self._gate.allow(request)
        day = today(self._clock.utc_us())
        filters = Filters(operator=session.operator.id, since_us=_begin_us(day), without_watching=True)

        def answer(book: Book) -> Page:
            return book.page(filters, cursor=cursor, limit=limit)

        async with refusing(self._gate, request):
            page = await self._desk.answer(answer)
        receipt = await self._gate.note(call, session, operation=Operation.OWN_DAY, count=len(page.uses))
        self._gate.check_session(session)
        return Day(day, page), receipt


def _begin_us(day: date) -> int:
    """Midnight in Japan, in microseconds since 1970."""
    return (datetime.combine(day, time(), JAPAN) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
