"""What keeps secrets from leaving the process's memory: no core dumps, no tracing by the same user, no swap (P8); and keeps it small."""

import ctypes
import os
import resource

PR_SET_DUMPABLE = 4
"""prctl(2)."""
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4
"""mlockall(2). Without ONFAULT the whole address space becomes resident: 204 MB were measured."""
M_MMAP_THRESHOLD = -3
LARGE_BLOCK = 128 * 1024
"""mallopt(3): glibc's own value at start, before it raises it."""


def give_back_large_blocks() -> None:
    """Have each freed block of `LARGE_BLOCK` bytes or more go back to the kernel at once, where the C library knows how (glibc).

    By itself glibc counts a large block that was freed as one that will be wanted again, up to 32 MiB in each thread's arena: of an
    old segment that was read once, 14 MiB stayed in the daemon for good.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


def forbid_dumps() -> None:
    """No core file, and no reading of this memory by other processes of the same user. Raises `OSError`."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")


def lock_memory() -> None:
    """Keep every page that is touched from now on out of swap. Raises `OSError`, mostly for a low RLIMIT_MEMLOCK."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
