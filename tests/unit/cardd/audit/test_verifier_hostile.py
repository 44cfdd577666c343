"""What an auditor is given by somebody who wants the check to hang, or to look elsewhere: pipes, and closed logs behind closed logs."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.verifier import Outside, main, summary, verify
from tests.fixtures.made_log import STATE, LogMaker, us_of
from tests.unit.cardd.audit.journals import filled
from tests.unit.cardd.audit.tampered import spans

# --- a chain of closed logs ------------------------------------------------------------------------------------------


def a_log(
    place: Path, seed: int, before: tuple[str, Any, Any] | None = None, reason: str = "restored"
) -> tuple[str, int, str]:
    """A small log that goes on from `before`; its id, its last record's number and hash."""
    facts = {"event": "log.created"}
    if before is not None:
        facts = {"event": "log.continued", "previous_log": before[0], "reason": reason}
        facts |= {"last_sequence": before[1], "last_hash": before[2]}  # type: ignore[dict-item]
    with LogMaker(place, start_us=us_of(2026, 5, seed, 1), seed=seed, created=facts) as log:
        for _ in range(5):
            log.put(log.us + 1, STATE, {"event": "daemon.started"})
        log.head("start")
    found = verify(place, outside=Outside(without_previous=True))
    assert found.finding is None
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


@pytest.mark.proves("A7", "A8")
@pytest.mark.parametrize("which", [0, 1], ids=["the one before", "the oldest"])
@pytest.mark.parametrize("full", [False, True])
def test_a_log_whose_closed_log_was_taken_away_is_not_whole(
    three: tuple[Path, str, str], which: int, full: bool
) -> None:
    log, lost = three[0], three[1 + which]
    (log / "closed" / lost).rename(log.parent / "away")
    report = verify(log, full=full)
    assert report.finding is not None
    assert (report.finding.problem, report.finding.file) == ("previous_missing", f"closed/{lost}")
    assert (report.closed_missing, len(report.closed)) == (lost, which)
    assert f"log {lost} is NOT here" in summary(report)
    assert f"ログ {lost} はここにありません" in summary(report, "ja")
    assert summary(report).splitlines()[-1].startswith("NOT WHOLE: record 1 ")
    assert summary(report, "ja").splitlines()[-1].startswith("不完全: 記録 1")


@pytest.mark.proves("A7")
def test_a_copy_of_one_log_is_whole_where_the_auditor_says_that_it_is_one(
    three: tuple[Path, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    log, middle, oldest = three
    (log / "closed").rename(log.parent / "kept")
    assert main([str(log), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["finding"]["problem"] == "previous_missing"
    assert main([str(log), "--without-previous", "--locale", "en"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "whole"
    assert f"log {middle} is NOT here: it, and all logs before it, were not checked" in said
    segment = next((log.parent / "kept" / middle).glob("*.seg"))
    octets = bytearray(segment.read_bytes())
    octets[-20] ^= 1
    segment.write_bytes(octets)
    (log.parent / "kept").rename(log / "closed")
    (log / "closed" / oldest).rename(log.parent / "away")
    assert main([str(log), "--without-previous"]) == 1, "what is there is checked all the same"


@pytest.mark.proves("A7", "A8")
def test_behind_a_closed_log_that_is_damaged_the_others_are_looked_for(tmp_path: Path) -> None:
    oldest = a_log(tmp_path / "one", 1)
    middle = a_log(tmp_path / "two", 2, oldest)
    log = tmp_path / "log"
    (segment,) = (tmp_path / "two").glob("*.seg")
    octets = segment.read_bytes()
    _, _, second, third, *_ = spans(octets)
    segment.write_bytes(octets[: third[0] + 100] + b"?" + octets[third[0] + 101 :])
    a_log(log, 3, (middle[0], 3, hashlib.sha256(octets[slice(*second)]).hexdigest()), reason="damaged")
    (log / "closed").mkdir()
    (tmp_path / "two").rename(log / "closed" / middle[0])
    finding = verify(log).finding
    assert finding is not None
    assert (finding.problem, finding.file) == ("previous_missing", f"closed/{oldest[0]}")
    (tmp_path / "one").rename(log / "closed" / oldest[0])
    assert verify(log).finding is None
    other = a_log(tmp_path / "other", 2, oldest)
    assert other[0] == middle[0], "a log of the same id, made anew"
    segment = next((log / "closed" / middle[0]).glob("*.seg"))
    segment.write_bytes(
        next((tmp_path / "other").glob("*.seg")).read_bytes().replace(b"daemon.started", b"daemon.stopped")
    )
    finding = verify(log).finding
    assert finding is not None
    assert finding.problem == "closed_log"


@pytest.mark.proves("A7")
@pytest.mark.parametrize("last", [("7", "00"), (None, None), ([1], {"a": 1}), (True, 5), (-1, "0" * 64)], ids=repr)
def test_a_first_record_that_names_nonsense_is_no_proof(three: tuple[Path, str, str], last: tuple[Any, Any]) -> None:
    log, middle, _ = three
    for reason in ("restored", "damaged"):
        shutil.rmtree(log / "again", ignore_errors=True)
        a_log(log / "again", 4, (middle, *last), reason=reason)
        (log / "again" / "closed").symlink_to(log / "closed")
        finding = verify(log / "again").finding
        assert finding is not None
        assert finding.problem == "closed_log"


@pytest.mark.proves("A7")
def test_a_closed_log_checked_by_itself_has_the_one_before_it_beside_it(three: tuple[Path, str, str]) -> None:
    log, middle, oldest = three
    report = verify(log / "closed" / middle)
    assert (report.finding, [each["log_id"] for each in report.closed]) == (None, [oldest])
    (log / "closed" / oldest).rename(log.parent / "away")
    finding = verify(log / "closed" / middle).finding
    assert finding is not None
    assert finding.problem == "previous_missing"


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


@pytest.mark.proves("A6")
def test_the_name_of_a_file_commands_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path)
    first, *_ = sorted(tmp_path.glob("*.seg"))
    first.rename(tmp_path / "0\x1b[2J\u202e.seg")
    for locale in ("en", "ja"):
        assert main([str(tmp_path), "--locale", locale]) == 1
        said = capsys.readouterr().out
        assert "0?[2J?.seg" in said
        assert "\x1b" not in said
    assert main([str(tmp_path), "--anchor", str(tmp_path / "\x1b[2J")]) == 2
    assert "\x1b" not in capsys.readouterr().err
