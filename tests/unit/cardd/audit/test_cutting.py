"""A cut on the disk: what it leaves, and that it is whole or goes on wherever the machine stopped."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cardd.audit.chain import Damaged, segments
from cardd.audit.cutting import CUT_FILE, NEXT_FILE, Count, Cut, CutBook, carry_out, finish, joined, read_book
from cardd.audit.disk import Disk
from cardd.audit.entries import entries, start_of
from cardd.audit.startup import check_log
from tests.fixtures.written_log import LOG_ID, WrittenLog

START = 1_600_000_000_000_000
GONE = 30
"""The first three segments of ten."""


class PowerGone(BaseException):
    """No handler catches it: the machine is off."""


class DyingDisk(Disk):
    """Power goes at the call with this number, before it is done, or right after it."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.calls = at, after, 0

    def _call(self, work: Callable[[], object]) -> object:
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise PowerGone
        found = work()
        if self.calls == self.at:
            raise PowerGone
        return found

    def create(self, path: Path) -> int:
        return self._call(lambda: Disk.create(self, path))  # type: ignore[return-value]

    def write(self, descriptor: int, octets: bytes) -> int:
        # In pieces, as a file system may take them: so that a torn `cut.tmp` is seen too.
        return self._call(lambda: Disk.write(self, descriptor, octets[:700]))  # type: ignore[return-value]

    def sync(self, descriptor: int) -> None:
        self._call(lambda: Disk.sync(self, descriptor))

    def rename(self, path: Path, target: Path) -> None:
        self._call(lambda: Disk.rename(self, path, target))

    def unlink(self, path: Path) -> None:
        self._call(lambda: Disk.unlink(self, path))

    def sync_directory(self, path: Path) -> None:
        self._call(lambda: Disk.sync_directory(self, path))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Five segments of ten records; the last one names the cut of the first three. A torn piece of the second segment's time."""
    made = WrittenLog(tmp_path / "log", records_per_segment=10)
    while made.sequence < 48:
        made.state(START + made.sequence, "daemon.started")
    hash_30 = next(entry.hash for entry, _ in _written(made) if entry.sequence == GONE)
    made.state(START + 100, "log.cut", **_said(hash_30))
    directory = made.close()
    (directory / f"torn-{15:020d}.bin").write_bytes(b"piece")
    (directory / f"torn-{45:020d}.bin").write_bytes(b"newer piece")
    return directory


def _written(made: WrittenLog) -> Iterator:  # type: ignore[type-arg]
    made.close()
    return entries(made.directory)


def _said(hash_30: str) -> dict[str, object]:
    return {
        "first_sequence": 1,
        "last_sequence": GONE,
        "last_hash": hash_30,
        "head_size": 45,
        "head_root": "e" * 64,
        "count": GONE,
    }


def book_of(directory: Path) -> CutBook:
    entry = next(entry for entry, _ in entries(directory) if entry.event == "log.cut")
    said = {name: entry.content[name] for name in _said("")}
    cut = Cut(record=entry.sequence, first_utc_us=START, last_utc_us=START + 29, cut_utc_us=START + 101, **said)
    counts = (Count("2020-09", 3, "daemon.started", "", "", "", 28), Count("2020-09", 3, "log.segment", "", "", "", 2))
    return joined(None, LOG_ID.hex(), cut, counts, [(3, "AAAA")])


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


@pytest.mark.proves("A8", "fault 120")
def test_a_cut_leaves_a_log_that_begins_later_and_is_whole(log: Path) -> None:
    book, before = book_of(log), [entry.hash for entry, _ in entries(log)]
    assert carry_out(log, book, Disk()) == 3
    place = start_of(log)
    assert place is not None
    assert place.sequence == GONE + 1
    assert [entry.hash for entry, _ in entries(log)] == before[GONE:]
    assert check_log(log) == 49
    assert read_book(log) == book
    assert {path.name for path in log.glob("torn-*")} == {f"torn-{45:020d}.bin"}
    assert finish(log, Disk()) == 0


@pytest.mark.proves("A8", "fault 124")
def test_power_that_goes_at_any_call_leaves_the_log_whole_or_is_gone_on_with(log: Path, tmp_path: Path) -> None:
    book, whole, outcomes = book_of(log), names(log), set()
    for after in (False, True):
        for at in range(1, 100):
            copy = tmp_path / f"copy-{at}-{after}"
            shutil.copytree(log, copy)
            disk = DyingDisk(at, after=after)
            try:
                carry_out(copy, book, disk)
            except PowerGone:
                pass  # then somebody switches it on again
            else:
                assert disk.calls < at
                break
            assert check_log(copy) == 49  # whole already, also while the removal is half done
            (copy / NEXT_FILE).unlink(missing_ok=True)  # as each start does with what ends in .tmp
            finish(copy, Disk())
            assert check_log(copy) == 49
            left = names(copy)
            cut = CUT_FILE in left
            outcomes.add(cut)
            assert left == whole if not cut else left & {path.name for path in segments(log)[:3]} == set()
    assert outcomes == {False, True}
    assert at > 8


