"""A card that is kept, by a grant or for the end of one signature: connected exclusively, its PIN verified once, waiting on its
reader's thread for orders.

The whole life of it is one job of that thread, so identity, clearing and power-off at its end are those of every job.
"""

import asyncio
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from cardd.cards.card_type import Application, CardType
from cardd.errors import CardChanged, CarddError, GrantUnknown
from cardd.gate.step import Unlocked
from cardd.iso7816.connection import SmartCardConnection
from cardd.signing.job import SignJob
from cardd.signing.order import Signed


@dataclass(slots=True, eq=False)
class _Order:
    """`turn` is taken once: by the thread that begins it, or by whoever gives it up before."""

    job: SignJob
    answer: "asyncio.Future[Signed]" = field(repr=False)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        return self.turn.acquire(blocking=False)


class HeldCard:
    """Orders go in on the event loop, and are done on the reader's thread one after the other."""

    def __init__(
        self,
        card_type: CardType,
        ends_at: float,
        now: Callable[[], float],
        *,
        application: Application = Application.PIV,
        lasts_s: float = math.inf,
        opening: Callable[[SmartCardConnection], None] | None = None,
        over: type[CarddError] = GrantUnknown,
    ) -> None:
        """`ends_at`, `now`: on CLOCK_BOOTTIME, which goes on in suspend.

        lasts_s   at most so many seconds after it is ready for orders.
        opening   done once between VERIFY and the first order; what it raises ends all.
        over      raised, with the word `ended`, for an order that comes too late.
        """
        self._card_type = card_type
        self._ends_at = ends_at
        self._now = now
        self._application = application
        self._lasts_s = lasts_s
        self._opening = opening
        self._over = over
        self._loop = asyncio.get_running_loop()
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._open: set[_Order] = set()
        self._ended = False
        self.made = 0
        """Signatures that the card has made, also those that nobody was given. Counted by the thread."""
        self.ready: asyncio.Future[None] = self._loop.create_future()
        """Done when the PIN has been verified and orders may come."""

    # --- event loop --------------------------------------------------------------------------------------------------

    async def sign(self, job: SignJob) -> Signed:
        """Have one order done. Raises what the job raises, `CardChanged`, and `over` when its turn never came.

        Cancelled before its turn, it is never begun; cancelled later, it runs to its end, for half of it cannot be taken back.
        """
        if self.ended:
            raise self._over(problem="ended")
        order = _Order(job, self._loop.create_future())
        self._open.add(order)
        self._orders.put(order)
        try:
            return await asyncio.shield(order.answer)
        except asyncio.CancelledError:
            if not order.take():
                await asyncio.wait([order.answer])
            raise
        finally:
            self._open.discard(order)

    @property
    def ends_at(self) -> float:
        """When it ends, on CLOCK_BOOTTIME: right once `ready` is done."""
        return self._ends_at

    @property
    def ended(self) -> bool:
        """Whether it takes no more orders; its thread may still be busy with the last one."""
        return self._ended or self._now() >= self._ends_at

    def end(self) -> None:
        """No more orders, and none that has not begun: the thread clears the card and lets it go."""
        if not self._ended:
            self._ended = True
            self._orders.put(None)

    def finish(self) -> None:
        """No more orders: the thread does those that wait, and lets the card go."""
        self._orders.put(None)

    def over(self, error: BaseException | None) -> None:
        """The card has been let go, or its thread was given up in front of a silent card: whoever still waits is told."""
        self._ended = True
        for order in self._open:
            _fail(order.answer, error if isinstance(error, CarddError) else self._over(problem="ended"))

    # --- the reader's thread -----------------------------------------------------------------------------------------

    def work(self, card: SmartCardConnection, unlocked: Unlocked) -> None:
        """The step's work: wait for orders until the end. An order that fails ends it."""
        # The card knows now that its holder is here: nothing needs the PIN any longer (requirement P6).
        unlocked.wipe()
        identity = self._card_type.reread(card, self._application)
        if self._opening is not None:
            self._opening(card)
        # From here on: the opening may have waited for somebody who knows whether the certificate is revoked.
        self._ends_at = min(self._ends_at, self._now() + self._lasts_s)
        self._tell(_settle, self.ready)
        try:
            while (order := self._next()) is not None:
                if order.take():
                    self._serve(card, identity, order)
        finally:
            self._ended = True

    def _next(self) -> _Order | None:
        """The next order in time; whoever waits in the queue when the end has come waits in vain."""
        try:
            order = None if self.ended else self._orders.get(timeout=max(0.0, self._ends_at - self._now()))
        except Empty:
            return None
        return None if self.ended else order

    def _serve(self, card: SmartCardConnection, identity: bytes, order: _Order) -> None:
        try:
            # Each signature is an operation of its own: its limits, and first the question whether it is still this card.
            card.begin_operation()
            if self._card_type.reread(card, self._application) != identity:
                raise CardChanged()
            signed = order.job.work(card, Unlocked())
        except BaseException as error:
            self._ended = True  # first: whoever hears of it and asks again must hear that it is over
            self._tell(_fail, order.answer, error)
            raise
        finally:
            self.made += order.job.made
        self._tell(_settle, order.answer, signed)

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            # The daemon has closed its loop in front of a slow card: nobody is left to tell.
            if not self._loop.is_closed():
                raise
            self._ended = True


def _settle(answer: "asyncio.Future[Signed | None]", value: Signed | None = None) -> None:
    if not answer.done():
        answer.set_result(value)


def _fail(answer: "asyncio.Future[Signed]", error: BaseException) -> None:
    if answer.done():
        return
    if isinstance(error, CarddError):
        error = type(error)(error.facts)  # an object of its own: the step completes the facts of the other
    answer.set_exception(error)
    answer.exception()  # somebody who has gone need not fetch it
