"""Every cell of the example policy, decided by cardd and by an oracle that reads the TOML with a few lines of its own."""

import random
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.model import CardKind, Item, KeyRole, Operation, PinKind
from cardd.policy.decide import decide, may_spend_last_try
from cardd.policy.facts import Question
from cardd.policy.load import from_bytes
from cardd.policy.table import ROW_OPERATIONS

EXAMPLE = (Path(__file__).parents[4] / "cardd/policy/example.toml").read_bytes()
TREE = tomllib.loads(EXAMPLE.decode("utf-8"))
POLICY = from_bytes(EXAMPLE)
ROLES = [role["code"] for role in TREE["roles"]]
PURPOSES = [purpose["code"] for purpose in TREE["purposes"]]


def oracle_of(
    tree: dict[str, Any],
    role: str,
    purpose: str,
    operation: str,
    objects: list[str],
    card: str,
    private: bool,
    client: str,
) -> bool:
    """Each object must be in some row for exactly this role, purpose, operation, card kind and client."""
    under_number_law = {each["code"] for each in tree["purposes"] if each.get("number_law")}
    if "my_number" in objects and (private or purpose not in under_number_law):
        return False

    def listed(row: dict[str, Any], what: str | None) -> bool:
        fits = role in row["roles"] and purpose in row["purposes"] and operation in row["operations"]
        fits = fits and card in row["cards"] and ("*" in row["clients"] or client in row["clients"])
        return fits and (
            what is None or what in row["keys" if operation in ("sign", "certificate", "grant") else "items"]
        )

    wanted: list[str | None] = list(objects) if objects else [None]
    return all(any(listed(row, what) for row in tree["rows"]) for what in wanted)


def oracle(*asked: Any) -> bool:
    return oracle_of(TREE, *asked)


def question(role: str, purpose: str, operation: Operation, card: CardKind, **more: Any) -> Question:
    return Question(operation, "counter-app", card, role, purpose, "受付-1", **more)


@pytest.mark.proves("S7", "fault 91", "fault 93")
@pytest.mark.parametrize("role", ROLES)
def test_every_cell_of_reading_is_decided_as_the_oracle_decides_it(role: str) -> None:
    allowed = 0
    for purpose, item, card, private in product(PURPOSES, Item, CardKind, (False, True)):
        asked = question(role, purpose, Operation.READ, card, items=(item,), private_sector=private)
        expected = oracle(role, purpose, "read", [item.value], card.value, private, "counter-app")
        assert decide(asked, POLICY).allowed is expected, (purpose, item, card, private)
        allowed += expected
    assert (allowed > 0) is (role in {"counter", "card_issuing", "supervisor"})


@pytest.mark.proves("S7", "fault 93")
@pytest.mark.parametrize("role", ROLES)
def test_every_cell_of_the_other_operations_is_decided_as_the_oracle_decides_it(role: str) -> None:
    others = [each for each in ROW_OPERATIONS if each is not Operation.READ]
    for purpose, operation, key, card in product(PURPOSES, others, KeyRole, CardKind):
        asked = question(role, purpose, operation, card, key=key)
        objects = [key.value] if operation in (Operation.SIGN, Operation.CERTIFICATE, Operation.GRANT) else []
        expected = oracle(role, purpose, operation.value, objects, card.value, False, "counter-app")
        assert decide(asked, POLICY).allowed is expected, (purpose, operation, key, card)


@pytest.mark.proves("S7")
@given(
    st.sampled_from(ROLES),
    st.sampled_from(PURPOSES),
    st.lists(st.sampled_from(Item), min_size=1, unique=True),
    st.sampled_from(CardKind),
    st.booleans(),
)
def test_one_item_too_many_refuses_the_whole_request(
    role: str, purpose: str, items: list[Item], card: CardKind, private: bool
) -> None:
    asked = question(role, purpose, Operation.READ, card, items=tuple(items), private_sector=private)
    decision = decide(asked, POLICY)
    assert decision.allowed is oracle(
        role, purpose, "read", [item.value for item in items], card.value, private, "counter-app"
    )
    if not decision.allowed and decision.rule == "default":
        assert decision.item in {item.value for item in items}


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


