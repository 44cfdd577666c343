"""Clients that wait for a change of any reader (CMD_WAIT_READER_STATE_CHANGE). Waking one ends its waiting."""

from __future__ import annotations

import threading
from typing import Protocol

from applets_spec.pcscd.numbers import Result


class Waiter(Protocol):
    """A client that can be told that something happened. Must not block."""

    def wake(self, result: Result) -> None:
        """Send the event with this result."""


class WaitingRoom:
    """Who waits. Each waiter gets exactly one event, or leaves on its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Waiter] = []

    def enter(self, waiter: Waiter) -> None:
        """Wait for the next change."""
        with self._lock:
            if waiter not in self._waiting:
                self._waiting.append(waiter)

    def leave(self, waiter: Waiter) -> bool:
        """Stop waiting; False: it was not waiting any more."""
        with self._lock:
            if waiter not in self._waiting:
                return False
            self._waiting.remove(waiter)
            return True

    def wake_all(self) -> None:
        """Something changed."""
        with self._lock:
            woken, self._waiting = self._waiting, []
        for waiter in woken:
            waiter.wake(Result.SUCCESS)

    def cancel(self, waiter: Waiter) -> None:
        """End this one's waiting with "cancelled", if it waits."""
        if self.leave(waiter):
            waiter.wake(Result.E_CANCELLED)
