"""Why sessions end, out of what other rooms say: how a badge went, and what policy and register in force say of its holder."""

from collections.abc import Callable
from typing import Final

from cardd.japan_time import today
from cardd.model import CardRef
from cardd.policy.rules import Policy
from cardd.ports import Clock
from cardd.readers.entries import Departure
from cardd.register import Register
from cardd.sessions.session import Session, SessionEnd
from cardd.sessions.table import SessionTable

BY_DEPARTURE: Final = {
    Departure.REMOVED: SessionEnd.BADGE_REMOVED,
    Departure.READER_LOST: SessionEnd.READER_LOST,
    Departure.PCSC_LOST: SessionEnd.PCSC_LOST,
}


def card_gone(sessions: SessionTable) -> Callable[[CardRef, Departure], None]:
    """What is told of every insertion that ends (`PresenceTable.on_removed`)."""
    return lambda badge, how: sessions.badge_gone(badge, BY_DEPARTURE[how])


def standing(session: Session, policy: Policy, register: Register, clock: Clock) -> SessionEnd | None:
    """Why this session may not go on under what is in force now; None: it may."""
    operator = register.by_certificate(session.badge_certificate)
    # As the register had the badge at login, and as it has it now.
    for known in (session.operator, operator or session.operator):
        if register.blocks(session.badge_certificate, known.guid):
            return SessionEnd.BLOCKED
    if operator is None or operator.id != session.operator.id or operator.role != session.role:
        return SessionEnd.ROLE_ENDED
    if not operator.stands_on(today(clock.utc_us())):
        return SessionEnd.ROLE_ENDED
    return None if session.role in policy.roles else SessionEnd.POLICY_CHANGED


def names_of_role(policy: Policy, code: str) -> tuple[str | None, str | None]:
    """A role in Japanese and English, as the policy names it."""
    role = policy.roles.get(code)
    return (None, None) if role is None else (role.ja, role.en)
