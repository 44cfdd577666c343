"""Fault scripts: what they say, and that every mistake is named with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applets_spec.fault_script import PRESETS, Fault, FaultScriptError, Kind, parse_script


def test_a_yaml_script_is_read() -> None:
    text = """
faults:
  - {at: 3, do: drop}
  - {at: 7, times: 2, do: answer, sw: "6F00"}
  - {match: "0020", do: silence}
  - {do: delay, ms: 8, ms_per_byte: 0.1}
"""
    assert parse_script(text) == (
        Fault(Kind.DROP, at=3),
        Fault(Kind.ANSWER, at=7, times=2, sw=b"\x6f\x00"),
        Fault(Kind.SILENCE, match=b"\x00\x20"),
        *PRESETS["contactless"],
    )


def test_a_toml_script_says_the_same() -> None:
    toml = '[[faults]]\nat = 3\ndo = "drop"\n[[faults]]\nmatch = "0020"\ndo = "silence"\n'
    yaml = 'faults: [{at: 3, do: drop}, {match: "0020", do: silence}]'
    assert parse_script(toml, toml=True) == parse_script(yaml)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("faults:\n  - {at: 1, do: drop}\n  - {at: 1, do: explode}", 3, "`do` must be one of"),
        ("faults:\n  - {at: 0, do: drop}", 2, "`at` must be a whole number from 1"),
        ("faults:\n\n  - {at: 1, do: answer}", 3, "`answer` needs `sw`"),
        ("faults:\n  - {at: 1, do: answer, sw: 9000}", 2, "in quotes"),
        ('faults:\n  - {at: 1, do: answer, sw: "90"}', 2, "four hexadecimal digits"),
        ("faults:\n  - {do: delay, ms: -1}", 2, "between 0 and"),
        ("faults:\n  - {do: delay, ms: .nan}", 2, "must be a number"),
        ("faults:\n  - {do: drop, ms: 5}", 2, "knows no `ms`"),
        ("faults:\n  - {at: 1, do: exchange}", 2, "needs `card`"),
        ('faults:\n  - {at: 1, do: exchange, card: x, noticed: "no"}', 2, "true or false"),
        ("faults:\n  - drop", 2, "a rule is a table"),
        ("faults:\n  - {times: 2, do: drop}", 2, "`times` needs `at`"),
        ("faults:\n  - {at: 1, do: drop\n", 3, "expected"),
        ("fault: []", 1, "the one key `faults`"),
        ("", 1, "the one key `faults`"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(FaultScriptError, match=what) as error:
        parse_script(text, "s.yaml")
    assert str(error.value).startswith(f"s.yaml, line {line}:")


def test_a_mistake_in_toml_is_named_with_its_line() -> None:
    with pytest.raises(FaultScriptError, match=r"s\.toml, line 4: `do` must be"):
        parse_script('[[faults]]\nat = 3\ndo = "drop"\n[[faults]]\ndo = "x"\n', "s.toml", toml=True)
    with pytest.raises(FaultScriptError, match="line 2"):
        parse_script("\nfaults = ]", "s.toml", toml=True)


@given(st.text(max_size=60))
def test_any_text_is_a_script_or_an_error(text: str) -> None:
    for toml in (False, True):
        try:
            parse_script(text, toml=toml)
        except FaultScriptError:
            continue
