"""One thread that does things later: idle power-off, a card that re-appears, late notices."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Timekeeper:
    """Runs callables after a delay, in order, on one thread. `close` drops what has not run yet."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="pcscd-timekeeper", daemon=True)
        self._thread.start()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` once, `seconds` from now. After `close` nothing is taken any more."""
        with self._changed:
            if not self._closed:
                heapq.heappush(self._due, (time.monotonic() + seconds, next(self._number), action))
                self._changed.notify()

    def close(self) -> None:
        """Stop, and wait for an action that is just running."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while (action := self._next()) is not None:
            try:
                action()
            except Exception:  # the outermost edge of this thread: one failed action must not stop the clock
                _log.exception("a delayed action of the virtual readers failed")

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
            return None
