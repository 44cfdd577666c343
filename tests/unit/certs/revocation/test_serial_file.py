"""The form of sorted serial numbers: what was written is found, and what is cut, changed or something else is refused."""

import os
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from certs.revocation import sorting
from certs.revocation.errors import FileRefused
from certs.revocation.serial_file import HEADER, ListFacts, SerialFile, write
from certs.revocation.sorting import in_order
from certs.validation.scope import WHOLE, Scope, Subjects

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FACTS = ListFacts(
    issuer_key=bytes(range(32)),
    scope=Scope(Subjects.USERS, frozenset({b"\x01" * 32, b"\x02" * 32})),
    number=2**159 + 5,
    this_update=datetime(2025, 6, 2, tzinfo=UTC),
    next_update=datetime(2025, 6, 3, tzinfo=UTC),
    digest=bytes(32),
)


def octets_of(serial: int) -> bytes:
    return serial.to_bytes((serial.bit_length() + 7) // 8, "big")


def written(folder: Path, serials: dict[int, int], facts: ListFacts = FACTS) -> Path:
    """The file for these serial numbers and dates, in the order in which they are given."""
    found = in_order(((octets_of(serial), date) for serial, date in serials.items()), len(serials))
    assert found is not None
    place = folder / facts.name
    write(place, facts, found.width, found.count, found.blocks())
    return place


def date(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


@pytest.mark.parametrize("run", [1, 2, 7, 1000])
def test_each_number_is_found_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: int) -> None:
    """In runs of any length: the lists of an authority come in any order."""
    monkeypatch.setattr(sorting, "RUN", run)
    serials = {(number * 7919) % 1009 * 3 + 1: number for number in range(200)}
    with SerialFile(written(tmp_path, serials)) as file:
        assert file.count == 200
        for serial in range(1009 * 3 + 3):
            assert file.revoked_at(serial) == (date(serials[serial]) if serial in serials else None)


def test_sorted_runs_are_put_behind_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "RUN", 3)
    with SerialFile(written(tmp_path, {number: number for number in range(1, 20)})) as file:
        assert [file.revoked_at(number) for number in range(1, 20)] == [date(number) for number in range(1, 20)]


def test_numbers_of_every_length(tmp_path: Path) -> None:
    serials = {2**bits + offset: bits for bits in range(0, 160, 8) for offset in (0, 1)}
    serials |= {0: 5, 2**160 - 1: 6}
    with SerialFile(written(tmp_path, serials)) as file:
        assert {serial: file.revoked_at(serial) for serial in serials} == {s: date(d) for s, d in serials.items()}
        assert file.revoked_at(2**160) is None
        assert file.revoked_at(-1) is None


def test_an_empty_list_names_nobody(tmp_path: Path) -> None:
    with SerialFile(written(tmp_path, {})) as file:
        assert file.count == 0
        assert [file.revoked_at(serial) for serial in (0, 1, 2**159)] == [None, None, None]


def test_short_numbers_take_little_room(tmp_path: Path) -> None:
    place = written(tmp_path, {number: 1 for number in range(1, 256)})
    assert place.stat().st_size == HEADER.size + 2 * 32 + 255 * (1 + 4)


def test_the_earlier_date_of_one_number_counts(tmp_path: Path) -> None:
    found = in_order(iter([(b"\x05", 300), (b"\x05", 100), (b"\x05", 200)]), 3)
    assert found is not None
    write(tmp_path / "file", FACTS, found.width, found.count, found.blocks())
    with SerialFile(tmp_path / "file") as file:
        assert file.revoked_at(5) == date(100)


def test_dates_that_do_not_fit_become_the_nearest(tmp_path: Path) -> None:
    with SerialFile(written(tmp_path, {1: -5, 2: 2**40})) as file:
        assert file.revoked_at(1) == EPOCH
        assert file.revoked_at(2) == date(2**32 - 1)


def test_more_entries_than_allowed_are_told() -> None:
    endless = ((b"\x01", 1) for _ in range(11))
    assert in_order(islice(endless, 10), 10) is not None
    assert in_order(((b"\x01", 1) for _ in range(11)), 10) is None


def test_what_the_header_says_comes_back(tmp_path: Path) -> None:
    with SerialFile(written(tmp_path, {1: 1})) as file:
        assert file.facts == FACTS
        assert (file.issuer_key, file.this_update, file.next_update) == (
            FACTS.issuer_key,
            FACTS.this_update,
            FACTS.next_update,
        )
        assert repr(file) == "<SerialFile of 1 entries>"


