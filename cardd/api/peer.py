"""Who is calling: what the kernel says of the other end, and what the office's configuration calls it."""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

from cardd.model import Peer, SeatName

NOBODY = 65534
"""What the kernel shows for a user it cannot name here (another user namespace); never a caller of ours."""

_UCRED = struct.Struct("iII")  # struct ucred, unix(7): pid, uid, gid


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One line of the configuration: what a uid may do at the socket."""

    name: str
    """What log, record and prompts call it."""
    seats: tuple[SeatName, ...]
    may_prompt: bool
    """Whether it may register as an agent, which is to see PINs."""
    private_sector: bool = False
    """Whether the client is not a public body."""
    counts_as_human: bool = False
    """Whether what it reports as a human's act keeps a session from locking."""
    may_log_in_others: bool = False
    """Whether it may open the session of another user, whom the register names with the badge."""
    relays_origins: bool = False
    """Whether it may say for which web page it asks."""


Clients = Callable[[Peer], ClientRow | None]
"""The configuration's table; None = not in it."""


def peer_of(connected: socket.socket) -> Peer:
    """The process that made the connection, as the kernel recorded it then (SO_PEERCRED)."""
    pid, uid, gid = _UCRED.unpack(connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return Peer(uid=uid, gid=gid, pid=pid)
