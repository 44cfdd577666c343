"""How a document looks before somebody signs it: the first pages of a PDF as pictures, the beginning of text as text."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from cardd.documents.facts import Kind

MOST_PAGES: Final = 3
DOTS_PER_INCH: Final = 80
LIMIT_SECONDS: Final = 20.0
MOST_TEXT: Final = 20_000
"""Characters."""
_TEXTS: Final = frozenset({Kind.XML, Kind.JSON})


def preview(file: Path, kind: Kind, folder: Path) -> dict[str, Any]:
    """`pictures`: names of files in `folder`; or `text`; or neither, where this kind cannot be shown here."""
    if kind is Kind.PDF:
        return {"pictures": _pages(file, folder)}
    text = _text(file) if kind in _TEXTS or kind is Kind.OCTETS else None
    return {} if text is None else {"text": text}


def _pages(file: Path, folder: Path) -> list[str]:
    """Drawn by poppler, where it is installed; no page is drawn of what it cannot read."""
    tool = shutil.which("pdftoppm")
    if tool is None:
        return []
    command = [tool, "-png", "-r", str(DOTS_PER_INCH), "-l", str(MOST_PAGES), str(file), str(folder / "page")]
    with suppress(subprocess.TimeoutExpired):  # what was drawn until then is shown
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_SECONDS, check=False)  # noqa: S603
    return sorted(each.name for each in folder.glob("page-*.png"))


def _text(file: Path) -> str | None:
    with file.open("rb") as stream:
        head = stream.read(MOST_TEXT * 4)
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return None
        text = head[: error.start].decode("utf-8-sig")
    return None if "\0" in text else text[:MOST_TEXT]
