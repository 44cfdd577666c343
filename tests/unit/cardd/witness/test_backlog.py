"""The oldest work that left nobody, found in the log itself: from any place, over segments, cuts and boots."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardd.witness.backlog import Backlog, newest_export
from tests.fixtures.made_log import INTENT, STATE
from tests.unit.cardd.witness.growing import MINUTE_US, GrowingLog

DAY_S = 86_400.0


def test_the_backlog_is_found_in_any_segment(tmp_path: Path) -> None:
    """From every number of records that left: the oldest work behind it, by a plain walk over the log."""
    log = GrowingLog(tmp_path / "log", segment_bytes=6_000)
    work = []
    for number in range(60):
        log.put(log.us + MINUTE_US, STATE, {"event": "head.witnessed" if number % 3 else "daemon.started"})
        if number % 4 == 0:
            work.append(log.put(log.us + MINUTE_US, INTENT, {"event": "card.read"}))
    log.save()
    assert len(list(log.directory.glob("*.seg"))) > 5
    going = Backlog(log.directory, log.boot, DAY_S)
    for covered in range(log.sequence + 1):
        expected = next((each for each in work if each > covered), None)
        anew = Backlog(log.directory, log.boot, DAY_S)
        for backlog in (anew, going):
            backlog.look(covered)
            assert (backlog.oldest.sequence if backlog.oldest else None) == expected, covered
    assert going.waited_s(1e9) == 0.0
    new = log.put(log.us + MINUTE_US, INTENT, {"event": "card.read"})
    log.save()
    going.look(log.sequence - 1)
    assert going.oldest is not None
    assert going.oldest.sequence == new
    assert going.waited_s((log.us - log.boot_us) / 1e6 + 9.0 + 60.0) == pytest.approx(60.0)


def test_a_cut_behind_its_back_is_no_trouble(tmp_path: Path) -> None:
    log = GrowingLog(tmp_path / "log", segment_bytes=6_000)
    log.work(40)
    backlog = Backlog(log.directory, log.boot, DAY_S)
    backlog.look(2)
    for path in sorted(log.directory.glob("*.seg"))[:-1]:
        path.unlink()
    backlog.look(log.sequence)
    assert backlog.oldest is None


def test_text_of_people_is_no_export(tmp_path: Path) -> None:
    log = GrowingLog(tmp_path / "log")
    log.put(log.us + 1, INTENT, {"event": "card.read", "case": '"event":"audit.export_head","head_size":99'})
    log.save()
    assert newest_export(log.directory) == 0


def test_an_export_is_found_behind_proofs_that_came_to_nothing(tmp_path: Path) -> None:
    """A badge was shown again in a later segment, and the head never given: the one before counts."""
    log = GrowingLog(tmp_path / "log", segment_bytes=6_000)
    log.work(3)
    log.state("audit.export_head", head_size=7)
    log.work(20)
    log.put(log.us + 1, INTENT, {"event": "audit.export_head"})
    log.save()
    assert newest_export(log.directory) == 7


def test_boots_before_this_one_count_as_far_as_their_records_go(tmp_path: Path) -> None:
    """Two hours of work in a boot that is over, an hour in the next, and half a minute in this one, which wrote nothing yet."""
    log = GrowingLog(tmp_path / "log")
    log.put(log.us + MINUTE_US, INTENT, {"event": "card.read"})
    log.put(log.us + 120 * MINUTE_US, STATE, {"event": "daemon.stopped"})
    log.boots(log.us + 900 * MINUTE_US)
    log.put(log.us + 60 * MINUTE_US, STATE, {"event": "daemon.stopped"})
    log.save()
    backlog = Backlog(log.directory, "a boot without a record", DAY_S)
    backlog.look(0)
    assert backlog.waited_s(30.0) == pytest.approx(180 * 60 + 9 + 30, abs=1)
