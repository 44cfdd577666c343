"""A signal that comes just before a program begins to wait is not lost: Ctrl-C at a question counts when it is pressed once.

Python notes a signal at once and runs its handler between two of its own instructions. A signal that comes behind the last of them,
when the blocking call (read, recv) has not begun yet, finds nothing to break off: it would count with the next key only, or never.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NUDGE: Final = signal.SIGURG
"""Ignored by a program that does not handle it (signal(7)): one that comes too late does nothing."""
_AGAIN_SECONDS: Final = 0.02


@contextmanager
def none_is_lost() -> Iterator[None]:
    """Within, each signal that has a handler breaks off whatever the main thread waits in. For the main thread alone.

    A thread hears of each signal as it comes (`signal.set_wakeup_fd`) and sends the main thread `NUDGE` until handlers have run there.
    Whoever takes that descriptor within (asyncio) has it, and sees to its own waiting.
    """
    hears, tells = os.pipe()
    os.set_blocking(tells, False)
    ran = threading.Event()
    nudger = threading.Thread(target=_nudge, args=(hears, threading.get_ident(), ran), daemon=True)
    handler = signal.signal(NUDGE, lambda _number, _frame: ran.set())
    before = signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    nudger.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(tells)
        nudger.join()  # its last nudge is still handled here
        os.close(hears)
        signal.signal(NUDGE, handler)


def _nudge(hears: int, main: int, ran: threading.Event) -> None:
    while numbers := os.read(hears, 64):
        if set(numbers) == {NUDGE}:
            continue
        # Handlers run in the order of their numbers, SIGHUP, SIGINT and SIGTERM before this one: when it has run, so have they.
        ran.clear()
        while not ran.is_set():
            signal.pthread_kill(main, NUDGE)
            ran.wait(_AGAIN_SECONDS)
