"""What was typed leaves at most once, only as the PIN of a badge that logs in or unlocks, and only in its shape."""

import os
from typing import Any

import pytest

from terminal.pam.typed import TypedPin, read_pin

ASKED: dict[str, Any] = {
    "which": "badge",
    "step": "enter",
    "operation": "login",
    "shape": {"shortest": 6, "longest": 8, "alphabet": "digits", "needs_letter_and_digit": False},
}


def typed(octets: bytes) -> TypedPin:
    return TypedPin(bytearray(octets))


def piped(octets: bytes) -> TypedPin:
    reading, writing = os.pipe()
    try:
        os.write(writing, octets)
        os.close(writing)
        return read_pin(reading)
    finally:
        os.close(reading)


@pytest.mark.parametrize("operation", ["login", "unlock"])
def test_it_is_given_once_and_is_gone_here_then(operation: str) -> None:
    octets = bytearray(b"123456")
    pin = TypedPin(octets)
    asked = {**ASKED, "operation": operation}
    assert pin.answer(asked) == b"123456"
    assert (bytes(octets), pin.problem) == (bytes(6), None)
    assert pin.answer(asked) is None
    assert pin.problem == "again"


@pytest.mark.parametrize(
    "other",
    [
        {"which": "puk"},
        {"which": "signature"},
        {"step": "new"},
        {"operation": "approve"},
        {"operation": "lockdown_release"},
        {"operation": None},
        {"which": None},
    ],
)
def test_it_answers_no_other_question(other: dict[str, Any]) -> None:
    pin = typed(b"123456")
    assert pin.answer({**ASKED, **other}) is None
    assert pin.problem == "other_question"
    assert pin.answer(ASKED) == b"123456", "and is still there for its own"


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"", "empty"),
        (b"12345", "shape"),
        (b"123456789", "shape"),
        (b"12345a", "shape"),
        (b"123456\n", "shape"),
        ("１２３４５６".encode(), "shape"),
    ],
)
def test_what_cannot_be_the_pin_stays_here(octets: bytes, problem: str) -> None:
    pin = typed(octets)
    assert (pin.answer(ASKED), pin.problem) == (None, problem)


@pytest.mark.parametrize("octets", [b"123456", b"123456\x00"], ids=["as it is", "with its NUL"])
def test_a_pin_comes_through_the_pipe_with_or_without_an_end(octets: bytes) -> None:
    assert piped(octets).answer(ASKED) == b"123456"


def test_more_than_any_pin_is_not_read() -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, b"1" * 4096)
        assert read_pin(reading).answer(ASKED) is None
        assert len(os.read(reading, 4096)) == 4096 - 65
    finally:
        os.close(reading)
        os.close(writing)


def test_it_has_no_text_of_its_own() -> None:
    assert "123456" not in repr(typed(b"123456"))
