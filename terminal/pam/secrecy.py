"""What keeps the PIN out of files while this program has it: no core file, no reading by other processes of the user, no swap."""

import ctypes
import os
import resource
from typing import Final

PR_SET_DUMPABLE: Final = 4
"""prctl(2)."""
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4
"""mlockall(2). ONFAULT: pages that are touched, not the whole address space."""


def keep_to_ourselves() -> bool:
    """Whether the memory is kept out of swap as well; dumps and other readers are shut out in any case. Raises `OSError` where not.

    Swap is closed where the process may lock what it likes (CAP_IPC_LOCK, which root has unless somebody took it): under a limit, the
    next allocation would fail.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    return os.geteuid() == 0 and library.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0
