"""Random policies as TOML text: a few roles, purposes and rows over a small set of words, never in contradiction with themselves."""

import random
from typing import Any

from tests.unit.cardd.policy.oracle import CARE, KEYED, PLAIN, RIGHTS

ITEMS = ["name", "photo", "my_number"]
KEYS = ["authentication", "signature"]
CARDS = ["my_number", "badge"]
CLIENTS = ["*", "counter-app", "other"]


def policy_text(chance: random.Random) -> str:
    """One policy of 1 to 3 roles, 1 to 3 purposes, up to 8 rows."""
    roles = [role(chance, f"role_{number}") for number in range(chance.randint(1, 3))]
    if any("lockdown" in each["rights"] for each in roles):
        roles[0]["rights"] = sorted({*roles[0]["rights"], "lockdown_release"})
    overriding = [each["code"] for each in roles if "override" in each["rights"]]
    purposes = [purpose(chance, f"purpose_{number}", bool(overriding)) for number in range(chance.randint(1, 3))]
    approved = {operation for each in roles for operation in each["approves"]}
    rows = [row(chance, number, roles, purposes, approved) for number in range(chance.randint(0, 8))]
    text = 'version = 1\noffice = "見本"\n'
    for name, tables in (("roles", roles), ("purposes", purposes), ("rows", rows)):
        for table in tables:
            text += f"[[{name}]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in table.items())
    return text


def role(chance: random.Random, code: str) -> dict[str, Any]:
    rights = [right for right in RIGHTS if chance.random() < 0.4]
    approves = [operation for operation in ("read", *KEYED, *PLAIN, *CARE) if chance.random() < 0.6]
    return {"code": code, "ja": "役", "en": "role", "rights": rights, "approves": approves}


def purpose(chance: random.Random, code: str, may_override: bool) -> dict[str, Any]:
    flags = {key: chance.random() < 0.4 for key in ("high_risk", "resident_code")}
    flags |= {"number_law": chance.random() < 0.6, "emergency": may_override and chance.random() < 0.5}
    return {"code": code, "ja": "的", "en": "purpose", "legal_basis": "法", **flags}


def row(
    chance: random.Random, number: int, roles: list[Any], purposes: list[Any], approved: set[str]
) -> dict[str, Any]:
    second, emergency = chance.choice([(False, False), (False, False), (True, False), (False, True)])
    of_roles = [each["code"] for each in roles if not emergency or "override" in each["rights"]]
    of_purposes = [each for each in purposes if each["emergency"] or not emergency]
    if not of_roles or not of_purposes:
        emergency, of_roles, of_purposes = False, [each["code"] for each in roles], purposes
    chosen = some(chance, of_purposes)
    operations = some(chance, ["read", "sign", "certificate", *PLAIN, "grant", *CARE])
    operations = [each for each in operations if each in approved or not (second or each in CARE)] or ["token_info"]
    made: dict[str, Any] = {"id": f"row_{number}", "roles": some(chance, of_roles)}
    made |= {"purposes": [each["code"] for each in chosen], "operations": operations}
    if "read" in operations:
        made["items"] = some(chance, ITEMS if all(each["number_law"] for each in chosen) else ITEMS[:-1])
    if set(KEYED) & set(operations):
        made["keys"] = ["authentication"] if "grant" in operations else some(chance, KEYS)
    made["cards"] = ["badge"] if {"grant", *CARE} & set(operations) else some(chance, CARDS)
    made["clients"] = some(chance, CLIENTS)
    return made | {"second_person": second and set(operations) <= approved, "emergency_only": emergency and not second}


def some(chance: random.Random, things: list[Any]) -> list[Any]:
    """At least one of them, in any order."""
    return chance.sample(things, chance.randint(1, len(things)))


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, list) else f'"{value}"'
