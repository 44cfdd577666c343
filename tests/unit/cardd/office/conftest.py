"""Towns for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cardd.office.scene import Town, town_in


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A town in production with signed files, not started."""
    with town_in(tmp_path, monkeypatch) as found:
        found.seed(*found.two)
        yield found


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A town in mode test with unsigned files, not started."""
    with town_in(tmp_path, monkeypatch, mode="test") as found:
        found.seed()
        yield found
