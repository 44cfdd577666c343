"""How persons' names, dates and sizes stand on the screen."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from markupsafe import Markup, escape

from cardd.japan_time import JAPAN
from cardd.japan_time import wareki as era_day
from cardd.wire.fault import Locale

_PRIVATE: Final = frozenset({"Co", "Cn"})
_STEERING: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_STEP: Final = 1000


def person(text: str) -> Markup:
    """Text from a card, unchanged: what steers the reading order is replaced; what no font is sure to have is marked with its number.

    Variation selectors stay, because the person's own form of the character hangs on them (JIS X 0213, Ideographic Variation Database).
    """
    return Markup("").join(_marked(char) for char in text)


def _marked(char: str) -> Markup:
    if any(ord(char) in each for each in _SELECTORS):
        return Markup(char)  # noqa: S704  # one character of these ranges, which are no markup
    category = unicodedata.category(char)
    if category in _PRIVATE:
        return Markup('<span class="gaiji" title="U+{0}">〓<small>U+{0}</small></span>').format(f"{ord(char):04X}")
    if category in _STEERING:
        return Markup("\N{REPLACEMENT CHARACTER}")
    return escape(char)


def date_of(given: Mapping[str, Any] | None, locale: Locale) -> str:
    """A date from a card: both calendars; what it does not say is told as unknown (decision: unknown is no error)."""
    if given is None:
        return "—"
    if given["iso"] is None:
        return f"{given['source']}（{'不明の部分あり' if locale == 'ja' else 'partly unknown'}）"
    return wareki(given["iso"], locale)


def wareki(iso: str, locale: Locale) -> str:
    """A day (`2026-11-23`) in Japanese years beside the ISO form; in English the ISO form first."""
    day = date.fromisoformat(iso)
    return f"{era_day(day)}（{iso}）" if locale == "ja" else f"{iso} ({era_day(day)})"


def moment(rfc3339: str | None) -> str:
    """A time of the daemon on the clock of Japan: `11-23 14:05`; today's without the day is not worth a mistake."""
    if rfc3339 is None:
        return "—"
    return datetime.fromisoformat(rfc3339).astimezone(JAPAN).strftime("%m-%d %H:%M")


def octets(count: int) -> str:
    """Bytes in the unit that a person reads."""
    value, units = float(count), ["B", "KB", "MB", "GB"]
    while value >= _STEP and len(units) > 1:
        value /= _STEP
        units.pop(0)
    return f"{value:.0f} {units[0]}" if units[0] == "B" else f"{value:.1f} {units[0]}"
