"""What an auditor is given by somebody who wants the check to hang, or to look elsewhere: pipes, and closed logs behind closed logs."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cardd.audit.verifier import main, summary, verify
from tests.fixtures.made_log import STATE, LogMaker, us_of
from tests.unit.cardd.audit.journals import filled

# --- a chain of closed logs ------------------------------------------------------------------------------------------


def a_log(place: Path, seed: int, before: tuple[str, int, str] | None = None) -> tuple[str, int, str]:
    """A small log that goes on from `before`; its id, its last record's number and hash."""
    facts = {"event": "log.created"}
    if before is not None:
        facts = {"event": "log.continued", "previous_log": before[0], "reason": "restored"}
        facts |= {"last_sequence": before[1], "last_hash": before[2]}  # type: ignore[dict-item]
    with LogMaker(place, start_us=us_of(2026, 5, seed, 1), seed=seed, created=facts) as log:
        for _ in range(5):
            log.put(log.us + 1, STATE, {"event": "daemon.started"})
        log.head("start")
    found = verify(place)
    return found.log_id, found.records, found.last_hash


@pytest.fixture
def three(tmp_path: Path) -> tuple[Path, str, str]:
    """A log that goes on from a log that goes on from a log; the closed ones stand in one folder. The newest, the ids of the others."""
    oldest = a_log(tmp_path / "one", 1)
    middle = a_log(tmp_path / "two", 2, oldest)
    log = tmp_path / "log"
    a_log(log, 3, middle)
    (log / "closed").mkdir()
    (tmp_path / "one").rename(log / "closed" / oldest[0])
    (tmp_path / "two").rename(log / "closed" / middle[0])
    return log, middle[0], oldest[0]


@pytest.mark.proves("A7", "A8")
def test_every_log_of_the_chain_is_checked(three: tuple[Path, str, str]) -> None:
    log, middle, oldest = three
    report = verify(log)
    assert report.finding is None
    assert [each["log_id"] for each in report.closed] == [middle, oldest]
    (segment,) = (log / "closed" / oldest).glob("*.seg")
    octets = bytearray(segment.read_bytes())
    octets[-20] ^= 1
    segment.write_bytes(octets)
    finding = verify(log).finding
    assert finding is not None
    assert (finding.problem, finding.file) == ("closed_log", f"closed/{oldest}")


@pytest.mark.proves("A7")
@pytest.mark.parametrize("full", [False, True])
def test_two_closed_logs_that_were_exchanged_are_found(three: tuple[Path, str, str], full: bool) -> None:
    log, middle, oldest = three
    closed = log / "closed"
    (closed / middle).rename(closed / "aside")
    (closed / oldest).rename(closed / middle)
    (closed / "aside").rename(closed / oldest)
    finding = verify(log, full=full).finding
    assert finding is not None
    assert finding.problem == "closed_log"


@pytest.mark.proves("A7")
def test_a_closed_log_that_was_taken_away_is_told_of(three: tuple[Path, str, str]) -> None:
    log, _, oldest = three
    (log / "closed" / oldest).rename(log.parent / "away")
    report = verify(log)
    assert (report.finding, report.closed_missing) == (None, oldest)
    assert f"log {oldest} is NOT here" in summary(report)
    assert f"ログ {oldest} はここにありません" in summary(report, "ja")


@pytest.mark.timeout(20)
def test_closed_logs_in_a_ring_end(three: tuple[Path, str, str]) -> None:
    """Nobody can make two records that hold each other's hash; the check must end before it finds that out."""
    log, middle, oldest = three
    (log / "closed" / oldest / "closed").symlink_to(log / "closed")
    (log / "closed" / middle / "closed").symlink_to(log / "closed")
    assert verify(log).finding is None


# --- what is no file -------------------------------------------------------------------------------------------------


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


PLACES = ["heads/2026-11-22.heads", "heads/2026-11-30.heads", "first.key", "newest.seg"]


@pytest.mark.proves("A6", "A7")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("put", [a_pipe, a_device])
def test_a_pipe_or_a_device_in_a_copy_ends_the_check_with_its_name(
    tmp_path: Path, name: str, put: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    log.mkdir()
    filled(log)
    path = sorted(log.glob("*.seg"))[-1] if name == "newest.seg" else log / name
    path.unlink(missing_ok=True)
    put(path)
    assert main([str(log)]) == 2
    assert path.name in capsys.readouterr().err
