"""Programs that the terminal starts and leaves to themselves: a locker, a browser.

Under no_new_privs, as in the shipped units, whatever a process starts is bound as well: a locker could not ask PAM for a password
(unix_chkpwd is setgid), a browser could not reach the network. There the user's service manager starts them, which is not bound.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

STATUS: Final = Path("/proc/self/status")
STARTER: Final = ("systemd-run", "--user", "--quiet", "--collect")
"""systemd-run(1)."""


def command(argv: Sequence[str], *, wait: bool = False, status: Path = STATUS) -> Sequence[str]:
    """How `argv` must be started. `wait`: the one that starts it stays until it has ended, and ends as it did."""
    if not bound(status):
        return argv
    return (*STARTER, *(("--wait",) if wait else ()), "--", *argv)


def bound(status: Path = STATUS) -> bool:
    """Whether this process has no_new_privs (proc_pid_status(5), NoNewPrivs), and with it all that it starts."""
    rows = (line.partition(":") for line in status.read_text().splitlines())
    return any(name == "NoNewPrivs" and value.strip() == "1" for name, _, value in rows)
