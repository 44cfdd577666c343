"""Text in columns of a terminal: wide characters take two (Unicode Standard Annex 11), long words are cut, nothing steers."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

GAP = " | "
"""Between two columns of a grid."""
_WIDE = ("W", "F")
_STEERING = ("Cc", "Cf", "Zl", "Zp")


def columns(text: str) -> int:
    """How many columns `text` takes."""
    return sum(_width(char) for char in text)


def visible(text: str) -> str:
    """`text` with everything that could steer a terminal shown as U+FFFD: a file may come from anywhere."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in _STEERING else char for char in text)


def padded(text: str, width: int) -> str:
    """`text` and blanks up to `width` columns."""
    return text + " " * (width - columns(text))


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """`text` in lines of at most `width` columns; lines after the first begin with `indent`.

    Broken between words and between wide characters; a word without a place to break is cut.
    """
    lines, line = [], ""
    for piece in _pieces(text):
        rest = piece
        if columns(line) + columns(rest.rstrip()) > width:
            if line.strip():
                lines.append(line.rstrip())
            line, rest = indent, rest.lstrip()
        while columns(line) + columns(rest.rstrip()) > width:
            fitting = _fitting(rest, width - columns(line))
            lines.append(line + rest[:fitting])
            line, rest = indent, rest[fitting:]
        line += rest
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def longest_word(text: str) -> int:
    """Columns of the longest piece that `wrapped` would not break by itself."""
    return max((columns(piece.rstrip()) for piece in _pieces(text)), default=0)


def shared_out(room: int, least: Sequence[int], growing: Sequence[bool]) -> list[int]:
    """Widths of columns that take `room` together: none below `least`, and what is left over to the narrowest that grow."""
    widths = list(least)
    places = [place for place, grows in enumerate(growing) if grows]
    for _ in range(room - sum(widths) if places else 0):
        widths[min(places, key=lambda place: widths[place])] += 1
    return widths


def grid(heads: Sequence[str], rows: Iterable[Sequence[Sequence[str]]], widths: Sequence[int]) -> list[str]:
    """A table with ASCII lines: each row a cell a column, each cell its lines (no wider than `widths`)."""
    rule = "+".join("-" * (width + 2) for width in widths)[1:-1]
    lines = [*_row([wrapped(head, width) for head, width in zip(heads, widths, strict=True)], widths), rule]
    for row in rows:
        lines += [*_row(row, widths), rule]
    return lines


def _row(cells: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    height = max(len(cell) for cell in cells)
    filled = [[*cell, *[""] * (height - len(cell))] for cell in cells]
    return [GAP.join(map(padded, line, widths)).rstrip() for line in zip(*filled, strict=True)]


def _pieces(text: str) -> list[str]:
    """Words with the blanks behind them; each wide character is a word of its own."""
    return re.findall(r"[^\S\n]+|[\u2e80-\uffef] *|[^\s\u2e80-\uffef]+ *", text)


def _fitting(text: str, width: int) -> int:
    """How many characters of `text` fit; at least one, so that it ends."""
    taken = 0
    for place, char in enumerate(text):
        taken += _width(char)
        if taken > width:
            return max(1, place)
    return len(text)


def _width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1