def test_each_part_of_each_authority_has_a_name_of_its_own() -> None:
    others = [
        replace(FACTS, issuer_key=bytes(32)),
        replace(FACTS, scope=WHOLE),
        replace(FACTS, scope=replace(FACTS.scope, subjects=Subjects.ALL)),
        replace(FACTS, scope=replace(FACTS.scope, points=frozenset({b"\x01" * 32}))),
    ]
    assert len({each.name for each in [FACTS, *others]}) == 5
    assert replace(FACTS, number=1, digest=b"\x07" * 32).name == FACTS.name


@pytest.mark.proves("fault 157")
def test_every_changed_byte_is_seen(tmp_path: Path) -> None:
    place = written(tmp_path, {1000: 1, 2000: 2})
    whole = place.read_bytes()
    for at in range(len(whole)):
        place.write_bytes(whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :])
        with pytest.raises(FileRefused):
            SerialFile(place)


@pytest.mark.proves("fault 157")
def test_every_cut_is_seen(tmp_path: Path) -> None:
    place = written(tmp_path, {1000: 1, 2000: 2})
    whole = place.read_bytes()
    for size in range(len(whole)):
        place.write_bytes(whole[:size])
        with pytest.raises(FileRefused) as refused:
            SerialFile(place)
        assert refused.value.problem == "file_cut"
    place.write_bytes(whole + b"\x00")
    with pytest.raises(FileRefused, match="file_cut"):
        SerialFile(place)


@pytest.mark.parametrize(
    ("at", "octets", "problem"),
    [
        (0, b"ELSEWHAT", "file_other"),
        (8, struct.pack(">H", 2), "file_other"),
        (11, b"\x09", "file_damaged"),
        (24, struct.pack(">q", 2**62), "file_damaged"),
        (64, b"\x01", "file_damaged"),
        (HEADER.size, b"\x09", "file_damaged"),
    ],
    ids=["something else", "another version", "no such subjects", "no such time", "another digest", "another part"],
)
def test_what_is_wrong_has_its_word(tmp_path: Path, at: int, octets: bytes, problem: str) -> None:
    place = written(tmp_path, {1000: 1})
    whole = place.read_bytes()
    place.write_bytes(whole[:at] + octets + whole[at + len(octets) :])
    with pytest.raises(FileRefused) as refused:
        SerialFile(place)
    assert refused.value.problem == problem


def test_a_file_that_is_not_there_is_missing_and_a_link_is_not_followed(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="file_missing"):
        SerialFile(tmp_path / "nothing")
    (tmp_path / "link").symlink_to(written(tmp_path, {1: 1}))
    with pytest.raises(OSError, match="symbolic"):
        SerialFile(tmp_path / "link")


def test_a_reader_keeps_its_list_while_the_next_one_is_put_there(tmp_path: Path) -> None:
    place = written(tmp_path, {1: 1})
    with SerialFile(place) as before:
        written(tmp_path, {2: 2})
        assert (before.revoked_at(1), before.revoked_at(2)) == (date(1), None)
        with SerialFile(place) as after:
            assert (after.revoked_at(1), after.revoked_at(2)) == (None, date(2))


@pytest.mark.proves("fault 157")
def test_a_file_that_is_cut_while_it_is_open_is_refused_at_the_next_look(tmp_path: Path) -> None:
    place = written(tmp_path, {number: 1 for number in range(1, 200)})
    with SerialFile(place) as file:
        os.truncate(place, place.stat().st_size // 2)
        with pytest.raises(FileRefused, match="file_cut"):
            file.revoked_at(199)


def test_closing_twice_closes_once(tmp_path: Path) -> None:
    file = SerialFile(written(tmp_path, {1: 1}))
    file.close()
    other = SerialFile(tmp_path / FACTS.name)  # gets the number that was free
    file.close()
    assert other.revoked_at(1) == date(1)
    other.close()


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    place = written(tmp_path, {1: 1})
    before = place.read_bytes()

    def failing() -> "list[bytes]":
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write(place, FACTS, 1, 2, (block for block in [b"\x01" * 5, *failing()]))
    assert place.read_bytes() == before
    assert os.listdir(tmp_path) == [place.name]


def test_what_a_crash_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / f"{FACTS.name}.new").write_bytes(b"half a file")
    with SerialFile(written(tmp_path, {1: 1})) as file:
        assert file.revoked_at(1) == date(1)
    assert os.listdir(tmp_path) == [FACTS.name]
