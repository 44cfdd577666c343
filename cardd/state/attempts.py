"""Counts failed logins and locks: 3 within 15 minutes at one seat or with one badge lock that seat or badge for 15 minutes (S5).

On the disk: neither a restart of the daemon nor of the machine opens a lock or forgets a failure.
"""

import sqlite3
from math import ceil

from cardd.errors import AuditUnavailable, LoginLocked
from cardd.ports import Publish
from cardd.state.store import StateStore

FAILURES = 3
WINDOW_S = 15 * 60.0
LOCK_S = 15 * 60.0
MOST_SUBJECTS = 1_000
"""So many seats and badges are remembered; beyond it the one untouched longest and not locked is forgotten."""


class LoginAttempts:
    """Failed logins by subject: `seat:NAME` or `badge:MARK`. All but `failed` raise `AuditUnavailable` when the disk does not take
    it; what it did not take waits in memory, and nobody passes `check` before it is on the disk.
    """

    def __init__(
        self,
        store: StateStore,
        publish: Publish,
        *,
        failures: int = FAILURES,
        window_s: float = WINDOW_S,
        lock_s: float = LOCK_S,
    ) -> None:
        self._store, self._publish = store, publish
        self._most, self._window_s, self._lock_s = failures, window_s, lock_s
        self._waiting: list[tuple[str, int]] = []
        """Failures that the disk has not taken: subject, and when on the store's own time. No longer than the logins that run at once."""

    def check(self, *subjects: str) -> None:
        """Raises `LoginLocked` with `retry_after_s` while any of the subjects is locked."""
        self._keep()
        left_us = max((self._locked_until(each) for each in subjects), default=0) - self._store.own_us()
        if left_us > 0:
            raise LoginLocked(retry_after_s=ceil(left_us / 1e6))

    def locked(self) -> tuple[tuple[str, int], ...]:
        """The subjects that are locked now, each with the seconds left."""
        now = self._store.own_us()
        found = self._store.rows(
            "SELECT subject, locked_until_own_us FROM login_subjects WHERE locked_until_own_us > ? ORDER BY subject",
            (now,),
        )
        return tuple((str(subject), ceil((_int(until) - now) / 1e6)) for subject, until in found)

    def failed(self, *subjects: str) -> bool:
        """Count a failed login for each subject; True when that locked one of them (and raised the alarm).

        Never raises for the disk: who tells of a wrong PIN has something to say that matters more. That is an alarm.
        """
        now = self._store.own_us()
        self._waiting += [(each, now) for each in subjects]
        try:
            return self._keep()
        except AuditUnavailable as error:
            self._publish("alarm", "count_not_kept", {"problem": error.facts.problem})
            return False

    def succeeded(self, *subjects: str) -> None:
        """A login went well: the failures of these subjects are forgotten, a lock is not. Give the badge, not the seat: else one good
        badge would reset the count for guesses with another."""
        known = {name for (name,) in self._store.rows("SELECT DISTINCT subject FROM login_failures")}
        if forgotten := known & set(subjects):
            with self._store.transaction() as db:
                db.executemany("DELETE FROM login_failures WHERE subject = ?", [(each,) for each in forgotten])

    def _keep(self) -> bool:
        """Have the disk take what waits; whether that locked somebody."""
        if not self._waiting:
            return False
        with self._store.transaction() as db:
            locked = [subject for subject, at in self._waiting if self._count(db, subject, at)]
        self._waiting.clear()
        for each in locked:
            kind, _, name = each.partition(":")
            self._publish("alarm", "login_locked", {kind: name, "seconds": int(self._lock_s)})
        return bool(locked)

    def _locked_until(self, subject: str) -> int:
        found = self._store.rows("SELECT locked_until_own_us FROM login_subjects WHERE subject = ?", (subject,))
        return _int(found[0][0]) if found else 0

    def _count(self, db: sqlite3.Connection, subject: str, now: int) -> bool:
        db.execute(
            "INSERT INTO login_subjects (subject, touched) SELECT ?, coalesce(max(touched), 0) + 1 FROM login_subjects WHERE true"
            " ON CONFLICT DO UPDATE SET touched = excluded.touched",
            (subject,),
        )
        self._forget_oldest(db, now)
        db.execute("DELETE FROM login_failures WHERE own_us <= ?", (now - round(self._window_s * 1e6),))
        db.execute("INSERT INTO login_failures (subject, own_us) VALUES (?, ?)", (subject, now))
        (count,) = db.execute("SELECT count(*) FROM login_failures WHERE subject = ?", (subject,)).fetchone()
        if count < self._most:
            return False
        db.execute("DELETE FROM login_failures WHERE subject = ?", (subject,))
        until = now + round(self._lock_s * 1e6)
        db.execute("UPDATE login_subjects SET locked_until_own_us = ? WHERE subject = ?", (until, subject))
        return True

    @staticmethod
    def _forget_oldest(db: sqlite3.Connection, now: int) -> None:
        (count,) = db.execute("SELECT count(*) FROM login_subjects").fetchone()
        if count > MOST_SUBJECTS:
            db.execute(
                "DELETE FROM login_subjects WHERE subject ="
                " (SELECT subject FROM login_subjects WHERE locked_until_own_us <= ? ORDER BY touched LIMIT 1)",
                (now,),
            )


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
