"""Refusals on the record, without letting a flood of them fill the disk: the first one, then totals a minute (fault 150)."""

from collections.abc import Callable
from dataclasses import dataclass

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.records import RecordContext, StateRecord
from cardd.errors import ApprovalRequired, AuditUnavailable
from cardd.ports import Clock

WINDOW_SECONDS = 60.0
MOST_KINDS = 100
"""So many kinds of refusals one user may have open in a minute; what comes beyond them is told apart by its code alone."""
RECORD = "audit."
"""Beginning of the methods that ask the record. Whoever tries one that is refused stands there by its name, however much noise he makes
around it: what one may not ask says more about a person than a door that was closed."""
Key = tuple[int | None, str, tuple[str | None, ...]]


@dataclass(slots=True)
class _Window:
    context: RecordContext
    since: float
    more: int = 0


class Refusals:
    """Counts refusals by who, what, on which card and why; nothing is lost in number.

    Two people at two seats may share a user, and one resident must not be told of a refusal under another one's card: so seat,
    operator, method and card tell refusals apart as code and rule do. No text that a caller makes up is among them.
    """

    def __init__(self, journal: AsyncJournal, clock: Clock, on_lost: Callable[[AuditUnavailable], None]) -> None:
        """`on_lost` is told when a total cannot be written: the log of the program is then the only witness."""
        self._journal = journal
        self._clock = clock
        self._on_lost = on_lost
        self._windows: dict[Key, _Window] = {}

    async def note(self, context: RecordContext, code: str, problem: str | None) -> None:
        """One refusal. The first of its kind in a minute is recorded whole, the others are counted.

        What a second person is asked for is of a kind of its own each time; the number of those that wait is bounded.
        """
        key = self._key(context, code)
        window = self._windows.get(key)
        if window is not None:
            window.more += 1
            return
        self._windows[key] = _Window(context, self._clock.boottime())
        await self._write(context, code, problem, None)

    def _key(self, context: RecordContext, code: str) -> Key:
        kind = (
            context.event,
            context.seat,
            context.operator,
            context.card,
            context.approval if code == ApprovalRequired.code else context.rule,
        )
        key = (context.uid, code, kind)
        asks_record = context.event.startswith(RECORD)
        if key in self._windows or asks_record or self._kinds_of(context.uid) < MOST_KINDS:
            return key
        return context.uid, code, ()

    def _kinds_of(self, uid: int | None) -> int:
        return sum(each[0] == uid and not (each[2] and str(each[2][0]).startswith(RECORD)) for each in self._windows)

    async def tick(self) -> None:
        """Write the totals of the windows that are over. Called by the daemon's housekeeping, at least each minute."""
        now = self._clock.boottime()
        for key in [key for key, window in self._windows.items() if now - window.since >= WINDOW_SECONDS]:
            await self._total(key)

    async def flush(self) -> None:
        """Write the totals of all open windows: the daemon stops."""
        for key in tuple(self._windows):
            await self._total(key)

    async def _total(self, key: Key) -> None:
        window = self._windows.pop(key)
        if window.more:
            await self._write(window.context, key[1], "more_of_the_same", window.more)

    async def _write(self, context: RecordContext, code: str, problem: str | None, count: int | None) -> None:
        try:
            await self._journal.state(StateRecord(**dict(context), code=code, problem=problem, count=count))
        except AuditUnavailable as error:
            self._on_lost(error)
