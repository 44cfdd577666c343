"""Signals at the worst moment: after Python's last look for them, before the blocking call has begun."""

import os
import signal
import subprocess
import sys

import pytest

from cardd.cli.ending import ends_in_order
from cardd.cli.interrupts import NUDGE

PROGRAM = """
import ctypes, functools, operator, os, signal, sys
from cardd.cli.ending import ends_in_order

signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
libc, (never, _) = ctypes.CDLL(None), os.pipe()
at_once = (functools.partial(libc["raise"], int(sys.argv[1])), functools.partial(os.read, never, 1))
try:
    with ends_in_order():
        list(map(operator.call, at_once))  # in C from end to end: no instruction of Python lies between the two
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.proves("P4")
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["INT", "TERM", "HUP"],
)
def test_a_signal_just_before_the_program_waits_is_heard_all_the_same(number: signal.Signals, status: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(int(number))], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (status, "")


def test_afterwards_all_is_as_it_was() -> None:
    handler, wakeup = signal.getsignal(NUDGE), signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(wakeup)
    interrupted = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt), ends_in_order():
                os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, interrupted)
    assert signal.getsignal(NUDGE) is handler
    assert signal.set_wakeup_fd(wakeup) == wakeup
