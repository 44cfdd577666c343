"""One card, one file: persistent state as JSON, replaced whole and flushed to disk each time, so that a crash loses no count.

The file holds PINs and private keys of a made-up person in the clear (mode 0600): never put a real card's values into it.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

FORMAT = "cardd-vcard"
VERSION = 1


class CardFileError(Exception):
    """The file is not there, is no card file, has a version we do not know, or cannot be written. The text says which."""


def read(path: Path) -> dict[str, Any]:
    """The state of the card in `path`. Raises `CardFileError`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CardFileError(f"cannot read the card file {path}: {error.strerror}") from error
    except ValueError as error:
        raise CardFileError(f"{path} is not a card file (no JSON)") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CardFileError(f"{path} is not a card file")
    if content.get("version") != VERSION:
        raise CardFileError(f"{path} has version {content.get('version')}, this program knows {VERSION}")
    return content


def write(path: Path, state: dict[str, Any]) -> None:
    """Replace `path` in one step; on return the new content is on disk. Raises `CardFileError`; the old content stays then."""
    content = json.dumps({"format": FORMAT, "version": VERSION, **state}, ensure_ascii=False, indent=1) + "\n"
    try:
        _replace(path, content.encode())
    except OSError as error:
        raise CardFileError(f"cannot write the card file {path}: {error.strerror}") from error


def _replace(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
