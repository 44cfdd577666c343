"""A file that the helper puts into its folder: whole, in one step, for the daemon's group to read."""

import os
from pathlib import Path


def place(directory: Path, name: str, content: bytes) -> None:
    """Raises `OSError`. One writer for each name."""
    beside = directory / f".{name}.new"
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(directory / name)
