"""The daemon and its child that takes a list in share one limit of memory (requirement H5), with the longest lists too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from applets_spec.testca.keys import DerivedKeys
from applets_spec.testca.long_list import Entry, write_list
from cardd.revocation import bounded
from tests.e2e.revocation_house import Lists, open_house, row_of

UNIT = Path("systemd/cardd.service")
MIB = 1024 * 1024
DAEMON = 90 * MIB
"""The most that a daemon at work was seen with, its libraries counted."""
LIBRARIES = 20 * MIB
"""What the child has in memory besides its own: program files, most of them the daemon's too."""
LONG = 1_000_000
LIMIT_S = 240.0


def limit() -> int:
    (line,) = [each for each in UNIT.read_text().splitlines() if each.startswith("MemoryMax=")]
    assert line.endswith("M")
    return int(line.removeprefix("MemoryMax=")[:-1]) * MIB


def resident(pid: int) -> int:
    """Bytes in memory, those of files too; 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * 4096


def children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(each) for each in (task / "children").read_text().split()]
    return found


@pytest.mark.proves("H5")
def test_the_bound_of_the_child_leaves_the_daemon_its_own() -> None:
    assert bounded.MOST_MEMORY + LIBRARIES + DAEMON <= limit() == 256 * MIB


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.proves("H5", "fault 147")
def test_a_million_entries_go_through_within_the_limit_of_the_unit() -> None:
    """Their numbers are as long as RFC 5280 lets them be. What both use together is seen again and again while the child works."""
    with open_house() as house:
        before = house.taken("jpki_signature")
        write_long(house, "jpki_signature")
        assert house.counter.process is not None
        pid = house.counter.process.pid
        most, most_of_child = watched(house, pid, lambda: house.taken("jpki_signature") > before)
        assert house.records("revocation.taken")[-1]["count"] == LONG
    assert most_of_child > 64 * MIB, "the child was seen at work"
    assert most <= limit(), f"{most // MIB} MiB"


def watched(house: Lists, pid: int, over: Callable[[], bool]) -> tuple[int, int]:
    """The most that both used together, and the child alone, in bytes."""
    most = most_of_child = 0
    ends = time.monotonic() + LIMIT_S
    while not over():
        assert time.monotonic() < ends, house.counter.log
        for _ in range(20):
            child = sum(resident(each) for each in children(pid))
            most, most_of_child = max(most, resident(pid) + child), max(most_of_child, child)
            time.sleep(0.02)
    return most, most_of_child


def write_long(house: Lists, name: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    beside = house.folder / f".{name}.new"

    def entries() -> Iterator[Entry]:
        first = 1 << 158
        return ((first + number * 7919, now, x509.ReasonFlags.affiliation_changed) for number in range(LONG))

    with beside.open("wb") as out:
        hour = timedelta(hours=1)
        assert write_list(out, row_of(name), entries, (now - hour, now + 24 * hour), 7, DerivedKeys()) == LONG
    beside.rename(house.folder / f"{name}.crl")
