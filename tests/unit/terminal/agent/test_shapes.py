"""The shape of a PIN is judged as the daemon judges it, before it leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.api.agent_calls import shape_problem
from cardd.model import PinShape
from terminal.agent import shapes
from terminal.agent.prompting import Shape

SIGNATURE = Shape(6, 16, "upper_alnum", needs_letter_and_digit=True)
DIGITS = Shape(4, 4, "digits", needs_letter_and_digit=False)


@pytest.mark.proves("P1")
@pytest.mark.parametrize(
    ("typed", "shape", "problem"),
    [
        (b"1234", DIGITS, None),
        (b"", DIGITS, "length"),
        (b"123", DIGITS, "length"),
        (b"12345", DIGITS, "length"),
        (b"12A4", DIGITS, "alphabet"),
        ("１２３４".encode(), DIGITS, "alphabet"),
        (b"ABC123", SIGNATURE, None),
        (b"abc123", SIGNATURE, "alphabet"),
        (b"ABCDEF", SIGNATURE, "letter_and_digit"),
        (b"123456", SIGNATURE, "letter_and_digit"),
        (b"A1", SIGNATURE, "length"),
        (b"twelve signs", Shape(12, 64, "printable", needs_letter_and_digit=False), None),
    ],
)
def test_what_is_wrong_is_one_word(typed: bytes, shape: Shape, problem: str | None) -> None:
    assert shapes.problem(bytearray(typed), shape) == problem


@given(
    octets=st.binary(max_size=20),
    shortest=st.integers(1, 8),
    more=st.integers(0, 8),
    alphabet=st.sampled_from(["digits", "upper_alnum", "printable"]),
    both=st.booleans(),
)
def test_agent_and_daemon_agree(octets: bytes, shortest: int, more: int, alphabet: str, both: bool) -> None:
    ours = Shape(shortest, shortest + more, alphabet, needs_letter_and_digit=both)  # type: ignore[arg-type]
    theirs = PinShape(shortest, shortest + more, alphabet, both)
    assert shapes.problem(bytearray(octets), ours) == shape_problem(bytearray(octets), theirs)


def test_lower_case_becomes_capitals_where_only_capitals_are_allowed() -> None:
    typed = bytearray(b"abz129")
    assert shapes.capitalise(typed, SIGNATURE)
    assert typed == b"ABZ129"
    passphrase = bytearray(b"correct horse")
    assert not shapes.capitalise(passphrase, Shape(12, 64, "printable", needs_letter_and_digit=False))
    assert passphrase == b"correct horse"
