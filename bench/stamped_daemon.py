"""cardd with one stamp more: the moment each SCardGetStatusChange returns is written to a file. Everything else is unchanged.

Run by `group_events` as `python -m bench.stamped_daemon`.
"""

import os
import struct
import time
from typing import Any

from smartcard import scard

from cardd.__main__ import main

STAMPS_VARIABLE = "CARDD_BENCH_STAMPS"
STAMP = struct.Struct("=d")
"""`time.monotonic()`."""


def stamp_returns(path: str) -> None:
    """Wrap the one function. Writing a stamp takes some microseconds, which the daemon's time then includes."""
    plain = scard.SCardGetStatusChange
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def stamped(*arguments: Any) -> Any:
        answer = plain(*arguments)
        os.write(file, STAMP.pack(time.monotonic()))
        return answer

    scard.SCardGetStatusChange = stamped


if __name__ == "__main__":
    stamp_returns(os.environ[STAMPS_VARIABLE])
    main()
