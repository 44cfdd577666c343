"""Running a program to its end, and what the kernel says it took."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

BETWEEN = """
import resource, subprocess, sys, time
began = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
seconds, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
print(status, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


class ProgramFailed(Exception):
    """It ended with another status than 0."""


@dataclass(frozen=True)
class Took:
    """Seconds by the clock and of processors, MiB at most."""

    seconds: float
    cpu_s: float
    mib: float


def run(command: Sequence[str]) -> Took:
    """Its output goes nowhere. Raises `ProgramFailed`.

    A small program stands between: a child's ru_maxrss begins at what its parent holds when it is made, so a program started from
    here would never seem smaller than the benchmark itself.
    """
    done = subprocess.run(
        [sys.executable, "-S", "-c", BETWEEN, *command], stdout=subprocess.PIPE, text=True, check=True
    )
    status, seconds, cpu_s, kib = done.stdout.split()
    if status != "0":
        raise ProgramFailed(f"{command[0]}: status {status}")
    return Took(float(seconds), float(cpu_s), int(kib) / 1024)
