"""What a policy means, said a second time: reads the parsed TOML row by row, with words of its own and nothing of cardd."""

from dataclasses import dataclass
from typing import Any

Tree = dict[str, Any]
PROOFS = ("login", "unlock", "approve", "lockdown_release", "head_export")
RIGHTS = ("badge_block", "badge_list", "approvals", "office_files", "lockdown", "override", "audit", "audit_review")
BY_TWO = ("audit_export", "audit_cut")
CARE = ("badge_enrol", "badge_renew", "badge_unblock")
KEYED = ("sign", "certificate", "grant")
OWN = ("own_day",)
RECORD = ("audit", "own_day", "audit_review", "audit_export", "audit_cut", "disclose", "watch_list")
PLAIN = ("pin_status", "token_info", "change_pin", "disclose", "watch_list")


@dataclass(frozen=True, slots=True)
class Asked:
    operation: str
    card: str
    role: str | None
    purpose: str | None
    items: tuple[str, ...] = ()
    key: str | None = None
    pin: str | None = None
    client: str = "counter-app"
    private: bool = False
    emergency: bool = False
    case: str | None = "1"


Verdict = tuple[bool, bool, bool]
"""allowed, needs a second person, needs a fresh PIN"""
NO = (False, False, False)


def verdict(tree: Tree, asked: Asked) -> Verdict:  # noqa: C901, PLR0911 - one answer after the other, as one would read it out
    if asked.operation in PROOFS:
        return (asked.card == "badge", False, False)
    if asked.private and asked.operation in RECORD:
        return NO
    role = next((each for each in tree["roles"] if each["code"] == asked.role), None)
    if role is None or (asked.operation in (*RIGHTS, *BY_TWO) and asked.operation not in role.get("rights", [])):
        return NO
    if asked.operation in OWN:
        return (True, False, False)
    if asked.operation in BY_TWO:
        return (True, True, False)
    if asked.operation in RIGHTS and asked.operation != "override":
        return (True, False, False)
    purpose = next((each for each in tree["purposes"] if each["code"] == asked.purpose), None)
    if purpose is None or not asked.case or (asked.private and purpose.get("resident_code")):
        return NO
    if asked.operation == "override":
        return (bool(purpose.get("emergency")), False, False)
    about_number = "my_number" in asked.items or asked.pin == "verification_a"
    if about_number and (asked.private or not purpose.get("number_law")):
        return NO
    override = asked.emergency and purpose.get("emergency", False)
    second = asked.operation in CARE
    wanted = asked.items if asked.operation == "read" else (asked.key,)
    for what in wanted:
        rows = [row for row in tree.get("rows", []) if fits(row, asked, what)]
        rows = [row for row in rows if override or not row.get("emergency_only")]
        if not rows:
            return NO
        second = second or (not override and any(row.get("second_person") for row in rows))
    return (True, second, bool(purpose.get("high_risk"))) if wanted else NO


def fits(row: Tree, asked: Asked, what: str | None) -> bool:
    if asked.role not in row["roles"] or asked.purpose not in row["purposes"] or asked.card not in row["cards"]:
        return False
    if asked.operation not in row["operations"] or not {"*", asked.client} & set(row["clients"]):
        return False
    if asked.operation == "read":
        return what in row["items"]
    return asked.operation not in KEYED or what in row["keys"]
