"""Photographs as a browser shows them. Cards hold JPEG 2000 (ISO/IEC 15444), which browsers do not; a child process decodes it.

What a card holds is anybody's: the decoder runs apart, with bounds on memory and time, and sees one picture.
"""

from __future__ import annotations

import sys
from typing import Final

from terminal.console.children import ask_child, bound

LIMIT_SECONDS: Final = 10.0
MOST_MEMORY: Final = 512 * 1024 * 1024
"""Bytes of address space of the child."""
LARGEST: Final = 4 * 1024 * 1024
"""Octets of a picture, in and out."""
MOST_PIXELS: Final = 4_000_000


async def as_png(octets: bytes) -> bytes | None:
    """The same picture as PNG; None for what is no picture, or none that a card may hold."""
    drawn = await ask_child("terminal.console.pictures", octets, LIMIT_SECONDS)
    return drawn if drawn and len(drawn) <= LARGEST else None


def main() -> int:
    """The child: a picture on standard input, PNG on standard output."""
    bound(MOST_MEMORY, LIMIT_SECONDS)
    import io  # noqa: PLC0415  # after the limits

    from PIL import Image  # noqa: PLC0415

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    given = sys.stdin.buffer.read(LARGEST + 1)
    if len(given) > LARGEST:
        return 1
    drawn = io.BytesIO()
    with Image.open(io.BytesIO(given), formats=("JPEG2000", "PNG", "JPEG")) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            return 1
        picture.convert("RGB").save(drawn, "PNG")
    sys.stdout.buffer.write(drawn.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
