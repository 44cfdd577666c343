"""The text of a visible signature, set into its box: lines with place and size, shrunk and broken until all of it is in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Final

from cardd.documents.appearance import Appearance
from cardd.documents.errors import DocumentError
from cardd.documents.fonts import Font, showable

JAPAN: Final = timezone(timedelta(hours=9), "JST")
REIWA: Final = date(2019, 5, 1)
"""First day of the era in which signatures are made (元号法). Clients import nothing of the daemon's, its calendar neither."""

TITLE = "電子署名"
NOTE = "この表示だけでは署名の証明になりません。署名は電子的に確認してください。"
LACKING_NOTE = "〓は、この書体にない文字です。"

LARGEST_PT, SMALLEST_PT = 9.0, 5.0
"""Of the rows; the name is larger, the note smaller."""
_STEP_PT = 0.25
_NAME, _NOTE = 1.5, 0.8
"""Sizes of name and note, as parts of the rows' size."""
_LEAST = 0.88
"""As far as a row is shrunk to stand in one line, in parts of the rows' size."""
_ABOVE = 0.88
"""From the baseline to the top of a kanji, em."""
_LEADING = 1.35
"""From line to line, in parts of the size."""
_LEAST_GAP = 0.1
"""More than that between two lines, in parts of the size."""
_PADDING = 0.9
"""Between border and text, in parts of the rows' size."""
_LABEL = 4.0
"""Width of the labels' column, em."""

_NOT_FIRST = frozenset("、。，．・：；？！ー々ゝゞ」』）】〕〉》ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}")
"""What does not stand at the beginning of a line (JIS X 4051, 6.1)."""
_NOT_LAST = frozenset("「『（【〔〈《([{")
"""What does not stand at its end."""
_SPACES = " \u3000"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text; its baseline begins at `x`, `y`, in points from the box's lower left corner."""

    x: float
    y: float
    size: float
    text: str = field(repr=False)
    pale: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """All pieces. `rule`: height of the line below the title, points; `lacking`: characters shown as 〓, each once."""

    pieces: tuple[Piece, ...]
    rule: float
    padding: float
    lacking: tuple[str, ...] = field(repr=False)


Clusters = Sequence[str]


def wareki(day: date) -> str:
    """A day as offices write it, `令和8年11月22日`; before 2019-05-01 with the year in figures."""
    year = day.year - REIWA.year + 1
    written = f"{day.year}年" if day < REIWA else f"令和{'元' if year == 1 else year}年"
    return f"{written}{day.month}月{day.day}日"


def set_text(appearance: Appearance, at: datetime, font: Font, width: float, height: float) -> Setting:
    """Set the text into a box of `width` and `height` points. Raises `DocumentError`: `appearance_text`, `appearance_small`."""
    here = at.astimezone(JAPAN)
    moment = f"{wareki(here.date())} {here.hour}時{here.minute:02}分（{here.isoformat(timespec='minutes')}）"
    rows = [
        ("署名者", appearance.name),
        ("所　属", appearance.office),
        ("日　時", moment),
        ("目　的", appearance.purpose),
    ]
    shown, lacking = [], []
    for label, text in rows:
        if text.strip():
            clusters, missing = showable(font, " ".join(text.split(" ")).strip())
            shown.append((label, clusters))
            lacking += missing
    note = NOTE + (LACKING_NOTE if lacking else "")
    size = LARGEST_PT
    while size >= SMALLEST_PT:
        setting = _try(shown, note, font, size, (width, height))
        if setting is not None:
            return Setting(*setting, tuple(dict.fromkeys(lacking)))
        size -= _STEP_PT
    raise DocumentError("appearance_small")


def _try(
    rows: Sequence[tuple[str, Clusters]], note: str, font: Font, size: float, box: tuple[float, float]
) -> tuple[tuple[Piece, ...], float, float] | None:
    """All pieces with rows of `size` points; None where they do not fit."""
    width, height = box
    padding = size * _PADDING
    column = padding + _LABEL * size
    room = width - padding - column
    baseline = height - padding * 0.5 - size * _ABOVE
    pieces = [Piece(padding, baseline, size, TITLE)]
    rule = baseline - size * 0.4
    lines = [line for number, row in enumerate(rows) for line in _row(row, font, size, room, name=number == 0)]
    small = _one_line(list(note), font, size * _NOTE, size * _NOTE * 0.85, width - 2 * padding)
    below = break_lines(list(note), font, (width - 2 * padding) / small)
    note_top = padding * 0.6 + small * (_ABOVE + _LEADING * (len(below) - 1))
    spare = rule - size * 0.3 - sum(line.size * _LEADING for line in lines) - size * 0.6 - note_top
    gap = min(spare / (len(lines) + 1), size * 0.4)
    if gap < size * _LEAST_GAP:
        return None
    y = rule - size * 0.15
    for line in lines:
        y -= line.size * _LEADING + gap
        if line.label:
            pieces.append(Piece(padding, y, size, line.label, pale=True))
        pieces.append(Piece(column, y, line.size, line.text))
    for index, text in enumerate(below):
        pieces.append(Piece(padding, note_top - small * (_ABOVE + index * _LEADING), small, text, pale=True))
    return tuple(pieces), rule, padding


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a row; its first one has the label."""

    label: str
    text: str = field(repr=False)
    size: float = 0.0


def _row(row: tuple[str, Clusters], font: Font, size: float, room: float, *, name: bool) -> list[_Line]:
    label, clusters = row
    value = _one_line(clusters, font, size * _NAME if name else size, size * _LEAST, room)
    texts = break_lines(clusters, font, room / value, words=name)
    return [_Line(label if index == 0 else "", text, value) for index, text in enumerate(texts)]


def _one_line(clusters: Clusters, font: Font, wish: float, least: float, room: float) -> float:
    """The size at which it stands in one line, at most `wish`; what would need less than `least` is broken, at `least` or more."""
    wanted = room / max(font.width(clusters), 0.1)
    if wanted >= least:
        return min(wish, wanted * 0.999)
    return least / _LEAST if wish > least / _LEAST else wish


def break_lines(clusters: Clusters, font: Font, room: float, *, words: bool = False) -> list[str]:
    """Lines of at most `room` em. Broken between Japanese characters as JIS X 4051 allows, in Latin words only where they are longer
    than a line. `words`: only where a space stands, as far as that goes."""
    lines = []
    rest = list(clusters)
    while rest:
        count = _fitting(rest, font, room)
        if count < len(rest):
            count = _good_break(rest, count, words=words)
        lines.append("".join(rest[:count]).strip(_SPACES))
        rest = rest[count:]
        while rest and rest[0] in _SPACES:
            rest.pop(0)
    return lines


def _fitting(clusters: Clusters, font: Font, room: float) -> int:
    """How many stand in one line; at least one."""
    count, wide = 0, 0.0
    for cluster in clusters:
        wide += font.width([cluster])
        if wide > room and count:
            break
        count += 1
    return count


def _good_break(clusters: Clusters, count: int, *, words: bool) -> int:
    """The last place up to `count` where a line may end; `count` where there is none."""
    if words:
        for place in range(count, 0, -1):
            if clusters[place] in _SPACES or clusters[place - 1] in _SPACES:
                return place
    for place in range(count, 0, -1):
        before, behind = clusters[place - 1], clusters[place]
        in_word = before[0].isascii() and behind[0].isascii() and before not in _SPACES and behind not in _SPACES
        if not in_word and behind[0] not in _NOT_FIRST and before[0] not in _NOT_LAST:
            return place
    return count
