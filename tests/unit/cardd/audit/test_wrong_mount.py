"""The log's directory is suddenly another one: empty, somebody else's, half an older one. The start is refused, nothing is written.

A whole older copy, of the same day too: `test_roll_back`.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cardd.audit.chain import Damaged
from cardd.audit.store import JournalBroken
from cardd.errors import AuditUnavailable
from tests.unit.cardd.audit.journals import FailingDisk, an_intent, an_outcome, filled, journal


def everything(directory: Path) -> dict[str, bytes]:
    files = (path for path in sorted(directory.rglob("*")) if path.is_file() and path.name not in ("lock", "reserve"))
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def empty(log: Path, _older: Path, _other: Path) -> None:
    shutil.rmtree(log)
    log.mkdir()


def another_log(log: Path, _older: Path, other: Path) -> None:
    shutil.rmtree(log)
    shutil.copytree(other, log)


def without_heads(log: Path, _older: Path, _other: Path) -> None:
    shutil.rmtree(log / "heads")


def with_older_records(log: Path, older: Path, _other: Path) -> None:
    for path in log.glob("*.seg"):
        path.unlink()
    for path in older.glob("*.seg"):
        shutil.copy(path, log)


CASES = {
    empty: "log_missing",
    another_log: "log_key_other_log",
    without_heads: "heads_missing",
    with_older_records: "head_ahead",
}


@pytest.mark.proves("fault 109", "A7", "T8")
@pytest.mark.parametrize("mount", CASES, ids=lambda each: each.__name__)
def test_a_directory_that_is_not_the_one_of_before_is_refused(
    tmp_path: Path, mount: Callable[[Path, Path, Path], None]
) -> None:
    log, older, other = tmp_path / "log", tmp_path / "older", tmp_path / "other"
    log.mkdir()
    filled(log)
    shutil.copytree(log, older)
    filled(log)
    other.mkdir()
    filled(other)
    mount(log, older, other)
    before = everything(log)
    with pytest.raises(Damaged) as caught:
        journal(log)
    assert caught.value.problem == CASES[mount]
    assert everything(log) == before


@pytest.mark.proves("A3", "T8")
def test_a_directory_that_is_exchanged_while_the_daemon_writes_stops_the_work(tmp_path: Path) -> None:
    """The file that is open stays the right one; when it has to be opened anew, the other one is noticed."""
    log = tmp_path / "log"
    log.mkdir()
    filled(log)
    disk = FailingDisk()
    writer = journal(log, disk)
    writer.outcome(writer.intent(an_intent()), an_outcome())
    shutil.move(log, tmp_path / "away")
    shutil.copytree(tmp_path / "away", log)
    newest = sorted(log.glob("*.seg"))[-1]
    newest.write_bytes(newest.read_bytes()[:-200])
    disk.fail("sync", 5)
    with pytest.raises((AuditUnavailable, JournalBroken)):
        writer.intent(an_intent(2))
    with pytest.raises((AuditUnavailable, JournalBroken)):
        writer.intent(an_intent(3))
    writer.close()
