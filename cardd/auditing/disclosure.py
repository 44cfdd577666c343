"""`audit.disclose`: a resident, whose card lies in the reader, hears who used it in the last seven years (A11). No PIN is asked for."""

from dataclasses import dataclass, replace

from cardd.auditing.desk import Desk
from cardd.auditing.going_on import Bound, GoingOn, Place
from cardd.auditing.known_card import CardLook, look
from cardd.auditing.questions import YEARS_BACK
from cardd.errors import AuditUnknown, CardUnsupported
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.refusing import refusing
from cardd.gate.request import Performed, Request
from cardd.history.book import Beginning, Book
from cardd.history.questions import Filters, Use
from cardd.model import CardHandle, CardKind, Operation
from cardd.ports import Call, Clock

MOST_USES = 2000
"""In one answer: more than one use on each working day of seven years."""
USE_BYTES = 700
"""What one use takes in an answer, generously."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which card, why, in which case, and who agreed. `until_us`: only what was before (microseconds since 1970, UTC).

    `goes_on`: the word of the answer before (`Told.goes_on`); then `approval` and `until_us` are those of the first.
    """

    card: CardHandle
    purpose: str
    case: str
    approval: str | None = None
    until_us: int | None = None
    goes_on: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What the record knows of the card, newest first.

    complete    nothing is left that was not told.
    goes_on     the word by which the same session hears the rest, without another approval; None where it is complete.
    known_since_us  from when on the card has the certificate by which it is known (microseconds since 1970): what was done with it under an
                earlier certificate is not found by it. None: nobody can say.
    kept        from where on the record is kept here; what was before is not told.
    """

    kind: CardKind
    uses: tuple[Use, ...]
    complete: bool
    goes_on: str | None
    known_since_us: int | None
    kept: tuple[Beginning, ...]

    def __repr__(self) -> str:
        return f"<Told, {len(self.uses)} uses>"


@dataclass(frozen=True, slots=True)
class _Answer:
    """Before it is on record. `cursor`: where it goes on."""

    look: CardLook
    names: tuple[str, ...]
    kind: CardKind
    uses: tuple[Use, ...]
    cursor: str | None
    kept: tuple[Beginning, ...]


class Disclosure:
    """Needs a row of the policy for `disclose`."""

    def __init__(self, gate: Gate, desk: Desk, clock: Clock, answer_bytes: int) -> None:
        """`answer_bytes`: the longest line of an answer."""
        self._gate, self._desk = gate, desk
        self._most = max(1, min(MOST_USES, answer_bytes // USE_BYTES))
        self._going_on = GoingOn(clock)

    async def disclose(self, call: Call, order: Order) -> Performed[Told]:
        """All uses of this card that the record knows by what the card shows today; refused attempts too.

        Whether a card stands on a watch list is left out, with everything that would tell it: whoever holds the card of a person under
        support measures (支援措置) may be the one from whom that person is protected.
        Raises what `Gate.perform` raises, `CardUnsupported` (`no_identity`), `AuditIndexing`, `AuditUnavailable`; going on `AuditUnknown`
        (`disclosure`; `other_card`: another one lies in the reader).
        """
        place = await self._place(call, order) if order.goes_on is not None else None
        request = Request(call, Operation.DISCLOSE, order.card, order.purpose, order.case, approval=order.approval)
        if place is not None:
            request = replace(request, approval=None, resumes=place.bound.approval)

        async def plan(door: Door) -> _Answer:
            seen = await look(door)
            if not seen.identities:
                raise CardUnsupported(problem="no_identity")
            names = self._gate.card_names(door.kind, seen.identities, YEARS_BACK)
            if place is not None and place.bound.names != frozenset(names):
                raise AuditUnknown(problem="other_card")
            until_us = order.until_us if place is None else place.until_us
            filters = Filters(cards=names, until_us=until_us, without_watching=True)
            cursor = place.cursor if place is not None else None
            uses, cursor, kept = await self._desk.answer(lambda book: self._uses(book, filters, cursor))
            return _Answer(seen, names, door.kind, uses, cursor, kept)

        done = await self._gate.perform(request, plan)
        return Performed(self._told(call, order, place, done), done.receipt)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _told(self, call: Call, order: Order, place: Place | None, done: Performed[_Answer]) -> Told:
        """With a word for the rest, where there is one. Raises `SessionRequired`, `SessionLocked`: nothing is given then."""
        answer, goes_on = done.result, None
        if answer.cursor is not None:
            if place is None:
                session, first = self._gate.session(call).id, (done.receipt.log_id, done.receipt.sequence)
                names, limit = frozenset(answer.names), self._going_on.limit()
                bound = Bound(session, order.purpose, order.case, order.approval, names, first, limit)
                place = Place(bound, answer.cursor, order.until_us)
            goes_on = self._going_on.keep(replace(place, cursor=answer.cursor))
        validity = answer.look.validity
        since_us = validity.since_us if validity is not None else None
        return Told(answer.kind, answer.uses, goes_on is None, goes_on, since_us, answer.kept)

    async def _place(self, call: Call, order: Order) -> Place:
        assert order.goes_on is not None
        async with refusing(self._gate, Request(call, Operation.DISCLOSE, order.card, order.purpose, order.case)):
            session = self._gate.session(call).id
            return self._going_on.find(order.goes_on, session, order.purpose, order.case)

    def _uses(
        self, book: Book, filters: Filters, cursor: str | None
    ) -> tuple[tuple[Use, ...], str | None, tuple[Beginning, ...]]:
        uses: list[Use] = []
        while len(uses) < self._most:
            page = book.page(filters, cursor=cursor, limit=min(500, self._most - len(uses)))
            uses += page.uses
            cursor = page.cursor
            if cursor is None:
                break
        return tuple(uses), cursor, tuple(book.beginnings())
