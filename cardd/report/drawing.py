"""The plots of a report as numbers: where each bar stands. The template draws them as SVG; grey or printed they read the same."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import segno

from cardd.report.data import Outcomes

WIDTH = 640
"""Units of a plot; the page scales it."""
COLUMN_HEIGHT = 130
BAR_HEIGHT, BAR_GAP, BAR_LEFT, BAR_RIGHT = 16, 7, 190, 60
LABEL_CELLS = 38
"""Half-width characters beside a bar."""
RESULTS = tuple(each.name for each in fields(Outcomes))
QUIET = 4
"""Modules of white around a QR code (ISO/IEC 18004, 9.1)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One standing bar; `label` stands below, `shown` above it. `marked`: drawn hatched."""

    x: float
    y: float
    width: float
    height: float
    label: str
    shown: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """Standing bars over a base line, with the lines of a scale: (y, number)."""

    columns: tuple[Column, ...]
    scale: tuple[tuple[float, int], ...]
    base: float
    height: float
    width: float = WIDTH


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a lying bar: one of `RESULTS`, drawn in its own pattern."""

    x: float
    width: float
    result: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One lying bar, made of parts."""

    y: float
    label: str
    total: int
    parts: tuple[Part, ...]
    end: float


@dataclass(frozen=True, slots=True)
class Bars:
    """Lying bars, the largest first."""

    bars: tuple[Bar, ...]
    height: float
    width: float = WIDTH
    left: float = BAR_LEFT
    bar: float = BAR_HEIGHT


def columns(counts: Sequence[tuple[str, int, bool]]) -> Columns:
    """Of (label, count, marked). A scale from 0, so that twice as high is twice as many."""
    top = scale_top(max((count for _, count, _ in counts), default=0))
    left, above = 44.0, 16.0
    step = (WIDTH - left) / max(1, len(counts))
    base = above + COLUMN_HEIGHT
    made = tuple(
        Column(
            round(left + place * step + step * 0.14, 2),
            round(base - COLUMN_HEIGHT * count / top, 2),
            round(step * 0.72, 2),
            round(COLUMN_HEIGHT * count / top, 2),
            label,
            str(count) if count else "",
            marked,
        )
        for place, (label, count, marked) in enumerate(counts)
    )
    lines = tuple((round(base - COLUMN_HEIGHT * part / 2, 2), top * part // 2) for part in range(3))
    return Columns(made, lines, base, base + 20)


def bars(rows: Sequence[tuple[str, Outcomes]]) -> Bars:
    """Of (label, outcomes), all on one scale from 0."""
    most = max((row.total for _, row in rows), default=0) or 1
    room = WIDTH - BAR_LEFT - BAR_RIGHT
    made = []
    for place, (label, row) in enumerate(rows):
        x, parts = float(BAR_LEFT), []
        for result in RESULTS:
            width = room * getattr(row, result) / most
            if width:
                parts.append(Part(round(x, 2), round(width, 2), result))
            x += width
        made.append(Bar(place * (BAR_HEIGHT + BAR_GAP), short(label), row.total, tuple(parts), round(x, 2)))
    return Bars(tuple(made), max(1, len(made)) * (BAR_HEIGHT + BAR_GAP))


def short(label: str) -> str:
    """As much of a label as fits beside its bar; the table below shows all of it."""
    room = LABEL_CELLS
    taken: list[str] = []
    for char in label:
        room -= 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if room < 1 and len(taken) < len(label) - 1:
            return "".join(taken) + "…"
        taken.append(char)
    return label


def scale_top(most: int) -> int:
    """The upper end of a scale: 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200 …, even, the first that is not below `most`."""
    unit = 1
    while most > unit * 10:
        unit *= 10
    return next(unit * step for step in (2, 4, 6, 8, 10) if unit * step >= most)


def by_size(table: Mapping[str, Outcomes]) -> list[tuple[str, Outcomes]]:
    """The largest first; equal ones by their word."""
    return sorted(table.items(), key=lambda row: (-row[1].total, row[0]))


@dataclass(frozen=True, slots=True)
class QrCode:
    """The dark modules as an SVG path; `size`: modules of a side, the quiet zone included."""

    path: str
    size: int


def qr_code(text: str) -> QrCode | None:
    """Of a head's text; None where it is too long for one code (ISO/IEC 18004: 2,953 bytes)."""
    try:
        matrix = segno.make(text.encode("utf-8", "replace"), micro=False, error="l", boost_error=False).matrix
    except segno.DataOverflowError:
        return None
    path = "".join(
        f"M{x + QUIET} {y + QUIET}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark
    )
    return QrCode(path, len(matrix) + 2 * QUIET)
