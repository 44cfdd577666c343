"""How far ahead of the record a clock is believed that nothing keeps right; and what a start says of records that no head covers."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.chain import encode_record
from cardd.audit.clock_steps import NOTED_DAYS, TRUSTED_DAYS
from cardd.audit.journal import Journal
from cardd.audit.log_key import LogKey, day_of
from cardd.audit.records import StateRecord
from cardd.errors import AuditUnavailable
from tests.unit.cardd.audit.head_rules import check, heads_of, records_of
from tests.unit.cardd.audit.journals import DAY_S, HandClock, key_of, opened, segment_files, use

HOUR_S = 3600


def synchronised() -> str:
    return "synchronised"


@pytest.fixture
def clock(tmp_path: Path) -> HandClock:
    """Behind a day's work that ended in order."""
    clock = HandClock()
    (tmp_path / "log").mkdir()
    log = start(tmp_path, clock)
    use(log, 3)
    log.state(StateRecord(event="daemon.stopped"))
    log.keep()
    log.close()
    return clock


def start(folder: Path, clock: HandClock, **facts: Any) -> Journal:
    return opened(folder / "log", clock, segment_bytes=1 << 20, **facts)


def jumps(folder: Path) -> list[tuple[object, object]]:
    found = [each.content for each in records_of(folder / "log") if each.content.get("event") == "clock.ahead"]
    return [(each.get("count"), each.get("problem")) for each in found]


@pytest.mark.proves("A10", "fault 139", "fault 168")
@pytest.mark.parametrize("days", [TRUSTED_DAYS + 1, 365, 400])
def test_a_wrong_year_takes_no_key_along(tmp_path: Path, clock: HandClock, days: int) -> None:
    """A clock without battery that wakes up in next year: nothing is written, and once it is right all goes on as before."""
    before, key = heads_of(tmp_path / "log"), key_of(tmp_path / "log").read_bytes()
    clock.pass_s(days * DAY_S)
    for _ in range(2):
        with pytest.raises(AuditUnavailable) as caught:
            start(tmp_path, clock)
        assert caught.value.facts.problem == "clock_unsure"
    assert list(heads_of(tmp_path / "log")) == list(before)
    assert key_of(tmp_path / "log").read_bytes() == key
    clock.pass_s(-days * DAY_S + HOUR_S)
    log = start(tmp_path, clock)
    assert log.heads.clock_problem is None
    use(log)
    log.close()
    check(tmp_path / "log")
    assert jumps(tmp_path) == []


@pytest.mark.proves("A10", "A4")
def test_a_machine_that_was_off_for_six_weeks_starts_with_a_clock_that_is_kept_right(
    tmp_path: Path, clock: HandClock
) -> None:
    clock.pass_s(42 * DAY_S)
    log = start(tmp_path, clock, time_quality=synchronised)
    use(log)
    assert log.heads.clock_problem is None
    log.close()
    assert len(heads_of(tmp_path / "log")) == 43
    assert jumps(tmp_path) == []
    check(tmp_path / "log")


@pytest.mark.proves("A10", "fault 139")
def test_whoever_answers_for_the_machine_may_confirm_the_clock_up_to_a_day(tmp_path: Path, clock: HandClock) -> None:
    clock.pass_s(90 * DAY_S)
    today = day_of(clock.us)
    with pytest.raises(AuditUnavailable):
        start(tmp_path, clock, clock_confirmed=today - timedelta(days=1))
    log = start(tmp_path, clock, clock_confirmed=today)
    use(log)
    assert log.heads.clock_problem is None
    log.close()
    assert jumps(tmp_path) == [(90, "confirmed")]
    check(tmp_path / "log")


@pytest.mark.proves("A10")
@pytest.mark.parametrize("confirmed", [None, date(2027, 12, 31)])
def test_nobody_confirms_more_than_400_days(tmp_path: Path, clock: HandClock, confirmed: date | None) -> None:
    clock.pass_s(402 * DAY_S)
    with pytest.raises(AuditUnavailable) as caught:
        start(tmp_path, clock, clock_confirmed=confirmed, time_quality=synchronised)
    assert caught.value.facts.problem == "clock_far_ahead"


