"""The table: whole, never wider than the terminal, and true to the decisions."""

import random
import re
from pathlib import Path

import pytest

from cardd.model import CardKind, Item, KeyRole, Operation
from cardd.policy import words
from cardd.policy.decide import decide
from cardd.policy.explain import explain
from cardd.policy.facts import Question
from cardd.policy.load import from_bytes
from cardd.policy.matrix import cell_lines, numbered_clients
from cardd.policy.plain import plain_policy
from cardd.policy.rules import RULES
from cardd.policy.screen import columns, wrapped
from cardd.policy.show import show
from cardd.policy.table import RIGHTS, ROW_OPERATIONS, Purpose
from cardd.policy.words import Locale
from tests.unit.cardd.policy.random_policy import policy_text

EXAMPLE = (Path(__file__).parents[4] / "cardd/policy/example.toml").read_bytes()
POLICY = from_bytes(EXAMPLE)
LOCALES: tuple[Locale, ...] = ("ja", "en")


def cell(text: bytes, purpose: str, role: str, cards: tuple[str, ...] = ("my_number", "juki")) -> list[str]:
    plain = plain_policy(from_bytes(text))
    return cell_lines(plain, purpose, role, cards, numbered_clients(plain), "ja", 40)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_example_fits_a_hundred_columns_and_names_everybody(locale: Locale) -> None:
    lines = show(plain_policy(POLICY), locale)
    assert max(map(columns, lines)) <= 100
    text = "\n".join(lines)
    for purpose in POLICY.table.purposes:
        assert f"({purpose.code})" in text
        assert purpose.legal_basis in text
    for role in POLICY.table.roles:
        for word in role.en.split() if locale == "en" else [role.ja[:4]]:
            assert word in text


def test_marks_say_operation_item_second_person_emergency_card_and_client() -> None:
    assert cell(EXAMPLE, "identity_check", "counter") == ["読 氏住生性写期齢", "残 情"]
    assert cell(EXAMPLE, "move_in", "counter") == ["読 氏住生性", "読* 個 氏画 住画", "残 情"]
    assert cell(EXAMPLE, "resident_code", "card_issuing") == ["読+ 氏住生性写期", "証+ 認名", "残 情"]
    assert cell(EXAMPLE, "disaster_identity", "supervisor") == ["読! 氏住生性写 氏画 住画", "残! 情!"]
    assert cell(EXAMPLE, "disaster_identity", "counter") == [""]
    assert cell(EXAMPLE, "badge_care", "administrator", ("badge",)) == ["証 認名管札", "変 残 情 発+ 更+ 解+"]
    closed = EXAMPLE.replace(b'clients = ["*"]', b'clients = ["b-app", "a-app"]', 1)
    assert cell(closed, "identity_check", "counter")[0] == "読[1] 氏住生性写期齢"
    assert "[1] 業務 a-app, b-app だけ" in "\n".join(show(plain_policy(from_bytes(closed)), "ja"))


@pytest.mark.parametrize("before", [True, False], ids=["before", "behind"])
def test_where_a_stricter_row_holds_the_table_shows_that_one(before: bool) -> None:
    stricter = (
        b'[[rows]]\nid = "two"\nroles = ["counter"]\npurposes = ["identity_check"]\noperations = ["read"]\n'
        b'items = ["photo"]\ncards = ["my_number"]\nclients = ["*"]\nsecond_person = true\n'
    )
    place = EXAMPLE.index(b"[[rows]]") if before else len(EXAMPLE)
    lines = cell(EXAMPLE[:place] + stricter + EXAMPLE[place:], "identity_check", "counter")
    assert sorted(lines) == sorted(["読 氏住生性期齢", "読# 写", "読+* 写", "残 情"])


def test_every_mark_in_the_table_agrees_with_the_decision() -> None:
    """Read the marks of each cell back, and ask for each of them, and for each that is not there."""
    plain = plain_policy(POLICY)
    checked = 0
    for purpose in POLICY.purposes:
        for role in POLICY.roles:
            for kind, cards in ((CardKind.MY_NUMBER, ("my_number", "juki")), (CardKind.BADGE, ("badge",))):
                shown = read_back(cell_lines(plain, purpose, role, cards, {}, "ja", 1000), kind)
                for operation in sorted(ROW_OPERATIONS):
                    things: list[Item | KeyRole | None] = [None]
                    if operation is Operation.READ:
                        things = list(Item)
                    elif operation in (Operation.SIGN, Operation.CERTIFICATE, Operation.GRANT):
                        things = list(KeyRole)
                    for what in things:
                        items = (what,) if isinstance(what, Item) else ()
                        key = what if isinstance(what, KeyRole) else None
                        asked = Question(operation, "x", kind, role, purpose, "1", items, key, emergency=True)
                        decision = decide(asked, POLICY)
                        way = shown.get((operation.value, None if what is None else what.value))
                        assert decision.allowed is (way is not None), (purpose, role, operation, what)
                        assert decision.second_person is ("+" in (way or "")), (purpose, role, operation, what)
                        checked += decision.allowed
    assert checked > 200


