"""Who is logged in where: one session per seat, bound to badge insertion and uid. No I/O; `app` calls it on the event loop."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cardd.errors import SessionExists, SessionRequired
from cardd.model import CardRef, SeatName
from cardd.ports import Clock, Publish
from cardd.register import Operator

LONGEST_S = 12 * 3600.0
"""A session ends after this many seconds at the latest (S4, NIST SP 800-63B)."""


class SessionEnd(StrEnum):
    """Why a session ended."""

    LOGOUT = "logout"
    BADGE_REMOVED = "badge_removed"
    READER_LOST = "reader_lost"
    PCSC_LOST = "pcsc_lost"
    TOO_OLD = "too_old"
    POLICY_CHANGED = "policy_changed"
    STOP = "stop"
    """The daemon ends."""


@dataclass(frozen=True, slots=True)
class Session:
    """One operator at one seat. There is no token: the kernel's uid and the seat find it."""

    id: str
    """For the record; says nothing to a client."""
    seat: SeatName
    badge: CardRef
    uid: int
    operator: Operator
    badge_certificate: str
    """Pseudonym or fingerprint of the badge's certificate, as the record names it."""
    since_us: int
    ends_us: int
    """When it ends at the latest, in UTC for people."""
    deadline: float
    """The same on CLOCK_BOOTTIME; this one counts."""

    @property
    def role(self) -> str:
        return self.operator.role


Ended = Callable[[Session, SessionEnd], None]
"""Told after a session is over, in the same turn of the event loop."""


class SessionTable:
    """The sessions of all seats."""

    def __init__(self, clock: Clock, publish: Publish, *, ended: Ended, longest_s: float = LONGEST_S) -> None:
        self._clock, self._publish, self._ended, self._longest_s = clock, publish, ended, longest_s
        self._sessions: dict[SeatName, Session] = {}

    def start(self, seat: SeatName, badge: CardRef, uid: int, operator: Operator, badge_certificate: str) -> Session:
        """Open a session. Raises `SessionExists` while this seat has one."""
        self.expire()
        if seat in self._sessions:
            raise SessionExists()
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
            deadline=self._clock.boottime() + self._longest_s,
        )
        self._sessions[seat] = session
        self._publish("session", "started", {"uid": uid, "seat": seat, "operator": operator.id, "role": operator.role})
        return session

    def need(self, seat: SeatName, uid: int) -> Session:
        """The session of this seat for this uid. Raises `SessionRequired`; another uid's try is an alarm (decision 13)."""
        session = self.find(seat, uid)
        if session is None:
            if seat in self._sessions:
                self._publish("alarm", "foreign_session", {"seat": seat, "uid": uid})
            raise SessionRequired()
        return session

    def find(self, seat: SeatName, uid: int) -> Session | None:
        """As `need`, but None and no alarm: for questions of state."""
        self.expire()
        session = self._sessions.get(seat)
        return session if session is not None and session.uid == uid else None

    def still(self, session: Session) -> bool:
        """Whether exactly this session goes on: asked again before data leaves (fault 78)."""
        self.expire()
        return self._sessions.get(session.seat) is session

    def taken(self, seat: SeatName) -> bool:
        """Whether anybody is logged in at this seat."""
        self.expire()
        return seat in self._sessions

    def end(self, session: Session, why: SessionEnd) -> None:
        """End exactly this session; nothing happens when it is over already."""
        if self._sessions.get(session.seat) is not session:
            return
        del self._sessions[session.seat]
        self._publish("session", "ended", {"uid": session.uid, "seat": session.seat, "reason": why})
        self._ended(session, why)

    def badge_gone(self, badge: CardRef, why: SessionEnd = SessionEnd.BADGE_REMOVED) -> None:
        """This insertion of a card is over: its session ends with it."""
        for session in self.all():
            if session.badge == badge:
                self.end(session, why)

    def end_all(self, why: SessionEnd) -> None:
        """End every session."""
        for session in self.all():
            self.end(session, why)

    def expire(self) -> None:
        """End what is too old. Each question does this too; `app` calls it at `next_deadline`."""
        now = self._clock.boottime()
        for session in self.all():
            if now >= session.deadline:
                self.end(session, SessionEnd.TOO_OLD)

    def next_deadline(self) -> float | None:
        """When the oldest session ends, on CLOCK_BOOTTIME."""
        return min((session.deadline for session in self._sessions.values()), default=None)

    def all(self) -> tuple[Session, ...]:
        """All sessions, for a snapshot."""
        return tuple(self._sessions.values())
