"""Logs that are not one plain whole: a segment alone, one that was cut, one that goes on from another, one of the older form."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cardd.audit import verifier
from cardd.audit.verifier import NamedKey, Outside, verify
from tests.fixtures.made_log import STATE, LogMaker, MadeLog, made_log, us_of
from tests.unit.cardd.audit.tampered import spans


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeLog:
    return made_log(tmp_path_factory.mktemp("made") / "log", 800, 6, segment_bytes=60_000, keep_hashes=True)


def problem(place: Path, **more: object) -> str | None:
    finding = verify(place, **more).finding  # type: ignore[arg-type]
    return finding.problem if finding else None


# --- one segment -----------------------------------------------------------------------------------------------------


@pytest.mark.proves("A6")
def test_each_segment_can_be_checked_alone_with_the_heads_that_fall_into_it(made: MadeLog) -> None:
    checked = 0
    for path in sorted(made.directory.glob("*.seg")):
        for full in (False, True):
            report = verify(path, full=full)
            assert report.finding is None
            assert report.first_sequence == int(path.stem)
            checked += report.heads
    assert checked >= 2 * made.heads  # a head at a border falls into both
    assert report.records == made.records


@pytest.mark.proves("A6", "A7")
def test_a_segment_alone_that_was_changed_is_found(made: MadeLog, tmp_path: Path) -> None:
    source = sorted(made.directory.glob("*.seg"))[2]
    octets = source.read_bytes()
    (tmp_path / "heads").mkdir()
    for path in (made.directory / "heads").iterdir():
        (tmp_path / "heads" / path.name).write_bytes(path.read_bytes())
    target, every = tmp_path / source.name, spans(octets)
    for place in (70, every[0][0] + 60, every[20][0] + 200, every[-1][1] - 5):
        changed = bytearray(octets)
        changed[place] ^= 4
        target.write_bytes(changed)
        assert problem(target, full=False) is not None
        assert problem(target, full=True) is not None
    target.write_bytes(octets[: every[5][0]] + octets[every[6][0] :])
    finding = verify(target, full=False).finding
    assert finding is not None
    assert (finding.problem, finding.sequence) == ("sequence", int(source.stem) + 5)
    tree = octets.replace(b'"tree":["', b'"tree":["00', 1)[: len(octets)]
    target.write_bytes(tree)
    assert problem(target, full=False) is not None


def test_a_receipt_is_looked_for_in_a_segment_alone(made: MadeLog) -> None:
    path = sorted(made.directory.glob("*.seg"))[1]
    number = int(path.stem) + 7
    assert verify(path, (number, made.hashes[number - 1].hex()), full=False).receipt_found is True
    assert verify(path, (number, made.hashes[number].hex()), full=False).receipt_found is False
    assert verify(path, (3, made.hashes[2].hex()), full=False).receipt_found is False


# --- cut -------------------------------------------------------------------------------------------------------------


def cut(folder: Path, *, record: bool = True) -> tuple[MadeLog, int]:
    """A log whose first two segments were cut off by the written form. Gives the last record that went."""
    made = made_log(folder, 10, 1)
    for path in (*folder.glob("*.seg"), *(folder / "heads").iterdir()):
        path.unlink()
    last, keys = 0, []
    with LogMaker(folder, start_us=us_of(2026, 4, 1, 1), segment_bytes=8_000, keep_hashes=True) as log:
        for day in (1, 2, 3, 4):
            for _ in range(20):
                log.put(us_of(2026, 4, day, 2) + log.sequence, STATE, {"event": "session.locked"})
            log.head("stop")
        assert log.hashes is not None
        firsts = sorted(int(path.stem) for path in folder.glob("*.seg"))
        last = firsts[2] - 1
        told = {"last_sequence": last, "last_hash": log.hashes[last - 1].hex()}
        head = {"head_size": log.covered, "head_root": log.root().hex()}
        facts = {"event": "log.cut", "first_sequence": 1, "count": last, **told, **head}
        number = log.put(log.us + 1, STATE, facts if record else {"event": "session.locked"})
        log.head("time")
    sequence = 0
    for path in sorted(folder.glob("*.seg")):
        octets = path.read_bytes()
        for begin, end in spans(octets):
            sequence += 1
            if b'"event":"log.key"' in octets[begin:end] and sequence <= last:
                keys.append({"sequence": sequence, "record": base64.b64encode(octets[begin:end]).decode()})
        if sequence <= last:
            path.unlink()
    about = {"first_sequence": 1, "count": last, "record": number, **told, **head}
    (folder / "first.key").write_text(log.first_key + "\n")
    (folder / "cut.json").write_text(
        json.dumps({"version": 1, "log_id": log.log_id, "cuts": [about], "counts": [], "keys": keys})
    )
    return made, last


@pytest.mark.proves("A8", "A6")
def test_a_log_that_was_cut_by_the_rules_is_whole_and_its_keys_follow_from_the_first(tmp_path: Path) -> None:
    _, last = cut(tmp_path)
    first = NamedKey.read((tmp_path / "first.key").read_text())
    for full in (False, True):
        report = verify(tmp_path, full=full, outside=Outside(key=first))
        assert (report.finding, report.cut_until, report.first_sequence) == (None, last, last + 1)
        assert report.key_pinned
        assert report.keys == 4
        assert report.signatures == report.heads


@pytest.mark.proves("A7", "A8")
def test_a_beginning_that_is_missing_without_record_or_file_is_damage(tmp_path: Path) -> None:
    cut(tmp_path / "silent", record=False)
    assert problem(tmp_path / "silent") == "cut_record"
    _, last = cut(tmp_path / "bare")
    told = json.loads((tmp_path / "bare" / "cut.json").read_text())
    file = tmp_path / "bare" / "cut.json"
    file.unlink()
    assert problem(tmp_path / "bare") == "segment_name"
    for changed, word in (
        ({**told, "cuts": [{**told["cuts"][0], "last_hash": "0" * 64}]}, "cut_file"),
        ({**told, "cuts": []}, "cut_file"),
        ({**told, "log_id": "0" * 32}, "cut_file"),
        ({**told, "keys": told["keys"][1:]}, "cut_keys"),
        ({**told, "cuts": [{**told["cuts"][0], "head_root": "0" * 64}]}, "cut_record"),
    ):
        file.write_text(json.dumps(changed))
        assert problem(tmp_path / "bare") == word
    file.write_text(json.dumps(told))
    assert problem(tmp_path / "bare") is None
    next(path for path in sorted((tmp_path / "bare").glob("*.seg")) if int(path.stem) == last + 1).unlink()
    assert problem(tmp_path / "bare") == "cut_file"


# --- after another log, and before there were heads ------------------------------------------------------------------


@pytest.mark.proves("A6")
@pytest.mark.parametrize("reason", ["restored", "damaged"])
def test_a_log_that_goes_on_from_another_is_checked_with_it(tmp_path: Path, reason: str) -> None:
    closed = made_log(tmp_path / "closed-elsewhere", 60, 1, seed=5, keep_hashes=True)
    last = closed.records if reason == "restored" else 10
    facts = {
        "event": "log.continued",
        "previous_log": closed.log_id,
        "last_sequence": last,
        "last_hash": closed.hashes[last - 1].hex(),
        "reason": reason,
    }
    with LogMaker(tmp_path / "log", start_us=us_of(2026, 5, 1, 1), seed=6, created=facts) as log:
        log.put(log.us + 1, STATE, {"event": "daemon.started"})
        log.head("start")
    alone = verify(tmp_path / "log")
    assert alone.previous_log == closed.log_id
    assert problem(tmp_path / "log") == "previous_missing", "whatever it was closed for"
    assert problem(tmp_path / "log", outside=Outside(without_previous=True)) is None
    place = tmp_path / "log" / "closed" / closed.log_id
    place.parent.mkdir()
    closed.directory.rename(place)
    report = verify(tmp_path / "log")
    assert report.finding is None
    assert [each["records"] for each in report.closed] == [closed.records]
    segment = next(place.glob("*.seg"))
    right = segment.read_bytes()
    every = spans(right)
    for number, harmless in ((30, reason == "damaged"), (10, False), (3, False)):
        octets = bytearray(right)
        octets[every[number][0] - 10] ^= 1  # in the JSON of this record
        segment.write_bytes(octets)
        report = verify(tmp_path / "log")
        assert (report.finding is None) is harmless, number
        assert harmless or (report.finding and report.finding.problem) == "closed_log"
        assert report.closed[0]["finding"] is not None


@pytest.mark.proves("A6")
def test_a_log_of_the_older_form_is_checked_by_its_chain(tmp_path: Path) -> None:
    old = made_log(tmp_path, 400, 2, format=1, segment_bytes=60_000)
    for full in (False, True):
        report = verify(tmp_path, full=full)
        assert (report.finding, report.heads, report.records) == (None, 0, old.records)
    for path in sorted(tmp_path.glob("*.seg")):
        assert problem(path, full=False) is None
    octets = bytearray(path.read_bytes())
    octets[-4] ^= 1
    path.write_bytes(octets)
    assert problem(tmp_path, full=False) in ("sum", "json")


@pytest.mark.proves("A6")
def test_heads_that_began_with_an_upgrade_cover_what_was_there_before(tmp_path: Path) -> None:
    with LogMaker(tmp_path, start_us=us_of(2026, 4, 1, 1), format=1) as log:
        for day in (1, 2, 3):
            log.put(us_of(2026, 4, day, 2), STATE, {"event": "session.locked"})
        log.us = us_of(2026, 4, 6, 2)
        log.begin_keys()
        log.put(log.us + 1, STATE, {"event": "daemon.started"})
        log.head("start")
    report = verify(tmp_path, full=False)
    assert (report.finding, report.heads, report.outside_period) == (None, 2, [])


def test_nothing_is_there(tmp_path: Path) -> None:
    assert problem(tmp_path) == "no_log"
    assert problem(tmp_path / "nowhere") == "no_log"
    (tmp_path / f"{1:020d}.seg").write_bytes(b"")
    assert problem(tmp_path) == "segment_header"


def test_a_segment_larger_than_any_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / f"{1:020d}.seg").open("wb") as file:
        file.truncate(verifier.LARGEST_SEGMENT + 1)
    assert problem(tmp_path) == "segment_size"


def test_a_person_who_waits_sees_how_far_it_is(made: MadeLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, and only there; the time is turned by hand."""
    seconds = iter(range(0, 10**6, 2))
    monkeypatch.setattr(verifier.time, "monotonic", lambda: float(next(seconds)))
    shown: list[str] = []
    monkeypatch.setattr(verifier.sys.stderr, "write", shown.append)
    bar = verifier.Bar(sum(path.stat().st_size for path in made.directory.glob("*.seg")))
    verify(made.directory, progress=bar)
    bar.close()
    assert "100%" in shown[-2]
    assert len(shown) >= 5
    assert shown[-1].endswith("\r")


def test_without_a_terminal_there_is_no_bar(made: MadeLog) -> None:
    command = [sys.executable, verifier.__file__, str(made.directory), "--locale", "en"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    assert ran.stdout.endswith("whole\n")
