"""An explanation says what decided and what came near, always the same."""

import random
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cardd.model import CardKind, Item, KeyRole, Operation
from cardd.policy.decide import decide
from cardd.policy.explain import MOST_NEAR, Near, explain
from cardd.policy.explain_text import sentences
from cardd.policy.facts import Question
from cardd.policy.load import from_bytes
from cardd.policy.plain import plain_explanation
from cardd.policy.screen import columns
from tests.unit.cardd.policy.random_policy import policy_text

EXAMPLE = (Path(__file__).parents[4] / "cardd/policy/example.toml").read_bytes()
POLICY = from_bytes(EXAMPLE)
LINES = EXAMPLE.decode().splitlines()


def question(role: str, purpose: str, operation: Operation = Operation.READ, **more: Any) -> Question:
    return Question(operation, "app", more.pop("card", CardKind.MY_NUMBER), role, purpose, "1", **more)


def test_the_line_is_that_of_the_row_that_decided() -> None:
    told = explain(question("counter", "move_in", items=(Item.NAME,)), POLICY)
    assert (told.allowed, told.rule, told.near) == (True, "register_counter", ())
    assert told.line is not None
    assert LINES[told.line - 1 : told.line + 1] == ["[[rows]]", 'id = "register_counter"']


@pytest.mark.parametrize(
    ("asked", "rule", "line"),
    [
        (question("counter", "passport", items=(Item.MY_NUMBER,)), "number_law", 'code = "passport"'),
        (question("counter", "resident_code", items=(Item.NAME,), private_sector=True), "resident_code", 'code = "resident_code"'),
        (question("supervisor", "passport", Operation.OVERRIDE), "override", 'code = "passport"'),
        (question("counter", "passport", Operation.LOCKDOWN), "rights", 'code = "counter"'),
        (question("auditor", "", Operation.BADGE_LIST), "rights", 'code = "auditor"'),
    ],
)  # fmt: skip
def test_a_rule_points_to_the_purpose_or_role_it_goes_by(asked: Question, rule: str, line: str) -> None:
    told = explain(asked, POLICY)
    assert told.rule == rule
    assert told.line is not None
    assert LINES[told.line] == line


def test_near_rows_say_what_they_lack_nearest_first() -> None:
    asked = question("counter", "passport", items=(Item.NAME, Item.PHOTO))
    told = explain(asked, POLICY)
    lines = {row.id: POLICY.lines[f"row:{row.id}"] for row in POLICY.table.rows}
    assert (told.rule, told.item, told.line) == ("default", "photo", None)
    assert told.near[:2] == (
        Near("register_counter", lines["register_counter"], ("item",)),
        Near("identity", lines["identity"], ("purpose",)),
    )
    assert [len(near.lacks) for near in told.near] == sorted(len(near.lacks) for near in told.near)
    assert len(told.near) == MOST_NEAR


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({"role": "auditor"}, ("role",)),
        ({"purpose": "passport"}, ("purpose",)),
        ({"key": KeyRole.KEY_MANAGEMENT}, ("key",)),
        ({"card_kind": CardKind.BADGE, "client": "x"}, ("card",)),
        ({"operation": Operation.GRANT, "key": KeyRole.AUTHENTICATION}, ("operation",)),
    ],
)
def test_each_thing_that_may_lack_is_named(change: dict[str, Any], lacks: tuple[str, ...]) -> None:
    good = question("counter", "online_signature", Operation.SIGN, key=KeyRole.SIGNATURE)
    assert explain(good, POLICY).allowed
    text = EXAMPLE.replace(b'id = "office_signature"', b'id = "office_signature"\n').replace(
        b'"wide_area_copy", "certificate_issue"]\noperations = ["sign"', b'"certificate_issue"]\noperations = ["sign"'
    )
    policy = from_bytes(
        text.replace(b'purposes = ["online_signature", "certificate_issue"]', b'purposes = ["certificate_issue"]')
    )
    told = explain(replace(good, **change), policy)
    assert not told.allowed
    assert {near.row: near.lacks for near in told.near}["resident_signature"] == lacks


def test_client_and_emergency_may_lack_too() -> None:
    text = EXAMPLE.replace(b'clients = ["*"]', b'clients = ["window-app"]', 1)
    told = explain(question("counter", "identity_check", items=(Item.PHOTO,)), from_bytes(text))
    assert (told.near[0].row, told.near[0].lacks) == ("identity", ("client",))
    told = explain(question("supervisor", "disaster_identity", items=(Item.NAME,)), POLICY)
    assert (told.near[0].row, told.near[0].lacks) == ("disaster", ("emergency",))


@pytest.mark.proves("S7")
def test_an_explanation_is_the_decision_and_always_the_same() -> None:
    refused = 0
    for seed in range(60):
        chance = random.Random(f"explain {seed}")
        text = policy_text(chance)
        policy, again = from_bytes(text.encode()), from_bytes(text.encode())
        tree = tomllib.loads(text)
        for _ in range(30):
            role, purpose = (
                chance.choice([*(each["code"] for each in tree[name]), "none"]) for name in ("roles", "purposes")
            )
            asked = question(
                role,
                purpose,
                chance.choice(list(Operation)),
                items=tuple(chance.sample(list(Item), chance.randint(0, 3))),
                key=chance.choice([None, *KeyRole]),
                card=chance.choice(list(CardKind)),
                emergency=chance.random() < 0.3,
            )
            told, decision = explain(asked, policy), decide(asked, policy)
            assert told == explain(asked, again)
            assert (told.allowed, told.rule, told.reason, told.item) == (
                decision.allowed, decision.rule, decision.reason, decision.item,
            )  # fmt: skip
            assert (told.second_person, told.pin_again) == (decision.second_person, decision.pin_again)
            assert len(told.near) <= MOST_NEAR
            assert not (told.allowed and told.near)
            refused += bool(told.near)
            for locale in ("ja", "en"):
                lines = sentences(plain_explanation(told, policy), locale, 60)
                assert all(columns(line) <= 60 for line in lines)
    assert refused > 100


def test_people_are_told_in_sentences() -> None:
    told = explain(question("card_issuing", "resident_code", items=(Item.NAME,)), POLICY)
    japanese = sentences(plain_explanation(told, POLICY), "ja")
    assert japanese[0] == "認められます。"
    assert japanese[1].startswith("規則の行 resident_code_work によります。")
    assert "もう1人の承認が必要です。" in japanese
    assert "直前の暗証番号入力が必要です。" in japanese
    refused = explain(question("counter", "passport", items=(Item.MY_NUMBER,)), POLICY)
    english = "\n".join(sentences(plain_explanation(refused, POLICY), "en"))
    assert "By cardd's own rule number_law." in english
    assert "Because: The purpose does not rest on the number law." in english
    assert "Refused: individual number" in english
    assert "number_counter" in english
