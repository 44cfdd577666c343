"""How the helper programs work: each worker on a thread of its own, until the service manager says stop."""

import os
import signal
import threading
from collections.abc import Callable, Iterable

Worker = Callable[[threading.Event], None]
"""Works until the event is set."""


def run_side_by_side(workers: Iterable[Worker], died: Callable[[], None], look_s: float) -> None:
    """Until SIGTERM or SIGINT. Looks every `look_s` seconds whether all live; else says so by `died` and ends the process with 1:
    systemd starts it again, where a part of the work would be done by nobody."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [threading.Thread(target=worker, args=(stop,), daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    while not stop.wait(look_s):
        if not all(thread.is_alive() for thread in threads):
            died()
            os._exit(1)
