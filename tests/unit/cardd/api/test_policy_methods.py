"""The policy over the socket: the table as it is, and why something is allowed or not. No session is needed."""

from pathlib import Path
from typing import Any

import pytest

from cardd.model import CardKind, Item, Operation
from cardd.policy.decide import decide
from cardd.policy.facts import Question
from cardd.policy.plain import plain_policy
from tests.unit.cardd.api.house import POLICY, running
from tests.unit.cardd.api.test_session_methods import log_in

READ = {"operation": "read", "purpose": "identity_check", "items": ["name"]}


async def test_the_policy_is_shown_word_by_word(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        shown = await raw.result("policy.show")
        assert shown == plain_policy(POLICY)
        (row,) = [row for row in shown["rows"] if row["id"] == "resident_code_work"]
        assert row["second_person"] is True
        assert (
            'id = "resident_code_work"'
            in (Path(__file__).parents[4] / "cardd/policy/example.toml").read_text("utf-8").splitlines()[row["line"]]
        )


@pytest.mark.parametrize(
    ("change", "rule", "reason"),
    [
        ({}, "session", "nobody_logged_in"),
        ({"role": "counter"}, "identity", None),
        ({"role": "counter", "client": "shop"}, "identity", None),
        ({"role": "counter", "items": ["my_number"], "purpose": "move_in"}, "number_counter", None),
        (
            {"role": "counter", "items": ["my_number"], "purpose": "move_in", "client": "shop"},
            "number_law",
            "private_sector",
        ),
        ({"role": "supervisor", "purpose": "disaster_identity"}, "default", "no_row"),
        ({"role": "supervisor", "purpose": "disaster_identity", "emergency": True}, "disaster", None),
        ({"role": "counter", "card_kind": "badge"}, "default", "no_row"),
        ({"role": "counter", "operation": "sign", "items": []}, "request_shape", "key_missing"),
        ({"role": "auditor", "operation": "badge_list", "items": []}, "rights", None),
        ({"operation": "login", "items": []}, "login", None),
    ],
)
async def test_a_decision_is_explained_with_its_rule(
    tmp_path: Path, change: dict[str, Any], rule: str, reason: str | None
) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        told = await raw.result("policy.explain", **(READ | change))
        assert (told["rule"], told["reason"], told["allowed"]) == (rule, reason, reason is None)
        assert (told["policy_hash"], told["policy_version"]) == (POLICY.hash, POLICY.table.version)


async def test_the_role_is_that_of_whoever_is_logged_in_here(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        log_in(house, role="auditor")
        told = await raw.result("policy.explain", **READ)
        assert not told["allowed"]
        asked = Question(Operation.READ, "app", CardKind.MY_NUMBER, "auditor", "identity_check", "1", (Item.NAME,))
        assert told["rule"] == decide(asked, POLICY).rule
        assert told["near"][0] == {"row": "identity", "line": POLICY.lines["row:identity"], "lacks": ["role"]}
        assert (await raw.result("policy.explain", **(READ | {"role": "counter"})))["allowed"]


async def test_an_operation_that_does_not_exist_is_a_bad_request(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        error = await raw.error("policy.explain", **(READ | {"operation": "fly"}))
        assert (error["data"]["name"], error["data"]["field"]) == ("request.bad", "params.operation")
