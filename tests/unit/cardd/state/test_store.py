"""state.db: durable, exclusive, never replaced by a new one when it is broken, and a time that no clock can turn back."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cardd.errors import AuditUnavailable
from cardd.state import store as module
from cardd.state.schema import APPLICATION_ID, UPGRADES
from cardd.state.store import StateBroken, StateStore
from tests.unit.cardd.state.house import (
    OTHER_BOOT,
    disk_that_takes_nothing,
    open_state,
)

PUT = "REPLACE INTO versions VALUES (?, 1, 'hash')"


def kinds(store: StateStore) -> list[object]:
    return [kind for (kind,) in store.rows("SELECT kind FROM versions ORDER BY kind")]


def put(store: StateStore, kind: str) -> None:
    with store.transaction() as db:
        db.execute(PUT, (kind,))


def broken(folder: Path) -> str:
    with pytest.raises(StateBroken) as caught:
        open_state(folder)
    assert caught.value.file == folder / "state.db"
    assert str(caught.value) == f"{folder / 'state.db'}: {caught.value.problem}"
    return caught.value.problem


def make_file(folder: Path) -> Path:
    store = open_state(folder)
    put(store, "policy")
    store.close()
    return folder / "state.db"


# --- the file --------------------------------------------------------------------------------------------------------


def test_a_new_file_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = open_state(tmp_path)
        put(store, "policy")
    finally:
        os.umask(before)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert modes == {"state.db": 0o600, "state.db-wal": 0o600}
    assert store.created
    store.close()
    (tmp_path / "state.db").chmod(0o644)
    again = open_state(tmp_path)
    assert stat.S_IMODE((tmp_path / "state.db").stat().st_mode) == 0o600
    assert not again.created
    assert kinds(again) == ["policy"]


def test_the_file_is_written_as_promised(tmp_path: Path) -> None:
    store = open_state(tmp_path)
    with store.transaction() as db:
        found = {
            name: db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in (
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "application_id",
                "user_version",
                "locking_mode",
            )
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "application_id": APPLICATION_ID,
        "user_version": len(UPGRADES),
        "locking_mode": "exclusive",
    }


def test_what_was_begun_and_not_finished_is_no_file_yet(tmp_path: Path) -> None:
    (tmp_path / "state.db.new").write_bytes(b"half a file")
    (tmp_path / "state.db.new-journal").write_bytes(b"half a journal")
    store = open_state(tmp_path)
    assert store.created
    store.close()
    assert [each.name for each in tmp_path.iterdir()] == ["state.db"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "damaged"), (b"not a database at all" * 100, "damaged"), (b"SQLite format 3\0", "damaged")],
    ids=["empty", "foreign", "cut off"],
)
def test_a_file_that_is_not_ours_is_never_replaced(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "state.db"
    file.write_bytes(content)
    assert broken(tmp_path) == problem
    assert file.read_bytes() == content


def test_another_programs_database_is_not_ours(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state.db") as db:
        db.execute("CREATE TABLE versions (kind TEXT)")
        db.execute(f"PRAGMA user_version = {len(UPGRADES)}")
    db.close()
    assert broken(tmp_path) == "damaged"


def test_a_file_without_a_format_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state.db") as db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.close()
    assert broken(tmp_path) == "damaged"


def test_every_damaged_page_is_found_at_the_start(tmp_path: Path) -> None:
    file = make_file(tmp_path)
    whole = file.read_bytes()
    for page in range(1, len(whole) // 4096):
        file.write_bytes(whole[: page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096 :])
        assert broken(tmp_path) == "damaged", page
    file.write_bytes(whole[: len(whole) // 2])
    assert broken(tmp_path) == "damaged"


def test_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    file = make_file(tmp_path)
    db = sqlite3.connect(file)
    db.execute(f"PRAGMA user_version = {len(UPGRADES) + 1}")
    db.close()
    assert broken(tmp_path) == "newer_format"


def test_a_file_whose_last_changes_alone_are_there_was_taken_away(tmp_path: Path) -> None:
    make_file(tmp_path).unlink()
    (tmp_path / "state.db-wal").write_bytes(b"changes")
    assert broken(tmp_path) == "damaged"


def test_a_link_a_folder_and_a_missing_directory_are_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    file = make_file(elsewhere)
    (tmp_path / "state.db").symlink_to(file)
    assert broken(tmp_path) == "unreadable"
    (tmp_path / "state.db").unlink()
    (tmp_path / "state.db").symlink_to(tmp_path / "nowhere")
    assert broken(tmp_path) == "unreadable"
    (tmp_path / "state.db").unlink()
    (tmp_path / "state.db").mkdir()
    assert broken(tmp_path) == "unreadable"
    assert broken(tmp_path / "missing") == "not_writable"


def test_a_second_daemon_does_not_get_the_file(tmp_path: Path) -> None:
    store = open_state(tmp_path)
    assert broken(tmp_path) == "locked"
    other = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('SELECT * FROM versions')"
    ended = subprocess.run([sys.executable, "-c", other, store.path], capture_output=True, text=True, check=False)
    assert "database is locked" in ended.stderr
    put(store, "policy")
    store.close()
    store.close()
    assert kinds(open_state(tmp_path)) == ["policy"]


def test_a_closed_store_takes_nothing(tmp_path: Path) -> None:
    store = open_state(tmp_path)
    store.close()
    with pytest.raises(AuditUnavailable):
        put(store, "policy")
    with pytest.raises(AuditUnavailable):
        store.rows("SELECT * FROM versions")


# --- transactions ----------------------------------------------------------------------------------------------------


def test_a_transaction_is_whole_or_not_at_all(tmp_path: Path) -> None:
    store = open_state(tmp_path)

    def half() -> None:
        with store.transaction() as db:
            db.execute(PUT, ("half",))
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert kinds(store) == []
    put(store, "whole")
    assert kinds(store) == ["whole"]


def test_a_wrong_statement_is_a_bug_and_not_the_disk(tmp_path: Path) -> None:
    store = open_state(tmp_path)
    with pytest.raises(sqlite3.OperationalError), store.transaction() as db:
        db.execute("INSERT INTO nothing VALUES (1)")
    with pytest.raises(sqlite3.OperationalError):
        store.rows("SELECT nothing")
    with pytest.raises(sqlite3.IntegrityError), store.transaction() as db:
        db.execute("INSERT INTO login_failures (subject, own_us) VALUES ('seat:unheard of', 1)")
    put(store, "policy")
    assert store.generation == 0


KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.unit.cardd.state.house import open_state
store = open_state(Path(sys.argv[1]))
with store.transaction() as db:
    db.execute("REPLACE INTO versions VALUES ('done', 1, 'hash')")
with store.transaction() as db:
    db.execute("PRAGMA cache_size = 5")  # so that the half transaction reaches the file
    db.executemany("REPLACE INTO versions VALUES (?, 1, ?)", [(f"half {n}", "x" * 1000) for n in range(200)])
    print("in the middle", flush=True)
    time.sleep(60)
"""


