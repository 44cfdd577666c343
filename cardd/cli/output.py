"""Files that cardctl writes: for their owner's eyes, and refused before a card is used where they cannot be written."""

import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path

import click

from cardd.cli.context import Run
from cardd.cli.failing import local_error

LEFT_SECONDS = 24 * 60 * 60
"""No question waits so long: what is older was left by a cardctl that was killed."""


def check_target(run: Run, path: Path | None) -> None:
    """Raises `Ended` when nothing can be written there: a signature that cannot be kept must not be made."""
    if path is None:
        return
    target = path if path.exists() else path.absolute().parent
    if path.is_dir() or not os.access(target, os.W_OK):
        raise local_error(run.speech, "not_written", path=path)


def check_new(run: Run, path: Path | None) -> None:
    """The same for a signature, which takes the place of no file: there may be an earlier signature in it. Raises `Ended`."""
    check_target(run, path)
    if path is not None and path.is_file():
        raise local_error(run.speech, "exists_already", path=path)


def check_folder(run: Run, folder: Path | None) -> None:
    """Makes the folder. Raises `Ended`."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise local_error(run.speech, "not_written", path=folder) from None
    check_target(run, folder / "x")


def write_private(run: Run, path: Path, octets: bytes) -> None:
    """Write a file that only its owner reads: certificates and images tell who somebody is. Raises `Ended`.

    The file appears whole or not at all: on a full disk what stood there before still stands there. Pipes and devices, and files in a
    folder that takes no new one, are written as they are.
    """
    target = path.resolve()
    try:
        if (target.exists() and not target.is_file()) or not os.access(target.parent, os.W_OK):
            _write(target, octets, os.O_TRUNC)
        else:
            _write_beside(target, octets)
    except OSError:
        raise local_error(run.speech, "not_written", path=path) from None
    if not run.as_json:
        click.echo(run.speech("written", path=path), err=True)


def beside_of(target: Path) -> Path:
    """A file beside `target` for what is not finished, under a name that nobody else has. What was left there a day ago is removed."""
    with suppress(
        OSError
    ):  # a folder that cannot be listed, or a file that another one has just removed: the next time
        _sweep(target.parent)
    return target.with_name(f".cardctl-{secrets.token_hex(8)}.part")


def _sweep(folder: Path) -> None:
    """Files of this user alone: they hold documents."""
    for left in folder.glob(f".cardctl-{'[0-9a-f]' * 16}.part"):
        found = left.lstat()
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and time.time() - found.st_mtime > LEFT_SECONDS:
            left.unlink()


def _write_beside(target: Path, octets: bytes) -> None:
    beside = beside_of(target)
    try:
        _write(beside, octets, os.O_EXCL)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _write(path: Path, octets: bytes, how: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(octets)
        stream.flush()
        if stream.seekable():
            os.fsync(stream.fileno())
