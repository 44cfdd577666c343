"""The verifier finds what was done to a log, and names the first bad record."""

import hashlib
import json
import random
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from cardd.audit import verifier
from cardd.audit.journal import Journal
from cardd.audit.records import StateRecord
from cardd.audit.verifier import main, verify
from tests.fixtures.outside_python import Desk
from tests.unit.cardd.audit.journals import (
    HandClock,
    a_closed_copy,
    an_intent,
    an_outcome,
    filled,
    journal,
    segment_files,
    settings,
)

ROUNDS = 40
"""Tamperings of each kind; `test_tampering` has the many, on a log with days and keys."""
HEADER = 68


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("log"), pairs=14, segment_bytes=3_500)


def spans(octets: bytes) -> list[tuple[int, int]]:
    """Begin and end of each record, read here once more."""
    found, place = [], HEADER
    while place < len(octets):
        end = place + 4 + struct.unpack_from(">I", octets, place)[0]
        found.append((place, end))
        place = end
    return found


Tamper = Callable[[random.Random, list[bytes]], int | None]
"""Changes the segments in place; gives the first record that is then wrong, None where only "found" is asked for."""


def first_of(files: list[bytes], number: int) -> int:
    return 1 + sum(len(spans(each)) for each in files[:number])


def at(files: list[bytes], number: int, place: int) -> int:
    """Sequence of the record at a byte of a segment; that of its first record for the segment's header."""
    before = [index for index, (begin, _) in enumerate(spans(files[number])) if begin <= place]
    return first_of(files, number) + (before[-1] if before else 0)


def flip_bit(chance: random.Random, files: list[bytes]) -> int:
    number = chance.randrange(len(files))
    place = chance.randrange(len(files[number]))
    wrong = at(files, number, place)
    octets = bytearray(files[number])
    octets[place] ^= 1 << chance.randrange(8)
    files[number] = bytes(octets)
    return wrong


def delete_record(chance: random.Random, files: list[bytes]) -> int:
    number = chance.randrange(len(files))
    records = spans(files[number])
    last = number == len(files) - 1
    index = chance.randrange(len(records) - (1 if last else 0))
    begin, end = records[index]
    wrong = first_of(files, number) + index
    files[number] = files[number][:begin] + files[number][end:]
    return wrong


def insert_record(chance: random.Random, files: list[bytes]) -> int:
    source = chance.choice(files)
    begin, end = chance.choice(spans(source))
    number = chance.randrange(len(files))
    places = [place for place, _ in spans(files[number])] + [len(files[number])]
    index = chance.randrange(len(places))
    following = [each[a:b] for each in files for a, b in spans(each)][first_of(files, number) + index - 1 :]
    same_again = following[:1] == [source[begin:end]]  # then the second of the two is the wrong one
    wrong = first_of(files, number) + index + same_again
    files[number] = files[number][: places[index]] + source[begin:end] + files[number][places[index] :]
    return wrong


def swap_records(chance: random.Random, files: list[bytes]) -> int:
    number = chance.randrange(len(files))
    records = spans(files[number])
    first, second = sorted(chance.sample(range(len(records)), 2))
    (a, b), (c, d) = records[first], records[second]
    wrong = first_of(files, number) + first
    octets = files[number]
    files[number] = octets[:a] + octets[c:d] + octets[b:c] + octets[a:b] + octets[d:]
    return wrong


def cut_inside(chance: random.Random, files: list[bytes]) -> int:
    number = chance.randrange(len(files))
    begin, end = chance.choice(spans(files[number]))
    place = chance.randrange(begin + 1, end)
    wrong = at(files, number, begin)
    files[number] = files[number][:place]
    return wrong


def insert_bytes(chance: random.Random, files: list[bytes]) -> int | None:
    number = chance.randrange(len(files))
    place = chance.randrange(len(files[number]) + 1)
    files[number] = files[number][:place] + chance.randbytes(chance.randrange(1, 40)) + files[number][place:]
    return None


def lose_or_exchange_segment(chance: random.Random, files: list[bytes]) -> int | None:
    if chance.random() < 0.5:
        number = chance.randrange(len(files) - 1)
        files[number] = b""
    else:
        first, second = chance.sample(range(len(files)), 2)
        files[first], files[second] = files[second], files[first]
    return None


def rewrite_with_right_sum(chance: random.Random, files: list[bytes]) -> int:
    """Somebody who knows the format changes a record and computes its own sum anew: the records behind it tell."""
    number = chance.randrange(len(files))
    records = spans(files[number])
    last = number == len(files) - 1
    index = chance.randrange(len(records) - (1 if last else 0))
    begin, end = records[index]
    header, content = files[number][begin + 4 : begin + 53], json.loads(files[number][begin + 53 : end])
    del content["sum"]
    content["terminal"] = f"window-{chance.randrange(2, 10**6)}"
    content["sum"] = hashlib.sha256(header + verifier.canonical(content)).hexdigest()[:16]
    text = verifier.canonical(content)
    changed = struct.pack(">I", len(header) + len(text)) + header + text
    files[number] = files[number][:begin] + changed + files[number][end:]
    return first_of(files, number) + index


KINDS: tuple[Tamper, ...] = (
    flip_bit,
    delete_record,
    insert_record,
    swap_records,
    cut_inside,
    insert_bytes,
    lose_or_exchange_segment,
    rewrite_with_right_sum,
)


