"""Plots as SVG made here: no script, no style attribute, every figure written out, and readable without colour.

Each function gives one `<svg role="img">` whose label says what it is; the same figures stand in a table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

INK: Final = "#1b1f24"
QUIET: Final = "#4a5560"
BAR: Final = "#174a86"
SHADES: Final = ("#ffffff", "#e6eef8", "#c3d7ee", "#8fb3da", "#4f82b8", "#174a86")
"""Of a cell by its share of the largest; the last two carry white figures."""
DARK_FROM: Final = 4
WIDTH: Final = 960
CELL: Final = 36
LEFT: Final = 60
ROW: Final = 28
LABEL: Final = 330
COLUMNS_HIGH: Final = 170
MOST_COLUMNS: Final = 31
"""Figures stand above columns as long as there is room for them."""
MOST_BARS: Final = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure with its name. `told`: how it is written; the figure itself where empty."""

    name: str
    value: float
    told: str = ""

    @property
    def text(self) -> str:
        return self.told or figure(self.value)


def figure(value: float) -> str:
    """A count with thousands set apart; a share with one decimal."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def shade(value: float, largest: float) -> int:
    """Which of `SHADES`: 0 for nothing, and never 0 for something."""
    if value <= 0 or largest <= 0:
        return 0
    return max(1, min(len(SHADES) - 1, round(value / largest * (len(SHADES) - 1))))


def heat(label: str, rows: Sequence[str], columns: Sequence[str], counts: Sequence[Sequence[int]]) -> Markup:
    """A table of counts as cells: the darker the more, and the figure in each that is not 0. `counts`: one sequence for each row."""
    largest = max((count for row in counts for count in row), default=0)
    drawn = [_text(LEFT + (n + 0.5) * CELL, 14, name, "middle", QUIET, 12) for n, name in enumerate(columns)]
    for number, (name, row) in enumerate(zip(rows, counts, strict=True)):
        top = 22 + number * CELL
        drawn.append(_text(LEFT - 8, top + CELL / 2 + 5, name, "end", INK, 14))
        for place, count in enumerate(row):
            step, left = shade(count, largest), LEFT + place * CELL
            drawn.append(_rect(left, top, CELL - 2, CELL - 2, SHADES[step], "#d9dee3"))
            if count:
                colour = "#ffffff" if step >= DARK_FROM else INK
                size = 13 if count < 1000 else 10 if count < 100_000 else 8  # four figures are wider
                drawn.append(_text(left + CELL / 2 - 1, top + CELL / 2 + 4, str(count), "middle", colour, size))
    return _svg(label, LEFT + CELL * len(columns) + 4, 26 + CELL * len(rows), drawn)


def bars(label: str, given: Sequence[Bar]) -> Markup:
    """Bars from left to right, the name before and the figure behind each; at most `MOST_BARS` of them."""
    shown = given[:MOST_BARS]
    largest, room = max((bar.value for bar in shown), default=0), WIDTH - LABEL - 110
    drawn: list[Markup] = []
    for number, bar in enumerate(shown):
        top = 4 + number * ROW
        long = bar.value / largest * room if largest > 0 else 0
        drawn += [
            _text(LABEL - 10, top + 17, _short(bar.name), "end", INK, 14),
            _rect(LABEL, top + 3, max(long, 1), ROW - 10, BAR, BAR),
            _text(LABEL + max(long, 1) + 8, top + 17, bar.text, "start", INK, 14),
        ]
    return _svg(label, WIDTH, 8 + ROW * max(1, len(shown)), drawn)


def columns(label: str, given: Sequence[Bar]) -> Markup:
    """Columns from left to right, the name below and the figure above each; names and figures of some only where they are many."""
    largest = max((bar.value for bar in given), default=0)
    wide = (WIDTH - 20) / max(1, len(given))
    every = max(1, -(-len(given) * 34 // (WIDTH - 20)))
    drawn = [_rect(10, 24 + COLUMNS_HIGH, WIDTH - 20, 1, QUIET, QUIET)]
    for number, bar in enumerate(given):
        high = bar.value / largest * COLUMNS_HIGH if largest > 0 else 0
        left, middle = 10 + number * wide, 10 + (number + 0.5) * wide
        drawn.append(_rect(left + wide * 0.15, 24 + COLUMNS_HIGH - high, wide * 0.7, high, BAR, BAR))
        if bar.value > 0 and len(given) <= MOST_COLUMNS:
            drawn.append(_text(middle, 18 + COLUMNS_HIGH - high, bar.text, "middle", INK, 12))
        if number % every == 0:
            drawn.append(_text(middle, 42 + COLUMNS_HIGH, bar.name, "middle", QUIET, 11))
    return _svg(label, WIDTH, 52 + COLUMNS_HIGH, drawn)


def _short(name: str) -> str:
    """So much of a name as there is room for; the whole one stands in the table."""
    most = 24
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _svg(label: str, wide: float, high: float, drawn: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="plot" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">{}</svg>'
    ).format(label, round(wide), round(high), round(wide), round(high), Markup("").join(drawn))


def _rect(left: float, top: float, wide: float, high: float, fill: str, line: str) -> Markup:
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}"/>').format(
        _number(left), _number(top), _number(wide), _number(high), fill, line
    )


def _text(left: float, top: float, text: str, anchor: str, fill: str, size: int) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}" fill="{}" font-size="{}">{}</text>').format(
        _number(left), _number(top), anchor, fill, size, escape(text)
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
