"""Two policies compared by what they decide."""

import random
from itertools import product
from pathlib import Path

import pytest

from cardd.model import CardKind, Item, KeyRole, Operation
from cardd.policy.decide import decide
from cardd.policy.diff import Cell, Difference, Moved, compare
from cardd.policy.diff_text import WAYS, plain_difference, told
from cardd.policy.facts import Question
from cardd.policy.load import from_bytes
from cardd.policy.rules import Policy
from cardd.policy.screen import columns
from tests.unit.cardd.policy.random_policy import policy_text

EXAMPLE = (Path(__file__).parents[4] / "cardd/policy/example.toml").read_text("utf-8")


def changed(*pairs: tuple[str, str]) -> tuple[Policy, Policy, Difference]:
    text = EXAMPLE.replace("version = 1", "version = 2")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    old_policy, new_policy = from_bytes(EXAMPLE.encode()), from_bytes(text.encode())
    return old_policy, new_policy, compare(old_policy, new_policy)


def test_the_same_policy_decides_nothing_otherwise() -> None:
    old, new, difference = changed()
    assert difference.nothing
    assert told(difference, old, new, "ja") == ["規則 第1版 → 第2版", "判断は何も変わらない。"]
    assert plain_difference(difference)["same"]


def test_rows_that_say_the_same_in_other_words_are_no_difference() -> None:
    row = EXAMPLE[EXAMPLE.index('[[rows]]\nid = "identity"') : EXAMPLE.index('[[rows]]\nid = "register_counter"')]
    one = row.replace('["counter", "card_issuing", "supervisor"]', '["counter"]')
    other = row.replace('["counter", "card_issuing", "supervisor"]', '["supervisor", "card_issuing"]').replace(
        '"identity"', '"identity_too"', 1
    )
    _, _, difference = changed((row, one + other))
    assert difference.nothing


def test_a_row_that_moved_is_told_in_one_block() -> None:
    row = EXAMPLE[
        EXAMPLE.index('[[rows]]\nid = "register_counter"') : EXAMPLE.index('[[rows]]\nid = "register_images"')
    ]
    old, new, difference = changed((row, ""))
    (moved,) = difference.moved
    assert (moved.before, moved.after, moved.cells) == ("yes", "no", 2 * 5 * 4 * 2)
    assert moved.blocks == (
        (
            ("counter", "supervisor"),
            ("wide_area_copy", "move_in", "move_out", "passport", "pension_status"),
            ("read",),
            ("name", "address", "birth_date", "sex"),
            ("my_number", "juki"),
            ("*",),
        ),
    )
    lines = told(difference, old, new, "ja")
    assert lines[:5] == [
        "規則 第1版 → 第2版",
        "",
        "認めなくなる (80 通り)",
        "  - 読み取り: 氏名、住所、生年月日、性別",
        "    役割: 窓口担当 (counter)、責任者 (supervisor)",
    ]


def test_second_person_rights_flags_and_names_are_told() -> None:
    old, new, difference = changed(
        ('items = ["my_number"]', 'second_person = true\nitems = ["my_number"]'),
        ('"approvals", "lockdown", "override"]', '"approvals", "override", "office_files"]'),
        ('legal_basis = "旅券法 第3条"', 'legal_basis = "旅券法 第3条"\nhigh_risk = true'),
        ('ja = "監査担当"', 'ja = "監査"'),
        ("may_spend_last_try = true\n", ""),
    )
    assert [(moved.before, moved.after, moved.cells) for moved in difference.moved] == [("yes", "second_person", 4)]
    text = "\n".join(told(difference, old, new, "en"))
    for line in (
        "Needs a second person now (4 cells)",
        "Supervisor (supervisor): loses `emergency stop`",
        "Supervisor (supervisor): gains `put office files in force`",
        "Supervisor (supervisor): loses `spend a last PIN try`",
        "Auditor (auditor): ja `監査担当` -> `監査`",
        "Passport application (passport): gains `high risk",
    ):
        assert line in text


