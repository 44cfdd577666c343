"""The index follows the log, and is built again whenever it does not hold together."""

import sqlite3
from pathlib import Path

import pytest

from cardd.audit.entries import entries
from cardd.history.book import Book
from cardd.history.questions import Filters
from tests.unit.cardd.history.logs import following, journal, write_day


def sequences(book: Book, **filters: object) -> list[int]:
    found: list[int] = []
    cursor: str | None = None
    while True:
        page = book.page(Filters(**filters), order="oldest", cursor=cursor, limit=37)  # type: ignore[arg-type]
        found += [use.entry.sequence for use in page.uses]
        cursor = page.cursor
        if cursor is None:
            return found


def wait_ready(book: Book) -> None:
    assert book.follower.catch_up(20)


def test_what_is_written_can_be_asked_for_at_once(tmp_path: Path) -> None:
    with journal(tmp_path / "log") as log, following(tmp_path / "log", tmp_path / "index", log.log_id) as book:
        wait_ready(book)
        for number in range(1, 4):
            write_day(log, 20, seed=number)
            told = sum(1 for entry, _ in entries(tmp_path / "log") if entry.phase != 2)
            assert len(sequences(book)) == told


@pytest.mark.proves("fault 132")
@pytest.mark.parametrize("harm", ["zeros", "text", "short_hashes", "bad_hashes", "no_hashes", "other_version"])
def test_an_index_that_was_harmed_while_the_daemon_was_down_is_built_again(tmp_path: Path, harm: str) -> None:
    with journal(tmp_path / "log") as log:
        write_day(log, 300)
        log_id = log.log_id
    with following(tmp_path / "log", tmp_path / "index", log_id) as book:
        wait_ready(book)
        expected = sequences(book, operator="tanaka")
    assert expected
    do_harm(tmp_path / "index" / log_id, harm)
    with following(tmp_path / "log", tmp_path / "index", log_id) as book:
        wait_ready(book)
        assert sequences(book, operator="tanaka") == expected


def do_harm(directory: Path, harm: str) -> None:
    index, hashes = directory / "index.sqlite", directory / "hashes-0"
    match harm:
        case "zeros":
            index.write_bytes(bytes(index.stat().st_size))
        case "text":
            index.write_text("not a database")
        case "short_hashes":
            hashes.write_bytes(hashes.read_bytes()[:-1])
        case "bad_hashes":
            octets = bytearray(hashes.read_bytes())
            octets[-1] ^= 1
            hashes.write_bytes(octets)
        case "no_hashes":
            hashes.unlink()
        case "other_version":
            with sqlite3.connect(index) as database:
                database.execute("PRAGMA user_version = 99")
            database.close()
        case _:
            raise AssertionError(harm)
