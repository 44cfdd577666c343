"""Ctrl-C and SIGTERM end the tour through its `finally`s, but never between a fork and the moment when the child has a name."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Told(BaseException):
    """Somebody told the tour to end. Not an `Exception`: nothing on the way may take it for a failed step."""

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number
        super().__init__(signal.Signals(number).name)


class Ending:
    """Raises `Told` in the main thread when a signal comes; while `held`, as soon as that is over."""

    def __init__(self) -> None:
        self._held = False
        self._number: int | None = None

    def listen(self) -> None:
        """From now on. Called in the main thread."""
        for number in SIGNALS:
            signal.signal(number, self._told)

    @contextmanager
    def held(self) -> Iterator[None]:
        """A signal waits until the end of this block."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._number is not None:
            raise Told(self._number)

    def _told(self, number: int, _frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)  # once is enough: what is being put away is not left half way
        self._number = number
        if not self._held:
            raise Told(number)
