"""The images of a card's surface, drawn here: texts as 1-bit PNG, a face-like figure as JPEG 2000 in grey levels."""

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

JAPANESE_FONT = Path("/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf")
FONT_PACKAGE = "fonts-ipafont-gothic"
LETTER_PIXELS = 24
MARGIN_PIXELS = 4
PHOTO_PIXELS = (240, 320)
PHOTO_RATE = 20
"""How many times smaller than the raw pixels the photo is: about 4 KB."""


class FontMissing(Exception):
    """There is no Japanese font on this machine. The text says which package brings it."""


def text_png(text: str, columns: int, font: Path = JAPANESE_FONT) -> bytes:
    """Text in black on white as a 1-bit PNG, wrapped after `columns` letters. Raises `FontMissing`."""
    letters = _font(font)
    lines = [text[at : at + columns] for at in range(0, len(text), columns)]
    size = (columns * LETTER_PIXELS + 2 * MARGIN_PIXELS, len(lines) * LETTER_PIXELS + 2 * MARGIN_PIXELS)
    image = Image.new("1", size, 1)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((MARGIN_PIXELS, MARGIN_PIXELS + number * LETTER_PIXELS), line, fill=0, font=letters)
    return _encoded(image, "PNG", optimize=True)


def _font(font: Path) -> ImageFont.FreeTypeFont:
    if not font.is_file():
        raise FontMissing(f"the Japanese font {font} is missing; Debian's package {FONT_PACKAGE} brings it")
    return ImageFont.truetype(font, LETTER_PIXELS)


def photo_jp2(seed: bytes) -> bytes:
    """A figure that looks like a face, JPEG 2000 (JP2), 8 bits grey, 240 x 320. `seed`: 4 bytes and more, make faces differ."""
    width, height = PHOTO_PIXELS
    image = Image.linear_gradient("L").resize(PHOTO_PIXELS).point(lambda level: 200 - level // 4)
    draw = ImageDraw.Draw(image)
    lean, eyes, hair, mouth = (byte % 16 for byte in seed[:4])
    middle = width // 2 + lean - 8
    draw.ellipse((middle - 110, height - 90, middle + 110, height + 110), fill=70)
    draw.rectangle((middle - 24, height - 130, middle + 24, height - 60), fill=170)
    draw.ellipse((middle - 75, 40, middle + 75, 235), fill=185)
    draw.pieslice((middle - 80, 30, middle + 80, 190 + hair), 180, 360, fill=30 + 4 * hair)
    for side in (-1, 1):
        eye = middle + side * (30 + eyes // 2)
        draw.ellipse((eye - 12, 125, eye + 12, 139), fill=245)
        draw.ellipse((eye - 6, 126, eye + 6, 138), fill=20)
    draw.line((middle, 140, middle - 8, 170, middle + 4, 172), fill=120, width=3)
    draw.arc((middle - 25, 175, middle + 25, 200 + mouth), 20, 160, fill=90, width=4)
    return _encoded(image, "JPEG2000", quality_mode="rates", quality_layers=[PHOTO_RATE])


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
