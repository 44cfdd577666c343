"""Our own counts of wrong PINs, beside the card's: 5 per insertion, 10 per card in 24 hours, 10 per operator in an hour (P5).

They hold where a card's counter does not fall (fault 30) and where a card has none (fault 171), and they are for this terminal alone.
"""

from math import ceil
from typing import Final

from cardd.errors import PinGuard
from cardd.model import PinKind
from cardd.state.store import StateStore

DAY_S: Final = 24 * 3600
HOUR_S: Final = 3600
MOST_INSERTIONS: Final = 1_000
"""So many insertions are counted in memory, far more than readers; beyond it the one counted longest ago is forgotten."""


class PinCounts:
    """Wrong PINs by insertion, card and operator. All PINs of a card count together: whoever guesses may try them in turn.

    Counts by insertion are in memory and end with the insertion; a restart of the daemon forgets them, and those by card hold on.
    Badge PINs are counted by `LoginAttempts`.
    """

    def __init__(
        self,
        store: StateStore,
        *,
        per_insertion: int = 5,
        per_card_and_day: int = 10,
        per_operator_and_hour: int = 10,
    ) -> None:
        self._store = store
        self._per_insertion = per_insertion
        self._per_card, self._per_operator = per_card_and_day, per_operator_and_hour
        self._insertions: dict[str, int] = {}
        self._waiting: list[tuple[int, str, str | None, str | None]] = []
        """Rows that the disk has not taken. No more than the PINs that are asked for at once, for `check` lets nobody pass."""

    def check(self, card: str | None, insertion: str, operator: str | None, which: PinKind) -> None:
        """Before a PIN is asked for. `card`: its mark, 32 hex digits; None where the card is not known, or nobody is logged in.

        Raises `PinGuard` with problem `insertion_limit` (take the card out), `card_limit` or `operator_limit` (with
        `retry_after_s`); `AuditUnavailable` when the counts cannot be read, or one waits that the disk has not taken.
        """
        if self._insertions.get(insertion, 0) >= self._per_insertion:
            raise PinGuard(which=which, problem="insertion_limit")
        self._keep()
        left_s = self._left_s("card", card, self._per_card, DAY_S)
        if left_s is not None:
            raise PinGuard(which=which, problem="card_limit", retry_after_s=left_s)
        left_s = self._left_s("operator", operator, self._per_operator, HOUR_S)
        if left_s is not None:
            raise PinGuard(which=which, problem="operator_limit", retry_after_s=left_s)

    def spent(self, card: str | None, insertion: str, operator: str | None, which: PinKind) -> None:
        """Count one PIN that was wrong, or of which nobody knows.

        Raises `AuditUnavailable`: it is counted in memory, and waits there for the disk.
        """
        self._insertions[insertion] = self._insertions.pop(insertion, 0) + 1
        if len(self._insertions) > MOST_INSERTIONS:
            del self._insertions[next(iter(self._insertions))]
        self._waiting.append((self._store.own_us(), which.value, card, operator))
        self._keep()

    def insertion_ended(self, insertion: str) -> None:
        """The card was taken out: what was counted for this insertion ends with it."""
        self._insertions.pop(insertion, None)

    def _keep(self) -> None:
        if not self._waiting:
            return
        with self._store.transaction() as db:
            db.execute("DELETE FROM wrong_pins WHERE own_us <= ?", (self._store.own_us() - DAY_S * 1_000_000,))
            db.executemany("INSERT INTO wrong_pins (own_us, which, card, operator) VALUES (?, ?, ?, ?)", self._waiting)
        self._waiting.clear()

    def _left_s(self, column: str, value: str | None, most: int, window_s: int) -> int | None:
        """Seconds until the oldest of the last `most` leaves the window; None: there are fewer. `column`: `card` or `operator`."""
        if value is None:
            return None
        now = self._store.own_us()
        found = self._store.rows(
            f"SELECT own_us FROM wrong_pins WHERE {column} = ? AND own_us > ? ORDER BY own_us DESC LIMIT 1 OFFSET ?",  # noqa: S608  # a word of ours
            (value, now - window_s * 1_000_000, most - 1),
        )
        if not found:
            return None
        oldest = found[0][0]
        assert isinstance(oldest, int)
        return ceil((oldest + window_s * 1_000_000 - now) / 1e6)
