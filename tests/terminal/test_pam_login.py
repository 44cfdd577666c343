"""The badge opens the machine, for the person of the register and nobody else; each wrong case stays outside and is told why."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running, take_out
from tests.fixtures.counter import BADGE_SLOT, READY_SECONDS, RESIDENT_SLOT, ROOMY, until
from tests.terminal.pam_house import (
    OTHER_ACCOUNT,
    OWNER,
    PIN,
    ROOT_RUNS,
    WRONG,
    Machine,
    call_as,
    open_machine,
    status_of,
)

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
FULL = 3
REFUSAL = 3
"""Phase of a record that is neither intent nor outcome."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Machine]:
    with open_machine() as machine:
        yield machine


@pytest.fixture
def machine(shared: Machine) -> Iterator[Machine]:
    """The machine with empty readers and fresh PINs, before and after."""
    yield shared
    for slot in (BADGE_SLOT, RESIDENT_SLOT):
        take_out(shared.counter, slot)
    for person in shared.people.values():
        person.badge.references()["piv.pin"].tries = FULL


@pytest.fixture
def own() -> Iterator[Machine]:
    """A machine of this test's own: wrong PINs are counted for a quarter of an hour."""
    with open_machine() as machine:
        yield machine


def stays_outside(
    machine: Machine, says: dict[str, str], *, name: str = "sato", tries: int = FULL, **login: Any
) -> None:
    """Tries in both languages that must not open the machine, must say this, and must leave so many tries on the badge."""
    for lang, sentence in says.items():
        screen = machine.login(lang=lang, **login)
        assert not screen.opened
        assert sentence in screen.text
        assert "Traceback" not in screen.text
        assert PIN not in screen.text
        assert machine.tries(name) == tries
        assert machine.whose() is None


def both(en: str, ja: str) -> dict[str, str]:
    """What the screen must say."""
    return {"en": en, "ja": ja}


# --- it opens ----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S1", "S2")
def test_badge_and_pin_open_machine_and_session_at_once_and_the_session_is_the_user_s(machine: Machine) -> None:
    machine.put_in("sato")
    screen = machine.login()
    assert screen.opened
    status = status_of(machine.counter, OWNER.pw_uid)
    assert (status["logged_in"], status["operator"]["id"], status["locked"]) == (True, "sato", False)
    assert machine.tries("sato") == FULL
    record = machine.records("session.login")[-1]
    assert (record["result"], record["operator"], record["uid"]) == ("done", "sato", os.getuid())
    assert record.get("owner_uid") == (OWNER.pw_uid if ROOT_RUNS else None)
    if ROOT_RUNS:
        assert not machine.counter.call("session.status")["logged_in"], "root has no part in it"


@pytest.mark.proves("S2")
def test_the_session_goes_with_the_badge_whoever_logged_in(machine: Machine) -> None:
    machine.put_in("sato")
    assert machine.login().opened
    take_out(machine.counter, BADGE_SLOT)
    until(lambda: machine.whose() is None, READY_SECONDS)


def test_a_day_badge_opens_the_account_of_its_person(machine: Machine) -> None:
    machine.put_in("day-1")
    assert machine.login().opened
    assert status_of(machine.counter, OWNER.pw_uid)["operator"]["id"] == "day-1"


@pytest.mark.proves("S3")
def test_a_second_login_of_the_same_person_goes_on_with_the_session_that_is_open(machine: Machine) -> None:
    machine.put_in("sato")
    assert machine.login().opened
    since = status_of(machine.counter, OWNER.pw_uid)["since"]
    assert machine.login().opened
    assert status_of(machine.counter, OWNER.pw_uid)["since"] == since
    assert machine.records("session.unlock")[-1]["result"] == "done"
    assert not [record for record in machine.records("session.login") if record.get("code") == "session.exists"]


