"""What older versions wrote is read, gone on with, and kept; what a newer one wrote is refused by name (docs/upgrades.md).

`tests/fixtures/old/` was written by the programs of that time: `log-format-1` and `state-format-1.db` by commit 8e95e4e.
"""

import shutil
import sqlite3
import struct
from pathlib import Path

import pytest

from cardd.audit import journal as journal_module
from cardd.audit.chain import Damaged, segments
from cardd.audit.entries import entries
from cardd.audit.head_files import periods
from cardd.audit.startup import check_log
from cardd.clock import SystemClock
from cardd.history.follower import Follower
from cardd.history.index import NAME as INDEX
from cardd.state.schema import UPGRADES
from cardd.state.store import StateBroken, StateStore
from tests.unit.cardd.audit.journals import an_intent, an_outcome, filled, journal

OLD = Path(__file__).parents[3] / "fixtures" / "old"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD / "log-format-1", tmp_path / "log"))


def test_a_log_of_format_1_is_gone_on_with_and_gets_its_first_key(old: Path) -> None:
    before = {path.name: path.read_bytes() for path in segments(old)}
    count, formats = check_log(old), {entry.content["format"] for entry, _ in entries(old)}
    assert (count, formats, periods(old)) == (13, {1}, [])
    log = journal(old)
    log.outcome(log.intent(an_intent()), an_outcome())
    head = log.head("stop")
    log.close()
    assert {name: (old / name).read_bytes() for name in before} == before, "not one old byte is touched"
    after = [entry for entry, _ in entries(old)]
    assert (head.head.size, check_log(old)) == (len(after), len(after))
    assert [entry.content["format"] for entry in after] == [1] * count + [2] * (len(after) - count)
    added = [entry.event for entry in after[count:]]
    assert {"log.segment", "log.key", "log.opened"} <= set(added)
    closed = [entry for entry in after if entry.text("problem") == "ended_before_result"]
    assert [entry.number("intent") for entry in closed] == [13], "the intent that the old version left open"
    assert (old / "first.key").exists()
    journal(old).close()
    assert check_log(old) > len(after)


def test_a_log_that_a_newer_version_wrote_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "log"
    directory.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(journal_module, "RECORD_FORMAT", 3)
        filled(directory, pairs=1)
    before = {path.name: path.read_bytes() for path in segments(directory)}
    with pytest.raises(Damaged, match="newer_format"):
        journal(directory)
    assert {path.name: path.read_bytes() for path in segments(directory)} == before


def test_a_segment_of_a_newer_form_is_refused_by_name(old: Path) -> None:
    newest = segments(old)[-1]
    octets = bytearray(newest.read_bytes())
    struct.pack_into(">I", octets, 8, 2)
    newest.write_bytes(octets)
    with pytest.raises(Damaged, match="segment_version"):
        journal(old)


def test_a_key_of_a_newer_form_is_refused_by_name(tmp_path: Path) -> None:
    directory = tmp_path / "log"
    directory.mkdir()
    filled(directory, pairs=1)
    key = tmp_path / "log.key"
    key.write_bytes(key.read_bytes().replace(b"cardd log key 1", b"cardd log key 2"))
    with pytest.raises(Damaged, match="log_key_form"):
        journal(directory)


def test_a_state_of_format_1_is_read_by_the_file_itself(tmp_path: Path) -> None:
    path = Path(shutil.copy(OLD / "state-format-1.db", tmp_path / "state.db"))
    path.chmod(0o600)
    store = StateStore(path, SystemClock(), "1" * 32)
    assert not store.created
    assert store.rows("SELECT version FROM versions WHERE kind = 'policy'") == [(7,)]
    assert store.rows("SELECT count(*) FROM blocks") == [(1,)]
    store.close()


def test_a_state_of_a_newer_form_is_refused_by_name(tmp_path: Path) -> None:
    path = Path(shutil.copy(OLD / "state-format-1.db", tmp_path / "state.db"))
    path.chmod(0o600)
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {len(UPGRADES) + 1}")
    db.close()
    with pytest.raises(StateBroken, match="newer_format"):
        StateStore(path, SystemClock(), "1" * 32)


def test_an_index_of_another_form_is_thrown_away_and_built_again(old: Path, tmp_path: Path) -> None:
    log_id, folder = segments(old)[0].read_bytes()[12:28].hex(), tmp_path / "index"
    (folder / log_id).mkdir(parents=True)
    for version in (9999, 1):
        heard: list[int] = []
        follower = Follower(old, folder, log_id)
        follower.subscribe(lambda batch, heard=heard: heard.extend(entry.sequence for entry in batch))
        follower.start()
        try:
            assert follower.catch_up(20.0)
        finally:
            follower.stop(20.0)
        assert heard == list(range(1, 14))
        db = sqlite3.connect(folder / log_id / INDEX)
        db.execute(f"PRAGMA user_version = {version}")
        db.close()
