"""`audit.query`: which uses of cards fit. Asking is itself on record: who asked, about whom, by which filters."""

from dataclasses import dataclass, replace

from cardd.auditing.desk import Desk
from cardd.auditing.known_card import validity_of
from cardd.errors import BadRequest
from cardd.gate.gate import Gate
from cardd.gate.refusing import refusing
from cardd.gate.request import NO_CARD, Receipt, Request
from cardd.history.book import Beginning, Book, Page
from cardd.history.questions import Filters, Order, Use
from cardd.model import CardHandle, KeyRole, Operation
from cardd.ports import Call

__all__ = ["YEARS_BACK", "Asked", "Filters", "Questions", "Use"]
YEARS_BACK = 7
"""Records are kept so long (A8), and a card has another pseudonym each year."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `present`: the card that lies in this reader is meant; not together with `filters.cards`."""

    filters: Filters
    present: CardHandle | None = None
    order: Order = "newest"
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Answered:
    """One page. `kept`, on the first: from where on each log is kept here. `known_since_us`: with `present`, from when on the card has the
    certificate by which the record knows it (microseconds since 1970); None where that was not read in this insertion.
    """

    page: Page
    kept: tuple[Beginning, ...]
    known_since_us: int | None


class Questions:
    """Needs the right `audit`."""

    def __init__(self, gate: Gate, desk: Desk) -> None:
        self._gate, self._desk = gate, desk

    async def query(self, call: Call, asked: Asked) -> tuple[Answered, Receipt]:
        """One page of uses, on record before it is given. Raises `BadRequest`, `AuditIndexing`, `AuditUnavailable`, what `Gate.allow`
        raises, and for `present` what `Gate.names_of_present` raises.
        """
        request = Request(call, Operation.AUDIT, NO_CARD, subject=asked.filters.operator)
        session = await self._gate.allow(request)
        async with refusing(self._gate, request):
            filters = await self._complete(call, asked)
            page, kept = await self._desk.answer(lambda book: _answered(book, filters, asked))
            since_us = await self._known_since(asked)
        receipt = await self._gate.note(
            call,
            session,
            operation=Operation.AUDIT,
            subject=asked.filters.operator,
            card=_this_year(filters, asked),
            filters=filters.names() or None,
            count=len(page.uses),
        )
        self._gate.check_session(session)
        return Answered(page, kept, since_us), receipt

    async def _complete(self, call: Call, asked: Asked) -> Filters:
        """With the pseudonyms of the card that is there."""
        if asked.present is None:
            return asked.filters
        if asked.filters.cards:
            raise BadRequest(field="present", problem="card_given_twice")
        return replace(asked.filters, cards=await self._gate.names_of_present(call, asked.present, YEARS_BACK))

    async def _known_since(self, asked: Asked) -> int | None:
        if asked.present is None:
            return None
        certificate = await self._gate.certificate_of_present(asked.present, KeyRole.AUTHENTICATION)
        validity = validity_of(certificate) if certificate is not None else None
        return validity.since_us if validity is not None else None


def _answered(book: Book, filters: Filters, asked: Asked) -> tuple[Page, tuple[Beginning, ...]]:
    page = book.page(filters, order=asked.order, cursor=asked.cursor, limit=asked.limit)
    return page, tuple(book.beginnings()) if asked.cursor is None else ()


def _this_year(filters: Filters, asked: Asked) -> str | None:
    """The pseudonym that stands in the record of the question: what was asked for, or the present card's of this year."""
    if not filters.cards:
        return None
    return filters.cards[0] if asked.present is None else filters.cards[YEARS_BACK]
