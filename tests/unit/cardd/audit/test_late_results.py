"""A result that the disk did not take when it was due is written when it can be: what became of card and PIN is not lost."""

import errno
from pathlib import Path

import pytest

from cardd.audit.records import Result, StateRecord
from cardd.errors import AuditUnavailable
from tests.unit.cardd.audit.head_rules import check, records_of
from tests.unit.cardd.audit.journals import FailingDisk, HandClock, an_intent, an_outcome, opened


def last_of(directory: Path) -> dict[str, object]:
    return records_of(directory)[-1].content


@pytest.mark.proves("A1", "fault 130")
@pytest.mark.parametrize("result", [Result.DONE, Result.REFUSED])
def test_a_result_that_was_refused_stands_on_record_when_the_disk_is_back(tmp_path: Path, result: Result) -> None:
    """The caller got nothing, so it did not end well; that the PIN was accepted is known, and said."""
    disk = FailingDisk()
    log = opened(tmp_path, HandClock(), disk)
    intent = log.intent(an_intent())
    log.keep()
    disk.fail("write", errno.EROFS, times=1)
    with pytest.raises(AuditUnavailable):
        log.outcome(intent, an_outcome().model_copy(update={"result": result}))
    assert (log.due, log.problem) == (True, "read_only")
    log.keep()
    told = last_of(tmp_path)
    assert (told["intent"], told["pin_outcome"]) == (intent.sequence, "accepted")
    late = (told["result"], told.get("code"), told.get("problem"), "items" in told)
    assert late == (
        ("failed", "audit.unavailable", "result_late", False)
        if result is Result.DONE
        else ("refused", None, None, True)
    )
    assert (log.problem, log.tail.open_intents) == (None, set())
    log.state(StateRecord(event="daemon.stopped"))
    log.close()
    check(tmp_path)


@pytest.mark.proves("A1", "fault 126")
def test_a_result_that_is_still_owed_at_the_end_is_unknown_to_the_next_start(tmp_path: Path) -> None:
    disk = FailingDisk()
    log = opened(tmp_path, HandClock(), disk)
    intent = log.intent(an_intent())
    disk.fail("write", errno.EROFS, times=100)
    with pytest.raises(AuditUnavailable):
        log.outcome(intent, an_outcome())
    log.keep()
    assert log.problem is not None
    log.close()
    opened(tmp_path, HandClock()).close()
    told = last_of(tmp_path)
    assert (told["intent"], told["result"]) == (intent.sequence, "unknown")
    check(tmp_path)


@pytest.mark.proves("A1", "fault 130")
def test_a_disk_that_has_room_again_is_seen_though_nobody_works(tmp_path: Path) -> None:
    disk = FailingDisk()
    log = opened(tmp_path, HandClock(), disk)
    log.give_up_reserve()
    disk.room = 10
    with pytest.raises(AuditUnavailable):
        log.intent(an_intent())
    assert (log.due, log.problem) == (True, "disk_full")
    log.keep()
    assert log.problem == "disk_full"
    disk.room = None
    log.keep()
    assert (log.due, log.problem) == (False, None)
    log.close()
