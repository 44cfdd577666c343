"""A QR code (ISO/IEC 18004) of a text, for a terminal, a printer, a page."""

import io

import segno

QUIET = 4
"""Light modules around it (ISO/IEC 18004, 6.3.8)."""
DARK_ON_LIGHT = "\x1b[38;5;16;48;5;231m"
RESET = "\x1b[0m"
PIXELS = 6
"""Of one module in a PNG: a printed head is some 4 cm wide at 300 dpi."""


class QrCode:
    """One code, bytes in UTF-8, correction level L: it is read from a screen or fresh paper, and small enough for 80 columns."""

    def __init__(self, text: str) -> None:
        """Raises `ValueError` for more than 2,953 bytes."""
        self._code = segno.make_qr(text.encode("utf-8"), mode="byte", error="l", boost_error=False)

    @property
    def columns(self) -> int:
        """Characters of one line in a terminal, the quiet zone included."""
        return int(self._code.symbol_size(border=QUIET)[0])

    def lines(self, *, colours: bool) -> list[str]:
        """Two modules a character, one above the other. `colours`: black on white, whatever the terminal's colours are; else the dark
        modules are printed, as for paper."""
        rows = [[bool(module) for module in row] for row in self._code.matrix_iter(border=QUIET)]
        if len(rows) % 2:
            rows.append([False] * len(rows[0]))
        told = [
            "".join(" ▀▄█"[upper + 2 * lower] for upper, lower in zip(above, below, strict=True))
            for above, below in zip(rows[::2], rows[1::2], strict=True)
        ]
        return [f"{DARK_ON_LIGHT}{line}{RESET}" for line in told] if colours else told

    def png(self) -> bytes:
        """A picture file."""
        return self._saved("png")

    def svg(self) -> bytes:
        """A drawing file."""
        return self._saved("svg")

    def _saved(self, kind: str) -> bytes:
        octets = io.BytesIO()
        self._code.save(octets, kind=kind, scale=PIXELS, border=QUIET, light="white")
        return octets.getvalue()
