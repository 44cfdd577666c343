"""The error table is complete: every error of the daemon has a row, every row an error, every row both languages."""

import re
from collections.abc import Iterator

import pytest

from cardd.errors import AskAgain, CallSupport, CarddError, ChangeCard, FixProgram
from cardd.wire.fault import Fault
from cardd.wire.fault_table import ROWS
from cardd.wire.faults import FAULTS, fault

FAMILIES = {CarddError, AskAgain, ChangeCard, CallSupport, FixProgram}
ONLY_ON_THE_WIRE = {"client.gone"}
"""Said in the record, and by the client library; no error of the daemon's own code."""


def error_classes(root: type[CarddError] = CarddError) -> Iterator[type[CarddError]]:
    for child in root.__subclasses__():
        if child not in FAMILIES and child.__module__ in ("cardd.errors", "cardd.error_signing"):
            yield child
        yield from error_classes(child)


@pytest.mark.proves("I5")
def test_every_error_has_a_row_and_every_row_an_error() -> None:
    assert {error.code for error in error_classes()} == set(FAULTS) - ONLY_ON_THE_WIRE


def test_names_and_numbers_are_used_once() -> None:
    assert len({row.name for row in ROWS}) == len({row.number for row in ROWS}) == len(ROWS)


@pytest.mark.proves("I5")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_says_what_happened_and_what_to_do_in_both_languages(row: Fault) -> None:
    assert re.fullmatch(r"(?:[a-z]+\.)?[a-z_]+", row.name)
    for text in (row.message, row.remedy):
        assert text.ja.endswith("。")
        assert re.search("[ぁ-ん]", text.ja)
        assert text.en.endswith(".")
        assert text.en.isascii()
    assert 3 <= row.exit_code <= 70


def test_what_a_person_can_put_right_is_marked_retryable() -> None:
    for error in error_classes():
        row = FAULTS[error.code]
        if issubclass(error, AskAgain):
            assert row.retryable, error.code
        if issubclass(error, ChangeCard | FixProgram):
            assert not row.retryable, error.code


def test_an_unknown_name_is_taken_as_internal() -> None:
    assert fault("card.exploded") is FAULTS["internal"]
    assert fault(None) is FAULTS["internal"]
