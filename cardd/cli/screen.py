"""Text on a screen whose Japanese characters are two columns wide: padding, tables, and nothing that steers the terminal."""

import unicodedata
from collections.abc import Iterable, Sequence

GAP = "  "
_WIDE = ("W", "F")
_ZERO = ("Mn", "Me", "Cf")
_STEERING = ("Cc", "Cf", "Zl", "Zp")


def visible(text: str) -> str:
    """`text` with every character that could steer a terminal or turn the reading order shown as U+FFFD."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in _STEERING else char for char in text)


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes (Unicode Standard Annex #11: wide and fullwidth take two)."""
    return sum(_width(char) for char in text)


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
