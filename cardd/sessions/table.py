"""Who is logged in where: one session per seat, bound to badge insertion and uid. No I/O; `app` calls it on the event loop."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from cardd.errors import SessionExists, SessionLocked, SessionRequired
from cardd.model import CardRef, SeatName
from cardd.ports import Clock, Publish
from cardd.register import Operator
from cardd.sessions.session import LockReason, Session, SessionEnd

__all__ = ["LOCK_S", "LONGEST_S", "LockReason", "Session", "SessionEnd", "SessionTable"]

LONGEST_S = 12 * 3600.0
"""A session ends after this many seconds at the latest (S4, NIST SP 800-63B)."""
LOCK_S = 300.0
"""It locks after this many seconds without a human's act (S3; NIST SP 800-63B AAL3 allows 15 minutes)."""
ASLEEP_S = 1.0
"""CLOCK_BOOTTIME grows beyond CLOCK_MONOTONIC by what the machine slept; by more than this a session does not outlive it."""

Ended = Callable[[Session, SessionEnd], None]
"""Told after a session is over, in the same turn of the event loop."""
Locked = Callable[[Session, LockReason], None]
"""Told after a session was locked, in the same turn of the event loop."""


@dataclass(slots=True)
class _Standing:
    """What changes about a session. Times on CLOCK_BOOTTIME."""

    session: Session
    acted: float
    """A human's last act."""
    proven: float
    """When the operator's PIN was last proven."""
    slept: float
    """How far CLOCK_BOOTTIME was ahead of CLOCK_MONOTONIC when the session began."""
    locked: bool = False


