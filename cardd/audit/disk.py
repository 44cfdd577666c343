"""The few calls by which the audit log touches the disk, in one place so that tests can let each of them fail."""

import errno
import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path

LARGEST_FILE = 256 * 1024 * 1024
"""Bytes; no segment and no day's heads come near it. A file beyond it was put there, and would fill the memory."""
FILE_MODE = 0o640
KEY_MODE = 0o600


class Disk:
    """Plain system calls. Each raises `OSError` as the kernel says."""

    def open_append(self, path: Path) -> int:
        """Open an existing file for reading and appending."""
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)

    def open_inside(self, path: Path) -> int:
        """Open an existing file for writing over what is in it, from its beginning."""
        return os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)

    def create(self, path: Path) -> int:
        """Make a new file; raises `FileExistsError` when it is there."""
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)

    def create_private(self, path: Path) -> int:
        """The same, for our eyes alone."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, KEY_MODE)

    def replace_private(self, path: Path, octets: bytes) -> None:
        """A small file for our eyes alone takes the place of the one before, whole or not at all."""
        temporary = f"{path}.tmp"  # no `Path`: with each head one more name for the interpreter (see `entries`)
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, KEY_MODE)
        try:
            if os.write(descriptor, octets) != len(octets):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, path)

    def rename(self, path: Path, target: Path) -> None:
        """Over a file that is there; durable once its directory is synced."""
        path.rename(target)

    def unlink(self, path: Path) -> None:
        path.unlink()

    def write(self, descriptor: int, octets: bytes) -> int:
        """How many bytes were taken; may be fewer than given."""
        return os.write(descriptor, octets)

    def sync(self, descriptor: int) -> None:
        """Data and size are on the disk when this returns (fdatasync(2))."""
        os.fdatasync(descriptor)

    def sync_directory(self, path: Path) -> None:
        """New, renamed and removed names are on the disk when this returns."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def reserve(self, descriptor: int, size: int) -> None:
        """Give the file real blocks, not a hole."""
        os.posix_fallocate(descriptor, 0, size)

    def lock(self, descriptor: int) -> None:
        """Become the only writer. Raises `BlockingIOError` when another process is."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def read(self, path: Path) -> bytes:
        return read_plain(path)


def open_plain(path: Path | str, _flags: int = 0) -> int:
    """Open for reading, and only what is a plain file of ours; an opener for `open`. Raises `OSError`.

    A link may lead out of the log, and a pipe would keep the reader waiting for good, without a word.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    found = os.fstat(descriptor)
    number = 0 if stat.S_ISREG(found.st_mode) else errno.EINVAL
    number = number or (errno.EFBIG if found.st_size > LARGEST_FILE else 0)
    if number:
        os.close(descriptor)
        raise OSError(number, os.strerror(number), str(path))
    return descriptor


def read_plain(path: Path) -> bytes:
    """The whole file, as `open_plain` opens it. Raises `OSError`."""
    with open(open_plain(path), "rb") as file:
        return file.read()
