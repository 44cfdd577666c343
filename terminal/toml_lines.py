"""Where a key stands in a TOML text: tomllib keeps no places, and a person wants to be pointed there."""

import re
from typing import Final

_HEADER: Final = re.compile(r"\s*\[\s*([A-Za-z0-9_.\"'-]+)\s*\]")


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The line, from 1, where the key `path` is written, or the table around it; None where neither is found by its plain name."""
    *table, key = path
    here, around = "", None
    written = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]")
    for number, line in enumerate(text.split("\n"), 1):
        header = _HEADER.match(line)
        if header:
            here = header[1]
            if here == ".".join(path):
                return number
            around = number if here == ".".join(table) else around
        elif here == ".".join(table) and written.match(line):
            return number
    return around
