"""How old a person is, from a date of birth that may lack parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

ADULT_FOR_REQUESTS: Final = 15
"""Years. Below, a legal representative (法定代理人) asks instead."""
_YEAR, _MONTH = 4, 6


@dataclass(frozen=True, slots=True)
class Age:
    """The least and the most that it can be; the same where the date is whole."""

    least: int
    most: int

    def reached(self, years: int) -> bool | None:
        """Whether; None where the date does not say."""
        return True if self.least >= years else False if self.most < years else None


def age_on(birth: Mapping[str, Any], today: date) -> Age | None:
    """On a day, from a date as `card.read` gives it (`iso`, `source`, `unknown`). None where not even the year is known.

    A year counts as full on the birthday, 29 February as 1 March in other years. By 年齢計算ニ関スル法律 it is full with the end of the day
    before; who is one day short is asked for a legal representative on that one day.
    """
    first, last = _span(birth)
    if first is None or last is None:
        return None
    return Age(_whole_years(last, today), _whole_years(first, today))


def _span(birth: Mapping[str, Any]) -> tuple[date | None, date | None]:
    if birth["iso"] is not None:
        day = date.fromisoformat(birth["iso"])
        return day, day
    source = str(birth["source"])
    digits = source if len(source) >= _MONTH and source.isdigit() else ""
    year = int(digits[:_YEAR]) if digits else 0
    if not year or "year" in birth["unknown"]:
        return None, None
    month = int(digits[_YEAR:_MONTH])
    if not 1 <= month <= 12:
        return date(year, 1, 1), date(year, 12, 31)
    after = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), date.fromordinal(after.toordinal() - 1)


def _whole_years(birth: date, today: date) -> int:
    """By the birthday; 29 February counts as 1 March in other years."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