@pytest.mark.proves("A6", "A7", "fault 105", "fault 106")
@pytest.mark.parametrize("tamper", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_every_tampering_is_found_and_the_first_bad_record_named(log: Path, tmp_path: Path, tamper: Tamper) -> None:
    originals = {path.name: path.read_bytes() for path in segment_files(log)}
    shutil.copytree(log / "heads", tmp_path / "heads")
    for round_number in range(ROUNDS):
        chance = random.Random(f"{tamper.__name__} {round_number}")
        files = list(originals.values())
        wrong = tamper(chance, files)
        assert files != list(originals.values())
        for name, octets in zip(originals, files, strict=True):
            (tmp_path / name).write_bytes(octets)
            if not octets:
                (tmp_path / name).unlink()
        finding = verify(tmp_path).finding
        assert finding is not None, round_number
        assert wrong is None or finding.sequence == wrong, (round_number, finding)


def test_an_untouched_log_is_whole(log: Path) -> None:
    report = verify(log)
    assert report.finding is None
    assert report.segments >= 4
    assert report.open_intents == []


def test_a_clean_cut_shows_against_the_heads_and_without_them_against_a_receipt(tmp_path: Path) -> None:
    """The limit of a log that is looked at alone, written down so that nobody believes otherwise."""
    filled(tmp_path, pairs=2, segment_bytes=1 << 20)
    whole = verify(tmp_path)
    path, heads = segment_files(tmp_path)[0], next((tmp_path / "heads").iterdir())
    octets, notes = path.read_bytes(), heads.read_bytes()
    path.write_bytes(octets[: spans(octets)[-1][0]])
    finding = verify(tmp_path).finding
    assert finding is not None
    assert finding.problem == "head_ahead"
    assert finding.sequence <= whole.records == finding.until
    kept = b"\n\n".join(notes.split(b"\n\n")[:-3]) + b"\n\n"
    heads.write_bytes(kept)
    assert verify(tmp_path).finding is None
    assert verify(tmp_path, (whole.records, whole.last_hash)).receipt_found is False
    assert main([str(tmp_path), "--receipt", f"{whole.records}:{whole.last_hash}"]) == 1
    (tmp_path / "kept.txt").write_bytes(notes[len(kept) :])
    assert main([str(tmp_path), "--anchor", str(tmp_path / "kept.txt")]) == 1


def test_a_receipt_of_a_record_is_found(tmp_path: Path) -> None:
    log = journal(tmp_path)
    receipt = log.outcome(log.intent(an_intent()), an_outcome())
    log.close()
    assert main([str(tmp_path), "--receipt", f"{receipt.sequence}:{receipt.record_hash}"]) == 0


@pytest.mark.proves("fault 115")
def test_a_clock_that_goes_back_is_reported_and_is_no_damage(tmp_path: Path) -> None:
    clock = HandClock()
    log = Journal(tmp_path, clock, settings())
    log.state(StateRecord(event="test.later"))
    clock.us -= 10**13
    log.state(StateRecord(event="test.earlier"))
    log.close()
    report = verify(tmp_path)
    assert report.finding is None
    assert report.clock_went_back == [4]  # the step's own record


def test_content_that_contradicts_its_header_is_found(tmp_path: Path) -> None:
    filled(tmp_path, pairs=1, segment_bytes=1 << 20)
    octets = segment_files(tmp_path)[0].read_bytes()
    begin, end = spans(octets)[-1]
    header, content = octets[begin + 4 : begin + 53], json.loads(octets[begin + 53 : end])
    for name, value, problem in (
        ("phase", 1, "header_differs"),
        ("log", "0" * 32, "log_id"),
        ("seq", 9, "header_differs"),
    ):
        forged = {key: each for key, each in content.items() if key != "sum"} | {name: value}
        forged["sum"] = hashlib.sha256(header + verifier.canonical(forged)).hexdigest()[:16]
        text = verifier.canonical(forged)
        changed = octets[:begin] + struct.pack(">I", 49 + len(text)) + header + text
        finding = verify(a_closed_copy(tmp_path, name, changed)).finding
        assert finding is not None
        assert finding.problem == problem


def test_it_runs_as_a_single_file_anywhere(log: Path, tmp_path: Path) -> None:
    ran = Desk(tmp_path / "desk").run("verifier.py", log, "--json")
    assert json.loads(ran.stdout)["finding"] is None
    assert ran.returncode == 0


def test_the_table_shows_who_did_what_and_obeys_no_terminal_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path, pairs=2)
    assert main([str(tmp_path), "--show"]) == 0
    shown = capsys.readouterr().out
    assert "card.read" in shown
    assert "受付-1" in shown
    assert "done name address" in shown
    assert shown.endswith("whole\n")
    assert verifier.fit("a\x1b[31m\u202eb", 4) == "a?[31m?b"


def test_damage_is_told_in_words_and_by_the_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path, pairs=2, segment_bytes=1 << 20)
    path = segment_files(tmp_path)[0]
    octets = path.read_bytes()
    begin, end = spans(octets)[2]
    path.write_bytes(octets[:begin] + octets[end:])
    assert main([str(tmp_path), "--show"]) == 1
    assert "DAMAGED at record 3" in capsys.readouterr().out
    assert main([str(tmp_path / "nothing")]) == 1
    assert "no segment file" in capsys.readouterr().out
