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