def test_an_allowed_request_names_its_row() -> None:
    decision = decide(
        question("counter", "move_in", Operation.READ, CardKind.MY_NUMBER, items=(Item.MY_NUMBER,)), POLICY
    )
    assert (decision.allowed, decision.rule) == (True, "number_counter")


@pytest.mark.parametrize("card", [kind for kind in CardKind if kind is not CardKind.BADGE])
def test_login_is_for_badges_only(card: CardKind) -> None:
    assert decide(Question(Operation.LOGIN, "x", CardKind.BADGE), POLICY).allowed
    assert not decide(Question(Operation.LOGIN, "x", card), POLICY).allowed


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


def random_policy(chance: random.Random) -> str:
    """A policy of 2 to 4 roles and purposes and up to 8 rows, as TOML text."""
    roles = [f"role_{number}" for number in range(chance.randint(2, 4))]
    purposes = {f"purpose_{number}": chance.random() < 0.5 for number in range(chance.randint(2, 4))}
    text = 'version = 1\noffice = "x"\n'
    text += "".join(f'[[roles]]\ncode = "{role}"\nja = "役"\nen = "role"\n' for role in roles)
    for purpose, number_law in purposes.items():
        text += f'[[purposes]]\ncode = "{purpose}"\nja = "的"\nen = "p"\nlegal_basis = "法"\nnumber_law = {str(number_law).lower()}\n'
    for number in range(chance.randint(0, 8)):
        chosen = some(chance, list(purposes))
        items = some(
            chance, [item.value for item in Item if item is not Item.MY_NUMBER or all(purposes[p] for p in chosen)]
        )
        operations = some(chance, ["read", "sign", "certificate", "change_pin", "pin_status"])
        parts = {"roles": some(chance, roles), "purposes": chosen, "operations": operations}
        parts |= {"items": items} if "read" in operations else {}
        parts |= (
            {"keys": some(chance, [key.value for key in KeyRole])} if {"sign", "certificate"} & set(operations) else {}
        )
        parts |= {
            "cards": some(chance, ["my_number", "juki", "badge"]),
            "clients": some(chance, ["*", "counter-app", "other"]),
        }
        text += f'[[rows]]\nid = "row_{number}"\n' + "".join(f"{key} = {value}\n" for key, value in parts.items())
    return text


def some(chance: random.Random, words: list[str]) -> list[str]:
    return chance.sample(words, chance.randint(1, len(words)))


@pytest.mark.proves("S7", "fault 93")
def test_random_policies_are_decided_as_the_oracle_decides_them() -> None:
    answers = {True: 0, False: 0}
    for seed in range(300):
        chance = random.Random(f"policy {seed}")
        text = random_policy(chance)
        tree, policy = tomllib.loads(text), from_bytes(text.encode())
        tree.setdefault("rows", [])
        for _ in range(60):
            operation = chance.choice(
                [Operation.READ, Operation.READ, Operation.SIGN, Operation.CERTIFICATE, Operation.CHANGE_PIN]
            )
            role, purpose = (chance.choice(tree[name])["code"] for name in ("roles", "purposes"))
            items, key = tuple(some(chance, list(Item))[:3]), chance.choice(list(KeyRole))
            card, private = chance.choice(list(CardKind)), chance.random() < 0.3
            if operation is Operation.READ:
                asked = question(role, purpose, operation, card, items=items, private_sector=private)
                objects = [item.value for item in items]
            else:
                asked = question(role, purpose, operation, card, key=key, private_sector=private)
                objects = [] if operation is Operation.CHANGE_PIN else [key.value]
            expected = oracle_of(tree, role, purpose, operation.value, objects, card.value, private, "counter-app")
            assert decide(asked, policy).allowed is expected, (seed, asked)
            answers[expected] += 1
    assert min(answers.values()) > 1_000, answers