def read_back(lines: list[str], kind: CardKind) -> dict[tuple[str, str | None], str]:
    """Operation and item or key, with the marks of the way they are allowed."""
    operations = {mark.mark.ja: code for code, mark in words.OPERATIONS.items()}
    found: dict[tuple[str, str | None], str] = {}
    for line in lines:
        head, _, objects = line.partition(" ")
        operation = operations.get(head[:1], "")
        if not {"read": 1, "certificate": 1, "sign": 1, "grant": 1}.get(operation):
            for each in line.split():
                found[(operations[each[0]], None)] = each[1:]
        elif "#" not in head or kind is not CardKind.MY_NUMBER:
            table = words.ITEMS if operation == "read" else words.KEYS
            marks = {mark.mark.ja: code for code, mark in table.items()}
            for mark in re.findall(r"氏画|住画|.", objects.replace(" ", "")):
                found[(operation, marks[mark])] = head[1:]
    return found


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_policy_is_drawn_wider_than_the_terminal(locale: Locale, width: int) -> None:
    for seed in range(20):
        text = policy_text(random.Random(f"wide {seed}"))
        text = text.replace('ja = "役"', f'ja = "{"長い役割名" * 9}"', 1).replace(
            'en = "purpose"', f'en = "{"purpose" * 20}"', 1
        )
        text = text.replace('legal_basis = "法"', f'legal_basis = "{"地方公共団体情報システム機構法 " * 9}"', 1)
        lines = show(plain_policy(from_bytes(text.encode())), locale, width)
        assert max(map(columns, lines)) <= width, (seed, [line for line in lines if columns(line) > width])


def test_many_roles_are_drawn_in_several_tables() -> None:
    more = "".join(
        f'[[roles]]\ncode = "more_{number}"\nja = "追加{number}"\nen = "More {number}"\n' for number in range(20)
    )
    text = EXAMPLE.decode().replace("# --- purposes", more + "# --- purposes", 1)
    lines = show(plain_policy(from_bytes(text.encode())), "ja")
    assert max(map(columns, lines)) <= 100
    assert sum(line.startswith("利用目的  ") for line in lines) > 4
    assert sum("追加19" in line for line in lines) == 3  # residents, badges, rights


def test_a_file_cannot_steer_the_terminal() -> None:
    plain = plain_policy(POLICY)
    plain["office"] = "a\u202eb\x1b[2J"
    assert not re.search("[\x1b\u202e]", "\n".join(show(plain, "ja")))


def test_every_word_of_a_policy_has_its_mark_and_name() -> None:
    assert set(words.OPERATIONS) == {operation.value for operation in ROW_OPERATIONS}
    assert set(words.RIGHTS) == {operation.value for operation in RIGHTS}
    assert set(words.ITEMS) == {item.value for item in Item}
    assert set(words.KEYS) == {key.value for key in KeyRole}
    assert set(words.PURPOSE_FLAGS) == {
        name for name, field in Purpose.model_fields.items() if field.annotation is bool
    } | {"certificate_status"}
    assert {rule.__name__ for rule in RULES} - {"rows"} <= words.RULES
    for locale in LOCALES:
        for table in (words.OPERATIONS, words.ITEMS, words.KEYS, words.PURPOSE_FLAGS):
            marks = [mark.mark.to(locale) for mark in table.values()]
            assert len(set(marks)) == len(marks)


def test_every_reason_of_a_refusal_has_its_sentence() -> None:
    source = (Path(__file__).parents[4] / "cardd/policy/rules.py").read_text("utf-8")
    reasons = set(re.findall(r'Decision\(False, "\w+", "(\w+)"', source)) | {"no_row"}
    assert reasons == set(words.REASONS)
    lacking = explain(Question(Operation.READ, "x", CardKind.JUKI, "auditor", "passport", "1", (Item.NAME,)), POLICY)
    assert {each for near in lacking.near for each in near.lacks} <= set(words.LACKS)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("a bb ccc", 4, ["a bb", "ccc"]),
        ("氏住生性", 5, ["氏住", "生性"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("a  b", 9, ["a  b"]),
        ("", 4, [""]),
        ("職員 card", 8, ["職員", "card"]),
    ],
)
def test_text_is_wrapped_by_its_columns(text: str, width: int, expected: list[str]) -> None:
    assert wrapped(text, width) == expected
