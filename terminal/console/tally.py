"""Counts over the record, made from one answer after the other, in memory that does not grow with the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from cardd.japan_time import JAPAN
from terminal.console.records import result_of

OF_CARDS: Final = frozenset(
    {
        "read", "certificate", "pin_status", "token_info", "change_pin", "sign", "grant", "disclose", "watch_list", "badge_enrol",
        "badge_renew", "badge_unblock", "login", "unlock", "approve", "lockdown_release", "head_export",
    }
)  # fmt: skip
"""Operations that are done with a card; questions about the record are none."""
WRONG: Final = frozenset({"spent", "may_be_spent"})
"""What an outcome says of a PIN that was wrong, or may have been (docs/audit-log.md, `pin_outcome`)."""
MOST_PAIRS: Final = 5_000
"""Pairs of operator and purpose that are kept apart; what comes behind them is counted together."""
LONGEST: Final = 366
"""Days of one range."""
DAYS_APART: Final = 31
WEEK: Final = 7
OTHERS: Final = ("", "")


@dataclass
class Tally:
    """`hours`: by day of the week (Monday first) and hour, in Japan. `pairs`: by operator and purpose. The others by day in Japan.

    A use is what was begun with a card, or refused before it was; a question about the record is none.
    """

    since: date
    until: date
    """The last day, included."""
    hours: list[list[int]] = field(default_factory=lambda: [[0] * 24 for _ in range(WEEK)])
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    used: Counter[date] = field(default_factory=Counter)
    refused: Counter[date] = field(default_factory=Counter)
    wrong: Counter[date] = field(default_factory=Counter)
    alarms: Counter[date] = field(default_factory=Counter)
    looked_at: int = 0
    """Records of any kind."""

    def use(self, row: Mapping[str, Any]) -> None:
        """One row of `audit.query`."""
        self.looked_at += 1
        record, late = row["record"], (row["outcome"] or {}).get("record", {})
        if record.get("operation") not in OF_CARDS or not (record.get("phase") == 1 or record.get("code")):
            return
        there = datetime.fromisoformat(row["at"]).astimezone(JAPAN)
        day = there.date()
        self.hours[there.weekday()][there.hour] += 1
        pair = str(late.get("operator") or record.get("operator") or ""), str(record.get("purpose") or "")
        self.pairs[pair if pair in self.pairs or len(self.pairs) < MOST_PAIRS else OTHERS] += 1
        self.used[day] += 1
        self.refused[day] += result_of(row) == "refused"
        self.wrong[day] += late.get("pin_outcome") in WRONG

    def alarm(self, row: Mapping[str, Any]) -> bool:
        """One row of `audit.alarms`; whether older ones can still fall into the range."""
        day = datetime.fromisoformat(row["at"]).astimezone(JAPAN).date()
        if self.since <= day <= self.until:
            self.alarms[day] += 1
        return day >= self.since

    @property
    def total(self) -> int:
        """Uses."""
        return self.used.total()

    def spans(self) -> Iterator[tuple[str, tuple[date, ...]]]:
        """The range in days, or in weeks where it is long: a name and the days of each."""
        days = [self.since + timedelta(number) for number in range((self.until - self.since).days + 1)]
        step = 1 if len(days) <= DAYS_APART else WEEK
        for first in range(0, len(days), step):
            yield f"{days[first]:%m-%d}", tuple(days[first : first + step])

    def over(self, counts: Counter[date]) -> list[tuple[str, int]]:
        """One of the counts by day, by the spans of the range."""
        return [(name, sum(counts[day] for day in days)) for name, days in self.spans()]

    def shares(self) -> list[tuple[str, int, int]]:
        """Name, refused, all, by the spans of the range."""
        return [
            (name, sum(self.refused[day] for day in days), sum(self.used[day] for day in days))
            for name, days in self.spans()
        ]


def percent(part: int, whole: int) -> float:
    """A share; 0 of nothing is 0."""
    return 100 * part / whole if whole else 0.0
