"""What the programs of the terminal tell the service manager that started them (sd_notify(3)), and how they write for its journal."""

import os
import socket
import sys
from typing import Final

ALERT: Final = 1
"""Priorities of syslog(3), as the journal reads them at the beginning of a line (sd-daemon(3))."""
WARNING: Final = 4
INFO: Final = 6


def notify(text: str) -> bool:
    """Send `text` (`READY=1`, `STATUS=…`); False where no manager started us or it takes nothing at the moment."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        try:
            out.connect("\0" + address[1:] if address.startswith("@") else address)
            out.send(text.encode(), socket.MSG_DONTWAIT)
        except OSError:
            return False  # a status that is not taken is no reason to stop working; a READY that is not, systemd itself tells
    return True


def write(text: str, priority: int = INFO) -> None:
    """One line to stderr; with its priority where that is the journal."""
    mark = f"<{priority}>" if "JOURNAL_STREAM" in os.environ else ""
    sys.stderr.write(f"{mark}{text}\n")
    sys.stderr.flush()
