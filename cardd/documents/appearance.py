"""What a visible signature says and where it stands on its page, as the reader sees the page."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils import generic

from cardd.documents.errors import DocumentError
from cardd.documents.pades_opening import look

POINTS_PER_MM = 72 / 25.4
SMALLEST_MM = (30.0, 12.0)
"""Width and height below which no visible signature is made."""
LONGEST_TEXT = 200
"""Characters of each text."""


class Corner(StrEnum):
    """Of the page, as the reader sees it."""

    TOP_LEFT = "top_left"
    TOP_RIGHT = "top_right"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM_RIGHT = "bottom_right"


@dataclass(frozen=True, slots=True)
class InCorner:
    """A box in a corner of the page; all in mm."""

    corner: Corner = Corner.BOTTOM_RIGHT
    width: float = 85.0
    height: float = 34.0
    margin: float = 12.0


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A box by its upper left corner, counted from the upper left corner of the page as it is seen; all in mm."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Appearance:
    """A visible signature. What it says is what the caller gives: a resident's certificate opens after the page is made."""

    name: str = field(repr=False)
    """署名者: who signs, as typed, or as read from the card."""
    office: str = field(default="", repr=False)
    """所属: office or company."""
    purpose: str = field(default="", repr=False)
    """目的."""
    place: InCorner | Rectangle = InCorner()
    """Not looked at where a field is signed that the form already has: it stands where its author put it."""
    page: int | None = None
    """From 1; None: the last."""
    font: Path | None = field(default=None, repr=False)
    """A TrueType or OpenType file; None: one that is installed."""

    def __post_init__(self) -> None:
        if not self.name.strip() or max(map(len, (self.name, self.office, self.purpose))) > LONGEST_TEXT:
            raise DocumentError("appearance_text")


@dataclass(frozen=True, slots=True)
class PageView:
    """What a reader shows of a page: the crop box within the media box (ISO 32000-2, 14.11.2), turned clockwise by `rotation` degrees.

    Lengths in units of the page, of which `unit` points make one (7.7.3.3, `UserUnit`).
    """

    left: float
    bottom: float
    right: float
    top: float
    rotation: int
    unit: float

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height as they are seen."""
        scale = self.unit / POINTS_PER_MM
        width, height = (self.right - self.left) * scale, (self.top - self.bottom) * scale
        return (height, width) if self.rotation in (90, 270) else (width, height)

    def box(self, place: InCorner | Rectangle) -> tuple[float, float, float, float]:
        """The box in the page's own coordinates: left, bottom, right, top.

        Raises `DocumentError`: `appearance_small`, `appearance_outside` (not wholly on the page).
        """
        wide, high = self.size_mm
        rectangle = _in_corner(place, wide, high) if isinstance(place, InCorner) else place
        if not (rectangle.width >= SMALLEST_MM[0] and rectangle.height >= SMALLEST_MM[1]):
            raise DocumentError("appearance_small")
        right, bottom = rectangle.left + rectangle.width, rectangle.top + rectangle.height
        if not (rectangle.left >= 0 and rectangle.top >= 0 and right <= wide and bottom <= high):
            raise DocumentError("appearance_outside")
        one = self._point(rectangle.left, high - bottom)
        other = self._point(right, high - rectangle.top)
        return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])

    def _point(self, across: float, up: float) -> tuple[float, float]:
        """From mm as seen, counted from the lower left corner, to the page's coordinates."""
        scale = POINTS_PER_MM / self.unit
        u, v = across * scale, up * scale
        return {
            0: (self.left + u, self.bottom + v),
            90: (self.right - v, self.bottom + u),
            180: (self.right - u, self.top - v),
            270: (self.left + v, self.top - u),
        }[self.rotation]


def _in_corner(place: InCorner, wide: float, high: float) -> Rectangle:
    left = place.margin if place.corner.endswith("left") else wide - place.margin - place.width
    top = place.margin if place.corner.startswith("top") else high - place.margin - place.height
    return Rectangle(left, top, place.width, place.height)


def view_of(page: generic.DictionaryObject) -> PageView:
    """How a page is seen. Raises `DocumentError("pdf_damaged")`: no media box, or a crop box that leaves nothing of it."""
    media = _rectangle(_inherited(page, "/MediaBox"))
    crop_entry = _inherited(page, "/CropBox")
    crop = media if crop_entry is None else _rectangle(crop_entry)
    left, bottom = max(media[0], crop[0]), max(media[1], crop[1])
    right, top = min(media[2], crop[2]), min(media[3], crop[3])
    rotation = int(_inherited(page, "/Rotate") or 0) % 360
    unit = float(look(page, "/UserUnit") or 1)
    if left >= right or bottom >= top or rotation % 90 or unit <= 0:
        raise DocumentError("pdf_damaged")
    return PageView(left, bottom, right, top, rotation, unit)


def _inherited(page: generic.DictionaryObject, name: str) -> Any:
    """An entry of a page, or of what is above it in the page tree (ISO 32000-2, 7.7.3.4)."""
    node = page
    for _ in range(64):  # deeper trees are circles
        value = look(node, name)
        if value is not None:
            return value
        node = look(node, "/Parent")
        if node is None:
            return None
    raise DocumentError("pdf_damaged")


def _rectangle(value: object) -> tuple[float, float, float, float]:
    """ISO 32000-2, 7.9.5: any two opposite corners, in any order."""
    if not isinstance(value, generic.ArrayObject) or len(value) != 4:
        raise DocumentError("pdf_damaged")
    x1, y1, x2, y2 = (float(number) for number in value)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
