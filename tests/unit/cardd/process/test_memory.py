"""No core, no reading by others: proved in a process of its own, for it cannot be undone."""

import subprocess
import sys

import pytest


@pytest.mark.proves("P8")
def test_core_limit_is_zero_and_the_process_is_not_dumpable() -> None:
    program = (
        "import ctypes, resource\n"
        "from cardd.process.memory import forbid_dumps\n"
        "forbid_dumps()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "(0, 0) 0"


HELD = """
from cardd.process.memory import give_back_large_blocks
{call}
def held_kib():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon"))
before = held_kib()
for size in (4, 3):
    block = b"x" * (size * 1024 * 1024)
    small = [bytes(1000) for _ in range(100)]
    del block
print(held_kib() - before)
"""


def test_memory_of_large_blocks_goes_back_to_the_kernel() -> None:
    def held(call: str) -> int:
        told = subprocess.run(
            [sys.executable, "-c", HELD.format(call=call)], capture_output=True, text=True, check=True
        )
        return int(told.stdout)

    assert held("give_back_large_blocks()") < 1024
    assert held("") > 2048
