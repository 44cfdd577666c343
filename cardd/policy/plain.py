"""A policy and an explanation as plain JSON values: what `policy.show` and `policy.explain` answer, and `--json` prints."""

from typing import Any

from cardd.policy.explain import Explanation
from cardd.policy.rules import Policy

Plain = dict[str, Any]


def plain_policy(policy: Policy) -> Plain:
    """Every word of the file, with the line of each row."""
    table = policy.table
    return {
        "version": table.version,
        "hash": policy.hash,
        "office": table.office,
        "roles": [role.model_dump(mode="json") for role in table.roles],
        "purposes": [purpose.model_dump(mode="json") for purpose in table.purposes],
        "rows": [row.model_dump(mode="json") | {"line": policy.lines.get(f"row:{row.id}")} for row in table.rows],
    }


def plain_explanation(explanation: Explanation, policy: Policy) -> Plain:
    """What decided, and under which policy."""
    return {
        "allowed": explanation.allowed,
        "rule": explanation.rule,
        "reason": explanation.reason or None,
        "item": explanation.item,
        "line": explanation.line,
        "second_person": explanation.second_person,
        "pin_again": explanation.pin_again,
        "certificate_status": explanation.certificate_status,
        "near": [{"row": near.row, "line": near.line, "lacks": list(near.lacks)} for near in explanation.near],
        "policy_hash": policy.hash,
        "policy_version": policy.table.version,
    }
