"""Reading the log along: again and again, for months, and nothing is left behind by it (T2)."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cardd.audit.entries import entries
from tests.unit.cardd.audit.journals import filled, journal, use

TIMES = 10


@contextmanager
def new_names() -> Iterator[list[str]]:
    """The names that are given to the interpreter's table meanwhile. `pathlib` gives it the parts of each path that it takes apart."""
    names: list[str] = []
    real: Callable[[str], str] = sys.intern

    def told(name: str) -> str:
        names.append(name)
        return real(name)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "intern", told)
        yield names


@pytest.mark.proves("T2")
def test_a_look_at_the_log_that_finds_nothing_new_leaves_no_name_behind(tmp_path: Path) -> None:
    directory = tmp_path / "log"
    directory.mkdir()
    filled(directory)
    end = [place for _, place in entries(directory)][-1]
    with new_names() as names:
        for _ in range(TIMES):
            assert list(entries(directory, end)) == []
    assert names == []


@pytest.mark.proves("T2")
def test_records_and_heads_leave_no_name_behind(tmp_path: Path) -> None:
    directory = tmp_path / "log"
    directory.mkdir()
    log = journal(directory)
    use(log)
    log.head("login")
    with new_names() as names:
        for _ in range(TIMES):
            use(log)
            log.head("login")
    covered = log.heads.newest
    log.close()
    assert covered is not None
    assert covered.head.size >= 2 * TIMES
    assert names == []
