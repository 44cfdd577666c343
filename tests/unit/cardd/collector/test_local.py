"""The terminal's side of shipping: what a head covers, also while the daemon writes."""

from pathlib import Path

import pytest

from cardd.collector.local import LocalLog
from cardd.collector.settings import load
from cardd.fleet.problems import FleetProblem
from cardd.tomlfile import BrokenFile
from tests.fixtures.made_log import MadeLog, made_log


@pytest.fixture
def made(tmp_path: Path) -> MadeLog:
    return made_log(tmp_path / "log", 800, 4, segment_bytes=100_000)


def test_records_and_heads_are_those_of_the_log(made: MadeLog) -> None:
    log = LocalLog(made.directory)
    assert (log.log_id(), log.first(), log.newest_size(), log.cut()) == (made.log_id, 1, made.records, None)
    assert [each.sequence for each in log.records(1)] == list(range(1, made.records + 1))
    assert [each.sequence for each in log.records(500)] == list(range(500, made.records + 1))
    notes = list(log.notes("", 0))
    assert len(notes) == made.heads
    assert notes[-1].octets == made.newest_head
    assert [note.size for note in log.notes("", 700)] == [note.size for note in notes if note.size >= 700]
    last_day = notes[-1].period
    assert [note.octets for note in log.notes(last_day, 0)] == [
        note.octets for note in notes if note.period == last_day
    ]


def test_a_head_that_is_being_written_is_left_for_later(made: MadeLog) -> None:
    path = sorted((made.directory / "heads").iterdir())[-1]
    octets = path.read_bytes()
    before = [note.octets for note in LocalLog(made.directory).notes("", 0)]
    for cut in range(1, len(made.newest_head) + 1):
        path.write_bytes(octets[:-cut])
        assert [note.octets for note in LocalLog(made.directory).notes("", 0)] == before[:-1], cut
    path.write_bytes(b"")
    assert LocalLog(made.directory).newest_size() == before_size(before, path)


def before_size(notes: list[bytes], path: Path) -> int:
    """Records under the last head of an earlier day."""
    return max(int(note.split(b"\n")[1]) for note in notes if f"/{path.stem} ".encode() not in note)


def test_damage_is_told_and_not_shipped(made: MadeLog) -> None:
    first = sorted(made.directory.glob("*.seg"))[0]
    octets = bytearray(first.read_bytes())
    octets[68 + 4 + 7] ^= 1  # the number of record 1
    first.write_bytes(octets)
    with pytest.raises(FleetProblem, match="log_damaged"):
        list(LocalLog(made.directory).records(1))
    first.write_bytes(b"nothing")
    with pytest.raises(FleetProblem, match="log_damaged"):
        LocalLog(made.directory).log_id()
    heads = sorted((made.directory / "heads").iterdir())[-1]
    heads.write_bytes(b"not\n\na head\n\n" + heads.read_bytes())
    with pytest.raises(FleetProblem, match="log_damaged"):
        LocalLog(made.directory).newest_size()


def test_no_log_and_a_beginning_that_is_gone_are_told_apart(made: MadeLog, tmp_path: Path) -> None:
    for directory in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(FleetProblem, match="log_missing"):
            LocalLog(directory).log_id()
    sorted(made.directory.glob("*.seg"))[0].unlink()
    with pytest.raises(FleetProblem, match="log_gap"):
        list(LocalLog(made.directory).records(1))


def test_settings_say_what_is_wrong_with_them(tmp_path: Path) -> None:
    file = tmp_path / "ship.toml"
    good = '[database]\nhost = "db"\nuser = "t"\nca = "/a"\ncertificate = "/b"\ncertificate_key = "k"\n'
    file.write_text(good)
    assert load(file).batch_records == 1000
    for line, key in (
        ("every_seconds = 0\n", "every_seconds"),
        ("password = 'x'\n", "password"),
        ("batch_kib = 1\n", "batch_kib"),
    ):
        file.write_text(line + good)
        with pytest.raises(BrokenFile) as caught:
            load(file)
        assert [problem.key for problem in caught.value.problems] == [key]
        assert "'x'" not in str(caught.value)
