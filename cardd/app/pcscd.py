"""Whether somebody else than cardd can open pcscd: then a program could use a card past policy and record (C12)."""

import os
import stat
from pathlib import Path

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
