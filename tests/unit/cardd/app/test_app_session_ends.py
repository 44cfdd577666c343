"""Who may go on under what is in force now, and what a badge that went means for its session."""

from dataclasses import replace
from datetime import date

import pytest

from cardd.app.session_ends import BY_DEPARTURE, standing
from cardd.model import CardHandle, CardRef, ReaderName, SeatName
from cardd.policy.load import from_bytes
from cardd.policy.rules import Policy
from cardd.readers.entries import Departure
from cardd.register import Operator, Register
from cardd.sessions.session import Session, SessionEnd

CERTIFICATE, GUID = "f" * 64, "a" * 32
SATO = Operator(id="sato", name="SATO HANAKO", role="counter", certificates=(CERTIFICATE,), guid=GUID)
SESSION = Session(
    id="s-1",
    seat=SeatName("left"),
    badge=CardRef(ReaderName("R"), 1, CardHandle("c-5f1e-1")),
    uid=1001,
    operator=SATO,
    badge_certificate=CERTIFICATE,
    since_us=0,
    ends_us=0,
    deadline=0.0,
)
MIDNIGHT_US = 1_795_273_200_000_000
"""2026-11-21T15:00:00Z: in Japan the 22nd begins."""


class Stopped:
    """A clock that shows one moment."""

    def __init__(self, us: int = MIDNIGHT_US) -> None:
        self.us = us

    def utc_us(self) -> int:
        return self.us

    def boottime(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0


def policy(role: str = "counter") -> Policy:
    text = f"""
version = 1
office = "試験市"
[[roles]]
code = "{role}"
ja = "窓口"
en = "Counter"
[[purposes]]
code = "identity_check"
ja = "本人確認"
en = "Identity check"
legal_basis = "窓口事務取扱要領"
"""
    return from_bytes(text.encode())


def register(*operators: Operator, blocked: frozenset[str] = frozenset()) -> Register:
    return Register(2, operators, blocked)


def judged(known: Register, *, role: str = "counter", us: int = MIDNIGHT_US) -> SessionEnd | None:
    return standing(SESSION, policy(role), known, Stopped(us))


def test_who_is_still_what_they_were_goes_on() -> None:
    assert judged(register(SATO.model_copy(update={"name": "SATO AYA", "unix_user": "sato"}))) is None


@pytest.mark.proves("S12")
@pytest.mark.parametrize("mark", [CERTIFICATE, GUID], ids=["certificate", "card"])
@pytest.mark.parametrize(
    "operators",
    [(SATO,), (), (SATO.model_copy(update={"guid": "b" * 32}),)],
    ids=["registered", "struck off", "has a new badge"],
)
def test_a_badge_reported_lost_ends_the_session(mark: str, operators: tuple[Operator, ...]) -> None:
    assert judged(register(*operators, blocked=frozenset({mark}))) is SessionEnd.BLOCKED


@pytest.mark.proves("S4")
@pytest.mark.parametrize(
    "now",
    [
        SATO.model_copy(update={"status": "blocked"}),
        SATO.model_copy(update={"role": "supervisor"}),
        SATO.model_copy(update={"certificates": ("e" * 64,)}),
        SATO.model_copy(update={"id": "kato"}),
        SATO.model_copy(update={"until": date(2026, 11, 21)}),
    ],
    ids=["blocked", "another role", "another badge", "somebody else's badge", "yesterday was the last day"],
)
def test_who_is_no_longer_what_they_were_is_logged_out(now: Operator) -> None:
    assert judged(register(now)) is SessionEnd.ROLE_ENDED


def test_the_last_day_lasts_until_midnight_in_japan() -> None:
    today = register(SATO.model_copy(update={"until": date(2026, 11, 21)}))
    assert judged(today, us=MIDNIGHT_US - 1) is None
    assert judged(today) is SessionEnd.ROLE_ENDED


def test_a_role_that_the_policy_does_not_know_ends() -> None:
    assert judged(register(SATO), role="other") is SessionEnd.POLICY_CHANGED


def test_each_way_to_go_has_its_word() -> None:
    assert set(BY_DEPARTURE) == set(Departure)
    assert len(set(BY_DEPARTURE.values())) == len(Departure)


def test_a_session_that_was_opened_without_a_card_id_is_found_by_its_certificate() -> None:
    bare = replace(SESSION, operator=SATO.model_copy(update={"guid": None}))
    assert standing(bare, policy(), register(SATO, blocked=frozenset({GUID})), Stopped()) is SessionEnd.BLOCKED
