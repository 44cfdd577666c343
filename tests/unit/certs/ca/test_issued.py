"""The book of issued certificates: durable, never half, never rewritten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from certs.ca.errors import BookError
from certs.ca.issued import Issued, IssuedBook

ENTRY = Issued(
    "a1", "f" * 64, "e" * 64, "hanako_1", "01" * 16, "signature", "2029-11-22T09:00:30Z", "2026-11-22T09:00:30Z"
)


@pytest.fixture
def book(tmp_path: Path) -> IssuedBook:
    return IssuedBook.beside(tmp_path / "operator-ca.pem")


def entry(number: int) -> Issued:
    return replace(ENTRY, serial=f"{number:x}")


def test_entries_come_back_in_order(book: IssuedBook, tmp_path: Path) -> None:
    assert book.path == tmp_path / "issued.jsonl"
    assert book.entries() == ()
    book.add(entry(1))
    book.add(entry(2))
    assert book.entries() == (entry(1), entry(2))
    lines = book.path.read_text().splitlines()
    assert [json.loads(line)["serial"] for line in lines] == ["1", "2"]


def test_it_is_closed_to_others(book: IssuedBook) -> None:
    before = os.umask(0)
    try:
        book.add(ENTRY)
    finally:
        os.umask(before)
    assert book.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.proves("A2")
def test_an_entry_is_on_the_disk_before_the_call_returns(book: IssuedBook, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, bytes]] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        really(descriptor)
        place = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        synced.append((place.name, place.read_bytes() if place.is_file() else b""))

    monkeypatch.setattr(os, "fsync", fsync)
    book.add(ENTRY)
    assert synced == [("issued.jsonl", book.path.read_bytes()), (book.path.parent.name, b"")]
    assert synced[0][1].endswith(b"}\n")


@pytest.mark.proves("T8")
@pytest.mark.parametrize("call", ["pwrite", "fsync", "open", "ftruncate"])
def test_a_call_that_fails_leaves_the_book_as_it_was(
    book: IssuedBook, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    book.add(ENTRY)
    before = book.path.read_bytes()

    def fails(*_arguments: object, **_more: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, call, fails)
        with pytest.raises(BookError, match="book_unwritable"):
            book.add(entry(2))
    assert book.path.read_bytes() == before


def test_half_a_write_is_taken_back(book: IssuedBook, monkeypatch: pytest.MonkeyPatch) -> None:
    book.add(ENTRY)
    really = os.pwrite
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", lambda descriptor, line, place: really(descriptor, line[:40], place))
        with pytest.raises(BookError, match="book_unwritable"):
            book.add(entry(2))
    assert book.entries() == (ENTRY,)
    assert book.path.read_bytes().endswith(b"}\n")


@pytest.mark.proves("T7")
def test_a_power_cut_in_the_middle_of_any_write_costs_that_entry_alone(book: IssuedBook) -> None:
    book.add(entry(1))
    one = len(book.path.read_bytes())
    book.add(entry(2))
    whole = book.path.read_bytes()
    for length in range(one, len(whole)):
        book.path.write_bytes(whole[:length])
        assert book.entries() == (entry(1),)
        book.add(entry(3))
        assert book.entries() == (entry(1), entry(3))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"serial": 1}',
        json.dumps({**json.loads(json.dumps({n: getattr(ENTRY, n) for n in Issued.__slots__})), "guid": 7}).encode(),
        json.dumps({n: getattr(replace(ENTRY, not_after="soon"), n) for n in Issued.__slots__}).encode(),
        json.dumps({n: getattr(replace(ENTRY, not_after="2029-11-22"), n) for n in Issued.__slots__}).encode(),
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_damage_in_the_middle_is_never_passed_over(book: IssuedBook, line: bytes) -> None:
    book.add(entry(1))
    book.path.write_bytes(book.path.read_bytes() + line + b"\n")
    book.add(entry(2))
    with pytest.raises(BookError, match="book_damaged"):
        book.entries()


def test_a_field_of_a_later_release_is_left_alone(book: IssuedBook) -> None:
    book.add(ENTRY)
    known = json.loads(book.path.read_bytes())
    book.path.write_text(json.dumps({**known, "profile": "later"}) + "\n")
    assert book.entries() == (ENTRY,)


def test_a_link_or_a_folder_is_no_book(book: IssuedBook, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    book.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BookError, match="book_unwritable"):
        book.add(ENTRY)
    with pytest.raises(BookError, match="book_unreadable"):
        book.entries()
    assert (tmp_path / "elsewhere").read_bytes() == b""
    book.path.unlink()
    book.path.mkdir()
    with pytest.raises(BookError):
        book.entries()


def test_a_file_without_any_line_end_is_damaged_not_emptied(book: IssuedBook) -> None:
    book.path.write_bytes(b"x" * 9000)
    with pytest.raises(BookError, match="book_damaged"):
        book.add(ENTRY)
    assert book.path.read_bytes() == b"x" * 9000


def test_several_processes_write_one_book(book: IssuedBook) -> None:
    program = (
        "import sys; from pathlib import Path; from certs.ca.issued import *; b = IssuedBook(Path(sys.argv[1]))\n"
        "for n in range(40): b.add(Issued(f'{sys.argv[2]}{n:x}', 'f', 'e', 'o', 'g', 'r', '2029-11-22T09:00:30Z', 't'))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, book.path, str(number)]) for number in range(3)]
    assert [each.wait() for each in running] == [0, 0, 0]
    serials = [each.serial for each in book.entries()]
    assert sorted(serials) == sorted(f"{number}{n:x}" for number in range(3) for n in range(40))
