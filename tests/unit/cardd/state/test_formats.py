"""A state.db of each format that was ever released is read by this one. `formatN.sql`: what sqlite3's `.dump` gives of such a file."""

import sqlite3
from pathlib import Path

import pytest

from cardd.errors import LockedDown, LoginLocked, PinGuard
from cardd.model import Operation, PinKind
from cardd.register import Operator
from cardd.state.approvals import Approvals
from cardd.state.attempts import LoginAttempts
from cardd.state.badges import BadgeBook
from cardd.state.lockdown import Lockdown
from cardd.state.pin_counts import PinCounts
from cardd.state.schema import UPGRADES
from cardd.state.store import StateStore
from cardd.state.versions import Versions
from tests.unit.cardd.state.house import open_state

DUMPS = sorted(Path(__file__).parent.glob("format*.sql"))
SATO = Operator(id="sato", name="佐藤", role="lead")


def silent(_topic: str, _change: str, _facts: object) -> None:
    """Nobody listens."""


def opened(folder: Path, dump: Path) -> StateStore:
    db = sqlite3.connect(folder / "state.db")
    db.executescript(dump.read_text("utf-8"))
    db.close()
    return open_state(folder)


def test_there_is_a_file_of_each_format() -> None:
    assert [each.name for each in DUMPS] == [f"format{number + 1}.sql" for number in range(len(UPGRADES))]


@pytest.mark.parametrize("dump", DUMPS, ids=lambda each: each.stem)
def test_an_upgraded_file_has_the_tables_of_a_new_one(tmp_path: Path, dump: Path) -> None:
    """So a released step was not changed, and no format was forgotten."""
    (tmp_path / "new").mkdir()
    question = "SELECT name, sql FROM sqlite_schema ORDER BY name"
    assert opened(tmp_path, dump).rows(question) == open_state(tmp_path / "new").rows(question)


@pytest.mark.proves("S5", "S9", "P5")
@pytest.mark.parametrize("dump", DUMPS, ids=lambda each: each.stem)
def test_nothing_is_lost_by_an_upgrade(tmp_path: Path, dump: Path) -> None:
    store = opened(tmp_path, dump)
    with pytest.raises(LoginLocked):
        LoginAttempts(store, silent).check("seat:counter")
    with pytest.raises(PinGuard, match="card_limit"):
        PinCounts(store).check("1" * 32, "c-0001-1", None, PinKind.SIGNATURE)
    lockdown = Lockdown(store, silent)
    with pytest.raises(LockedDown):
        lockdown.check()
    assert lockdown.second_until_us is not None
    assert Versions(store).highest("policy") == (7, "1" * 64)
    book = BadgeBook(store)
    assert [(each.operator.id, each.operator.name, each.guid) for each in book.operators()] == [
        ("mori", "森", "a" * 32)
    ]
    assert book.blocked() == {"e" * 32}
    (progress,) = book.all_progress()
    assert (progress.operator_id, progress.done, progress.facts) == ("hara", {"keys"}, {"a": "1"})
    approvals = Approvals(store, silent)
    used = approvals.use("a-0123456789abcdef", SATO, Operation.BADGE_ENROL, {"operator": "森"})
    assert used.approver == "suzuki"
