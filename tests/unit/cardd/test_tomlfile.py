"""Where a key stands in a TOML file, and what is said about it."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.tomlfile import BrokenFile, Problem, TomlModel, line_of, parse, spell

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
        (("table", "below", "key", 1), 7),
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
    assert line_of(TEXT, path) == line


def test_a_problem_reads_like_a_compilers() -> None:
    assert str(Problem("a.toml", "is missing", "rows[2].items", 7)) == "a.toml:7: rows[2].items: is missing"
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
