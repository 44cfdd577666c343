"""A pytest plugin that lists which requirement and fault ids the collected tests prove (`./dev ids`)."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest


def _in_human_order(name: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def proofs(items: list[pytest.Item]) -> dict[str, list[str]]:
    """The tests that carry each id, without the parameters of parametrised ones."""
    found: dict[str, set[str]] = defaultdict(set)
    for item in items:
        for marker in item.iter_markers("proves"):
            for proven in marker.args:
                found[str(proven)].add(item.nodeid.partition("[")[0])
    return {proven: sorted(found[proven]) for proven in sorted(found, key=_in_human_order)}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Prints the list in place of the names of all tests."""
    listed = proofs(session.items)
    for proven, tests in listed.items():
        print(f"{proven}")
        for test in tests:
            print(f"    {test}")
    print(f"\n{len(listed)} ids are proved by {len({test for tests in listed.values() for test in tests})} tests")
    session.items.clear()
