"""Who is let in, in which order it is found out, what counts as a failure, and when a session begins."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from applets_spec.testca.issue import Operator as BadgeHolder
from applets_spec.testca.issue import issue_badge
from applets_spec.testca.keys import KeyAlgorithm
from cardd.cards.card_type import TriesLeft
from cardd.errors import (
    AuditUnavailable,
    CardRemoved,
    HeadsOverdue,
    LockedDown,
    LoginLocked,
    LoginRefused,
    PinRejected,
    PinUnknown,
    PinWasBlocked,
    SessionExists,
)
from cardd.login.service import LoginService
from cardd.model import CardKind, PinOutcome
from cardd.proving.challenge import CHALLENGE_SECONDS
from cardd.proving.prover import BadgeProver, BadgeRules
from cardd.register import Operator, Register
from cardd.sessions.session import SessionEnd
from cardd.state.store import StateStore
from tests.unit.cardd.gate.gate_house import RIGHT, SEAT, GateHouse
from tests.unit.cardd.known_accounts import KnownAccounts
from tests.unit.cardd.state.house import TurnedClock, disk_that_takes_nothing, open_state

PAIR = issue_badge(BadgeHolder("TESTER", "0001"), KeyAlgorithm.P256, 1).slots[0x9A]
FINGERPRINT = hashlib.sha256(PAIR.certificate).hexdigest()


def sign(_name: str, digest: bytes) -> bytes:
    assert isinstance(PAIR.key, ec.EllipticCurvePrivateKey)
    return PAIR.key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


class Login:
    """A badge in the reader, its holder in the register, nobody logged in."""

    def __init__(self, store: StateStore | None = None, **operator: str) -> None:
        self.house = GateHouse(kind=CardKind.BADGE, role="", store=store)
        self.card = self.house.card
        self.card.certificate, self.card.signer = PAIR.certificate, sign
        self.judged: list[datetime] = []
        self.problem: str | None = None
        self.may: Callable[[], None] = lambda: None
        self.accounts = KnownAccounts(hanako=4711)
        known = Operator(id="sato", name="佐藤", role="counter", certificates=(FINGERPRINT,), **operator)  # type: ignore[arg-type]
        house = self.house
        house.in_force.put_register(Register(1, (known,)))
        rules = BadgeRules(self.judge, lambda _: None, lambda _: 0)
        prover = BadgeProver(house.gate, house.attempts, house.in_force, rules, house.clock)
        self.service = LoginService(house.gate, house.sessions, house.attempts, prover, self.fresh, self.accounts)

    def fresh(self) -> None:
        self.may()

    def judge(self, _der: bytes, at: datetime) -> str | None:
        self.judged.append(at)
        return self.problem

    async def __call__(self, pin: bytes = RIGHT) -> str:
        self.house.person.pins = [pin]
        performed = await self.service.login(self.house.call("session.login"), None)
        return performed.result.operator.id


@pytest.fixture
async def login() -> Login:
    return Login()


@pytest.mark.proves("S1")
async def test_badge_pin_and_signature_open_a_session(login: Login) -> None:
    assert await login() == "sato"
    assert login.house.sessions.taken(SEAT)
    assert [word for word in login.card.did if word in ("certificate", "verify", "sign")] == [
        "certificate", "verify", "sign",
    ]  # fmt: skip
    outcome = login.house.journal.outcomes[-1]
    assert (outcome.operator, outcome.role, outcome.certificate) == ("sato", "counter", "good")


@pytest.mark.proves("S1", "fault 153")
@pytest.mark.parametrize("problem", ["expired", "unknown_issuer"])
async def test_a_badge_that_is_refused_is_never_asked_for_its_pin(login: Login, problem: str) -> None:
    login.problem = problem
    with pytest.raises(LoginRefused) as refused:
        await login()
    assert refused.value.facts.problem == problem
    assert (login.house.person.prompts, login.card.count("verify")) == ([], 0)
    assert login.house.journal.outcomes[-1].certificate == problem


@pytest.mark.parametrize(
    ("operator", "problem"), [({"status": "blocked"}, "operator_blocked"), ({"guid": "ab" * 16}, "card_uuid")]
)
async def test_the_register_may_refuse_a_good_badge(operator: dict[str, str], problem: str) -> None:
    login = Login(None, **operator)
    with pytest.raises(LoginRefused) as refused:
        await login()
    assert refused.value.facts.problem == problem
    assert login.card.count("verify") == 0


@pytest.mark.proves("S1", "S5", "fault 82")
async def test_a_signature_that_does_not_hold_is_a_failed_login(login: Login) -> None:
    login.card.signer = lambda _name, digest: sign("", digest[::-1])
    for _ in range(3):
        with pytest.raises(LoginRefused) as refused:
            await login()
        assert refused.value.facts.problem == "badge_signature"
    with pytest.raises(LoginLocked):
        await login()
    assert not login.house.sessions.taken(SEAT)


@pytest.mark.proves("S5")
async def test_a_wrong_pin_is_told_though_the_disk_takes_no_count_and_then_nobody_is_let_in(tmp_path: Path) -> None:
    login = Login(open_state(tmp_path, TurnedClock()))
    login.card.fails["verify"] = PinRejected(tries_left=2, pin=PinOutcome.SPENT)
    login.card.tries = [TriesLeft(3), TriesLeft(3), TriesLeft(2)]
    with disk_that_takes_nothing():
        with pytest.raises(PinRejected) as told:
            await login(b"0000")
        assert told.value.facts.tries_left == 2
        with pytest.raises(AuditUnavailable):
            await login()
    assert login.card.count("verify") == 1
    assert await login() == "sato"


@pytest.mark.proves("S1", "fault 81")
async def test_an_answer_that_took_too_long_does_not_count(login: Login) -> None:
    login.card.after["sign"] = lambda: setattr(login.house.clock, "now", login.house.clock.now + CHALLENGE_SECONDS + 1)
    with pytest.raises(LoginRefused) as refused:
        await login()
    assert refused.value.facts.problem == "challenge_expired"


@pytest.mark.proves("S1")
async def test_the_time_a_person_takes_is_not_the_challenge_s(login: Login) -> None:
    login.house.person.meanwhile = lambda: setattr(login.house.clock, "now", login.house.clock.now + 55)
    assert await login() == "sato"


@pytest.mark.proves("S5", "fault 87")
async def test_three_spent_tries_lock_the_seat_and_it_is_on_record(login: Login) -> None:
    for number in range(3):
        login.card.tries = [TriesLeft(9)]
        login.card.fails["verify"] = PinRejected(tries_left=9, pin=PinOutcome.SPENT)
        with pytest.raises(PinRejected):
            await login(b"000%d" % number)
    with pytest.raises(LoginLocked):
        await login()
    assert [record.code for record in login.house.journal.states] == ["auth.locked"]
    assert "login_locked" in login.house.words("alarm")
    login.house.clock.now += 15 * 60
    assert await login() == "sato"


@pytest.mark.proves("S5")
async def test_a_good_login_forgives_its_badge_and_not_the_seat(login: Login) -> None:
    """Else somebody with a badge of their own could guess at others without end."""
    for number in range(2):
        login.card.tries = [TriesLeft(9)]
        login.card.fails["verify"] = PinRejected(tries_left=9, pin=PinOutcome.SPENT)
        with pytest.raises(PinRejected):
            await login(b"000%d" % number)
    assert await login() == "sato"
    await login.service.logout(login.house.call("session.logout"))
    login.card.fails["verify"] = PinRejected(tries_left=9, pin=PinOutcome.SPENT)
    with pytest.raises(PinRejected):
        await login(b"0009")
    with pytest.raises(LoginLocked):
        await login()


@pytest.mark.parametrize("failure", [PinUnknown(), CardRemoved()], ids=str)
async def test_a_badge_that_was_pulled_is_no_failed_login(login: Login, failure: Exception) -> None:
    for _ in range(4):
        login.card.fails["verify"] = type(failure)()
        with pytest.raises(PinUnknown):
            await login()


@pytest.mark.proves("S5")
async def test_a_badge_with_one_try_left_is_blocked_and_that_is_no_failed_login(login: Login) -> None:
    login.card.tries = [TriesLeft(1)]
    for _ in range(4):
        with pytest.raises(PinWasBlocked):
            await login()
    assert login.card.count("verify") == 0


@pytest.mark.proves("S2")
async def test_a_badge_that_left_while_the_outcome_was_written_opens_no_session(login: Login) -> None:
    kept = login.house.journal.outcome

    async def slow(intent: object, record: object) -> object:
        login.house.table.end(login.house.entry)
        return await kept(intent, record)  # type: ignore[arg-type]

    login.house.journal.outcome = slow  # type: ignore[method-assign, assignment]
    with pytest.raises(CardRemoved):
        await login()
    assert not login.house.sessions.taken(SEAT)
    assert login.house.words("session") == ["started", "ended"]


@pytest.mark.proves("S9")
async def test_a_stop_that_came_while_the_outcome_was_written_leaves_nobody_logged_in(login: Login) -> None:
    kept = login.house.journal.outcome

    async def slow(intent: object, record: object) -> object:
        login.house.lockdown.engage("suzuki", "drill")
        login.house.sessions.end_all(SessionEnd.LOCKDOWN)
        return await kept(intent, record)  # type: ignore[arg-type]

    login.house.journal.outcome = slow  # type: ignore[method-assign, assignment]
    with pytest.raises(LockedDown):
        await login()
    assert not login.house.sessions.taken(SEAT)


@pytest.mark.proves("S1", "S12")
@pytest.mark.parametrize("problem", ["badge_blocked", "role_ended", "not_registered"])
async def test_a_badge_that_lost_its_standing_while_the_outcome_was_written_opens_no_session(
    login: Login, problem: str
) -> None:
    kept, in_force = login.house.journal.outcome, login.house.in_force
    (known,) = in_force.register.operators

    async def slow(intent: object, record: object) -> object:
        match problem:
            case "badge_blocked":
                in_force.put_block_list(frozenset({FINGERPRINT}))
            case "role_ended":
                in_force.put_register(Register(2, (known.model_copy(update={"role": "auditor"}),)))
            case _:
                in_force.put_register(Register(2, ()))
        return await kept(intent, record)  # type: ignore[arg-type]

    login.house.journal.outcome = slow  # type: ignore[method-assign, assignment]
    with pytest.raises(LoginRefused) as refused:
        await login()
    assert refused.value.facts.problem == problem
    assert not login.house.sessions.taken(SEAT)


async def test_a_second_login_at_the_seat_waits_for_nobody(login: Login) -> None:
    second: list[str | None] = []

    async def again() -> None:
        with pytest.raises(SessionExists) as refused:
            await login.service.login(login.house.call("session.login"), None)
        second.append(refused.value.facts.problem)

    typing = login.house.person.pin

    async def pin(prompt: object) -> object:
        await again()
        return await typing(prompt)  # type: ignore[arg-type]

    login.house.person.pin = pin  # type: ignore[method-assign, assignment]
    assert await login() == "sato"
    await again()
    assert second == ["login_running", None]


async def test_a_login_that_failed_leaves_the_seat_free(login: Login) -> None:
    login.problem = "expired"
    with pytest.raises(LoginRefused):
        await login()
    login.problem = None
    assert await login() == "sato"


@pytest.mark.proves("A11")
async def test_alarm_and_record_know_the_badge_by_its_pseudonym(login: Login) -> None:
    for number in range(3):
        login.card.tries = [TriesLeft(9)]
        login.card.fails["verify"] = PinRejected(tries_left=9, pin=PinOutcome.SPENT)
        with pytest.raises(PinRejected):
            await login(b"000%d" % number)
    assert FINGERPRINT not in str(login.house.told)
    assert FINGERPRINT not in str(login.house.journal.outcomes)
    assert login.house.journal.outcomes[-1].badge == login.house.gate.pseudonym(FINGERPRINT)


@pytest.mark.proves("A5", "fault 117")
async def test_while_no_head_leaves_nobody_is_asked_for_a_pin_and_the_refusal_is_on_record(login: Login) -> None:
    def overdue() -> None:
        raise HeadsOverdue(problem="no_witness")

    login.may = overdue
    with pytest.raises(HeadsOverdue):
        await login()
    assert "verify" not in login.card.did
    assert not login.house.sessions.taken(SEAT)
    assert login.house.journal.states[-1].code == "audit.heads_overdue"
    login.may = lambda: None
    assert await login() == "sato"