@pytest.mark.proves("S3")
def test_what_locked_is_unlocked_by_badge_and_pin_and_by_nothing_else() -> None:
    with open_machine(ROOMY + "lock_seconds = 10\n") as machine:
        machine.put_in("sato")
        assert machine.login().opened
        until(lambda: status_of(machine.counter, OWNER.pw_uid)["locked"], 2 * READY_SECONDS)
        assert not machine.login(WRONG).opened
        assert status_of(machine.counter, OWNER.pw_uid)["locked"]
        assert machine.login().opened
        assert not status_of(machine.counter, OWNER.pw_uid)["locked"]


# --- the PIN -----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S1", "P1")
def test_a_wrong_pin_costs_one_try_and_says_what_is_left_and_the_same_again_costs_nothing(own: Machine) -> None:
    says = both("The badge's PIN is wrong (tries left: 2).", "職員カードの暗証番号が違います（残り2回）。")
    for name, (lang, sentence) in zip(("sato", "day-1"), says.items(), strict=True):
        own.put_in(name)
        stays_outside(own, {lang: sentence}, name=name, typed=WRONG, tries=2)
        record = own.records("session.login")[-1]
        assert (record["result"], record["code"], record["pin_outcome"]) == ("refused", "pin.rejected", "spent")
        assert record["operator"] == name
    says = both(
        "It is the wrong PIN of a moment ago. No try was spent.",
        "直前と同じ、間違った暗証番号です。残り回数は減っていません。",
    )
    stays_outside(own, says, name="day-1", typed=WRONG, tries=2)


@pytest.mark.proves("S5")
def test_the_try_before_the_last_says_that_it_was_and_the_third_failure_locks_the_seat(own: Machine) -> None:
    says = both("With one try left this badge counts as blocked.", "残り1回になったため、この職員カードは使えません。")
    for name, (lang, sentence) in zip(("sato", "day-1"), says.items(), strict=True):
        own.people[name].badge.references()["piv.pin"].tries = 2
        own.put_in(name)
        stays_outside(own, {lang: sentence}, name=name, typed=WRONG, tries=1)
    own.people["sato"].badge.references()["piv.pin"].tries = FULL
    own.put_in("sato")
    own.login("88888888")
    says = both(
        "Too many logins failed. Wait 15 min.", "ログインの失敗が続いたため、止めています。あと15分待ってください。"
    )
    stays_outside(own, says, tries=2)


@pytest.mark.proves("P4")
@pytest.mark.parametrize("tries", [0, 1])
def test_a_blocked_badge_is_told_from_a_wrong_pin_and_the_last_try_is_kept(machine: Machine, tries: int) -> None:
    machine.people["sato"].badge.references()["piv.pin"].tries = tries
    machine.put_in("sato")
    says = both(
        "This badge is blocked. Ask an administrator to unblock it.",
        "この職員カードはロックされています。システム管理者にロック解除を依頼してください。",
    )
    stays_outside(machine, says, tries=tries)
    assert machine.records("session.login")[-1]["code"] == "pin.was_blocked"


SHAPE = both(
    "The PIN of a badge has 6 to 8 digits. No try was spent.",
    "職員カードの暗証番号は数字6〜8桁です。残り回数は減っていません。",
)


@pytest.mark.parametrize(
    ("typed", "lang"),
    [
        ("12345", "en"),
        ("123456789", "ja"),
        ("12345a", "en"),
        ("１２３４５６", "ja"),
        (" 123456", "en"),
        ("x" * 400, "ja"),
    ],
    ids=range(6),
)
def test_a_pin_of_another_shape_never_leaves(machine: Machine, typed: str, lang: str) -> None:
    machine.put_in("sato")
    stays_outside(machine, {lang: SHAPE[lang]}, typed=typed)
    assert machine.records("session.login")[-1]["code"] == "pin.cancelled"


def test_an_empty_pin_costs_nothing(machine: Machine) -> None:
    machine.put_in("sato")
    says = both("No PIN was typed. No try was spent.", "暗証番号が入力されていません。残り回数は減っていません。")
    stays_outside(machine, says, typed="")


