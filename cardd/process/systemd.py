"""The service manager's protocol (sd_notify(3)): readiness, status, watchdog. Does nothing where systemd did not start us."""

import os
import socket


def notify(text: str) -> bool:
    """Send `text` (`READY=1`, `WATCHDOG=1`, `STATUS=…`) without waiting; False where systemd did not start us.

    Raises `OSError` when the manager's socket is gone or full.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.connect("\0" + address[1:] if address.startswith("@") else address)
        out.send(text.encode(), socket.MSG_DONTWAIT)
    return True


def watchdog_seconds() -> float | None:
    """How often the watchdog wants to hear of us at least: half of WATCHDOG_USEC, or None where it does not watch us."""
    period = os.environ.get("WATCHDOG_USEC")
    watched = os.environ.get("WATCHDOG_PID")
    if period is None or (watched is not None and watched != str(os.getpid())):
        return None
    return int(period) / 2_000_000
