"""A policy that nobody could follow is refused, with file, line and column; what is only odd is remarked."""

from pathlib import Path

import pytest

from cardd.policy.load import from_bytes
from cardd.policy.remarks import remarks, remarks_with
from cardd.tomlfile import BrokenFile

EXAMPLE = (Path(__file__).parents[4] / "cardd/policy/example.toml").read_text("utf-8")

ROLES = """version = 1
office = "見本町"
[[roles]]
code = "clerk"
ja = "窓口"
en = "Clerk"
rights = ["override"]
approves = ["read", "badge_enrol"]
"""
PURPOSES = """[[purposes]]
code = "check"
ja = "確認"
en = "Check"
legal_basis = "法"
emergency = true
[[purposes]]
code = "other"
ja = "他"
en = "Other"
legal_basis = "法"
"""


def row(**parts: object) -> str:
    """A row in order, but for what is given; None leaves a key out. Its header is line 20, `id` line 21, and so on."""
    whole = {
        "id": "one",
        "roles": ["clerk"],
        "purposes": ["check"],
        "operations": ["read"],
        "items": ["name"],
        "cards": ["my_number"],
        "clients": ["*"],
    } | parts
    text = "[[rows]]\n"
    for key, value in whole.items():
        if value is not None:
            text += f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}\n"
    return text


GRANT = {"operations": ["grant"], "items": None}


@pytest.mark.proves("fault 94")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ROLES.replace('"override"', '"overide"') + PURPOSES, "p.toml:7:11: roles[0].rights[0]: Input should be"),
        (ROLES.replace('"override"', '"read"') + PURPOSES, "p.toml:7:11: roles[0].rights[0]: `read` is no right of a role"),
        (ROLES.replace('"read", ', '"read", "login", ') + PURPOSES,
         "p.toml:8:21: roles[0].approves[1]: `login` is nothing a second person is asked for"),
        (ROLES.replace('["override"]', '["override", "lockdown"]') + PURPOSES,
         "p.toml: roles: a role may engage the emergency stop"),
        (ROLES.replace('["override"]', "[]") + PURPOSES, "p.toml:14:13: purposes[0].emergency: no role has the right"),
        (ROLES.replace('["override"]', '["override", "override"]') + PURPOSES, "p.toml:3:1: roles[0]: `rights` names override twice"),
        (ROLES + PURPOSES + row(operations=["badge_list"], items=None),
         "p.toml:24:15: rows[0].operations[0]: `badge_list` needs no row"),
        (ROLES + PURPOSES + row(items=["name", "my_number"]),
         "p.toml:25:18: rows[0].items[1]: `my_number` under `check`, which does not rest on the number law"),
        (ROLES + PURPOSES + row(purposes=["other", "check"], emergency_only=True),
         "p.toml:23:13: rows[0].purposes[0]: the row is for emergencies only, and `other` is no purpose with `emergency`"),
        (ROLES.replace("[[roles]]", '[[roles]]\ncode = "b"\nja = "b"\nen = "b"\n[[roles]]') + PURPOSES
         + row(roles=["clerk", "b"], emergency_only=True),
         "rows[0].roles[1]: the row is for emergencies only, and `b` has no right `override`"),
        (ROLES + PURPOSES + row(second_person=True, emergency_only=True),
         "p.toml:28:17: rows[0].second_person: under the override no second person is asked"),
        (ROLES + PURPOSES + row(operations=["read", "token_info"], second_person=True),
         "p.toml:24:23: rows[0].operations[1]: `token_info` needs a second person here, and no role approves it"),
        (ROLES + PURPOSES + row(operations=["badge_renew"], items=None, cards=["badge"]),
         "p.toml:24:15: rows[0].operations[0]: `badge_renew` needs a second person here, and no role approves it"),
        (ROLES + PURPOSES + row(operations=["badge_enrol"], items=None),
         "p.toml:25:10: rows[0].cards[0]: `badge_enrol` is for badges only"),
        (ROLES + PURPOSES + row(**GRANT, keys=["authentication"], cards=["badge", "juki"]),
         "rows[0].cards[1]: `grant` is for badges only, never for a resident's card"),
        (ROLES + PURPOSES + row(**GRANT, keys=["authentication", "signature"], cards=["badge"]),
         "rows[0].keys[1]: `grant` is not for the key `signature`; it wants its PIN each time"),
        (ROLES + PURPOSES + row(**GRANT, keys=["card_authentication"], cards=["badge"]),
         "rows[0].keys[0]: `grant` is not for the key `card_authentication`; it wants no PIN at all"),
        (ROLES + PURPOSES + row(clients=["Counter App"]), "p.toml:27:12: rows[0].clients[0]: String should match"),
        (ROLES + PURPOSES + row() + row(), "p.toml:29:6: rows[1].id: `one` stands there twice"),
    ],
)  # fmt: skip
def test_a_contradiction_is_refused_where_it_stands(text: str, expected: str) -> None:
    with pytest.raises(BrokenFile) as caught:
        from_bytes(text.replace("'", '"').encode(), "p.toml")
    assert any(expected in str(problem) for problem in caught.value.problems), str(caught.value)


