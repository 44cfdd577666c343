"""What somebody who can write the log's directory, and not the key's, does to it: put back, forge, exchange; at rest and while it runs."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cardd.audit.chain import Damaged, SegmentHeader, encode_record, walk
from cardd.audit.checkpoint import log_key
from cardd.audit.cutting import CUT_FILE, Count, Cut, CutBook, finish
from cardd.audit.disk import LARGEST_FILE, Disk
from cardd.audit.log_key import LogKey
from cardd.audit.records import StateRecord
from cardd.audit.store import JournalBroken
from cardd.errors import AuditUnavailable
from tests.unit.cardd.audit.head_rules import check, heads_of, records_of
from tests.unit.cardd.audit.journals import (
    DAY_S,
    START_US,
    FailingDisk,
    HandClock,
    a_copy,
    an_intent,
    an_outcome,
    key_of,
    mark_of,
    opened,
    segment_files,
    use,
)

HOUR_S = 3600


def closed(directory: Path, clock: HandClock, uses: int = 6) -> None:
    """A run with a head over its last record."""
    directory.mkdir(exist_ok=True)
    log = opened(directory, clock)
    use(log, uses)
    log.state(StateRecord(event="daemon.stopped"))
    log.keep()
    log.close()


def put_back(directory: Path, older: Path) -> None:
    """The log's directory as it was, with its heads; the key's directory is not touched."""
    shutil.rmtree(directory)
    shutil.copytree(older, directory)


# --- older copies ----------------------------------------------------------------------------------------------------


@pytest.mark.proves("A7", "fault 109")
@pytest.mark.parametrize("uses", [0, 1, 30])
def test_an_older_copy_of_the_same_day_is_refused(tmp_path: Path, uses: int) -> None:
    """Records and heads agree with each other and with the key of the day; what stands beside the key knows better."""
    log, older, clock = tmp_path / "log", tmp_path / "older", HandClock()
    closed(log, clock)
    shutil.copytree(log, older)
    closed(log, clock, uses)
    put_back(log, older)
    with pytest.raises(Damaged) as caught:
        opened(log, clock)
    assert caught.value.problem == "heads_older"


@pytest.mark.proves("A7", "fault 109")
def test_the_first_day_is_not_begun_anew(tmp_path: Path) -> None:
    """Cut back to where the first key has its record and no head yet: what a crash while it was made leaves."""
    log, clock = tmp_path / "log", HandClock()
    closed(log, clock)
    (segment,) = segment_files(log)[:1]
    octets = segment.read_bytes()
    ends = [record.end for record, _ in walk(octets, SegmentHeader.decode(octets))]
    for path in segment_files(log)[1:]:
        path.unlink()
    segment.write_bytes(octets[: ends[1]])
    shutil.rmtree(log / "heads")
    (log / "first.key").unlink()
    with pytest.raises(Damaged) as caught:
        opened(log, clock)
    assert caught.value.problem == "heads_older"


def test_a_crash_behind_a_head_and_before_its_note_is_no_roll_back(tmp_path: Path) -> None:
    log, clock = tmp_path / "log", HandClock()
    closed(log, clock)
    before = mark_of(log).read_bytes()
    closed(log, clock)
    mark_of(log).write_bytes(before)
    closed(log, clock)
    mark_of(log).unlink()
    closed(log, clock)
    check(log)


def test_a_note_beside_the_key_that_is_none_is_told(tmp_path: Path) -> None:
    log, clock = tmp_path / "log", HandClock()
    closed(log, clock)
    mark_of(log).write_bytes(b"cardd log head 1\n")
    with pytest.raises(Damaged) as caught:
        opened(log, clock)
    assert caught.value.problem == "log_key_mark"


def test_a_note_that_cannot_be_made_is_a_problem_and_no_head_is_lost(tmp_path: Path) -> None:
    log, clock = opened(tmp_path, HandClock()), HandClock()
    mark_of(tmp_path).unlink()
    mark_of(tmp_path).mkdir()
    (mark_of(tmp_path) / "x").touch()
    use(log, 3)
    log.head("time")
    assert log.problem is not None
    shutil.rmtree(mark_of(tmp_path))
    log.head("time")
    assert log.problem is None
    log.close()
    opened(tmp_path, clock).close()
    check(tmp_path)


# --- forgeries -------------------------------------------------------------------------------------------------------


def forged_cut(log: Path) -> CutBook:
    """A record `log.cut` behind the last head, whole and chained, and a `cut.json` that fits it."""
    newest, written = segment_files(log)[-1], records_of(log)
    gone = int(newest.stem) - 1
    log_id = SegmentHeader.decode(newest.read_bytes()).log_id.hex()
    said = {"first_sequence": 1, "last_sequence": gone, "last_hash": written[gone - 1].hash.hex(), "count": gone}
    said |= {"head_size": len(written), "head_root": "0" * 64}
    content = written[-1].content | {"event": "log.cut"} | said
    for name in ("seq", "utc_us", "phase", "sum"):
        content.pop(name, None)
    number = len(written) + 1
    with newest.open("ab") as file:
        file.write(encode_record(number, written[-1].utc_us + 1, 3, written[-1].hash, content))
    cut = Cut(record=number, first_utc_us=START_US, last_utc_us=START_US, cut_utc_us=START_US, **said)
    book = CutBook(log_id, (cut,), (Count("2019-11", 3, "daemon.started", "", "", "", gone),), ())
    (log / CUT_FILE).write_bytes(book.encode())
    return book


@pytest.mark.proves("A8", "fault 120")
def test_a_cut_that_nobody_signed_removes_nothing(tmp_path: Path) -> None:
    """Without the key a record can be put behind the newest head, and a file beside it: the start must not do the rest."""
    log, clock = tmp_path / "log", HandClock()
    closed(log, clock, 12)
    forged_cut(log)
    before = [path.read_bytes() for path in segment_files(log)]
    assert len(before) > 2
    with pytest.raises(Damaged) as caught:
        opened(log, clock)
    assert caught.value.problem == "cut_record"
    assert [path.read_bytes() for path in segment_files(log)] == before


@pytest.mark.proves("A8", "fault 120")
def test_a_cut_whose_record_a_head_covers_is_gone_on_with(tmp_path: Path) -> None:
    log = tmp_path / "log"
    closed(log, HandClock(), 12)
    book = forged_cut(log)
    with pytest.raises(Damaged):
        finish(log, Disk(), book.last.record - 1)
    assert finish(log, Disk(), book.last.record) > 0
    assert len(segment_files(log)) == 1


@pytest.mark.proves("A7", "fault 109")
def test_another_first_key_is_told(tmp_path: Path) -> None:
    """Its day is right, and it did not sign the first head: an auditor who takes it from the directory would start from nothing."""
    log, clock = tmp_path / "log", HandClock()
    closed(log, clock)
    own = LogKey.decode(key_of(log).read_bytes())
    other = log_key(own.log_id, own.period.isoformat(), LogKey.make(own.log_id, own.period).public)
    (log / "first.key").write_text(f"{other}\n")
    with pytest.raises(Damaged) as caught:
        opened(log, clock)
    assert caught.value.problem == "first_key_wrong"


# --- what is no file -------------------------------------------------------------------------------------------------


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link_out(path: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, LARGEST_FILE + 1)


PLACES = [
    "heads/2026-11-22.heads",
    "heads/2026-11-23.heads",
    "first.key",
    "continues.json",
    "cut.json",
    "newest.seg",
    "key",
]


@pytest.mark.proves("T8", "fault 109")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("put", [a_pipe, a_folder, a_link_out, huge])
def test_what_is_no_plain_file_is_refused_and_keeps_nobody_waiting(
    tmp_path: Path, name: str, put: Callable[[Path], None]
) -> None:
    log, clock = tmp_path / "log", HandClock()
    closed(log, clock)
    path = {"newest.seg": segment_files(log)[-1], "key": key_of(log)}.get(name, log / name)
    if name == "continues.json":  # it is looked at when a log is begun
        shutil.rmtree(log)
        log.mkdir()
        key_of(log).unlink()
    path.unlink(missing_ok=True)
    put(path)
    with pytest.raises((Damaged, AuditUnavailable)):
        opened(log, clock)


# --- while it runs ---------------------------------------------------------------------------------------------------


def cut_short(log: Path) -> None:
    newest = segment_files(log)[-1]
    os.truncate(newest, newest.stat().st_size - 100)


def added_to(log: Path) -> None:
    with segment_files(log)[-1].open("ab") as file:
        file.write(b"x")


def exchanged(log: Path) -> None:
    newest = segment_files(log)[-1]
    octets = newest.read_bytes()
    newest.unlink()
    newest.write_bytes(octets)


def removed(log: Path) -> None:
    segment_files(log)[-1].unlink()


def mounted_over(log: Path) -> None:
    log.rename(log.with_name("below"))
    log.mkdir()


@pytest.mark.proves("A1", "T8", "fault 109")
@pytest.mark.parametrize("harm", [cut_short, added_to, exchanged, removed, mounted_over])
def test_no_record_is_confirmed_that_nobody_would_find(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """The open file would take it; under its name there is another one, or none. The daemon ends, and the next start says what it sees."""
    (tmp_path / "log").mkdir()
    log = opened(tmp_path / "log", HandClock(), segment_bytes=1 << 20)
    use(log, 2)
    harm(tmp_path / "log")
    with pytest.raises(JournalBroken):
        log.intent(an_intent())
    log.close()


def older_heads(path: Path) -> None:
    octets = path.read_bytes()
    path.write_bytes(octets[: octets.index(b"\n\n", octets.index(b"\n\n") + 2) + 2])


@pytest.mark.proves("A7", "fault 109")
@pytest.mark.parametrize("harm", [older_heads, Path.unlink])
def test_heads_that_go_while_it_runs_are_a_problem_and_never_a_hole(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    log = opened(tmp_path, HandClock())
    use(log, 2)
    log.head("time")
    path = tmp_path / "heads" / "2026-11-22.heads"
    harm(path)
    use(log, 1)
    with pytest.raises(AuditUnavailable) as caught:
        log.head("time")
    assert caught.value.facts.problem == "heads_changed"
    assert not path.exists() or b"\0" not in path.read_bytes()
    log.close()


@pytest.mark.proves("A7")
def test_heads_of_tomorrow_that_somebody_laid_there_stop_the_change_with_a_word(tmp_path: Path) -> None:
    log, clock = tmp_path / "log", HandClock()
    log.mkdir()
    writer = opened(log, clock)
    use(writer, 2)
    writer.head("time")
    shutil.copy(log / "heads" / "2026-11-22.heads", log / "heads" / "2026-11-23.heads")
    clock.pass_s(DAY_S)
    writer.keep()
    assert writer.problem == "heads_form"
    with pytest.raises(AuditUnavailable):
        writer.state(StateRecord(event="test.refused"))
    (log / "heads" / "2026-11-23.heads").unlink()
    writer.state(StateRecord(event="test.taken"))
    writer.keep()
    assert writer.problem is None
    writer.close()
    check(log)


# --- midnight --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("A4", "fault 111")
@pytest.mark.parametrize("stalls", range(1, 7))
def test_a_disk_that_stalls_over_midnight_puts_no_record_under_the_key_of_the_day_before(
    tmp_path: Path, stalls: int
) -> None:
    """The day was asked, then a segment was begun for five seconds, and the day was another one."""
    clock = HandClock()

    class Stalling(FailingDisk):
        left = 0

        def sync(self, descriptor: int) -> None:
            super().sync(descriptor)
            self.left -= 1
            if self.left == 0:
                clock.pass_s(5.0)

    disk = Stalling()
    log = opened(tmp_path, clock, disk, segment_bytes=1 << 20)
    use(log, 3)
    into_day_s = (clock.us // 1_000_000) % DAY_S
    clock.pass_s(DAY_S - into_day_s - 1.5)
    log.head("time")
    log._settings = replace(log._settings, segment_bytes=1000)  # from now on each record wants a new segment
    disk.left = stalls
    for number in range(3):
        log.outcome(log.intent(an_intent(number)), an_outcome())
    log.keep()
    clock.pass_s(HOUR_S)
    use(log, 1)
    log.close()
    assert list(heads_of(tmp_path)) == ["2026-11-22", "2026-11-23"]
    check(tmp_path)


def test_a_copy_with_key_and_note_holds(tmp_path: Path) -> None:
    """The other way round: log, heads, key and note together are a copy that holds; only somebody outside knows of the newer one."""
    log, clock = tmp_path / "log", HandClock()
    closed(log, clock)
    copy = a_copy(log, tmp_path / "copy")
    shutil.copy(mark_of(log), mark_of(copy))
    opened(copy, clock).close()
    check(copy)
