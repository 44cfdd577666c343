"""Whatever became of the index or stands in its place: questions wait or are answered in full, records are written, nothing ends."""

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cardd.audit.chain import SEGMENT_HEADER, encode_record
from cardd.audit.entries import entries
from cardd.audit.records import StateRecord
from cardd.errors import AuditIndexing
from cardd.history.along import BATCH
from cardd.history.book import Book
from cardd.history.follower import Follower
from cardd.history.questions import Filters
from tests.unit.cardd.history.logs import following, indexed, journal, write_day

GENEROUS_S = 60.0


def numbers(book: Book, **filters: object) -> list[int]:
    found: list[int] = []
    cursor: str | None = None
    while True:
        page = book.page(Filters(**filters), order="oldest", cursor=cursor, limit=90)  # type: ignore[arg-type]
        found += [use.entry.sequence for use in page.uses]
        cursor = page.cursor
        if cursor is None:
            return found


def walked(log: Path) -> list[int]:
    """The uses by the log alone."""
    return [entry.sequence for entry, _ in entries(log) if entry.phase != 2]


def until(done: Callable[[], bool]) -> None:
    limit = time.monotonic() + GENEROUS_S
    while not done():
        assert time.monotonic() < limit, "it did not come about"
        time.sleep(0.02)


def answered(book: Book) -> list[int]:
    """Asked again while the index is being built."""
    limit = time.monotonic() + GENEROUS_S
    while True:
        try:
            return numbers(book)
        except AuditIndexing:
            assert time.monotonic() < limit, "it is never built"
            time.sleep(0.02)


def read_only(index: Path) -> None:
    """The write version in the header of an SQLite file: above 2 it may only be read (sqlite.org/fileformat2.html, 1.3.3)."""
    octets = bytearray(index.read_bytes())
    octets[18] = 9
    index.write_bytes(octets)


def foreign(index: Path) -> None:
    index.unlink()
    with sqlite3.connect(index) as database:
        database.execute("CREATE TABLE meta (something TEXT)")
        database.execute("PRAGMA user_version = 2")
    database.close()


def meta(statement: str) -> Callable[[Path], None]:
    def harm(index: Path) -> None:
        with sqlite3.connect(index) as database:
            database.execute(f"UPDATE meta SET {statement}")
        database.close()

    return harm


def folder_in_its_place(index: Path) -> None:
    index.unlink()
    (index / "deeper").mkdir(parents=True)


def link(index: Path) -> None:
    hashes = index.with_name("hashes-0")
    hashes.unlink()
    hashes.symlink_to("/dev/null")


def pipe(index: Path) -> None:
    places = index.with_name("places")
    places.unlink()
    os.mkfifo(places)


HARMS: dict[str, Callable[[Path], None]] = {
    "read_only": read_only,
    "foreign": foreign,
    "folder": folder_in_its_place,
    "link": link,
    "pipe": pipe,
    "place": meta("place = place - 7"),
    "far_place": meta("place = place + 5000000"),
    "negative": meta("size = -1, base = -1"),
    "segment": meta("segment = 12345678"),
    "hash": meta("last_hash = zeroblob(32)"),
    "root": meta("root = zeroblob(32)"),
}


@pytest.mark.proves("fault 132")
@pytest.mark.parametrize("harm", HARMS)
def test_what_stands_in_the_place_of_the_index_is_thrown_away_at_the_next_start(tmp_path: Path, harm: str) -> None:
    with journal(tmp_path / "log") as log:
        write_day(log, 120)
        log_id = log.log_id
    indexed(tmp_path / "log", tmp_path / "index" / log_id, log_id).drop()
    HARMS[harm](tmp_path / "index" / log_id / "index.sqlite")
    with following(tmp_path / "log", tmp_path / "index", log_id) as book:
        assert answered(book) == walked(tmp_path / "log")
        assert book.follower.problem is None


