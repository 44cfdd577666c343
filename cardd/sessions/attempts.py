"""Counts failed logins and locks: 3 within 15 minutes at one seat or with one badge lock that seat or badge for 15 minutes (S5).

In memory: a restart of the daemon forgets counts and locks. The badge's own counter remains what protects its PIN.
"""

from collections import deque
from dataclasses import dataclass, field
from math import ceil

from cardd.errors import LoginLocked
from cardd.ports import Clock, Publish

FAILURES = 3
WINDOW_S = 15 * 60.0
LOCK_S = 15 * 60.0
MOST_SUBJECTS = 1_000
"""So many seats and badges are remembered; beyond it the one untouched longest and not locked is forgotten."""


@dataclass(slots=True)
class _Subject:
    failures: deque[float] = field(default_factory=deque)
    locked_until: float = 0.0
    """On CLOCK_BOOTTIME; so far back that nothing is locked at the start."""


class LoginAttempts:
    """Failed logins by subject: `seat:NAME` or `badge:PSEUDONYM`."""

    def __init__(
        self,
        clock: Clock,
        publish: Publish,
        *,
        failures: int = FAILURES,
        window_s: float = WINDOW_S,
        lock_s: float = LOCK_S,
    ) -> None:
        self._clock, self._publish = clock, publish
        self._most, self._window_s, self._lock_s = failures, window_s, lock_s
        self._subjects: dict[str, _Subject] = {}

    def check(self, *subjects: str) -> None:
        """Raises `LoginLocked` with `retry_after_s` while any of the subjects is locked."""
        now = self._clock.boottime()
        until = max((self._subjects[each].locked_until for each in subjects if each in self._subjects), default=0.0)
        if until > now:
            raise LoginLocked(retry_after_s=ceil(until - now))

    def failed(self, *subjects: str) -> bool:
        """Count a failed login for each subject; True when that locked one of them (and raised the alarm)."""
        now = self._clock.boottime()
        return any([self._count(each, now) for each in subjects])

    def succeeded(self, *subjects: str) -> None:
        """A login went well: the failures of these subjects are forgotten, a lock is not. Give the badge, not the seat: else one good
        badge would reset the count for guesses with another."""
        for each in subjects:
            known = self._subjects.get(each)
            if known is not None:
                known.failures.clear()

    def _count(self, name: str, now: float) -> bool:
        subject = self._subjects.pop(name, None) or _Subject()
        self._subjects[name] = subject  # at the end: touched last
        self._forget_oldest(now)
        subject.failures.append(now)
        while subject.failures[0] <= now - self._window_s:
            subject.failures.popleft()
        if len(subject.failures) < self._most:
            return False
        subject.failures.clear()
        subject.locked_until = now + self._lock_s
        self._publish("alarm", "login_locked", {"subject": name, "seconds": int(self._lock_s)})
        return True

    def _forget_oldest(self, now: float) -> None:
        if len(self._subjects) <= MOST_SUBJECTS:
            return
        oldest = next((name for name, each in self._subjects.items() if each.locked_until <= now), None)
        if oldest is not None:
            del self._subjects[oldest]
