"""A visible signature as a PDF's form object: which page and box, and the operators that draw it."""

from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import ResourceType
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.stamp import BaseStamp, BaseStampStyle

from cardd.documents.appearance import Appearance, PageView, view_of
from cardd.documents.appearance_text import Setting, set_text
from cardd.documents.errors import DocumentError
from cardd.documents.fonts import Font, find_font
from cardd.documents.pades_opening import count_pages, look

_INK = b"0.08 0.13 0.28"
_PALE = b"0.33 0.37 0.46"
_MATRICES = {0: (1, 0, 0, 1, 0, 0), 90: (0, 1, -1, 0, 0, 0), 180: (-1, 0, 0, -1, 0, 0), 270: (0, -1, 1, 0, 0, 0)}
"""Turns the drawing against the page's rotation, so that it stands upright where the page is read (ISO 32000-2, 12.5.5: the viewer
moves the turned box onto the annotation's rectangle by itself)."""
_FEATURES = {"kern": False, "liga": False, "clig": False, "calt": False}
"""Widths are those of the single characters, by which lines were broken."""


Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A visible signature made ready for one document. `page`: from 0; `box`: in the page's units, None for a field that exists."""

    page: int
    box: tuple[int, int, int, int] | None
    style: BaseStampStyle
    lacking: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class _Style(BaseStampStyle):
    """pyHanko asks it for the drawing as soon as it has the field."""

    setting: Setting | None = None
    font: Font | None = None
    size: tuple[float, float] = (0.0, 0.0)
    """Upright, in points."""
    view: PageView | None = None

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: dict[str, Any]) -> "_Stamp":  # noqa: ARG002
        return _Stamp(writer, self, BoxConstraints(width=self.size[0], height=self.size[1]))


class _Stamp(BaseStamp):
    """The drawing."""

    style: _Style

    def render(self) -> bytes:
        style = self.style
        assert style.setting is not None
        assert style.font is not None
        assert self.writer is not None
        drawn_from = style.font.subset("".join(piece.text for piece in style.setting.pieces))
        font = GlyphAccumulator(
            self.writer, BytesIO(drawn_from), font_size=10, features=_FEATURES, bcp47_lang_code="ja-JP"
        )
        self.set_resource(category=ResourceType.FONT, name=pdf_name("/F"), value=font.as_resource())
        width, height = style.size
        setting = style.setting
        parts = [
            b"q %s RG 0.9 w 0.45 0.45 %.2f %.2f re S" % (_INK, width - 0.9, height - 0.9),
            b"0.5 w %.2f %.2f m %.2f %.2f l S" % (setting.padding, setting.rule, width - setting.padding, setting.rule),
        ]
        for piece in setting.pieces:
            # Its own Td after the text is counted in points, so it wants to know the size.
            font.font_size = piece.size  # type: ignore[assignment] # declared whole, used as any number
            drawn = font.shape(piece.text).graphics_ops
            colour = _PALE if piece.pale else _INK
            parts.append(b"BT %s rg /F %.2f Tf %.2f %.2f Td %s ET" % (colour, piece.size, piece.x, piece.y, drawn))
        parts.append(b"Q")
        return b"\n".join(parts)

    def as_form_xobject(self) -> generic.StreamObject:
        drawing = super().as_form_xobject()
        assert self.style.view is not None
        matrix = _MATRICES[self.style.view.rotation]
        # pyHanko cuts the box down to whole units, and the border off.
        box = (0.0, 0.0, *self.style.size)
        drawing[pdf_name("/BBox")] = generic.ArrayObject(generic.FloatObject(f"{number:.4f}") for number in box)
        drawing[pdf_name("/Matrix")] = generic.ArrayObject(generic.NumberObject(number) for number in matrix)
        return drawing


def show(appearance: Appearance, at: datetime, reader: PdfFileReader, field_name: str) -> Shown:
    """Make a visible signature ready.

    Raises `DocumentError`: `appearance_page` (there is no such page), `appearance_small`, `appearance_outside`, `appearance_text`,
    `font_missing`, `font_unreadable`, `font_not_embeddable`, `field_invisible` (the form's field has no box), `pdf_damaged`.
    """
    font = find_font(appearance.font)
    existing = _existing(reader, field_name)
    if existing is None:
        page = _page_number(appearance, count_pages(reader))
        view = view_of(reader.find_page_for_modification(page)[0].get_object())
        box = view.box(appearance.place)
    else:
        page = 0
        view, box = _place_of(reader, existing)
    width, height = (box[2] - box[0]) * view.unit, (box[3] - box[1]) * view.unit
    size = (height, width) if view.rotation in (90, 270) else (width, height)
    setting = set_text(appearance, at, font, *size)
    style = _Style(border_width=0, setting=setting, font=font, size=size, view=view)
    # pyHanko writes the numbers as they are given; it only says that they are whole.
    return Shown(page, None if existing is not None else box, style, setting.lacking)  # type: ignore[arg-type]


def _page_number(appearance: Appearance, pages: int) -> int:
    number = pages if appearance.page is None else appearance.page
    if not 1 <= number <= pages:
        raise DocumentError("appearance_page")
    return number - 1


def _existing(reader: PdfFileReader, field_name: str) -> generic.DictionaryObject | None:
    for _, _, reference in enumerate_sig_fields(reader, with_name=field_name):
        existing: generic.DictionaryObject = reference.get_object()
        return existing
    return None


def _place_of(reader: PdfFileReader, existing: generic.DictionaryObject) -> tuple[PageView, Box]:
    """How the page of a field is seen, and the field's box, which its author chose."""
    kids = look(existing, "/Kids")
    widget = existing if kids is None or "/Rect" in existing else kids[0].get_object()
    rectangle = look(widget, "/Rect")
    if not isinstance(rectangle, generic.ArrayObject) or len(rectangle) != 4:
        raise DocumentError("field_invisible")
    x1, y1, x2, y2 = (float(number) for number in rectangle)
    if x1 == x2 or y1 == y2:
        raise DocumentError("field_invisible")
    page = look(widget, "/P")
    if page is None:
        page = _page_with(reader, widget)
    return view_of(page), (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _page_with(reader: PdfFileReader, widget: generic.DictionaryObject) -> generic.DictionaryObject:
    """The page that lists the widget among its annotations (`P` may be missing: ISO 32000-2, Table 166)."""
    for number in range(count_pages(reader)):
        page: generic.DictionaryObject = reader.find_page_for_modification(number)[0].get_object()
        for annotation in look(page, "/Annots") or ():
            if annotation.get_object() == widget:
                return page
    raise DocumentError("field_invisible")