def test_the_oldest_segment_goes_first(log: Path) -> None:
    class Noting(Disk):
        gone: list[str] = []  # noqa: RUF012 - one instance

        def unlink(self, path: Path) -> None:
            self.gone.append(path.name)
            super().unlink(path)

    carry_out(log, book_of(log), Noting())
    assert [name for name in Noting.gone if name.endswith(".seg")] == [
        path.name for path in sorted(map(Path, Noting.gone)) if path.suffix == ".seg"
    ]


def _other_record(book: CutBook) -> CutBook:
    return replace(book, cuts=(replace(book.last, record=48),))


def _other_head(book: CutBook) -> CutBook:
    return replace(book, cuts=(replace(book.last, head_root="f" * 64),))


def _other_hash(book: CutBook) -> CutBook:
    return replace(book, cuts=(replace(book.last, last_hash="0" * 64),))


def _further(book: CutBook) -> CutBook:
    counts = (*book.counts, Count("2020-10", 3, "x", "", "", "", 10))
    return replace(book, cuts=(replace(book.last, last_sequence=40, count=40),), counts=counts)


def _other_log(book: CutBook) -> CutBook:
    return replace(book, log_id="f" * 32)


@pytest.mark.proves("A8")
@pytest.mark.parametrize("change", [_other_record, _other_head, _other_hash, _further, _other_log])
def test_a_cut_file_that_no_record_bears_out_removes_nothing(log: Path, change: Callable[[CutBook], CutBook]) -> None:
    before = names(log)
    (log / CUT_FILE).write_bytes(change(book_of(log)).encode())
    with pytest.raises(Damaged) as caught:
        finish(log, Disk())
    assert caught.value.problem in {"cut_record", "cut_chain"}
    assert names(log) == before | {CUT_FILE}


@pytest.mark.parametrize(
    "change",
    [
        lambda read: read["counts"][0].update(count=29),
        lambda read: read["cuts"][0].update(first_sequence=2),
        lambda read: read["cuts"][0].update(count=31),
        lambda read: read.update(version=2),
        lambda read: read.update(more=1),
        lambda read: read["cuts"][0].update(head_size=-1),
        lambda read: read["cuts"][0].update(head_size=True),
        lambda read: read["cuts"].clear(),
        lambda read: read["counts"][0].update(role=None),
        lambda read: read.pop("keys"),
    ],
)
def test_a_cut_file_that_was_changed_is_refused(log: Path, change: Callable[[dict[str, object]], object]) -> None:
    read = json.loads(book_of(log).encode())
    change(read)
    octets = json.dumps(read, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(Damaged) as caught:
        CutBook.decode(octets)
    assert caught.value.problem == "cut_file"


def test_each_byte_of_the_cut_file_counts(log: Path) -> None:
    octets = book_of(log).encode()
    assert CutBook.decode(octets).encode() == octets
    for octets_less in (octets[:-1], octets + b" ", octets.replace(b'"cuts":', b'"cuts": '), b"", b"[]", b"\xff"):
        with pytest.raises(Damaged):
            CutBook.decode(octets_less)


@pytest.mark.proves("A7", "A8")
def test_a_beginning_that_is_missing_without_a_cut_is_damage(log: Path) -> None:
    segments(log)[0].unlink()
    with pytest.raises(Damaged) as caught:
        check_log(log)
    assert caught.value.problem == "segment_name"


@pytest.mark.proves("A7", "A8")
def test_more_than_the_cut_file_says_is_missing(log: Path) -> None:
    carry_out(log, book_of(log), Disk())
    segments(log)[0].unlink()
    with pytest.raises(Damaged):
        check_log(log)


def test_a_second_cut_adds_to_the_first() -> None:
    first = Cut(50, 1, 30, "a" * 64, 45, "e" * 64, 30, 1, 2, 3)
    second = Cut(90, 31, 40, "b" * 64, 80, "e" * 64, 10, 4, 5, 6)
    one = joined(None, LOG_ID.hex(), first, [Count("2020-09", 3, "a", "", "", "", 30)], [(1, "AA==")])
    two = joined(
        one,
        LOG_ID.hex(),
        second,
        [Count("2020-09", 3, "a", "", "", "", 4), Count("2020-10", 3, "a", "", "", "", 6)],
        [],
    )
    assert [(each.month, each.count) for each in CutBook.decode(two.encode()).counts] == [
        ("2020-09", 34),
        ("2020-10", 6),
    ]
    assert two.cuts == (first, second)
    assert two.keys == one.keys
