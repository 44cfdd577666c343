"""Who may use a reader next: one runs, a few wait, nobody can crowd the others out. No waiting in here, only the order."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from cardd.errors import CardBusy
from cardd.model import CardRef


@dataclass(slots=True, eq=False)
class Ticket:
    """One operation that has a reader or waits for it. `since`: when it began to wait, then when it began to run."""

    ref: CardRef
    uid: int
    client: str
    operation: str
    since: float
    granted: Callable[[], None]
    """Called when its turn comes."""
    card_gone: Callable[[], None]
    """Called when the card is pulled while it waits."""
    moved: Callable[[int, str | None], None]
    """Called with place (1 = next) and holder whenever these change."""


@dataclass(slots=True)
class FairQueue:
    """The queue of one reader: 1 running, at most `longest` waiting, of these at most `per_user` of one uid; round robin
    between uids (decision: fair queue per reader)."""

    longest: int
    per_user: int
    running: Ticket | None = None
    waiting: list[Ticket] = field(default_factory=list)
    _turns: int = 0
    _last_turn: dict[int, int] = field(default_factory=dict)

    def join(self, ticket: Ticket) -> None:
        """Run at once or wait. Raises `CardBusy` with holder and the number of those who wait."""
        if self.running is None:
            self._grant(ticket)
            return
        of_user = Counter(other.uid for other in self.waiting)[ticket.uid]
        if len(self.waiting) >= self.longest or of_user >= self.per_user:
            raise CardBusy(holder=self.running.client, place=len(self.waiting) + 1, problem="queue_full")
        self.waiting.append(ticket)
        self._tell_places()

    def leave(self, ticket: Ticket, now: float) -> None:
        """The operation ended, or gave up waiting. Harmless when done twice."""
        if ticket is self.running:
            self.running = None
            self._next(now)
        elif ticket in self.waiting:
            self.waiting.remove(ticket)
            self._tell_places()

    def order(self) -> list[Ticket]:
        """Those who wait, next one first."""
        left, last, turns, order = list(self.waiting), dict(self._last_turn), self._turns, []
        while left:
            chosen = min(left, key=lambda ticket: last.get(ticket.uid, 0))
            left.remove(chosen)
            turns += 1
            last[chosen.uid] = turns
            order.append(chosen)
        return order

    def place(self, ticket: Ticket) -> int:
        """1 = next, 0 = not waiting."""
        return self.order().index(ticket) + 1 if ticket in self.waiting else 0

    def _next(self, now: float) -> None:
        if not self.waiting:
            self._last_turn.clear()
            self._turns = 0
            return
        chosen = self.order()[0]
        self.waiting.remove(chosen)
        chosen.since = now
        self._grant(chosen)
        self._tell_places()

    def _grant(self, ticket: Ticket) -> None:
        self.running = ticket
        self._turns += 1
        self._last_turn[ticket.uid] = self._turns
        ticket.granted()

    def _tell_places(self) -> None:
        holder = self.running.client if self.running is not None else None
        for place, ticket in enumerate(self.order(), start=1):
            ticket.moved(place, holder)
