"""The child that checks a list (`python -m cardd.revocation.bounded`): `certs.revocation.intake` with a bound on its memory.

It shares the daemon's memory limit (`MemoryMax` of the unit). A list that nobody signed is parsed before that is known, so what it
may cost is bounded here: the child fails, and the daemon goes on. Should both together need more than there is, the kernel ends the child.
"""

import resource
from pathlib import Path

from certs.revocation.intake import main as intake

MOST_MEMORY = 144 * 1024 * 1024
"""Bytes that the child alone writes to (RLIMIT_DATA). The largest list that is taken, 64 MiB and 1,262,000 entries, needs 124 MiB."""
TAKEN_FIRST = "1000"
"""oom_score_adj, proc_pid_oom_score_adj(5); anybody may raise their own."""


def main() -> None:
    """Bound the memory, then take the list in as the command line says."""
    Path("/proc/self/oom_score_adj").write_text(TAKEN_FIRST)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    intake()


if __name__ == "__main__":
    main()
