"""Whose program is at the other end of a connection over loopback, as the kernel says it.

A cookie alone does not tell users of one machine apart: a browser sends it to every port of the same address, so another user's
server would be given it.
"""

from __future__ import annotations

import socket
import struct
from pathlib import Path

TABLE = Path("/proc/net/tcp")
"""One line for each IPv4 socket of this network namespace (proc(5))."""
_LOCAL, _REMOTE, _UID, _INODE = 1, 2, 7, 9
_FIELDS = 10
_NO_PROGRAM = "0"
"""The inode of a socket that no program holds any more; its uid is written as 0 then, which is not whose it was."""


def uid_of(client: tuple[str, int], server: tuple[str, int], table: Path = TABLE) -> int | None:
    """The uid that owns the socket from `client` to `server` (IPv4 address and port); None where the kernel shows none."""
    near, far = _written(client), _written(server)
    with table.open(encoding="ascii") as lines:
        for line in lines:
            fields = line.split()
            if len(fields) >= _FIELDS and fields[_LOCAL] == near and fields[_REMOTE] == far:
                return None if fields[_INODE] == _NO_PROGRAM else int(fields[_UID])
    return None


def _written(end: tuple[str, int]) -> str:
    """As the table has it: the address as a number in the machine's byte order, hexadecimal, and the port."""
    address, port = end
    (number,) = struct.unpack("=I", socket.inet_aton(address))
    return f"{number:08X}:{port:04X}"