@pytest.mark.proves("A10")
def test_where_another_service_keeps_the_clock_the_office_says_so(tmp_path: Path, clock: HandClock) -> None:
    clock.pass_s(200 * DAY_S)
    start(tmp_path, clock, clock_days=400).close()
    assert jumps(tmp_path) == [(200, "not_synchronised")]


@pytest.mark.proves("A10", "fault 115")
@pytest.mark.parametrize("days", [1, NOTED_DAYS, NOTED_DAYS + 1, TRUSTED_DAYS])
def test_a_shorter_jump_is_believed_and_said_where_it_is_more_than_a_week(
    tmp_path: Path, clock: HandClock, days: int
) -> None:
    quality = ["unknown"]
    clock.pass_s(days * DAY_S)
    log = start(tmp_path, clock, time_quality=lambda: quality[0])
    use(log)
    said = days > NOTED_DAYS
    assert log.heads.clock_problem == ("not_synchronised" if said else None)
    quality[0] = "synchronised"
    assert log.heads.clock_problem is None
    log.close()
    assert jumps(tmp_path) == ([(days, "not_synchronised")] if said else [])
    check(tmp_path / "log")


@pytest.mark.proves("A10", "fault 139")
def test_a_key_that_went_ahead_with_a_wrong_clock_is_told_until_the_days_have_caught_up(
    tmp_path: Path, clock: HandClock
) -> None:
    clock.pass_s(20 * DAY_S)
    start(tmp_path, clock).close()
    ahead = LogKey.decode(key_of(tmp_path / "log").read_bytes()).period
    clock.pass_s(-20 * DAY_S)
    log = start(tmp_path, clock)
    assert log.heads.clock_problem == "key_ahead"
    clock.pass_s(20 * DAY_S)
    assert log.heads.clock_problem is None
    log.close()
    assert LogKey.decode(key_of(tmp_path / "log").read_bytes()).period == ahead


@pytest.mark.proves("A10", "fault 139")
def test_a_jump_while_it_runs_takes_no_work_until_the_clock_is_right_or_kept_right(
    tmp_path: Path, clock: HandClock
) -> None:
    quality = ["unknown"]
    log = start(tmp_path, clock, time_quality=lambda: quality[0])
    use(log)
    clock.us += 60 * DAY_S * 1_000_000
    with pytest.raises(AuditUnavailable) as caught:
        use(log)
    assert caught.value.facts.problem == "clock_unsure"
    assert log.problem == "clock_unsure"
    clock.us -= 60 * DAY_S * 1_000_000
    use(log)
    assert log.problem is None
    clock.pass_s(60 * DAY_S)  # it slept so long, and then the clock was synchronised
    quality[0] = "synchronised"
    use(log)
    log.close()
    check(tmp_path / "log")


@pytest.mark.proves("A4", "A7")
@pytest.mark.parametrize("uses", [0, 1, 40])
def test_records_that_no_head_covered_are_told_at_the_next_start(tmp_path: Path, clock: HandClock, uses: int) -> None:
    """The chain has no key: what stands behind the newest head, somebody may have put there while nothing ran. An auditor sees how much."""
    log = start(tmp_path, clock)
    log.head("time")
    for _ in range(uses):
        log.state(StateRecord(event="session.ended"))
    assert log.heads.uncovered == uses
    log.close()  # killed
    start(tmp_path, clock).close()
    written = reversed(records_of(tmp_path / "log"))
    opened_now = next(each.content for each in written if each.content.get("event") == "log.opened")
    assert opened_now.get("uncovered", 0) == uses


@pytest.mark.proves("A4", "A7")
def test_a_record_that_was_put_behind_an_orderly_end_is_told(tmp_path: Path, clock: HandClock) -> None:
    """Whoever can write the directory adds one, chained as it should be, with no key: the log goes on, and says that it is there."""
    log = tmp_path / "log"
    written = records_of(log)
    last, number = written[-1], len(written) + 1
    content = {name: value for name, value in last.content.items() if name not in ("seq", "utc_us", "phase", "sum")}
    with segment_files(log)[-1].open("ab") as file:
        file.write(encode_record(number, last.utc_us + 1, 3, last.hash, content | {"event": "session.ended"}))
    start(tmp_path, clock).close()
    opened_now = next(each.content for each in reversed(records_of(log)) if each.content.get("event") == "log.opened")
    assert opened_now["uncovered"] == 1
