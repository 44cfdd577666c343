"""The emergency override (S10): for which cases of which purposes an operator has taken it. In memory: it ends with the session."""

from dataclasses import dataclass

from cardd.ports import Clock
from cardd.sessions.table import Session

LONGEST_S = 900.0
"""15 minutes. Our choice: long enough for one resident, short enough that each next one is taken with open eyes."""


@dataclass(frozen=True, slots=True)
class Override:
    """One case of one purpose, until a time on CLOCK_BOOTTIME."""

    session: str
    purpose: str
    case: str
    deadline: float
    until_us: int
    """The same in UTC, for people."""


class Overrides:
    """What is overridden now."""

    def __init__(self, clock: Clock, *, seconds: float = LONGEST_S) -> None:
        self._clock = clock
        self._seconds = min(seconds, LONGEST_S)
        self._open: list[Override] = []

    def take(self, session: Session, purpose: str, case: str) -> Override:
        """From now on, for this session and exactly this purpose and case."""
        self._forget()
        until_us = self._clock.utc_us() + int(self._seconds * 1_000_000)
        taken = Override(session.id, purpose, case, self._clock.boottime() + self._seconds, until_us)
        self._open.append(taken)
        return taken

    def covers(self, session: Session, purpose: str | None, case: str | None) -> bool:
        """Whether this session may act for this case as in an emergency."""
        self._forget()
        return any((each.session, each.purpose, each.case) == (session.id, purpose, case) for each in self._open)

    def ended(self, session: Session) -> None:
        """The session is over."""
        self._open = [each for each in self._open if each.session != session.id]

    def _forget(self) -> None:
        now = self._clock.boottime()
        self._open = [each for each in self._open if now < each.deadline]
