"""A power cut at any write: whatever the disk holds then, the record starts, is whole, and has every confirmed record (T7)."""

import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardd.audit import checkpoint
from cardd.audit.chain import SegmentHeader, segments, walk
from cardd.audit.journal import Journal
from cardd.audit.startup import check_log
from tests.daemon.crash_images import Call, Replay, moments, trace
from tests.daemon.crash_writer import TurnedClock, settings

FOLDERS = (".", "log")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """In memory: what is tested is what the program does with an image, not a disk."""
    with tempfile.TemporaryDirectory(prefix="crash-", dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def calls(place: Path) -> list[Call]:
    root = place / "written"
    (root / "log").mkdir(parents=True)
    return trace([sys.executable, "-m", "tests.daemon.crash_writer", str(root)], place)


def confirmed_of(replay: Replay) -> dict[int, str]:
    """What the writer had been told is durable."""
    lines = [line.split() for line in replay.said.decode().splitlines()]
    return {int(number): told for number, told in lines if number != "time"}


def check(image: Path, confirmed: dict[int, str], clock_us: int) -> str:
    """Start the record on an image, and compare; what the start found, in a word or two. `clock_us`: behind the last record."""
    before = sorted(path.name for path in image.rglob("*"))
    log = Journal(image / "log", TurnedClock(clock_us), settings())
    try:
        head = log.head("stop")
    finally:
        log.close()
    assert check_log(image / "log") == head.head.size, before
    found = {}
    for path in segments(image / "log"):
        octets = path.read_bytes()
        found |= {record.sequence: record.hash.hex() for record, _ in walk(octets, SegmentHeader.decode(octets))}
    lost = {number: told for number, told in confirmed.items() if found.get(number) != told}
    assert not lost, (before, sorted(lost))
    sizes = [0]
    for path in sorted((image / "log" / "heads").iterdir()):
        for note in checkpoint.split(path.read_bytes()):
            signed = checkpoint.parse(note)
            assert signed.head.chain.hex() == found[signed.head.size]
            sizes.append(signed.head.size)
    assert sizes == sorted(sizes)
    return "torn" if any(path.name.startswith("torn-") for path in (image / "log").iterdir()) else "whole"


@pytest.mark.proves("T7", "A2", "fault 124")
@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(0)])])
def test_every_image_of_a_power_cut_starts_whole_with_every_confirmed_record(
    place: Path, calls: list[Call], count: int
) -> None:
    every = list(moments(calls, place / "written", FOLDERS))
    said = every[-1].said.decode().splitlines()[-1].split()
    assert said[0] == "time"
    each, dice, made, found = -(-count // len(every)), random.Random(count), 0, {"torn": 0, "whole": 0}
    for replay in moments(calls, place / "written", FOLDERS):
        for _ in range(each):
            replay.image(dice, place / "image")
            found[check(place / "image", confirmed_of(replay), int(said[1]))] += 1
            made += 1
    print(f"{made} images at {len(every)} moments, {found['torn']} with a torn record, none damaged, none lost")
    assert made >= count
    assert found["torn"] > count // 50
    periods = len(list((place / "written" / "log" / "heads").iterdir()))
    assert periods >= 4, "the keys of the day must have changed while it was written"


@pytest.mark.proves("T7")
def test_the_images_find_a_writer_that_does_not_sync(place: Path, calls: list[Call]) -> None:
    """The same trace with its syncs of record files taken out: confirmed records must be missing in some image."""
    careless = [call for call in calls if call.name != "fdatasync"]
    dice, lost = random.Random(1), 0
    last = int(list(moments(calls, place / "written", FOLDERS))[-1].said.decode().splitlines()[-1].split()[1])
    for number, replay in enumerate(moments(careless, place / "written", FOLDERS)):
        if number % 10 == 0 and confirmed_of(replay):
            replay.image(dice, place / "image")
            try:
                check(place / "image", confirmed_of(replay), last)
            except Exception:
                lost += 1
    assert lost > 5
    shutil.rmtree(place / "image")
