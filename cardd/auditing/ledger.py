"""Which alarms there are and what became of each: read from the record once, and then only what is new. A few words each, in memory."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from cardd.audit.entries import Entry
from cardd.history.book import Book
from cardd.history.questions import Filters

ALARM: Final = "watch.alarm"
REVIEW: Final = "watch.review"
MOST_KEPT: Final = 100_000
"""Alarms that are remembered of one log, the newest: about 30 MB."""
PAGE: Final = 200


class Known(NamedTuple):
    """One alarm. `review`: number of its newest review, 0 for none; `verdict`: what that says."""

    utc_us: int
    watch: str
    review: int = 0
    verdict: str = ""


class Ledger:
    """One thread at a time. What it says of an alarm is for choosing; what is shown is read from the log."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, Known]] = {}
        self._read: dict[str, str] = {}
        """How far each event was read: a cursor."""

    def catch_up(self, book: Book) -> None:
        """Take in what is on record by now. Raises what `Book.page` raises."""
        book.page(Filters(event=ALARM), limit=1)  # waits until the index has it all; the pages below do not
        for entry in self._new(book, ALARM):
            known = self._known.setdefault(entry.log_id, {})
            known[entry.sequence] = Known(entry.utc_us, entry.text("watch") or "")
            if len(known) > MOST_KEPT:
                del known[next(iter(known))]
        for entry in self._new(book, REVIEW):
            known, number = self._known.get(entry.log_id, {}), entry.number("alarm") or 0
            if number in known:
                known[number] = known[number]._replace(review=entry.sequence, verdict=entry.text("verdict") or "")
        for log_id, known in self._known.items():
            first = book.kept_from(log_id)
            for number in [number for number in known if number < first]:
                del known[number]

    def newest_first(self, log_ids: list[str], before: int | None = None) -> Iterator[tuple[str, int, Known]]:
        """All of these logs, in their order: log id, number, what is known; of the first log only those before a number."""
        for log_id in log_ids:
            known = self._known.get(log_id, {})
            for number in reversed(known):
                if before is None or number < before:
                    yield log_id, number, known[number]
            before = None

    def _new(self, book: Book, event: Literal["watch.alarm", "watch.review"]) -> Iterator[Entry]:
        while True:
            page = book.page(Filters(event=event), order="oldest", cursor=self._read.get(event), limit=PAGE)
            for use in page.uses:
                # Told as read before it is used: what one record cannot bear must not be read for ever.
                self._read[event] = f"{use.entry.log_id}:{use.entry.sequence}"
                # What asks or refuses has the method's name as event and a code; a finding has none.
                if use.entry.text("watch") is not None and use.entry.text("code") is None:
                    yield use.entry
            if page.cursor is None:
                return
