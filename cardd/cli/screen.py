"""Text on a screen whose Japanese characters are two columns wide: padding, tables, and nothing that steers the terminal."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

GAP = "  "
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


def table(rows: Iterable[Sequence[object]], heads: Sequence[str] | None = None) -> list[str]:
    """Lines in which each column begins at one place. None and empty cells are shown as `-`."""
    cells = [[visible(str(cell)) if cell not in (None, "") else "-" for cell in row] for row in rows]
    if heads is not None:
        cells.insert(0, list(heads))
    if not cells:
        return []
    widths = [max(columns(row[place]) for row in cells) for place in range(len(cells[0]))]
    return [GAP.join(map(_padded, row, widths)).rstrip() for row in cells]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def _width(char: str) -> int:
    if unicodedata.category(char) in _ZERO:
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1
