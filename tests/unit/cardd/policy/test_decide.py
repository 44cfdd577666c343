"""Decisions that people would ask about, one by one; `test_oracle.py` asks for all of them."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cardd.model import CardKind, Item, KeyRole, Operation, PinKind
from cardd.policy.decide import decide, has_right, may_approve, may_spend_last_try
from cardd.policy.facts import Decision, Question
from cardd.policy.load import from_bytes
from cardd.policy.table import BADGE_CARE, BADGE_PROOFS, RIGHTS

EXAMPLE = (Path(__file__).parents[4] / "cardd/policy/example.toml").read_bytes()
TREE = tomllib.loads(EXAMPLE.decode("utf-8"))
POLICY = from_bytes(EXAMPLE)
ROLES = [role["code"] for role in TREE["roles"]]


def question(role: str, purpose: str, operation: Operation, card: CardKind, **more: Any) -> Question:
    return Question(operation, "counter-app", card, role, purpose, "受付-1", **more)


@pytest.mark.parametrize(
    ("change", "rule", "reason"),
    [
        ({"role": None}, "session", "nobody_logged_in"),
        ({"role": "mayor"}, "session", "role_unknown"),
        ({"purpose": None}, "context", "purpose_missing"),
        ({"purpose": "curiosity"}, "context", "purpose_unknown"),
        ({"case": None}, "context", "case_missing"),
        ({"case": ""}, "context", "case_missing"),
        ({"items": ()}, "request_shape", "items_missing"),
        ({"items": (Item.MY_NUMBER,)}, "number_law", "purpose_not_under_number_law"),
        ({"pin": PinKind.VERIFICATION_A}, "number_law", "purpose_not_under_number_law"),
        ({"items": (Item.NAME, Item.MY_NUMBER), "private_sector": True}, "number_law", "private_sector"),
        ({"card_kind": CardKind.BADGE}, "default", "no_row"),
        ({"card_kind": CardKind.UNKNOWN}, "default", "no_row"),
        ({"operation": Operation.SIGN, "key": None}, "request_shape", "key_missing"),
        ({"operation": Operation.GRANT, "key": None}, "request_shape", "key_missing"),
        ({"operation": Operation.BADGE_LIST}, "rights", "no_right"),
        ({"operation": Operation.OVERRIDE}, "rights", "no_right"),
        ({"operation": Operation.OVERRIDE, "role": "supervisor"}, "override", "purpose_not_for_emergency"),
        ({"operation": Operation.OVERRIDE, "role": "supervisor", "case": None}, "context", "case_missing"),
        ({"operation": Operation.LOCKDOWN, "role": None}, "session", "nobody_logged_in"),
        ({"purpose": "resident_code", "private_sector": True}, "resident_code", "private_sector"),
        ({"operation": Operation.AUDIT, "role": "auditor", "private_sector": True}, "record", "private_sector"),
        ({"operation": Operation.OWN_DAY, "private_sector": True}, "record", "private_sector"),
        ({"operation": Operation.OWN_DAY, "role": None}, "session", "nobody_logged_in"),
        ({"operation": Operation.OWN_DAY, "role": "mayor"}, "session", "role_unknown"),
        ({"operation": Operation.AUDIT_EXPORT, "role": "auditor", "private_sector": True}, "record", "private_sector"),
        ({"operation": Operation.AUDIT_REVIEW, "role": "auditor", "private_sector": True}, "record", "private_sector"),
        (
            {"operation": Operation.AUDIT_CUT, "role": "administrator", "private_sector": True},
            "record",
            "private_sector",
        ),
        (
            {"operation": Operation.DISCLOSE, "role": "supervisor", "purpose": "disclosure", "private_sector": True},
            "record",
            "private_sector",
        ),
        (
            {"operation": Operation.WATCH_LIST, "role": "supervisor", "purpose": "watch_list", "private_sector": True},
            "record",
            "private_sector",
        ),
        ({"role": "supervisor", "purpose": "disaster_identity"}, "default", "no_row"),
        ({"emergency": True, "purpose": "move_in", "items": (Item.PHOTO,)}, "default", "no_row"),
        ({"operation": Operation.SIGN, "key": KeyRole.SIGNATURE}, "default", "no_row"),
    ],
    ids=lambda value: str(value) if not isinstance(value, dict) else "-".join(value),
)
@pytest.mark.proves("S7", "S8", "fault 75", "fault 91")
def test_a_refusal_names_its_rule(change: dict[str, Any], rule: str, reason: str) -> None:
    good = {
        "operation": Operation.READ,
        "client": "counter-app",
        "card_kind": CardKind.MY_NUMBER,
        "role": "counter",
        "purpose": "identity_check",
        "case": "1",
        "items": (Item.NAME,),
    }
    assert decide(Question(**good), POLICY).allowed  # type: ignore[arg-type]
    decision = decide(Question(**good | change), POLICY)  # type: ignore[arg-type]
    assert (decision.allowed, decision.rule, decision.reason) == (False, rule, reason)


@pytest.mark.proves("fault 123")
def test_an_auditor_of_the_example_takes_nothing_from_a_card_and_reviews() -> None:
    """The auditor sees the record, and may let a resident hear who used the card; no cell gives them anything that stands on one."""
    tree = POLICY.table
    theirs = {
        (operation, card)
        for row in tree.rows
        if "auditor" in row.roles
        for operation in row.operations
        for card in row.cards
    }
    assert {each for each in theirs if each[1] is not CardKind.BADGE} == {
        (Operation.DISCLOSE, CardKind.MY_NUMBER),
        (Operation.DISCLOSE, CardKind.JUKI),
    }
    asking = {Operation.AUDIT, Operation.AUDIT_REVIEW, Operation.AUDIT_EXPORT, Operation.AUDIT_CUT}
    assert asking & set(POLICY.roles["auditor"].rights) == asking - {Operation.AUDIT_CUT}
    for role in ("counter", "card_issuing"):
        assert not asking & set(POLICY.roles[role].rights)


def test_an_allowed_request_names_its_row() -> None:
    decision = decide(
        question("counter", "move_in", Operation.READ, CardKind.MY_NUMBER, items=(Item.MY_NUMBER,)), POLICY
    )
    assert (decision.allowed, decision.rule) == (True, "number_counter")


@pytest.mark.proves("S9")
@pytest.mark.parametrize("operation", sorted(BADGE_CARE))
def test_badge_care_always_needs_a_second_person(operation: Operation) -> None:
    text = EXAMPLE.replace(b'ja = "\xe8\x81\xb7', b'emergency = true\nja = "\xe8\x81\xb7').decode()
    policy = from_bytes(text.encode())
    assert policy.purposes["badge_care"].emergency
    for emergency in (False, True):
        decision = decide(
            question("administrator", "badge_care", operation, CardKind.BADGE, emergency=emergency), policy
        )
        assert (decision.allowed, decision.rule, decision.second_person) == (True, "badge_work", True)


TWO_WAYS = b"""
[[rows]]
id = "also_with_two"
roles = ["counter"]
purposes = ["identity_check"]
operations = ["read"]
items = ["photo"]
cards = ["my_number"]
clients = ["window-app"]
second_person = true
"""


@pytest.mark.proves("S9")
@pytest.mark.parametrize("before", [True, False], ids=["before", "behind"])
def test_where_two_rows_allow_the_same_the_stricter_one_holds_and_is_named(before: bool) -> None:
    place = EXAMPLE.index(b"[[rows]]") if before else len(EXAMPLE)
    policy = from_bytes(EXAMPLE[:place] + TWO_WAYS + EXAMPLE[place:])
    alone = question("counter", "identity_check", Operation.READ, CardKind.MY_NUMBER, items=(Item.NAME, Item.PHOTO))
    assert decide(alone, policy) == Decision(True, "identity")
    assert decide(replace(alone, client="window-app"), policy) == Decision(True, "also_with_two", second_person=True)


@pytest.mark.proves("S10")
def test_the_override_opens_its_rows_and_needs_no_second_person() -> None:
    text = EXAMPLE.replace(b"resident_code = true", b"resident_code = true\nemergency = true")
    policy = from_bytes(text)
    disaster = question("supervisor", "disaster_identity", Operation.READ, CardKind.JUKI, items=(Item.NAME,))
    assert not decide(disaster, policy).allowed
    assert decide(replace(disaster, emergency=True), policy) == Decision(True, "disaster")
    code = question("supervisor", "resident_code", Operation.READ, CardKind.JUKI, items=(Item.NAME,))
    assert decide(code, policy) == Decision(True, "resident_code_work", second_person=True, pin_again=True)
    assert decide(replace(code, emergency=True), policy) == Decision(True, "resident_code_work", pin_again=True)
    assert decide(replace(code, emergency=True), POLICY).second_person  # its purpose is not for emergencies there


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        ("counter", []),
        ("card_issuing", ["approvals"]),
        (
            "supervisor",
            ["audit", "audit_review", "head_export", "badge_block", "badge_list", "approvals", "lockdown", "override"],
        ),
        (
            "administrator",
            [
                "audit_cut",
                "head_export",
                "badge_block",
                "badge_list",
                "approvals",
                "office_files",
                "lockdown",
                "lockdown_release",
            ],
        ),
        ("auditor", ["audit", "audit_review", "audit_export", "badge_list"]),
        ("nobody", []),
    ],
)
def test_rights_are_those_of_the_role(role: str, rights: list[str]) -> None:
    assert {operation for operation in Operation if has_right(role, operation, POLICY)} == set(rights)
    without_card = RIGHTS - BADGE_PROOFS - {Operation.OVERRIDE}
    allowed = {each for each in without_card if decide(Question(each, "x", CardKind.UNKNOWN, role), POLICY).allowed}
    assert allowed == set(rights) & without_card


@pytest.mark.parametrize("role", ROLES)
def test_everybody_who_is_logged_in_may_hear_of_their_own_day(role: str) -> None:
    """No right, no purpose, no case, no card."""
    asked = Question(Operation.OWN_DAY, "x", CardKind.UNKNOWN, role)
    assert decide(asked, POLICY) == Decision(True, "own_day")


@pytest.mark.proves("S9")
def test_who_may_be_the_second_person() -> None:
    assert may_approve("supervisor", Operation.READ, POLICY)
    assert not may_approve("supervisor", Operation.BADGE_ENROL, POLICY)
    assert may_approve("administrator", Operation.BADGE_ENROL, POLICY)
    assert not any(may_approve(role, Operation.READ, POLICY) for role in ("counter", "administrator", "nobody"))


@pytest.mark.parametrize("operation", sorted(BADGE_PROOFS))
@pytest.mark.parametrize("card", [kind for kind in CardKind if kind is not CardKind.BADGE])
def test_only_a_badge_shows_who_its_holder_is(operation: Operation, card: CardKind) -> None:
    assert decide(Question(operation, "x", CardKind.BADGE), POLICY) == Decision(True, "login")
    assert decide(Question(operation, "x", card), POLICY) == Decision(False, "login", "not_a_badge")


def test_rows_can_be_closed_to_clients() -> None:
    closed = EXAMPLE.replace(b'clients = ["*"]', b'clients = ["window-app"]', 1)
    policy = from_bytes(closed)
    asked = question("counter", "identity_check", Operation.READ, CardKind.JUKI, items=(Item.PHOTO,))
    assert not decide(asked, policy).allowed
    assert decide(
        Question(Operation.READ, "window-app", CardKind.JUKI, "counter", "identity_check", "1", (Item.PHOTO,)), policy
    ).allowed


@pytest.mark.proves("P3")
@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_the_last_try_is_a_right_of_the_role(role: str) -> None:
    assert may_spend_last_try(role, POLICY) is (role == "supervisor")