@pytest.mark.proves("fault 132")
def test_the_index_of_another_log_is_thrown_away(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with journal(tmp_path / name) as log:
            write_day(log, 60, seed=len(name))
            log_id = log.log_id
        indexed(tmp_path / name, tmp_path / f"index-{name}", log_id).drop()
    shutil.move(tmp_path / "index-one", tmp_path / "index" / log_id)
    with following(tmp_path / "two", tmp_path / "index", log_id) as book:
        assert answered(book) == walked(tmp_path / "two")


@pytest.mark.proves("fault 132")
def test_an_index_that_cannot_be_kept_hinders_questions_alone_and_comes_back_by_itself(tmp_path: Path) -> None:
    blocked = tmp_path / "index"
    blocked.write_text("a file where the folder belongs")
    with journal(tmp_path / "log") as log, following(tmp_path / "log", blocked, log.log_id) as book:
        until(lambda: book.follower.problem == "index_unwritable")
        write_day(log, 30)
        with pytest.raises(AuditIndexing) as caught:
            numbers(book)
        assert caught.value.facts.problem == "index_unwritable"
        blocked.unlink()
        assert answered(book) == walked(tmp_path / "log")


@pytest.mark.proves("fault 132")
def test_an_index_that_has_a_record_which_the_log_lost_is_built_again(tmp_path: Path) -> None:
    """A power cut may take a record that was not synced yet, and leave the index's row of it."""
    with journal(tmp_path / "log", segment_bytes=10**6) as log:
        write_day(log, 40)
        log_id = log.log_id
    indexed(tmp_path / "log", tmp_path / "index" / log_id, log_id).drop()
    places = [(entry, place) for entry, place in entries(tmp_path / "log")]
    (path,) = (tmp_path / "log").glob("*.seg")
    kept, behind = places[-3]
    # What is written next is larger than all that was lost: at the index's place stands the middle of a record.
    long = {"event": "daemon.started", "terminal": "t1", "log": log_id, "x": "0" * 9_000}
    one = encode_record(behind.sequence, kept.utc_us, 3, bytes.fromhex(kept.hash), long)
    path.write_bytes(path.read_bytes()[: behind.offset] + one)
    with following(tmp_path / "log", tmp_path / "index", log_id) as book:
        found = answered(book)
        assert found == walked(tmp_path / "log")
        assert found[-1] == behind.sequence


@pytest.mark.proves("fault 132")
@pytest.mark.parametrize("name", ["hashes-0", "places", "index.sqlite"])
def test_files_that_are_cut_under_the_running_daemon_are_built_again(tmp_path: Path, name: str) -> None:
    """256 records more, so that the hashes of those before are needed."""
    with journal(tmp_path / "log") as log, following(tmp_path / "log", tmp_path / "index", log.log_id) as book:
        write_day(log, 60)
        assert numbers(book) == walked(tmp_path / "log")
        with (tmp_path / "index" / log.log_id / name).open("r+b") as file:
            file.truncate(40)
        write_day(log, 300, seed=2)
        assert answered(book) == walked(tmp_path / "log")
        assert book.follower._thread.is_alive()


@pytest.mark.proves("fault 132")
def test_a_place_that_is_wrong_in_the_index_is_not_said_to_be_the_log_s_fault(tmp_path: Path) -> None:
    with journal(tmp_path / "log") as log, following(tmp_path / "log", tmp_path / "index", log.log_id) as book:
        write_day(log, 60)
        assert numbers(book) == walked(tmp_path / "log")
        with (tmp_path / "index" / log.log_id / "places").open("r+b") as file:
            file.seek(4 * 20)
            file.write(bytes(4 * 10))
        assert answered(book) == walked(tmp_path / "log")


@pytest.mark.proves("fault 132")
def test_until_it_is_built_a_question_hears_how_far_it_is(tmp_path: Path) -> None:
    go_on = threading.Event()
    with journal(tmp_path / "log") as log:
        while walked(tmp_path / "log")[-1:] < [2 * BATCH]:
            write_day(log, 200)
        follower = Follower(tmp_path / "log", tmp_path / "index", log.log_id)
        heard: list[int] = []
        follower.subscribe(lambda batch: (heard.append(len(batch)), go_on.wait(GENEROUS_S))[0])
        follower.start()
        try:
            until(lambda: bool(heard))
            with pytest.raises(AuditIndexing) as caught:
                Book(follower).page(Filters())
            assert caught.value.facts.problem == "indexing"
            # The first batch is in the index; at least as much is not.
            assert 0 < (caught.value.facts.percent or 0) < 60
            log.state(StateRecord(event="daemon.started"))  # records go on all the while
            go_on.set()
            assert answered(Book(follower)) == walked(tmp_path / "log")
            assert follower.percent is None
        finally:
            go_on.set()
            follower.stop()


@pytest.mark.proves("fault 132", "fault 133")
@pytest.mark.parametrize("harm", ["bit", "end"])
def test_a_log_that_was_closed_because_it_is_damaged_is_told_up_to_there(tmp_path: Path, harm: str) -> None:
    with journal(tmp_path / "old") as old:
        write_day(old, 150)
        old_id = old.log_id
    with journal(tmp_path / "log") as log:
        shutil.move(tmp_path / "old", tmp_path / "log" / "closed" / old_id)
        closed = tmp_path / "log" / "closed" / old_id
        whole = walked(closed)
        path = sorted(closed.glob("*.seg"))[2]
        octets = bytearray(path.read_bytes())
        if harm == "bit":
            octets[SEGMENT_HEADER + 40] ^= 1  # in the hash of the record before
            path.write_bytes(octets)
        else:
            path.unlink()
        good = [number for number in whole if number < int(path.stem)]
        write_day(log, 20)
        with following(tmp_path / "log", tmp_path / "index", log.log_id) as book:
            found = answered(book)
            assert found == good + walked(tmp_path / "log")
