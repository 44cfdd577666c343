"""Photographs as a browser shows them. Cards hold JPEG 2000 (ISO/IEC 15444), which browsers do not; a child process decodes it.

What a card holds is anybody's: the decoder runs apart, with bounds on memory and time, and sees one picture.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from typing import Final

LIMIT_SECONDS: Final = 10.0
MOST_MEMORY: Final = 512 * 1024 * 1024
"""Bytes of address space of the child."""
LARGEST: Final = 4 * 1024 * 1024
"""Octets of a picture, in and out."""
MOST_PIXELS: Final = 4_000_000
_HANDED_ON: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")


async def as_png(octets: bytes) -> bytes | None:
    """The same picture as PNG; None for what is no picture, or none that a card may hold."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "terminal.console.pictures",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _HANDED_ON if name in os.environ},
    )
    try:
        drawn, _ = await asyncio.wait_for(child.communicate(octets), LIMIT_SECONDS)
    except TimeoutError:
        drawn = b""
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return drawn if child.returncode == 0 and 0 < len(drawn) <= LARGEST else None


def main() -> int:
    """The child: a picture on standard input, PNG on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(LIMIT_SECONDS), int(LIMIT_SECONDS)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
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