class SessionTable:
    """The sessions of all seats.

    A session is over, or locked, by the clock alone: each question looks first (`expire`), so no answer depends on
    housekeeping having come round. Only `activity`, `unlocked` and the login itself count as a human's act; requests of
    programs do not (S3).
    """

    def __init__(
        self,
        clock: Clock,
        publish: Publish,
        *,
        ended: Ended,
        locked: Locked = lambda _session, _why: None,
        longest_s: float = LONGEST_S,
        lock_s: float = LOCK_S,
    ) -> None:
        self._clock, self._publish = clock, publish
        self._ended, self._locked = ended, locked
        self._longest_s, self._lock_s = longest_s, lock_s
        self._standings: dict[SeatName, _Standing] = {}
        self._on_stop: list[Callable[[Session], None]] = []

    def on_stop(self, callback: Callable[[Session], None]) -> None:
        """Have `callback` called, on the event loop, whenever a session is locked or ends."""
        self._on_stop.append(callback)

    # --- begin and end -----------------------------------------------------------------------------------------------

    def start(
        self,
        seat: SeatName,
        badge: CardRef,
        uid: int,
        operator: Operator,
        badge_certificate: str,
        badge_expires_us: int | None = None,
    ) -> Session:
        """Open a session; badge and PIN have just been proven. Raises `SessionExists` while this seat has one."""
        self.expire()
        if seat in self._standings:
            raise SessionExists()
        # In this order, and the other way round in `expire`: a pause of ours between the two readings never looks like sleep.
        monotonic, now = self._clock.monotonic(), self._clock.boottime()
        now_us = self._clock.utc_us()
        session = Session(
            id=f"s-{secrets.token_hex(8)}",
            seat=seat,
            badge=badge,
            uid=uid,
            operator=operator,
            badge_certificate=badge_certificate,
            since_us=now_us,
            ends_us=now_us + int(self._longest_s * 1_000_000),
            deadline=now + self._longest_s,
            badge_expires_us=badge_expires_us,
        )
        self._standings[seat] = _Standing(session, acted=now, proven=now, slept=now - monotonic)
        self._publish("session", "started", {"uid": uid, "seat": seat, "operator": operator.id, "role": operator.role})
        return session

    def end(self, session: Session, why: SessionEnd) -> None:
        """End exactly this session; nothing happens when it is over already."""
        if self._standing(session) is None:
            return
        del self._standings[session.seat]
        self._publish("session", "ended", {"uid": session.uid, "seat": session.seat, "reason": why})
        self._ended(session, why)
        self._stopped(session)

    def badge_gone(self, badge: CardRef, why: SessionEnd = SessionEnd.BADGE_REMOVED) -> None:
        """This insertion of a card is over: its session ends with it."""
        for session in self.all():
            if session.badge == badge:
                self.end(session, why)

    def end_all(self, why: SessionEnd) -> None:
        """End every session."""
        for session in self.all():
            self.end(session, why)

    def recheck(self, standing: Callable[[Session], SessionEnd | None]) -> None:
        """End each session for which `standing` has a reason: policy, register or block list in force may have changed."""
        for session in self.all():
            why = standing(session)
            if why is not None:
                self.end(session, why)

    # --- questions ---------------------------------------------------------------------------------------------------

    def need(self, seat: SeatName, uid: int, *, locked_too: bool = False) -> Session:
        """The session of this seat for this uid.

        Raises `SessionRequired`; another uid's try is an alarm (decision 13). Raises `SessionLocked` while it is locked,
        unless `locked_too`: for unlocking and logging out.
        """
        session = self.find(seat, uid)
        if session is None:
            if seat in self._standings:
                self._publish("alarm", "foreign_session", {"seat": seat, "uid": uid})
            raise SessionRequired()
        if not locked_too and self.locked(session):
            raise SessionLocked()
        return session

    def find(self, seat: SeatName, uid: int) -> Session | None:
        """As `need`, but None and no alarm, and locked ones as well: for questions of state."""
        self.expire()
        standing = self._standings.get(seat)
        return standing.session if standing is not None and standing.session.uid == uid else None

    def still(self, session: Session) -> bool:
        """Whether exactly this session goes on and is not locked: asked again before data leaves (fault 78)."""
        self.expire()
        standing = self._standing(session)
        return standing is not None and not standing.locked

    def taken(self, seat: SeatName) -> bool:
        """Whether anybody is logged in at this seat, locked or not."""
        self.expire()
        return seat in self._standings

    def locked(self, session: Session) -> bool:
        """Whether this session is there and locked."""
        self.expire()
        standing = self._standing(session)
        return standing is not None and standing.locked

    def locks_us(self, session: Session) -> int | None:
        """When it locks if no human does anything, in UTC µs for people; None while it is locked, and after its end."""
        self.expire()
        standing = self._standing(session)
        if standing is None or standing.locked:
            return None
        left_s = standing.acted + self._lock_s - self._clock.boottime()
        return self._clock.utc_us() + int(left_s * 1_000_000)

    def pin_age_s(self, session: Session) -> float:
        """Seconds since the operator's PIN was last proven (S6). Raises `SessionRequired` when the session is over."""
        return self._clock.boottime() - self._lasting(session).proven

    def all(self) -> tuple[Session, ...]:
        """All sessions, for a snapshot."""
        return tuple(standing.session for standing in self._standings.values())

    # --- a human's acts, and their absence ---------------------------------------------------------------------------

    def activity(self, session: Session) -> None:
        """A human has just done something at this seat. Never unlocks: nothing comes of it when the session is locked or over."""
        self.expire()
        standing = self._standing(session)
        if standing is not None and not standing.locked:
            standing.acted = self._clock.boottime()

    def unlocked(self, session: Session) -> None:
        """Badge and PIN have just been proven again: it goes on. Raises `SessionRequired` when the session is over meanwhile."""
        standing = self._lasting(session)
        standing.acted = standing.proven = self._clock.boottime()
        if standing.locked:
            standing.locked = False
            self._publish("session", "unlocked", {"uid": session.uid, "seat": session.seat})

    def lock(self, session: Session, why: LockReason = LockReason.ASKED) -> None:
        """Lock exactly this session; nothing happens when it is locked or over already."""
        standing = self._standing(session)
        if standing is None or standing.locked:
            return
        standing.locked = True
        self._publish("session", "locked", {"uid": session.uid, "seat": session.seat, "reason": why})
        self._locked(session, why)
        self._stopped(session)

    # --- time --------------------------------------------------------------------------------------------------------

    def expire(self) -> None:
        """End what is too old or has slept, lock what nobody touched. Each question does this too; `app` calls it at `next_deadline`."""
        for standing in tuple(self._standings.values()):
            now = self._clock.boottime()
            if now - self._clock.monotonic() - standing.slept > ASLEEP_S:
                self.end(standing.session, SessionEnd.SUSPENDED)
            elif now >= standing.session.deadline:
                self.end(standing.session, SessionEnd.TOO_OLD)
            elif now - standing.acted >= self._lock_s:
                self.lock(standing.session, LockReason.INACTIVITY)

    def next_deadline(self) -> float | None:
        """When the next session locks or ends by itself, on CLOCK_BOOTTIME; None: no session is open."""
        return min((self._next(standing) for standing in self._standings.values()), default=None)

    def _next(self, standing: _Standing) -> float:
        deadline = standing.session.deadline
        return deadline if standing.locked else min(deadline, standing.acted + self._lock_s)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _standing(self, session: Session) -> _Standing | None:
        standing = self._standings.get(session.seat)
        return standing if standing is not None and standing.session is session else None

    def _lasting(self, session: Session) -> _Standing:
        self.expire()
        standing = self._standing(session)
        if standing is None:
            raise SessionRequired(problem="ended_meanwhile")
        return standing

    def _stopped(self, session: Session) -> None:
        for callback in self._on_stop:
            callback(session)
