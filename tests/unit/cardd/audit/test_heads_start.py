"""What a start says when log, heads and key do not belong together (fault 109), and that it changes nothing then."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from cardd.audit import continuing
from cardd.audit.chain import SEGMENT_HEADER, Damaged
from cardd.audit.continuing import Continues
from cardd.audit.journal import Receipt
from cardd.audit.log_key import LogKey
from cardd.audit.records import StateRecord
from tests.unit.cardd.audit.head_rules import check, heads_of, records_of
from tests.unit.cardd.audit.journals import (
    DAY_S,
    START_US,
    HandClock,
    a_copy,
    key_of,
    mark_of,
    opened,
    segment_files,
    use,
)

LATER_US = START_US + 2 * DAY_S * 1_000_000
HOUR_US = 3_600_000_000
NEWEST = "heads/2026-11-24.heads"


def three_days(directory: Path, uses: int = 6) -> Receipt:
    """A log of three days, stopped in order; its last record."""
    clock = HandClock()
    log = opened(directory, clock)
    for day in range(3):
        use(log, uses)
        clock.pass_s(DAY_S if day < 2 else 1)
    last = log.state(StateRecord(event="daemon.stopped"))
    log.keep()
    log.close()
    return last


def everything(directory: Path) -> dict[str, bytes]:
    """All files of the log and its keys, but what a lock leaves."""
    found = [*directory.rglob("*"), *directory.parent.glob(f"{directory.name}.key*")]
    return {path.name: path.read_bytes() for path in found if path.is_file() and path.name not in ("lock", "reserve")}


def without_last_records(directory: Path) -> None:
    newest = segment_files(directory)[-1]
    ends = [len(each.octets) for each in records_of(directory)]
    newest.write_bytes(newest.read_bytes()[: -ends[-1]])


def without_last_segment(directory: Path) -> None:
    segment_files(directory)[-1].unlink()


def an_older_head(directory: Path) -> None:
    """The newest heads go, all but the first of their day, and so many records stand behind it that no crash leaves."""
    path = directory / NEWEST
    octets = path.read_bytes()
    path.write_bytes(octets[: octets.index(b"\n\n", octets.index(b"\n\n") + 2) + 2])


def a_key_of(period: int) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        key = LogKey.decode(key_of(directory).read_bytes())
        other = LogKey.make(key.log_id, key.period.replace(day=key.period.day + period))
        key_of(directory).write_bytes(other.encode())

    return change


def a_key_of_another_log(directory: Path) -> None:
    key = LogKey.decode(key_of(directory).read_bytes())
    key_of(directory).write_bytes(LogKey("0" * 32, key.period, key.seed).encode())


def edited(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        octets = (directory / name).read_bytes()
        at = octets.rindex(old) + len(old)
        (directory / name).write_bytes(octets[:at] + new + octets[at + len(new) :])

    return change


def no_log(directory: Path) -> None:
    for path in segment_files(directory):
        path.unlink()


CHANGES: list[tuple[str, Callable[[Path], object]]] = [
    ("head_ahead", without_last_records),
    ("head_ahead", without_last_segment),
    ("head_chain", edited(NEWEST, b"chain ", b"00000000")),
    ("heads_missing", lambda directory: (directory / "heads/2026-11-23.heads").unlink()),
    ("heads_missing", lambda directory: (directory / "heads/2026-11-22.heads").unlink()),
    ("heads_behind", lambda directory: (directory / NEWEST).unlink()),
    ("log_key_wrong", a_key_of(0)),
    ("log_key_old", a_key_of(-1)),
    ("heads_behind", a_key_of(+1)),
    ("log_key_other_log", a_key_of_another_log),
    ("log_key_missing", lambda directory: key_of(directory).unlink()),
    ("log_key_missing", lambda directory: key_of(directory).write_bytes(bytes(140))),
    ("log_key_form", lambda directory: key_of(directory).write_bytes(b"cardd log key 2\n")),
    ("log_key_rights", lambda directory: key_of(directory).chmod(0o640)),
    ("log_missing", no_log),
    ("first_key_missing", lambda directory: (directory / "first.key").unlink()),
    ("heads_form", edited(NEWEST, b"time ", b"x")),
    ("heads_name", lambda directory: (directory / "heads/yesterday.heads").write_bytes(b"")),
]


@pytest.mark.proves("A7", "fault 109")
@pytest.mark.parametrize(("problem", "change"), CHANGES)
def test_what_does_not_belong_together_is_refused_with_its_word(
    tmp_path: Path, problem: str, change: Callable[[Path], object]
) -> None:
    directory = tmp_path / "log"
    directory.mkdir()
    three_days(directory)
    change(directory)
    before = everything(directory)
    with pytest.raises(Damaged) as caught:
        opened(directory, HandClock(LATER_US + HOUR_US))
    assert caught.value.problem == problem
    assert everything(directory) == before


@pytest.mark.proves("fault 109")
def test_a_root_that_is_not_that_of_the_records_is_refused(tmp_path: Path) -> None:
    """Also with the key at hand: whoever signs a false head today is told by the records."""
    three_days(tmp_path)
    key, signed = LogKey.decode(key_of(tmp_path).read_bytes()), heads_of(tmp_path)["2026-11-24"][-1]
    edited(NEWEST, b"\n%d\n" % signed.head.size, b"AAAA")(tmp_path)
    assert key.log_id == signed.head.log_id
    with pytest.raises(Damaged) as caught:
        opened(tmp_path, HandClock(LATER_US + HOUR_US))
    assert caught.value.problem == "head_root"


@pytest.mark.proves("fault 109")
@pytest.mark.parametrize(("uses", "problem"), [(90, None), (120, "heads_behind")])
def test_an_older_head_put_back_is_told_where_no_crash_leaves_so_much_behind(
    tmp_path: Path, uses: int, problem: str | None
) -> None:
    """By the number of records alone; what stands beside the key tells of a single head (`test_roll_back`)."""
    three_days(tmp_path, uses)
    an_older_head(tmp_path)
    mark_of(tmp_path).unlink()
    if problem:
        with pytest.raises(Damaged) as caught:
            opened(tmp_path, HandClock(LATER_US + HOUR_US))
        assert caught.value.problem == problem
    else:
        opened(tmp_path, HandClock(LATER_US + HOUR_US)).close()
        check(tmp_path)


@pytest.mark.proves("A7", "fault 109")
def test_an_older_copy_of_the_log_is_refused_where_heads_and_key_stayed(tmp_path: Path) -> None:
    directory, older = tmp_path / "log", tmp_path / "older"
    directory.mkdir()
    clock = HandClock()
    log = opened(directory, clock)
    use(log, 5)
    log.head("time")
    log.close()
    a_copy(directory, older)
    log = opened(directory, clock)
    use(log, 5)
    log.head("time")
    log.close()
    for path in segment_files(directory):
        path.unlink()
    for path in segment_files(older):
        shutil.copy2(path, directory)
    with pytest.raises(Damaged) as caught:
        opened(directory, clock)
    assert caught.value.problem == "head_ahead"


@pytest.mark.proves("fault 109")
def test_heads_of_the_first_day_that_were_taken_away_are_missed(tmp_path: Path) -> None:
    log = opened(tmp_path, HandClock())
    use(log)
    log.close()
    shutil.rmtree(tmp_path / "heads")
    with pytest.raises(Damaged) as caught:
        opened(tmp_path, HandClock(START_US + HOUR_US))
    assert caught.value.problem == "heads_missing"


@pytest.mark.proves("fault 109")
def test_a_next_key_that_is_named_and_gone_is_missed(tmp_path: Path) -> None:
    """A roll-over stopped after its third step, and somebody took `log.key.next`."""
    clock = HandClock()
    log = opened(tmp_path, clock)
    use(log)
    clock.pass_s(DAY_S)
    log.heads._promote = lambda: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        log.keep()
    log.close()
    waiting = key_of(tmp_path).with_name(f"{tmp_path.name}.key.next")
    waiting.unlink()
    with pytest.raises(Damaged) as caught:
        opened(tmp_path, clock)
    assert caught.value.problem == "log_key_missing"


def ordered(_: Continues) -> None:
    """Two people ordered it."""


def one_that_continues(directory: Path) -> Receipt:
    """A closed log, and of the one in its place nothing but `continues.json`; the last record of the first."""
    directory.mkdir()
    last = three_days(directory)
    directory.rename(directory.with_name("old"))
    place = continuing.closed_place(directory, last.log_id)
    place.parent.mkdir(parents=True)
    directory.with_name("old").rename(place)
    continuing.write(directory, Continues(last.log_id, last.sequence, last.record_hash, "restored"))
    return last


def test_a_log_that_takes_the_place_of_another_one_begins_with_saying_so(tmp_path: Path) -> None:
    directory = tmp_path / "log"
    last = one_that_continues(directory)
    log = opened(directory, HandClock(LATER_US + HOUR_US), continues=ordered)
    assert log.log_id != last.log_id
    log.close()
    first = records_of(directory)[0].content
    assert (first["event"], first["previous_log"], first["last_hash"]) == (
        "log.continued",
        last.log_id,
        last.record_hash,
    )
    check(directory)
    opened(directory, HandClock(LATER_US + 2 * HOUR_US)).close()


@pytest.mark.proves("fault 109", "fault 133")
def test_a_file_alone_begins_no_log_in_the_place_of_another(tmp_path: Path) -> None:
    directory = tmp_path / "log"
    one_that_continues(directory)
    before = everything(directory)
    with pytest.raises(Damaged) as caught:
        opened(directory, HandClock(LATER_US + HOUR_US))
    assert (caught.value.problem, caught.value.file) == ("continues_unsigned", "continues.json")
    assert everything(directory) == before


@pytest.mark.proves("fault 109", "fault 133")
def test_a_first_record_that_was_cut_short_is_ordered_once_more(tmp_path: Path) -> None:
    """The power went when the new log had a segment and no record: the file may be another one by now."""
    directory = tmp_path / "log"
    one_that_continues(directory)
    clock = HandClock(LATER_US + HOUR_US)
    opened(directory, clock, continues=ordered).close()
    (segment,) = segment_files(directory)
    segment.write_bytes(segment.read_bytes()[:SEGMENT_HEADER])
    for path in (directory / "heads").iterdir():
        path.unlink()
    mark_of(directory).unlink()
    with pytest.raises(Damaged) as caught:
        opened(directory, clock)
    assert caught.value.problem == "continues_unsigned"


@pytest.mark.proves("A11", "fault 109")
@pytest.mark.parametrize("change", ["exchanged", "taken away", "put there"])
def test_a_file_that_does_not_say_what_record_1_says_is_told(tmp_path: Path, change: str) -> None:
    """Closed logs are found by it: without it a resident would be told of no use before the new log."""
    directory = tmp_path / "log"
    if change == "put there":
        directory.mkdir()
        three_days(directory)
    else:
        one_that_continues(directory)
        opened(directory, HandClock(LATER_US + HOUR_US), continues=ordered).close()
    if change == "taken away":
        (directory / continuing.NAME).unlink()
    else:
        continuing.write(directory, Continues("0" * 32, 1, "0" * 64, "restored"))
    with pytest.raises(Damaged) as caught:
        opened(directory, HandClock(LATER_US + 2 * HOUR_US), continues=ordered)
    assert caught.value.problem == "continues_differs"


def test_a_key_that_others_can_read_is_no_key_also_while_it_waits(tmp_path: Path) -> None:
    waiting = key_of(tmp_path).with_name(f"{tmp_path.name}.key.next")
    waiting.write_bytes(LogKey.make("0" * 32, date(2026, 11, 25)).encode())
    waiting.chmod(0o644)
    with pytest.raises(Damaged) as caught:
        opened(tmp_path, HandClock())
    assert caught.value.problem == "log_key_rights"
