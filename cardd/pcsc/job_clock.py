"""How long a job and its present command have taken: written by the reader's thread, read by the event loop."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

Now = Callable[[], float]


def boottime() -> float:
    """Seconds of CLOCK_BOOTTIME: monotonic, suspend included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class _Command:
    word: str
    since: float
    limit_s: float


class JobClock:
    """Limits of one job. Each attribute is written by one side only, so no lock is needed."""

    def __init__(self, limit_s: float, command_limit_s: float, now: Now = boottime) -> None:
        self._limit_s = limit_s
        self._command_limit_s = command_limit_s
        self._now = now
        self._begun: float | None = None
        self._command: _Command | None = None
        self._extra_s = 0.0
        self._abandoned = False
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether an emergency stop was engaged: nothing more is sent. What is on its way still gets its answer."""
        return self._stopped

    def stop(self) -> None:
        """Event loop: an emergency stop."""
        self._stopped = True

    @property
    def abandoned(self) -> bool:
        """Whether the caller was told that there is no answer: whatever comes now is dropped."""
        return self._abandoned

    def abandon(self) -> None:
        """Event loop: nobody waits any longer."""
        self._abandoned = True

    def begin(self) -> None:
        """Reader's thread: the job starts now."""
        self._begun = self._now()

    @contextmanager
    def command(self, word: str = "command") -> Iterator[None]:
        """Reader's thread: around each call that may block. `word` is what `passed` says of it."""
        with self._running(word, self._command_limit_s):
            yield

    @contextmanager
    def patient(self, limit_s: float) -> Iterator[None]:
        """Reader's thread: around a command that waits for a person, or for a card that makes a key.

        `limit_s` takes the place of the command's limit where it is longer; the time does not count in the job's limit.
        """
        limit_s = max(limit_s, self._command_limit_s)
        begun = self._now()
        self._extra_s += limit_s  # first, so that the job cannot pass its limit while the person types
        with self._running("command", limit_s):
            yield
        self._extra_s -= limit_s - (self._now() - begun)

    @contextmanager
    def _running(self, word: str, limit_s: float) -> Iterator[None]:
        self._command = _Command(word, self._now(), limit_s)
        try:
            yield
        finally:
            self._command = None

    def passed(self) -> str | None:
        """Event loop: which limit has passed: that of a `command`, of getting the card (`connect`), of the whole `operation`; or None."""
        now, command = self._now(), self._command
        if command is not None and now >= command.since + command.limit_s:
            return command.word
        if self._begun is not None and now >= self._begun + self._limit_s + self._extra_s:
            return "operation"
        return None

    def next_look(self) -> float:
        """Event loop: seconds until a limit can pass at the earliest.

        Never longer than one command's limit: a patient command may end early, and the one after it go silent.
        """
        now, command = self._now(), self._command
        looks = [self._command_limit_s]
        if command is not None:
            looks.append(command.since + command.limit_s - now)
        begun = now if self._begun is None else self._begun
        looks.append(begun + self._limit_s + self._extra_s - now)
        return max(0.0, min(looks))
