"""Whether somebody else than cardd can open pcscd: then a program could use a card past policy and record (C12)."""

import os
import stat
from pathlib import Path

from cardd.log import get_logger
from cardd.ports import Clock

PCSCD_SOCKET = Path("/run/pcscd/pcscd.comm")
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
"""Where libpcsclite looks for pcscd instead; forbidden in production (decision 15)."""


def socket_open_to_others() -> bool:
    """True when pcscd's socket may be opened by every user of the machine. False also when it is not there."""
    path = Path(os.environ.get(SOCKET_VARIABLE, PCSCD_SOCKET))
    try:
        return bool(path.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return False


class OpenSocketWarning:
    """Says in the log that pcscd is open to others: at start, and each day that it stays so."""

    EVERY_S = 24 * 3600.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looked: float | None = None

    def look(self) -> None:
        """Look, if it is time. Cheap: may be called at any time."""
        now = self._clock.boottime()
        if self._looked is not None and now - self._looked < self.EVERY_S:
            return
        self._looked = now
        if socket_open_to_others():
            remedy = "let only cardd's user open pcscd's socket: docs/installation.md"
            get_logger().warning("pcscd_open_to_others", remedy=remedy)
