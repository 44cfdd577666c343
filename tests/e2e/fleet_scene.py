"""What the tests of the fleet's faults share: one server for a file, a terminal of its own for each test."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cardd.fleet.problems import FleetProblem
from tests.e2e.fleet_house import AUDITOR, Fleet, running_fleet
from tests.fixtures.made_log import MadeLog, made_log

RECORDS = 2000
TAKE = "SELECT verdict FROM take_records(%(log)s::uuid, %(octets)s::bytea[])"
TAKE_HEADS = "SELECT take_heads(%(log)s::uuid, %(octets)s::bytea[])"


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with running_fleet() as found:
        yield found


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> str:
    """A name for each test."""
    return "t-" + re.sub("[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())[:50]


@pytest.fixture
def made(fleet: Fleet, terminal: str, tmp_path: Path) -> MadeLog:
    """A log of this terminal, enrolled."""
    seed = zlib.crc32(terminal.encode())
    found = made_log(tmp_path / "log", RECORDS, 5, seed=seed, terminal=terminal, segment_bytes=300_000)
    fleet.enrol(terminal, found.first_key)
    return found


def problem_of(call: Callable[[], object]) -> str:
    with pytest.raises(FleetProblem) as caught:
        call()
    return caught.value.word


def alarms_of(fleet: Fleet, terminal: str) -> list[tuple[str, int]]:
    with fleet.link(AUDITOR) as link:
        rows = "SELECT a.word, a.sequence FROM alarm a JOIN log l USING (log_id) WHERE l.terminal = %(terminal)s ORDER BY 1, 2"
        return [(word, sequence) for word, sequence in link.rows(rows, {"terminal": terminal})]


def stored(fleet: Fleet, terminal: str) -> list[int]:
    """The numbers of all records of a terminal."""
    with fleet.link(AUDITOR) as link:
        rows = "SELECT sequence FROM record JOIN log l USING (log_id) WHERE l.terminal = %(terminal)s ORDER BY 1"
        return [number for (number,) in link.rows(rows, {"terminal": terminal})]


def all_of(made: MadeLog) -> list[int]:
    return list(range(1, made.records + 1))
