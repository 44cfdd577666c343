"""Signed requests into a folder from which the town's system takes them (`[console] hand_over`)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

MODE: Final = 0o640


class HandOverError(Exception):
    """The folder does not take it: not there, full, not writable. Says nothing of what was to be written."""


def hand_over(folder: Path, name: str, octets: bytes, signature: bytes) -> None:
    """Write NAME.p7s, then NAME, each whole or not at all: whoever sees NAME finds its signature.

    Nothing that is there is written over. Raises `HandOverError`; then neither of the two is there.
    """
    beside = f"{name}.p7s"
    try:
        _put(folder, beside, signature)
        try:
            _put(folder, name, octets)
        except OSError:
            (folder / beside).unlink()
            raise
        _sync(folder)
    except OSError as error:
        raise HandOverError(type(error).__name__) from None


def _put(folder: Path, name: str, octets: bytes) -> None:
    working = folder / f".{secrets.token_hex(8)}.part"
    descriptor = os.open(working, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, MODE)  # whatever the umask of the console
            file.write(octets)
            file.flush()
            os.fsync(descriptor)
        os.link(working, folder / name)  # fails where the name is taken, which a rename would not
    finally:
        working.unlink()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
