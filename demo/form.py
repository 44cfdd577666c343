"""The application form of the tour: one A4 page as a PDF, drawn here, filled in by nobody who exists."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = Path("/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf")
DPI = 150
WIDTH, HEIGHT = round(210 / 25.4 * DPI), round(297 / 25.4 * DPI)
LEFT, RIGHT = 120, WIDTH - 120
INK, LINE, SHADE = "#1c1c1c", "#6b6b6b", "#eef1f4"
ROW = 92
LABEL = 300


def write_form(path: Path, rows: Sequence[tuple[str, str]]) -> None:
    """A 転入届 with these labels and values. The lower right corner stays free for a signature."""
    page = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(page)
    _centred(draw, 150, "転　入　届", 58)
    _centred(draw, 232, "（住民基本台帳法第22条・第24条の2による転入届の特例）", 24)
    draw.text((LEFT, 300), "見本町長　様", INK, _font(32))
    top = 370
    for label, value in rows:
        draw.rectangle((LEFT, top, LEFT + LABEL, top + ROW), fill=SHADE, outline=LINE, width=2)
        draw.rectangle((LEFT + LABEL, top, RIGHT, top + ROW), outline=LINE, width=2)
        draw.text((LEFT + 24, top + ROW / 2), label, INK, _font(28), anchor="lm")
        _value(draw, top, value)
        top += ROW
    notes = (
        "上記のとおり届け出ます。",
        "この届は、公的個人認証の署名用電子証明書により電子署名されています。",
        "右下の表示は目印です。署名の有効性は、電子署名の検証によって確かめてください。",
    )
    for number, note in enumerate(notes):
        draw.text((LEFT, top + 60 + 48 * number), note, INK, _font(26))
    written = BytesIO()
    page.save(written, "PDF", resolution=DPI, title="転入届")
    # Pillow gives the first free object the generation 65536; 65535 is the highest there is (ISO 32000-2, 7.5.4).
    path.write_bytes(written.getvalue().replace(b"0000000000 65536 f", b"0000000000 65535 f", 1))


def _value(draw: ImageDraw.ImageDraw, top: int, value: str) -> None:
    """In one line, or in two smaller ones."""
    left, room = LEFT + LABEL + 24, RIGHT - LEFT - LABEL - 48
    if draw.textlength(value, _font(32)) <= room:
        draw.text((left, top + ROW / 2), value, INK, _font(32), anchor="lm")
        return
    half = (len(value) + 1) // 2
    for number, line in enumerate((value[:half], value[half:])):
        draw.text((left, top + ROW * (0.3 + 0.4 * number)), line, INK, _font(22), anchor="lm")


def _centred(draw: ImageDraw.ImageDraw, top: int, text: str, size: int) -> None:
    draw.text((WIDTH / 2, top), text, INK, _font(size), anchor="mm")


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)
