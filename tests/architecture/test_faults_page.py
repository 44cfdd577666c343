"""The map of faults names tests that exist, and faults that tests prove."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HANDLED, NOT_HANDLED = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").split("## Not handled")
ROWS = re.findall(r"(?m)^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", HANDLED)
SHOWN = sorted(
    {path for row in ROWS for path in re.findall(r"`((?:e2e|unit|daemon|pcsc|judges|architecture)/[^`]+)`", row[3])}
)
BY_HAND = {13}
"""Shown with real readers before a release."""
PARTLY = {88}
"""Stands in both lists: what is handled, and what is not."""


def numbers(cell: str) -> set[int]:
    """`49 to 58, 64` is ten numbers and one."""
    found: set[int] = set()
    for part in cell.split(","):
        ends = [int(number) for number in re.findall(r"\d+", part)]
        found |= set(range(ends[0], ends[-1] + 1)) if ends else set()
    return found


@pytest.mark.parametrize("path", SHOWN)
def test_each_place_that_is_named_holds_tests(path: str) -> None:
    place = ROOT / "tests" / path
    assert list(place.rglob("test_*.py")) if place.is_dir() else place.is_file()


def test_each_fault_of_the_map_is_proven_by_a_test_that_carries_its_number() -> None:
    proven = {
        int(number)
        for file in (ROOT / "tests").rglob("test_*.py")
        for number in re.findall(r'"fault (\d+)"', file.read_text(encoding="utf-8"))
    }
    # 49 to 58 stands for what the contract with callers has between these numbers, not for each of them.
    claimed = {number for row in ROWS if "to" not in row[0] for number in numbers(row[0])}
    assert claimed - proven - BY_HAND == set()


def test_what_is_said_not_to_be_handled_is_in_no_other_list() -> None:
    rows = re.findall(r"(?m)^\| ([\d, ]+) \|", NOT_HANDLED)
    claimed = {number for row in ROWS for number in numbers(row[0])}
    assert {number for row in rows for number in numbers(row)} & claimed == PARTLY
