"""Text on a screen whose Japanese characters are two columns wide: padding, tables, and nothing that steers the terminal."""

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

GAP = "  "
INDENT = "    "
"""Before what stands of a row below it."""
NOTHING = "-"
"""For what is not there."""
_WIDE = ("W", "F")
_ZERO = ("Mn", "Me", "Cf")
_STEERING = ("Cc", "Cf", "Zl", "Zp")
_PIECES = re.compile(r"\s+|[（「『〔【]*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)[、。，．）」』〕】：；？！ー々]*")
"""Where a line may be broken: at blanks and behind wide characters, as JIS X 4051 has it (行頭禁則, 行末禁則)."""


def visible(text: str) -> str:
    """`text` with every character that could steer a terminal or turn the reading order shown as U+FFFD."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in _STEERING else char for char in text)


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes (Unicode Standard Annex #11: wide and fullwidth take two)."""
    return sum(_width(char) for char in text)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """`text` in lines of at most `width` columns, those after the first behind `indent`. A longer word, a hash or a path, stays whole: it
    is copied from there.
    """
    lines, line = [], ""
    for piece in _PIECES.findall(text):
        if columns(line + piece.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = indent
            piece = piece.lstrip()  # noqa: PLW2901 - a blank at which the line was broken
        line += piece
    return [*lines, line.rstrip()]


def room() -> int | None:
    """Columns of whoever reads along: the terminal's, or what COLUMNS says. None behind a pipe or in a file: a row is a line there."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() or "COLUMNS" in os.environ else None


def table(rows: Iterable[Sequence[object]], heads: Sequence[str] | None = None, width: int | None = None) -> list[str]:
    """Lines in which each column begins at one place. None and empty cells are shown as `-`.

    `width`: columns that a line may have. A table that is wider has as many columns side by side as fit; the others of a row stand
    below it, those left out that have nothing to say.
    """
    cells = [[visible(str(cell)) if cell not in (None, "") else NOTHING for cell in row] for row in rows]
    if heads is not None:
        cells.insert(0, list(heads))
    if not cells:
        return []
    widths = [max(columns(row[place]) for row in cells) for place in range(len(cells[0]))]
    beside = _beside(widths, width)
    return [line for row in cells for line in _lines(row, widths, beside, width)]


def _beside(widths: Sequence[int], room: int | None) -> int:
    """How many columns stand side by side: all, or as many as fit; one at least."""
    if room is None or sum(widths) + len(GAP) * (len(widths) - 1) <= room:
        return len(widths)
    used = [sum(widths[:number]) + len(GAP) * (number - 1) for number in range(2, len(widths))]
    return 1 + sum(each <= room for each in used)


def _lines(row: Sequence[str], widths: Sequence[int], beside: int, room: int | None) -> Iterator[str]:
    yield GAP.join(map(_padded, row[:beside], widths)).rstrip()
    below = row[beside:]
    if room is not None and any(cell.strip() not in ("", NOTHING) for cell in below):
        yield from wrapped(INDENT + GAP.join(below), room, INDENT)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def _width(char: str) -> int:
    if unicodedata.category(char) in _ZERO:
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1
