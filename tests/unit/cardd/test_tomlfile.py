"""Where a key stands in a TOML file, and what is said about it."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.tomlfile import BrokenFile, Layout, Problem, TomlModel, parse, spell

TEXT = """top = 1
dotted.name = 2
[table]
key = "a = b"
"quoted key" = 3
[table.below]
key = [
  1,
  2,
]
[[list]]
key = 1
[[list]]
other = 2
key = 3
[list.inner]
key = 4
[[list.rows]]
key = 5
[[list.rows]]
key = 6
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("dotted", "name"), 2),
        (("table", "key"), 4),
        (("table", "quoted key"), 5),
        (("table", "below", "key"), 7),
        (("table", "below", "key", 1), 9),
        (("table", "missing"), 3),
        (("list", 0, "key"), 12),
        (("list", 1, "key"), 15),
        (("list", 1, "missing"), 13),
        (("list", 1, "inner", "key"), 17),
        (("list", 1, "rows", 1, "key"), 21),
        (("nowhere",), None),
    ],
    ids=lambda value: spell(value) if isinstance(value, tuple) else str(value),
)
def test_a_key_is_found_on_its_line(path: tuple[str | int, ...], line: int | None) -> None:
    assert tomllib.loads(TEXT)["list"][1]["rows"][1]["key"] == 6
    assert Layout(TEXT).line(path) == line


def test_a_problem_reads_like_a_compilers() -> None:
    assert str(Problem("a.toml", "is missing", "rows[2].items", 7)) == "a.toml:7: rows[2].items: is missing"
    assert str(Problem("a.toml", "is not known", "x", 7, 3)) == "a.toml:7:3: x: is not known"
    assert str(Problem("a.toml", "cannot be read")) == "a.toml: cannot be read"


class Small(TomlModel):
    number: int


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_by_name(content: bytes) -> None:
    try:
        parse(Small, content, "x.toml")
    except BrokenFile as broken:
        assert all(problem.file == "x.toml" for problem in broken.problems)  # noqa: PT017 - one of the two outcomes


def test_an_error_never_repeats_what_was_written() -> None:
    with pytest.raises(BrokenFile) as caught:
        parse(Small, b'number = "hidden-word"\nother = "hidden-word"', "x.toml")
    assert "hidden-word" not in str(caught.value)


PLACES = '''title = "a"  # nothing
list = ["one", 'tw,o', [1, 2], {a = "]"}, """
x,
""", 7]  # "eight"
  indented = [
    # "none", of these
    "first",
    "次", "third",
  ]
[[tables]]
other = true
'''


@pytest.mark.parametrize(
    ("path", "at_key", "place"),
    [
        (("title",), True, (1, 1)),
        (("title",), False, (1, 9)),
        (("list", 0), False, (2, 9)),
        (("list", 1), False, (2, 16)),
        (("list", 2, 1), False, (2, 24)),
        (("list", 3), False, (2, 32)),
        (("list", 4), False, (2, 43)),
        (("list", 5), False, (4, 6)),
        (("list", 6), False, (2, 1)),
        (("indented",), True, (5, 3)),
        (("indented", 0), False, (7, 5)),
        (("indented", 2), False, (8, 10)),
        (("tables", 0), True, (10, 1)),
        (("tables", 0, "missing"), False, (10, 1)),
        (("tables", 0, "other"), False, (11, 9)),
        (("none",), False, None),
    ],
)
def test_names_and_values_are_found_with_their_column(
    path: tuple[str | int, ...], at_key: bool, place: tuple[int, int] | None
) -> None:
    assert len(tomllib.loads(PLACES)["list"]) == 6
    assert Layout(PLACES).place(path, at_key=at_key) == place


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"number = 1\nnumber = 2", "x.toml:2:11: Cannot overwrite a value"),
        (b"number =\n", "x.toml:1:9: Invalid value"),
        (b"number = 1\nother = [", "x.toml:2:10: Invalid value at the end of the file"),
        (b'number = 1\nother = "\xe6\xac\xa1\xff"', "x.toml:2:11: is not UTF-8 text"),
        (b"number = true\n\n  more = 2", "x.toml:3:3: more: is not a key that is known here"),
        (b"number = 'a'", "x.toml:1:10: number: Input should be a valid integer"),
        (b"# nothing", "x.toml: number: is missing"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_column(content: bytes, expected: str) -> None:
    with pytest.raises(BrokenFile) as caught:
        parse(Small, content, "x.toml")
    assert any(str(problem).startswith(expected) for problem in caught.value.problems), str(caught.value)
