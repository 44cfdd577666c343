"""What keeps the PIN out of files while this program has it: no core file, no reading by other processes of the user, no swap."""

import ctypes
import os
import resource
from typing import Final

PR_SET_DUMPABLE: Final = 4
"""prctl(2)."""
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4
"""mlockall(2). ONFAULT: pages that are touched, not the whole address space."""


def keep_to_ourselves() -> None:
    """Raises `OSError` where the kernel refuses. Swap is closed for root alone: an ordinary user may lock so little memory that
    the next allocation would fail.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    library = ctypes.CDLL(None, use_errno=True)
    _check(library.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl")
    if os.geteuid() == 0:
        _check(library.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT), "mlockall")


def _check(answer: int, call: str) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), call)
