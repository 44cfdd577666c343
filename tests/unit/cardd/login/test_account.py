"""A login for an account of the machine: whose session it opens, and who is refused before anybody types."""

from typing import Any

import pytest

from cardd.errors import SessionRequired, WrongAccount
from cardd.gate.request import Performed
from cardd.login.account import Account
from cardd.model import Operation
from cardd.register import Operator, Register
from cardd.sessions.table import Session
from tests.unit.cardd.gate.gate_house import RIGHT, SEAT, UID
from tests.unit.cardd.login.test_service import FINGERPRINT, Login

HANAKO = 4711


def with_account(**operator: Any) -> Login:
    return Login(None, unix_user="hanako", **operator)


async def log_in(login: Login, account: Account | None) -> Performed[Session]:
    login.house.person.pins = [RIGHT]
    return await login.service.login(login.house.call("session.login"), None, account)


async def unlock(login: Login, account: Account | None) -> Performed[Session]:
    login.house.person.pins = [RIGHT]
    return await login.service.unlock(login.house.call("session.unlock"), None, account)


def untouched(login: Login) -> bool:
    return (login.house.person.prompts, login.card.count("verify")) == ([], 0)


def register(login: Login, **changes: Any) -> None:
    (known,) = login.house.in_force.register.operators
    login.house.in_force.put_register(Register(2, (known.model_copy(update=changes),)))


@pytest.mark.proves("S2")
async def test_the_session_is_handed_over_to_the_account_and_the_record_says_whose_it_is() -> None:
    login = with_account()
    session = (await log_in(login, Account("hanako", hand_over=True))).result
    assert (session.uid, login.accounts.asked) == (HANAKO, [(UID, "hanako")])
    assert login.house.sessions.find(SEAT, UID) is None
    assert login.house.sessions.find(SEAT, HANAKO) is session
    (intent,) = login.house.journal.intents
    assert (intent.uid, intent.owner_uid, intent.operation) == (UID, HANAKO, Operation.LOGIN)


@pytest.mark.proves("S2")
async def test_without_handing_over_the_session_is_the_caller_s_and_no_account_is_looked_up() -> None:
    login = with_account()
    session = (await log_in(login, Account("hanako"))).result
    assert (session.uid, login.accounts.asked) == (UID, [])
    assert login.house.journal.intents[0].owner_uid is None


@pytest.mark.proves("S12")
@pytest.mark.parametrize("hand_over", [True, False])
@pytest.mark.parametrize(
    ("unix_user", "problem"), [("jiro", "unix_user_other"), (None, "unix_user_missing")], ids=["other", "none"]
)
async def test_a_badge_of_another_account_is_asked_for_no_pin(
    unix_user: str | None, problem: str, hand_over: bool
) -> None:
    login = with_account()
    register(login, unix_user=unix_user)
    with pytest.raises(WrongAccount) as refused:
        await log_in(login, Account("hanako", hand_over))
    assert refused.value.facts.problem == problem
    assert untouched(login)
    assert not login.house.sessions.taken(SEAT)
    outcome = login.house.journal.outcomes[-1]
    assert (outcome.code, outcome.problem, outcome.operator) == ("auth.wrong_account", problem, "sato")


async def test_an_account_that_no_session_can_belong_to_is_refused_on_record_before_the_card() -> None:
    login = with_account()
    with pytest.raises(WrongAccount):
        await log_in(login, Account("nobody-here", hand_over=True))
    assert untouched(login)
    assert login.house.journal.intents == []
    (refusal,) = login.house.journal.states
    assert (refusal.code, refusal.problem) == ("auth.wrong_account", "account_unknown")
    await log_in(login, Account("hanako", hand_over=True))  # the seat is free for the next one


@pytest.mark.proves("S2", "S12")
async def test_a_register_that_takes_the_account_away_while_the_outcome_is_written_opens_no_session() -> None:
    login = with_account()
    kept = login.house.journal.outcome

    async def slow(intent: object, record: object) -> object:
        register(login, unix_user="jiro")
        return await kept(intent, record)  # type: ignore[arg-type]

    login.house.journal.outcome = slow  # type: ignore[method-assign, assignment]
    with pytest.raises(WrongAccount):
        await log_in(login, Account("hanako", hand_over=True))
    assert not login.house.sessions.taken(SEAT)


@pytest.mark.proves("S3")
async def test_the_session_of_an_account_is_unlocked_for_it_and_stays_its_own() -> None:
    login = with_account()
    session = (await log_in(login, Account("hanako", hand_over=True))).result
    login.house.sessions.lock(session)
    assert (await unlock(login, Account("hanako", hand_over=True))).result is session
    assert (login.house.sessions.locked(session), session.uid) == (False, HANAKO)
    intent = login.house.journal.intents[-1]
    assert (intent.uid, intent.owner_uid, intent.session) == (UID, HANAKO, session.id)


@pytest.mark.proves("S2")
async def test_a_caller_unlocks_no_session_of_another_user_without_handing_over() -> None:
    login = with_account()
    session = (await log_in(login, Account("hanako", hand_over=True))).result
    login.house.sessions.lock(session)
    for account in (None, Account("hanako")):
        with pytest.raises(SessionRequired):
            await unlock(login, account)
    assert login.house.sessions.locked(session)
    assert "foreign_session" in login.house.words("alarm")


@pytest.mark.proves("S2", "S12")
async def test_an_account_that_the_badge_does_not_open_any_more_unlocks_nothing() -> None:
    login = with_account()
    session = (await log_in(login, Account("hanako", hand_over=True))).result
    login.house.sessions.lock(session)
    register(login, unix_user="jiro")
    asked = len(login.house.person.prompts)
    with pytest.raises(WrongAccount):
        await unlock(login, Account("hanako", hand_over=True))
    assert login.house.sessions.locked(session)
    assert len(login.house.person.prompts) == asked


def test_the_claim_is_compared_and_never_taken_over() -> None:
    operator = Operator(id="sato", name="佐藤", role="counter", certificates=(FINGERPRINT,), unix_user="hanako")
    Account("hanako").check(operator)
    for claim in ("Hanako", "hanak", "hanako ", ""):
        with pytest.raises(WrongAccount):
            Account(claim).check(operator)