# --- the person --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S12", "fault 76")
@pytest.mark.parametrize(
    ("name", "problem", "says"),
    [
        ("kato", "unix_user_other", both("The register gives this badge another account.", "別の人のアカウントです。")),
        (
            "mori",
            "unix_user_missing",
            both("The register gives this badge no account.", "職員名簿に、この職員のアカウントが登録されていません。"),
        ),
    ],
)
def test_a_badge_of_somebody_else_is_refused_before_its_pin(
    machine: Machine, name: str, problem: str, says: dict[str, str]
) -> None:
    machine.put_in(name)
    stays_outside(machine, says, name=name)
    record = machine.records("session.login")[-1]
    assert (record["code"], record["problem"], record["operator"]) == ("auth.wrong_account", problem, name)
    assert "pin_outcome" not in record


NOT_YOURS = both(
    "This program opens the account of its own user alone.", "このプログラムで開けるのは、自分のアカウントだけです。"
)
OTHER = both("The register gives this badge another account.", "別の人のアカウントです。")


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ("no-such-user", both("This machine has no such account.", "このアカウントはこの端末にありません。")),
        (
            "root",
            both("No badge opens the account of root.", "システム管理用のアカウントは、職員カードでは開きません。"),
        ),
        (
            OTHER_ACCOUNT,
            both(
                "The configuration does not let this account use this seat.",
                "このアカウントは、設定でこの窓口を使えることになっていません。",
            ),
        ),
    ],
    ids=["unknown", "root", "no client"],
)
def test_an_account_that_no_session_can_belong_to_stays_shut(machine: Machine, user: str, says: dict[str, str]) -> None:
    machine.put_in("sato")
    stays_outside(machine, says if ROOT_RUNS else NOT_YOURS, user=user)
    refused = [record for record in machine.counter.records() if record["phase"] == REFUSAL]
    assert ("auth.wrong_account" in [record.get("code") for record in refused]) is ROOT_RUNS


@pytest.mark.parametrize("user", ["Sato", "a;reboot", "x" * 40])
def test_a_name_that_no_register_can_have_is_not_even_asked_about(machine: Machine, user: str) -> None:
    machine.put_in("sato")
    before = len(machine.counter.records())
    says = both("No badge opens an account of this name.", "職員カードで開けるアカウントの名前ではありません。")
    stays_outside(machine, says, user=user)
    assert len(machine.counter.records()) == before


@pytest.mark.proves("S12")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("blocked", both("The operator is blocked in the register.", "職員名簿で利用停止になっています。")),
        ("ended", both("The operator's entry in the register has ended.", "職員名簿の有効期限が過ぎています。")),
        ("expired", both("The badge's certificate has expired.", "職員カードの電子証明書の有効期限が切れています。")),
    ],
)
def test_a_badge_that_counts_no_more_opens_nothing(machine: Machine, name: str, says: dict[str, str]) -> None:
    machine.put_in(name)
    stays_outside(machine, says, name=name)
    assert machine.records("session.login")[-1]["code"] == "auth.failed"


# --- the card, the seat, the daemon ----------------------------------------------------------------------------------


def test_without_a_badge_nobody_comes_in(machine: Machine) -> None:
    says = both("There is no badge in the reader.", "職員カードがカードリーダーにありません。")
    stays_outside(machine, says)
    machine.counter.insert(machine.counter.office.resident(number=3).card, RESIDENT_SLOT)
    stays_outside(machine, says)


def test_two_badges_open_nothing(machine: Machine) -> None:
    machine.put_in("sato")
    machine.counter.insert(machine.people["day-1"].badge, RESIDENT_SLOT, kind="badge")
    stays_outside(machine, both("More than one badge is in the readers.", "職員カードが2枚以上あります。"))
    assert machine.tries("day-1") == FULL


def test_a_seat_that_is_not_there_opens_nothing(machine: Machine) -> None:
    machine.put_in("sato")
    says = both("There is no such seat for this program.", "この窓口は登録されていません。")
    stays_outside(machine, says, options=("--seat", "nowhere"))


