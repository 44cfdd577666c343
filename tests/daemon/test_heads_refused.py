"""A daemon whose record, heads and key do not belong together does not start, and says what to do; one that was stopped left a head."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cardd.audit.chain import SegmentHeader, walk
from cardd.audit.head_files import newest_head
from cardd.audit.verifier import verify
from tests.daemon.tools import Stage, staged


def log_of(stage: Stage) -> Path:
    (segment,) = stage.folder.rglob("00000000000000000001.seg")
    return segment.parent


def older_heads(stage: Stage) -> None:
    for path in (log_of(stage) / "heads").iterdir():
        path.unlink()


def no_key(stage: Stage) -> None:
    (stage.folder / "state" / "log.key").unlink()


def no_last_record(stage: Stage) -> None:
    path = sorted(log_of(stage).glob("*.seg"))[-1]
    octets = path.read_bytes()
    *_, (kept, _), (_, last) = walk(octets, SegmentHeader.decode(octets))
    assert last["event"] == "daemon.stopped"
    path.write_bytes(octets[: kept.end])


@pytest.mark.proves("A4", "fault 135")
def test_a_daemon_that_was_stopped_leaves_a_head_over_all_its_records() -> None:
    with staged() as stage:
        stage.call("health")
        assert stage.stop() == 0
        newest, report = newest_head(log_of(stage)), verify(log_of(stage))
        assert newest is not None
        assert (newest.head.why, newest.head.size) == ("stop", report.records)
        assert report.finding is None
        assert (stage.folder / "state" / "log.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.proves("A7", "fault 109")
@pytest.mark.parametrize(
    ("problem", "harm"), [("heads_missing", older_heads), ("log_key_missing", no_key), ("head_ahead", no_last_record)]
)
def test_what_was_taken_away_is_told_with_the_mend(problem: str, harm: Callable[[Stage], None]) -> None:
    with staged() as stage:
        assert stage.stop() == 0
        harm(stage)
        before = {path: path.read_bytes() for path in log_of(stage).rglob("*.seg")}
        stage.launch()
        assert stage.ends() == 1
        assert f"problem={problem}" in stage.log
        assert "do not belong together" in stage.log
        assert {path: path.read_bytes() for path in log_of(stage).rglob("*.seg")} == before