def test_the_same_policy_without_the_contradictions_is_good() -> None:
    good = ROLES + PURPOSES + row() + row(id="two", emergency_only=True) + row(id="three", second_person=True)
    assert from_bytes(good.replace("'", '"').encode()).lines == {
        "role:clerk": 3, "purpose:check": 9, "purpose:other": 15, "row:one": 20, "row:two": 28, "row:three": 37,
    }  # fmt: skip


def noted(text: str, people: dict[str, set[str]] | None = None) -> list[str]:
    table = from_bytes(text.replace("'", '"').encode()).table
    return [note.en for note in (remarks(table) if people is None else remarks_with(table, people))]


def test_nothing_is_odd_about_the_example() -> None:
    assert noted(EXAMPLE) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ROLES + PURPOSES + row(), "no row allows anything under the purpose other."),
        (ROLES + PURPOSES, "the role clerk approves badge_enrol, and no row asks for that."),
        (ROLES + PURPOSES.replace("emergency = true", ""), "the role clerk has the right `override`, and no purpose is for"),
        (ROLES + PURPOSES + row() + row(id="two", second_person=True, items=["photo", "name"]),
         "the rows one and two allow the same; two, which asks for a second person, holds."),
        (ROLES + PURPOSES + row(clients=["app"]) + row(id="two", second_person=True),
         "the rows one and two allow the same"),
        (ROLES + PURPOSES + row(operations=["sign"], items=None, keys=["key_management"]),
         "row one: a resident's card has no key key_management."),
        (ROLES.replace('["override"]', "[]").replace('["read", "badge_enrol"]', "[]") + PURPOSES.replace("emergency = true", ""),
         "nothing is allowed to the role clerk."),
    ],
)  # fmt: skip
def test_what_is_odd_is_remarked(text: str, expected: str) -> None:
    assert any(note.startswith(expected) for note in noted(text)), noted(text)


@pytest.mark.proves("S9")
def test_the_register_must_have_a_second_person_for_everybody() -> None:
    two = {"administrator": {"a", "b"}, "supervisor": {"s", "t"}, "counter": {"c"}, "card_issuing": {"i"}}
    assert noted(EXAMPLE, two) == []
    alone = two | {"administrator": {"a"}, "supervisor": {"s"}}
    assert noted(EXAMPLE, alone) == [
        "badge_enrol: when a asks for it, there is no other person who may approve.",
        "badge_renew: when a asks for it, there is no other person who may approve.",
        "badge_unblock: when a asks for it, there is no other person who may approve.",
        "certificate: when s asks for it, there is no other person who may approve.",
        "disclose: when s asks for it, there is no other person who may approve.",
        "read: when s asks for it, there is no other person who may approve.",
        "lockdown_release takes two people, and the register has 1.",
        "office_files takes two people, and the register has 1.",
    ]
    assert "the register has a role that the policy does not know: mayor." in noted(EXAMPLE, two | {"mayor": {"m"}})