def test_roles_and_purposes_that_come_and_go_are_told() -> None:
    old, new, difference = changed(
        ('code = "auditor"', 'code = "inspector"'),
        ('"supervisor", "administrator", "auditor"]', '"supervisor", "administrator", "inspector"]'),
        ('"card_issuing", "supervisor", "auditor"]', '"card_issuing", "supervisor", "inspector"]'),
    )
    assert (difference.gone, difference.new) == ((("role", "auditor"),), (("role", "inspector"),))
    lines = told(difference, old, new, "ja")
    assert "なくなる役割: 監査担当 (auditor)" in lines
    assert "新しい役割: 監査担当 (inspector)" in lines
    assert {(moved.before, moved.after) for moved in difference.moved} == {
        ("no", "yes"), ("yes", "no"), ("no", "second_person"), ("second_person", "no"),
    }  # fmt: skip


def test_a_row_closed_to_some_clients_takes_it_from_the_others_only() -> None:
    _, _, difference = changed(('clients = ["*"]', 'clients = ["window-app"]'))
    (moved,) = difference.moved
    assert (moved.before, moved.after) == ("yes", "no")
    assert {block[5] for block in moved.blocks} == {("*",)}


def test_an_older_version_is_noted() -> None:
    old, new, difference = changed(("version = 2", "version = 1"), ("may_spend_last_try = true\n", ""))
    assert "注意: 新しい規則の版が上がっていない。" in told(difference, old, new, "ja")


def unfolded(moved: Moved) -> list[Cell]:
    return [cell for block in moved.blocks for cell in product(*block)]  # type: ignore[misc]


def asked(cell: Cell, emergency: bool) -> Question:
    role, purpose, operation, what, card, client = cell
    items = (Item(what),) if operation == "read" else ()
    key = KeyRole(what) if what and operation != "read" else None
    name = "nobody-names-this-one" if client == "*" else client
    return Question(Operation(operation), name, CardKind(card), role, purpose, "1", items, key, emergency=emergency)


@pytest.mark.proves("S7")
def test_each_cell_that_is_told_is_decided_otherwise_and_no_other() -> None:
    seen: set[tuple[str, str]] = set()
    for seed in range(150):
        old, new = (from_bytes(policy_text(random.Random(f"diff {seed} {part}")).encode()) for part in (0, 1))
        difference = compare(old, new)
        moved = {cell: (each.before, each.after) for each in difference.moved for cell in unfolded(each)}
        assert sum(each.cells for each in difference.moved) == len(moved)
        seen |= set(moved.values())
        for cell in all_cells(old, new):
            now = tuple(way(policy, cell) for policy in (old, new))
            assert moved.get(cell, (now[0], now[0])) == now, (seed, cell)
        for locale in ("ja", "en"):
            assert all(columns(line) <= 100 for line in told(difference, old, new, locale))
    assert seen == set(WAYS)


def all_cells(*policies: Policy) -> set[Cell]:
    clients = {client for policy in policies for _, _, client in policy.cells} | {"*"}
    return {
        (role, purpose, operation.value, what.value if what else "", card.value, client)
        for policy in policies
        for (role, purpose, _), shapes in policy.cells.items()
        for (operation, what, card) in shapes
        for client in clients
    }


def way(policy: Policy, cell: Cell) -> str:
    """How a cell is decided, asked as the gate would ask; what a purpose's own words change stands elsewhere."""
    table = policy.table.model_copy(
        update={
            "purposes": tuple(
                each.model_copy(update={"number_law": True, "emergency": True}) for each in policy.table.purposes
            )
        }
    )
    open_policy = Policy(
        table, policy.hash, policy.cells, {each.code: each for each in table.purposes}, policy.roles, policy.lines
    )
    decision = decide(asked(cell, emergency=False), open_policy)
    if decision.allowed:
        return "second_person" if decision.second_person else "yes"
    if cell[0] not in policy.roles or cell[1] not in policy.purposes:
        return "no"
    return "emergency_only" if decide(asked(cell, emergency=True), open_policy).allowed else "no"
