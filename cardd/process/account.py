"""Doing something as the account that the daemon runs as, for programs that root starts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

ROOT = 0


@contextmanager
def acting_as(uid: int, gid: int) -> Iterator[None]:
    """What is made belongs to that account, and what it could not read is not read here either. For root alone.

    Never held over an `await`: the whole process changes with it (setuid(2): glibc tells all threads).
    """
    group = os.getegid()
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(ROOT)
        os.setegid(group)
