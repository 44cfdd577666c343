"""The listening socket: taken over from systemd, or made by ourselves; and the check that it is still ours (fault 73)."""

import errno
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FIRST_PASSED_FD = 3  # SD_LISTEN_FDS_START, sd_listen_fds(3)
BACKLOG = 128
"""With a small one, clients of asyncio get EINVAL instead of waiting."""
SOCKET_MODE = 0o660
DIRECTORY_MODE = 0o750


class SocketInUse(OSError):
    """Another daemon answers at this path, or something that is no socket lies there."""


@dataclass(frozen=True, slots=True)
class Listening:
    """A bound socket, and what its file was when it was bound."""

    socket: socket.socket
    path: Path
    inode: tuple[int, int]
    """Device and inode number of the socket file."""
    ours: bool
    """We made the file, so we remove it."""

    def problem(self) -> str | None:
        """`socket_removed` or `socket_replaced`, or None while clients still reach us at the path."""
        try:
            return None if _inode(self.path) == self.inode else "socket_replaced"
        except FileNotFoundError:
            return "socket_removed"

    def remove(self) -> None:
        """Remove the socket file, if we made it and it is still that one."""
        if self.ours and self.problem() is None:
            self.path.unlink()


def passed_by_systemd(environment: Mapping[str, str], descriptor: int = FIRST_PASSED_FD) -> Listening | None:
    """The socket that systemd passed to this process (LISTEN_PID, LISTEN_FDS), or None.

    Raises `ValueError` when it passed something else than one listening AF_UNIX stream socket.
    """
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return None
    if environment.get("LISTEN_FDS") != "1":
        raise ValueError("systemd must pass exactly one socket")
    passed = socket.socket(fileno=descriptor)
    passed.set_inheritable(False)
    if passed.family != socket.AF_UNIX or passed.type != socket.SOCK_STREAM:
        passed.detach()
        raise ValueError("the socket passed by systemd is not an AF_UNIX stream socket")
    path = Path(passed.getsockname())
    return Listening(passed, path, _inode(path), ours=False)


def bind(path: Path, *, gid: int | None = None) -> Listening:
    """Listen at `path`, 0660, of group `gid`; a directory that is not there is made, 0750.

    The file appears at its place in one step with its final rights; a dead daemon's file is replaced.
    Raises `SocketInUse`.
    """
    path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    _refuse_living(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        listening.bind(str(beside))
        beside.chmod(SOCKET_MODE)
        if gid is not None:
            os.chown(beside, -1, gid)
        listening.listen(BACKLOG)
        beside.rename(path)
    except OSError:
        listening.close()
        beside.unlink(missing_ok=True)
        raise
    return Listening(listening, path, _inode(path), ours=True)


def _refuse_living(path: Path) -> None:
    if not os.path.lexists(path):
        return
    if not path.is_socket():
        raise SocketInUse(errno.EEXIST, "not a socket", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as knock:
        knock.settimeout(1.0)
        try:
            knock.connect(str(path))
        except ConnectionRefusedError:
            return
    raise SocketInUse(errno.EADDRINUSE, "another daemon listens here", str(path))


def _inode(path: Path) -> tuple[int, int]:
    status = os.lstat(path)
    return status.st_dev, status.st_ino
