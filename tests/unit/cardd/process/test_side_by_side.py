"""Workers beside each other: told to stop they end, and where one died the process does."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, threading
from cardd.process.side_by_side import run_side_by_side

def works(stop):
    {first}
    stop.wait()

run_side_by_side([works, lambda stop: stop.wait()], lambda: print("died", flush=True), 0.05)
print("ended", flush=True)
"""


@pytest.mark.parametrize(
    ("first", "said", "code"),
    [
        ("os.kill(os.getpid(), signal.SIGTERM)", "ended\n", 0),
        ("os.kill(os.getpid(), signal.SIGINT)", "ended\n", 0),
        ("raise SystemExit", "died\n", 1),
    ],
)
def test_workers_end_together(first: str, said: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(first=first)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == (said, code)
