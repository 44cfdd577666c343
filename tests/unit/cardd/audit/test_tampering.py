"""Whatever is done to a log on the disk is found, and the first bad record is named (A7)."""

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from cardd.audit.verifier import Finding, Note, Outside, note_of, verify
from tests.unit.cardd.audit.tampered import Expected, Files, a_town_in_small, inserted, spans
from tests.unit.cardd.audit.tampered_heads import KINDS

CI_ROUNDS = 400
"""Of each of 27 kinds: 10,800 together."""
LONG_ROUNDS = 38_000
FULL_EVERY = 8
"""One in so many is checked with the content of every record read, the others as `cardd-verify` does it by itself."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("town")
    made = a_town_in_small(folder)
    segments = {path.name: path.read_bytes() for path in sorted(folder.glob("*.seg"))}
    heads = {f"heads/{path.name}": path.read_bytes() for path in sorted((folder / "heads").iterdir())}
    files = Files(random.Random(0), segments, heads, made.log_id, made.newest_head)
    files.changed["first.key"] = (folder / "first.key").read_bytes()
    return files


def written(town: Files, folder: Path) -> dict[str, bytes]:
    """The untouched log in a folder."""
    first_key = town.changed["first.key"]
    assert first_key is not None
    every = {**town.segments, **town.heads, "first.key": first_key}
    (folder / "heads").mkdir()
    for name, octets in every.items():
        (folder / name).write_bytes(octets)
    return every


def anchors(expected: Expected) -> list[Note]:
    return [note_of(expected.anchor, "kept.txt")] if expected.anchor else []


def is_named(finding: Finding, expected: Expected) -> bool:
    """Whether the verifier points to where the change was made."""
    if expected.words and finding.problem not in expected.words:
        return False
    if expected.heads_file is not None and finding.file != expected.heads_file:
        return False
    return expected.record is None or finding.sequence <= expected.record <= max(finding.sequence, finding.until)


def rounds(town: Files, folder: Path, number: int, count: int) -> None:
    kind, every = KINDS[number], written(town, folder)
    for place in range(count):
        chance = random.Random(f"{kind.__name__} {place}")
        files = Files(chance, town.segments, town.heads, town.log_id, town.newest_head)
        expected = kind(files)
        changed = {name: octets for name, octets in files.changed.items() if octets != every.get(name)}
        assert changed or expected.anchor, f"round {place} changed nothing"
        for name, octets in changed.items():
            (folder / name).unlink() if octets is None else (folder / name).write_bytes(octets)
        finding = verify(folder, outside=Outside(anchors=anchors(expected)), full=place % FULL_EVERY == 0).finding
        assert finding is not None, f"round {place} was not found: {expected}"
        assert is_named(finding, expected), f"round {place}: {finding} instead of {expected}"
        put_back(folder, changed, every)


def put_back(folder: Path, changed: Iterable[str], every: dict[str, bytes]) -> None:
    for name in changed:
        if name in every:
            (folder / name).write_bytes(every[name])
        else:
            (folder / name).unlink()


@pytest.mark.proves("A6", "A7", "fault 105", "fault 106", "fault 108", "fault 109", "fault 111", "fault 112")
@pytest.mark.parametrize("number", range(len(KINDS)), ids=[kind.__name__ for kind in KINDS])
def test_every_tampering_is_found_and_the_first_bad_record_named(town: Files, tmp_path: Path, number: int) -> None:
    rounds(town, tmp_path, number, CI_ROUNDS)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.proves("A7")
@pytest.mark.parametrize("number", range(len(KINDS)), ids=[kind.__name__ for kind in KINDS])
def test_a_million_tamperings_are_found(town: Files, tmp_path: Path, number: int) -> None:
    rounds(town, tmp_path, number, LONG_ROUNDS)


@pytest.mark.proves("A6", "A7")
def test_bytes_that_begin_as_the_record_goes_on_are_found_in_the_next_one(town: Files, tmp_path: Path) -> None:
    """Round 6,981 of `insert_bytes`: put in before the last byte of record 12, a `}`, and beginning with one."""
    added = bytes.fromhex(
        "7d04b5587f5f5fe7b40832e3ba814414a802bc6e0770ce377e816dbf886d7ebb20180f93e5"
        "311c462d48654c6e8ad92efc3ebb8136f37f8c6d6b472b8361c69a5f7506354e69b299daccd2"
    )
    written(town, tmp_path)
    name, octets = next(iter(town.segments.items()))
    _, end = spans(octets)[11]
    files = Files(random.Random(0), town.segments, town.heads, town.log_id, town.newest_head)
    expected = inserted(files, name, end - 1, added)
    now = files.changed[name]
    assert now is not None
    assert now[:end] == octets[:end], "record 12 stands as it was written"
    assert expected == Expected(13)
    (tmp_path / name).write_bytes(now)
    for full in (False, True):
        assert verify(tmp_path, full=full).finding == Finding("length", 13, name, end)


def test_there_are_as_many_as_promised() -> None:
    assert len(KINDS) * CI_ROUNDS >= 10_000
    assert len(KINDS) * LONG_ROUNDS >= 1_000_000


def test_the_untouched_log_is_whole(town: Files, tmp_path: Path) -> None:
    written(town, tmp_path)
    for full in (False, True):
        report = verify(tmp_path, full=full)
        assert report.finding is None
        assert (report.segments, report.heads, report.keys) == (4, 19, 4)
        assert report.signatures == report.heads
