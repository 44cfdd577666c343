"""A policy file that is wrong says where, and is never half used."""

import contextlib
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.policy.load import from_bytes, load
from cardd.policy.rules import cell_count, cells_of
from cardd.tomlfile import BrokenFile

EXAMPLE_PATH = Path(__file__).parents[4] / "cardd/policy/example.toml"
EXAMPLE = EXAMPLE_PATH.read_text("utf-8")


def problems(text: str) -> str:
    with pytest.raises(BrokenFile) as caught:
        from_bytes(text.encode(), "p.toml")
    return str(caught.value)


def test_the_example_is_good_and_its_hash_is_that_of_the_file() -> None:
    policy = load(EXAMPLE_PATH)
    assert policy.hash == hashlib.sha256(EXAMPLE_PATH.read_bytes()).hexdigest()
    assert {"counter", "card_issuing", "supervisor", "administrator", "auditor"} == set(policy.roles)
    assert len(policy.purposes) == 15


@pytest.mark.proves("fault 94")
@pytest.mark.parametrize(
    ("old", "new", "key", "what"),
    [
        ('"photo", "card_expiry", "age_over"', '"foto", "card_expiry", "age_over"', "rows[0].items[4]", "Input should be"),
        ('operations = ["change_pin"]', 'operations = ["chang_pin"]', "rows[6].operations[0]", "Input should be"),
        ('purposes = ["move_in", "pension_status"]', 'purposes = ["move_in", "pension"]', "rows[3].purposes[1]", "there is no purpose"),
        ('roles = ["card_issuing", "supervisor"]', 'roles = ["card_issuing", "boss"]', "rows[4].roles[1]", "there is no role"),
        ('code = "auditor"', 'code = "counter"', "roles[4].code", "twice"),
        ('id = "card_work"', 'id = "identity"', "rows[4].id", "twice"),
        ('items = ["my_number"]', 'items = ["my_number", "my_number"]', "rows[3]", "twice"),
        ('clients = ["*"]', 'client = ["*"]', "rows[0].client", "not a key that is known"),
        ('legal_basis = "情報セキュリティ規程"', "", "purposes[11].legal_basis", "missing"),
        ('may_spend_last_try = true', 'may_spend_last_try = "certainly"', "roles[2].may_spend_last_try", "boolean"),
        ('cards = ["badge"]', 'cards = ["unknown"]', "rows[10].cards[0]", "Input should be"),
        ('operations = ["change_pin"]', 'operations = ["login"]', "rows[6].operations[0]", "register or rights decide"),
        ('keys = ["authentication", "signature", "key_management", "card_authentication"]', "", "rows[10]", "go together"),
    ],
    ids=["item", "operation", "purpose", "role", "role twice", "row twice", "item twice", "key", "missing", "type",
         "card", "login", "keys"],
)  # fmt: skip
def test_a_mistake_is_told_with_line_and_key(old: str, new: str, key: str, what: str) -> None:
    assert old in EXAMPLE
    text = EXAMPLE.replace(old, new, 1)
    told = problems(text)
    assert what in told
    (said,) = [each for each in told.splitlines() if f": {key}: " in each]
    line, column = map(int, said.partition(f": {key}: ")[0].removeprefix("p.toml:").split(":"))
    changed = EXAMPLE[: EXAMPLE.index(old)].count("\n") + 1
    table = max(number for number in range(1, changed + 1) if EXAMPLE.splitlines()[number - 1].startswith("[["))
    assert line in {changed, table}
    written = text.splitlines()[line - 1]
    assert written[column - 1] in '"[tc'  # a word, a table, or a key
    if key.endswith("]") and line == changed:
        assert f'"{written[column:].partition(chr(34))[0]}"' in new


def test_my_number_needs_a_purpose_of_the_number_law() -> None:
    text = EXAMPLE.replace('items = ["name", "address", "birth_date", "sex"]', 'items = ["name", "my_number"]', 1)
    assert "number law" in problems(text)


def test_the_order_of_toml_errors_names_a_line() -> None:
    assert problems('version = 1\noffice = "x"\nroles = [').startswith("p.toml")
    assert problems("version = 1\nversion = 2\n").startswith("p.toml:2:12: ")


@pytest.mark.proves("fault 94")
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[" * 5000, b"x = " + b"[" * 5000], ids=["empty", "bytes", "deep", "deeper"]
)
def test_what_is_no_policy_is_refused(content: bytes) -> None:
    with pytest.raises(BrokenFile):
        from_bytes(content)


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    with pytest.raises(BrokenFile, match="larger"):
        load(tmp_path / "large.toml")


@given(st.integers(0, len(EXAMPLE) - 1), st.text(max_size=3))
def test_any_change_of_the_text_gives_a_policy_or_a_broken_file(place: int, put: str) -> None:
    text = EXAMPLE[:place] + put + EXAMPLE[place + 1 :]
    with contextlib.suppress(BrokenFile):
        assert from_bytes(text.encode("utf-8", "replace")).table.roles


def test_a_policy_that_would_fill_the_memory_is_refused() -> None:
    many = ", ".join(f'"c{number}"' for number in range(3_000))
    assert "more than 200000" in problems(EXAMPLE.replace('clients = ["*"]', f"clients = [{many}]", 3))


def test_cells_are_counted_as_they_are_made() -> None:
    for row in from_bytes(EXAMPLE.encode()).table.rows:
        assert cell_count(row) == len(cells_of(row))