@pytest.mark.proves("fault 139")
def test_a_kill_in_the_middle_of_a_transaction_leaves_what_was_done_before(tmp_path: Path) -> None:
    root = Path(__file__).parents[4]
    with subprocess.Popen([sys.executable, "-c", KILLED, tmp_path, root], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"in the middle\n"
        assert (tmp_path / "state.db-wal").stat().st_size > 100_000
        child.send_signal(signal.SIGKILL)
        child.wait()
    store = open_state(tmp_path, boot_id=OTHER_BOOT)
    assert kinds(store) == ["done"]
    put(store, "after")
    assert not store.created


def test_a_full_file_takes_nothing_and_says_so_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    store = open_state(tmp_path)
    with store.transaction() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(AuditUnavailable) as caught, store.transaction() as db:
        db.executemany(PUT, [(f"{n}" * 500,) for n in range(100)])
    assert caught.value.facts.problem == "state_not_writable"
    assert kinds(store) == []
    with store.transaction() as db:
        db.execute("PRAGMA max_page_count = 100000")
    put(store, "policy")
    assert kinds(store) == ["policy"]


def test_after_a_fault_of_the_disk_the_file_is_opened_again(tmp_path: Path) -> None:
    store = open_state(tmp_path)
    put(store, "before")
    with disk_that_takes_nothing():
        for _ in range(3):
            with pytest.raises(AuditUnavailable) as caught:
                put(store, "lost")
            assert caught.value.facts.problem == "state_not_writable"
            assert kinds(store) == ["before"]
    assert store.generation > 0
    put(store, "after")
    assert kinds(store) == ["after", "before"]
    store.close()
    assert kinds(open_state(tmp_path)) == ["after", "before"]


def test_a_file_that_broke_while_it_was_open_is_never_trusted_again(tmp_path: Path) -> None:
    store = open_state(tmp_path)
    put(store, "before")
    with disk_that_takes_nothing(), pytest.raises(AuditUnavailable):
        put(store, "lost")
    (tmp_path / "state.db").write_bytes(b"something else" * 1000)
    for _ in range(2):
        with pytest.raises(AuditUnavailable):
            put(store, "lost")
        with pytest.raises(AuditUnavailable):
            store.rows("SELECT * FROM versions")


def test_a_full_disk_does_not_hinder_the_start_or_the_end(tmp_path: Path) -> None:
    make_file(tmp_path)
    with disk_that_takes_nothing():
        store = open_state(tmp_path)
        assert kinds(store) == ["policy"]
        with pytest.raises(AuditUnavailable):
            put(store, "register")
        store.close()
    assert kinds(open_state(tmp_path)) == ["policy"]


def test_a_full_disk_makes_no_new_file(tmp_path: Path) -> None:
    with disk_that_takes_nothing():
        assert broken(tmp_path) == "not_writable"
    assert not (tmp_path / "state.db").exists()
    assert open_state(tmp_path).created


# --- formats ---------------------------------------------------------------------------------------------------------


def test_each_step_of_an_upgrade_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_file(tmp_path)
    second = ("ALTER TABLE versions ADD COLUMN signed_by TEXT NOT NULL DEFAULT ''",)
    broken_step = ("CREATE TABLE extra (a TEXT) STRICT", "INSERT INTO nothing VALUES (1)")
    monkeypatch.setattr(module, "UPGRADES", (*UPGRADES, second, broken_step))
    assert broken(tmp_path) == "damaged"
    monkeypatch.setattr(module, "UPGRADES", (*UPGRADES, second))
    store = open_state(tmp_path)
    assert store.rows("SELECT kind, signed_by FROM versions") == [("policy", "")]
    assert store.rows("SELECT name FROM sqlite_schema WHERE name = 'extra'") == []
    store.close()
    monkeypatch.setattr(module, "UPGRADES", UPGRADES)
    assert broken(tmp_path) == "newer_format"
