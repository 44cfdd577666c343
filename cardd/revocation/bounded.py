"""The child that checks a list (`python -m cardd.revocation.bounded`): `certs.revocation.intake` with a bound on its memory.

It shares the daemon's memory limit (`MemoryMax` of the unit), and systemd stops the daemon where the kernel has to kill one of the two.
A list that nobody signed is parsed before that is known, so what it may cost is bounded here: the child fails, and the daemon goes on.
"""

import resource

from certs.revocation.intake import main as intake

MOST_MEMORY = 256 * 1024 * 1024
"""Bytes of address space. A list of 1,500,000 entries and 59 MiB, about the largest that is taken, went through with 200 MiB of it."""


def main() -> None:
    """Bound the memory, then take the list in as the command line says."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    intake()


if __name__ == "__main__":
    main()
