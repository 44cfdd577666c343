"""The font of a visible signature: where it is found, which characters it has, how wide they are. A font is embedded, never named."""

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, TTLibError
from fontTools.ttLib.scaleUpem import scale_upem

from cardd.documents.errors import DocumentError

GETA = "〓"
"""U+3013, by which printers in Japan show that a character is missing."""

NAMES = ("ipamjm.ttf", "ipag.ttf", "ipaexg.ttf", "ipam.ttf", "NotoSansCJK-Regular.ttc", "NotoSansCJKjp-Regular.otf")
"""Files looked for, in this order: IPAmj明朝 has the 60,000 characters of names, then what distributions carry (Debian:
fonts-ipafont-gothic, fonts-ipaexfont-gothic, fonts-noto-cjk)."""

PLACES = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))

_LARGEST = 64 * 1024 * 1024
"""Bytes of a font file."""
_UNITS = 1000
"""To the em, in a PDF."""
_NOT_EMBEDDABLE = 0x0002 | 0x0100 | 0x0200
"""OS/2 `fsType` (OpenType 1.9): restricted licence, no subsets, bitmaps only."""


@dataclass(frozen=True, slots=True, repr=False)
class Font:
    """One face of a TrueType or OpenType font."""

    data: bytes
    """The font's file; of a collection the first face is meant."""
    characters: dict[int, str]
    """Code point to glyph."""
    variants: dict[int, frozenset[int]]
    """Variation selector to the characters that it has variants of (`cmap`, format 14)."""
    widths: dict[str, tuple[int, int]] = field(repr=False)
    """Glyph to advance and bearing, in `units` to the em."""
    units: int

    def has(self, cluster: str) -> bool:
        """Whether one character (with its combining marks or variation selector) can be shown as it is."""
        base, *marks = (ord(character) for character in cluster)
        # The private use area holds each office's own characters (外字): a glyph at that place is another character.
        if base not in self.characters or unicodedata.category(cluster[0]) == "Co":
            return False
        return all(mark in self.characters or base in self.variants.get(mark, ()) for mark in marks)

    def subset(self, text: str) -> bytes:
        """A font of its own with the glyphs of `text` alone, 1,000 units to the em, without hints.

        pyHanko 0.38 writes the widths of a font into the PDF as they are, where thousandths of an em are meant (ISO 32000-2, 9.7.4.3):
        a font of 2,048 units, which TrueType fonts have, came out spaced twice as wide.
        """
        face = _face(self.data)
        options = Options(hinting=False, layout_features=[], notdef_outline=True)
        options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG"]
        subsetter = Subsetter(options)
        subsetter.populate(text=text)
        subsetter.subset(face)
        if self.units != _UNITS:
            scale_upem(face, _UNITS)
        made = BytesIO()
        face.save(made)
        return made.getvalue()

    def width(self, clusters: Sequence[str]) -> float:
        """In em."""
        return sum(self.widths[self.characters[ord(cluster[0])]][0] for cluster in clusters) / self.units


def find_font(path: Path | None = None, places: Sequence[Path] = PLACES) -> Font:
    """The font at `path`, else the first of `NAMES` under `places`.

    Raises `DocumentError`: `font_missing` (none is installed), `font_unreadable` (the file is not there, or no font, or without 〓),
    `font_not_embeddable` (its licence forbids it).
    """
    return load_font(path if path is not None else _search(places))


def _search(places: Sequence[Path]) -> Path:
    found: dict[str, Path] = {}
    for place in places:
        for folder, _, files in os.walk(place):
            for name in files:
                if name in NAMES:
                    found.setdefault(name, Path(folder, name))
    for name in NAMES:
        if name in found:
            return found[name]
    raise DocumentError("font_missing")


def load_font(path: Path) -> Font:
    """The font in a file; of a collection (.ttc) the first face, which is the Japanese one of Noto CJK. Raises as `find_font`."""
    try:
        if path.stat().st_size > _LARGEST:
            raise DocumentError("font_unreadable")
        data = path.read_bytes()
        font = _read(_face(data), data)
    # fontTools raises these over a broken font; which one depends on the table.
    except (OSError, TTLibError, KeyError, AttributeError, ValueError, TypeError, AssertionError):
        raise DocumentError("font_unreadable") from None
    if not font.has(GETA):
        raise DocumentError("font_unreadable")
    return font


def _face(data: bytes) -> Any:
    return TTFont(BytesIO(data), fontNumber=0, lazy=True)


def _read(face: Any, data: bytes) -> Font:
    if face["OS/2"].fsType & _NOT_EMBEDDABLE:
        raise DocumentError("font_not_embeddable")
    variants: dict[int, frozenset[int]] = {}
    for table in face["cmap"].tables:
        if table.format == 14:
            for selector, pairs in table.uvsDict.items():
                variants[selector] = frozenset(character for character, _ in pairs)
    return Font(data, dict(face.getBestCmap()), variants, dict(face["hmtx"].metrics), int(face["head"].unitsPerEm))


def clusters(text: str) -> list[str]:
    """Characters as a reader counts them: with their combining marks and variation selectors (UAX #29, as far as Japanese needs it).

    Kana with a voicing mark of their own become one character, as in text from other systems; nothing else is composed: Unicode's
    normal forms change kanji of names into others. Raises `DocumentError("appearance_text")` over control and format characters, which
    could show another text than the one that was given.
    """
    found: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            raise DocumentError("appearance_text")
        if category in ("Mn", "Me") and found:
            joined = found[-1] + character
            composed = unicodedata.normalize("NFC", joined) if character in "\u3099\u309a" else joined
            found[-1] = composed
        else:
            found.append(character)
    return found


def showable(font: Font, text: str) -> tuple[list[str], list[str]]:
    """The characters of `text`, 〓 in the place of each that the font lacks; and those that it lacks."""
    given = clusters(text)
    return [each if font.has(each) else GETA for each in given], [each for each in given if not font.has(each)]
