"""Days as people at a counter type them: `2026-11-16`, `2026/11/16`, `20261116`, `R8.11.16`, `令和8年11月16日`, full-width or not."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final

_ERAS: Final = {"R": 2018, "令和": 2018, "H": 1988, "平成": 1988, "S": 1925, "昭和": 1925}
"""The year before the first of each."""
_FIRST_DAYS: Final = {2018: date(2019, 5, 1), 1988: date(1989, 1, 8), 1925: date(1926, 12, 25)}
_FORMS: Final = (
    re.compile(r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})", re.ASCII),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})", re.ASCII),
    re.compile(r"(?P<year>[0-9]{4})年(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})日"),
    re.compile(r"(?P<era>[RHS])(?P<year>[0-9]{1,2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})", re.ASCII),
    re.compile(r"(?P<era>令和|平成|昭和)(?P<year>元|[0-9]{1,2})年(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})日"),
)


def day_typed(text: str) -> date | None:
    """The day; None for what is none, and for a day that its era does not have."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    found = next((match for match in (form.fullmatch(plain) for form in _FORMS) if match), None)
    if found is None:
        return None
    parts = found.groupdict()
    before = _ERAS[parts["era"]] if "era" in parts else 0
    year = before + (1 if parts["year"] == "元" else int(parts["year"]))
    try:
        day = date(year, int(parts["month"]), int(parts["day"]))
    except ValueError:
        return None
    return day if _in_era(day, before) else None


def _in_era(day: date, before: int) -> bool:
    """Within the era that was written, so that a slip of its letter is seen."""
    if not before:
        return True
    later = [first for first in _FIRST_DAYS.values() if first > _FIRST_DAYS[before]]
    return _FIRST_DAYS[before] <= day and (not later or day < min(later))
