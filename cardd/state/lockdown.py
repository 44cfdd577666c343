"""The emergency stop: one person engages it, two people release it, and no restart lifts it."""

import contextlib
from dataclasses import dataclass, field
from typing import Any, Final

from cardd.errors import ApprovalInvalid, AuditUnavailable, LockedDown
from cardd.ports import Publish
from cardd.register import Operator
from cardd.state.people import marks_of, one_person
from cardd.state.store import Moment, StateStore

SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class LockdownState:
    """Since when it is in force, by whom and why."""

    since_us: int
    """UTC, for people."""
    by: str
    """Operator id."""
    reason: str
    """One word of the wire's list."""


@dataclass(frozen=True, slots=True)
class _Vote:
    """The first administrator's, for the release."""

    person: str
    marks: frozenset[str] = field(repr=False)
    at: Moment
    utc_us: int


class Lockdown:
    """In force or not. In memory first, so that it holds even when the disk does not take it."""

    def __init__(self, store: StateStore, publish: Publish, *, seconds: float = SECONDS) -> None:
        """`seconds`: in which the second administrator must follow the first. Raises `AuditUnavailable`."""
        self._store, self._publish, self._seconds = store, publish, seconds
        self._state: LockdownState | None = None
        self._vote: _Vote | None = None
        self._durable = True
        for row in store.rows("SELECT * FROM lockdown"):
            self._state, self._vote = _from_row(row)

    @property
    def engaged(self) -> LockdownState | None:
        """None: not in force."""
        return self._state

    @property
    def kept(self) -> bool:
        """Whether the disk says the same: False means that a restart would lift it."""
        return self._durable

    def keep(self) -> None:
        """Try the disk again where it did not take the stop. Called by housekeeping, for nobody is logged in who could."""
        if self._state is not None and not self._durable:
            with contextlib.suppress(AuditUnavailable):
                self._write(self._state, None)
                self._durable = True

    @property
    def second_until_us(self) -> int | None:
        """UTC, for people: until when a second administrator must follow; None where no first one has asked."""
        vote = self._standing_vote()
        return None if vote is None else vote.utc_us + round(self._seconds * 1e6)

    def check(self) -> None:
        """Raises `LockedDown` while it is in force."""
        if self._state is not None:
            raise LockedDown()

    def engage(self, by: str, reason: str) -> LockdownState:
        """Stop everything. Where it is in force already, nothing changes.

        Raises `AuditUnavailable`: in force, but a restart would lift it until `keep` finds the disk well again.
        """
        state = self._state
        if state is None:
            state = self._state = LockdownState(self._store.utc_us(), by, reason)
            self._vote, self._durable = None, False
            self._publish("lockdown", "engaged", {"operator": by, "reason": reason})
        if not self._durable:
            self._write(state, None)
            self._durable = True
        return state

    def check_vote(self, operator: Operator) -> None:
        """Whether this person's word counts now; asked before a PIN is. Raises `ApprovalInvalid` (`same_person`)."""
        first = self._standing_vote()
        if first is not None and (
            operator.id in first.marks or one_person(operator, first.person, first.person, first.marks)
        ):
            raise ApprovalInvalid(problem="same_person")

    def vote(self, operator: Operator) -> bool:
        """An administrator asks for the release. True: released (also: it was not in force); False: a second one must follow.

        A vote counts for 5 minutes and ends with the boot of the kernel: it is a permission, and the time between two boots is
        only as true as the clock. Raises `ApprovalInvalid` (`same_person`), `AuditUnavailable`: nothing has changed.
        """
        state, first = self._state, self._standing_vote()
        if state is None:
            return True
        if first is None:
            vote = _Vote(operator.who, marks_of(operator) | {operator.id}, self._store.now(), self._store.utc_us())
            self._write(state, vote)
            self._vote, self._durable = vote, True
            self._publish("lockdown", "release_asked", {"operator": operator.id})
            return False
        self.check_vote(operator)
        with self._store.transaction() as db:
            db.execute("DELETE FROM lockdown")
        self._state = self._vote = None
        self._durable = True
        self._publish("lockdown", "released", {"operator": operator.id})
        return True

    def _standing_vote(self) -> _Vote | None:
        vote = self._vote
        if vote is None or not self._store.this_boot(vote.at) or self._store.elapsed_s(vote.at) >= self._seconds:
            return None
        return vote

    def _write(self, state: LockdownState, vote: _Vote | None) -> None:
        cast = (None,) * 6
        if vote is not None:
            at = vote.at
            cast = (vote.person, " ".join(sorted(vote.marks)), at.boot_id, at.boottime, at.utc_us, vote.utc_us)  # type: ignore[assignment]
        with self._store.transaction() as db:
            db.execute(
                "REPLACE INTO lockdown VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (state.since_us, state.by, state.reason, *cast),
            )


def _from_row(row: tuple[Any, ...]) -> tuple[LockdownState, _Vote | None]:
    _, since_us, by, reason, person, marks, boot_id, boottime, own_us, utc_us = row
    vote = (
        None if person is None else _Vote(person, frozenset(marks.split()), Moment(boot_id, boottime, own_us), utc_us)
    )
    return LockdownState(since_us, by, reason), vote
