"""`audit.disclose`: a resident, whose card lies in the reader, hears who used it in the last seven years (A11). No PIN is asked for."""

from dataclasses import dataclass

from cardd.auditing.desk import Desk
from cardd.auditing.questions import YEARS_BACK
from cardd.cards.card_type import Application
from cardd.errors import CardUnsupported
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.request import Performed, Request
from cardd.gate.step import Step
from cardd.history.book import Book
from cardd.history.questions import Filters, Use
from cardd.model import CardHandle, CardKind, Operation
from cardd.ports import Call

MOST_USES = 2000
"""In one answer: more than one use on each working day of seven years."""
USE_BYTES = 700
"""What one use takes in an answer, generously."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which card, why, in which case, and who agreed. `until_us`: only what was before (microseconds since 1970, UTC)."""

    card: CardHandle
    purpose: str
    case: str
    approval: str | None = None
    until_us: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What the record knows of the card, newest first. `complete` False: there is more, before the last one of these."""

    kind: CardKind
    uses: tuple[Use, ...]
    complete: bool

    def __repr__(self) -> str:
        return f"<Told, {len(self.uses)} uses>"


class Disclosure:
    """Needs a row of the policy for `disclose`."""

    def __init__(self, gate: Gate, desk: Desk, answer_bytes: int) -> None:
        """`answer_bytes`: the longest line of an answer."""
        self._gate, self._desk = gate, desk
        self._most = min(MOST_USES, answer_bytes // USE_BYTES)

    async def disclose(self, call: Call, order: Order) -> Performed[Told]:
        """All uses of this card that the record knows by what the card shows today; refused attempts too.

        Whether a card stands on a watch list is left out, with everything that would tell it: whoever holds the card of a person under
        support measures (支援措置) may be the one from whom that person is protected.
        A card that was given new certificates was known by others before: what was read of it then is not found by it.
        Raises what `Gate.perform` raises, `CardUnsupported`, `AuditIndexing`, `AuditUnavailable`.
        """
        request = Request(
            call,
            Operation.DISCLOSE,
            order.card,
            order.purpose,
            order.case,
            approval=order.approval,
        )

        async def plan(door: Door) -> Told:
            identities = await _identities(door)
            names = self._gate.card_names(door.kind, identities, YEARS_BACK)
            filters = Filters(cards=names, until_us=order.until_us, without_watching=True)
            uses, complete = await self._desk.answer(lambda book: self._uses(book, filters))
            return Told(door.kind, uses, complete)

        return await self._gate.perform(request, plan)

    def _uses(self, book: Book, filters: Filters) -> tuple[tuple[Use, ...], bool]:
        uses: list[Use] = []
        cursor: str | None = None
        while len(uses) < self._most:
            page = book.page(filters, cursor=cursor, limit=min(500, self._most - len(uses)))
            uses += page.uses
            cursor = page.cursor
            if cursor is None:
                break
        return tuple(uses), cursor is None


async def _identities(door: Door) -> tuple[bytes, ...]:
    """Everything by which the card may stand in the record. Raises `CardUnsupported` (`no_identity`)."""
    read = door.card_type.identities
    if read is not None:
        found = await door.run(Step(Application.JPKI, lambda card, _: read(card)))
    else:
        found = (door.identity,) if door.identity is not None else ()
    if not found:
        raise CardUnsupported(problem="no_identity")
    return found