@pytest.mark.proves("S9")
def test_the_emergency_stop_keeps_the_machine_shut(own: Machine) -> None:
    own.put_in("sato")
    own.counter.call("session.login", PIN)
    own.counter.call("lockdown.engage", reason="drill")
    says = both(
        "Emergency stop: no badge opens this machine. Call the supervisor.",
        "緊急停止中のため、職員カードではログインできません。責任者に連絡してください。",
    )
    stays_outside(own, says)


def test_without_the_daemon_nobody_comes_in(own: Machine) -> None:
    says = both(
        "The card service (cardd) is not running. Call IT.",
        "カードの管理プログラム（cardd）が動いていません。情報システム担当に連絡してください。",
    )
    for how, there in ((signal.SIGTERM, False), (signal.SIGKILL, True)):
        own.counter.stop(how)
        assert own.counter.socket.exists() is there, "stopped, it takes its socket along; killed, it cannot"
        for lang, sentence in says.items():
            screen = own.login(lang=lang)
            assert not screen.opened
            assert sentence in screen.text
        own.counter.socket.unlink(missing_ok=True)
        own.counter.start()


# --- the socket itself ---------------------------------------------------------------------------------------------------


def test_a_session_is_handed_over_to_nobody_in_particular_by_no_call(machine: Machine) -> None:
    machine.put_in("sato")
    for method in ("session.login", "session.unlock"):
        error = call_as(machine.counter, os.getuid(), method, hand_over=True)
        assert (error["name"], error["field"]) == ("request.bad", "params.unix_user")
    error = call_as(machine.counter, os.getuid(), "session.login", unix_user="Sato!", hand_over=True)
    assert (error["name"], error["field"]) == ("request.bad", "params.unix_user")


if ROOT_RUNS:

    @pytest.mark.proves("S2", "I1")
    @pytest.mark.parametrize("name", ["sato", "kato"])
    def test_a_client_without_the_right_hands_nothing_over_not_even_to_itself(machine: Machine, name: str) -> None:
        machine.put_in(name)
        account = {"unix_user": OWNER.pw_name if name == "sato" else OTHER_ACCOUNT, "hand_over": True}
        error = call_as(machine.counter, OWNER.pw_uid, "session.login", **account)
        assert (error["name"], error["problem"]) == ("auth.wrong_account", "not_for_others")
        assert machine.whose() is None

    @pytest.mark.proves("S2", "I1")
    def test_a_seat_where_somebody_works_is_taken_from_nobody(machine: Machine) -> None:
        machine.put_in("sato")
        machine.counter.call("session.login", PIN)  # root's own session, not the user's
        stays_outside(
            machine,
            both(
                "Somebody else is logged in at this seat. That badge must be taken out first.",
                "この窓口では、別の人がログインしています。先にその職員カードを抜いてください。",
            ),
        )
        assert machine.counter.call("session.status")["logged_in"]

    @pytest.mark.proves("S3")
    def test_a_screen_locker_that_runs_as_the_user_opens_and_unlocks_with_the_badge_too(machine: Machine) -> None:
        """swaylock and its like run PAM as the user: the helper then has the user's uid, and hands nothing over."""
        machine.put_in("sato")
        assert machine.login(runs_as=OWNER).opened
        assert machine.login(runs_as=OWNER).opened
        login, unlock = machine.records("session.login")[-1], machine.records("session.unlock")[-1]
        assert (login["uid"], unlock["uid"]) == (OWNER.pw_uid, OWNER.pw_uid)
        assert "owner_uid" not in login

    @pytest.mark.proves("S2", "I1")
    def test_a_program_of_a_user_opens_no_account_but_its_own(machine: Machine) -> None:
        machine.put_in("kato")
        stays_outside(machine, OTHER, name="kato", runs_as=OWNER)
        stays_outside(machine, NOT_YOURS, name="kato", user=OTHER_ACCOUNT, runs_as=OWNER)
