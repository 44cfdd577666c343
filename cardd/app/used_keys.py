"""The idempotency keys of the last minutes, in a file: what they were used for is forgotten, that they were is not."""

import asyncio
import errno
import os
from pathlib import Path

from cardd.errors import AuditUnavailable
from cardd.ports import Clock
from cardd.signing.idempotency import KEEP_SECONDS

NAME = "used-keys"
US = 1_000_000


class UsedKeyFile:
    """`cardd.signing.idempotency.UsedKeys` over one append-only file in the state directory.

    A line is the time (microseconds, UTC) and the mark in hexadecimal. Lines that cannot be read are a torn end and are
    dropped; what is older than 10 minutes goes at each start.
    """

    def __init__(self, directory: Path, clock: Clock) -> None:
        """Read what an earlier run left. Raises `OSError`."""
        self._path = directory / NAME
        self._clock = clock
        # A clock that was set back makes old lines look new: that refuses a repeat too many, never signs one.
        oldest = clock.utc_us() - int(KEEP_SECONDS * US)
        kept = [line for line in self._lines() if int(line.split(b" ")[0]) >= oldest]
        self._earlier = frozenset(bytes.fromhex(line.split(b" ")[1].decode("ascii")) for line in kept)
        self._begin(kept)

    def before_this_start(self, mark: bytes) -> bool:
        """See `UsedKeys`."""
        return mark in self._earlier

    async def keep(self, mark: bytes) -> None:
        """See `UsedKeys`."""
        line = b"%d %s\n" % (self._clock.utc_us(), mark.hex().encode())
        try:
            await asyncio.to_thread(self._append, line)
        except OSError as error:
            raise AuditUnavailable(problem="state_not_writable") from error

    def _append(self, line: bytes) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _write_whole(file, line)
            os.fdatasync(file)
        finally:
            os.close(file)

    def _lines(self) -> list[bytes]:
        if not self._path.exists():
            return []
        return [line for line in self._path.read_bytes().split(b"\n") if _whole(line)]

    def _begin(self, kept: list[bytes]) -> None:
        beside = self._path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _write_whole(file, b"".join(line + b"\n" for line in kept))
            os.fsync(file)
        finally:
            os.close(file)
        beside.replace(self._path)


def _write_whole(file: int, octets: bytes) -> None:
    if os.write(file, octets) != len(octets):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _whole(line: bytes) -> bool:
    parts = line.split(b" ")
    return len(parts) == 2 and parts[0].isdigit() and len(parts[1]) == 64 and not parts[1].strip(b"0123456789abcdef")
