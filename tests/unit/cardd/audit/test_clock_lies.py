"""The clock jumps, goes back over midnight, is years ahead for a while: no record is lost, no key is burned, the verifier tells lies
of the clock from damage (faults 115 and 139)."""

from pathlib import Path

import pytest

from cardd.audit.records import StateRecord
from cardd.audit.verifier import verify
from cardd.errors import AuditUnavailable
from tests.unit.cardd.audit.head_rules import check, heads_of, records_of
from tests.unit.cardd.audit.journals import DAY_S, START_US, HandClock, opened, use

MINUTE_S, HOUR_S = 60, 3600
YEAR_S = 365 * DAY_S
TO_MIDNIGHT_S = DAY_S - START_US // 1_000_000 % DAY_S


def at_midnight() -> HandClock:
    """Half a minute before."""
    clock = HandClock()
    clock.pass_s(TO_MIDNIGHT_S - 30)
    return clock


def day(directory: Path) -> list[str]:
    return list(heads_of(directory))


def events(directory: Path) -> list[object]:
    return [each.content.get("event") for each in records_of(directory)]


@pytest.mark.proves("A10", "fault 115", "fault 139")
@pytest.mark.parametrize("step_s", [0.5, 1.0, 1.9, 2.1, 40, HOUR_S, DAY_S, 30 * DAY_S])
@pytest.mark.parametrize("restart", [False, True])
def test_back_over_midnight_the_key_stays_and_nothing_is_damaged(tmp_path: Path, step_s: float, restart: bool) -> None:
    clock = at_midnight()
    log = opened(tmp_path, clock)
    use(log, 3)
    clock.pass_s(30.5)
    use(log, 3)
    clock.us -= int(step_s * 1_000_000)
    if restart:
        log.close()
        log = opened(tmp_path, clock)
    use(log, 3)
    clock.pass_s(MINUTE_S)
    use(log, 2)
    clock.pass_s(DAY_S)
    use(log, 2)
    log.close()
    report = verify(tmp_path)
    assert report.finding is None
    assert ("clock.step" in events(tmp_path)) == (step_s > 2)
    assert events(tmp_path).count("card.read") == 13
    if step_s < HOUR_S:
        assert day(tmp_path) == ["2026-11-22", "2026-11-23", "2026-11-24"]


@pytest.mark.proves("fault 139")
@pytest.mark.parametrize("times", [1, 50])
def test_ten_years_ahead_and_back_takes_no_work_and_burns_no_key(tmp_path: Path, times: int) -> None:
    clock = at_midnight()
    log = opened(tmp_path, clock)
    use(log, 3)
    log.head("time")
    for _ in range(times):
        clock.us += 10 * YEAR_S * 1_000_000
        log.keep()
        with pytest.raises(AuditUnavailable) as caught:
            use(log)
        assert caught.value.facts.problem == "clock_far_ahead"
        log.keep()  # nobody works, the timer goes on
        clock.us -= 10 * YEAR_S * 1_000_000
        log.keep()
        assert log.problem is None
    use(log, 3)
    log.close()
    assert day(tmp_path) == ["2026-11-22"]
    check(tmp_path)


@pytest.mark.proves("fault 139", "fault 115")
@pytest.mark.parametrize("ahead_days", [2, 20])
def test_days_ahead_and_back_leave_a_log_that_is_whole(tmp_path: Path, ahead_days: int) -> None:
    """Less than the limit is believed: keys go ahead, and stay where they are until the days have caught up. Nothing is lost by it."""
    clock = at_midnight()
    log = opened(tmp_path, clock)
    use(log, 3)
    clock.us += ahead_days * DAY_S * 1_000_000
    use(log, 3)
    clock.us -= ahead_days * DAY_S * 1_000_000
    for _ in range(ahead_days + 2):
        use(log, 1)
        clock.pass_s(DAY_S)
    use(log, 1)
    log.close()
    assert verify(tmp_path).finding is None
    assert len(day(tmp_path)) == ahead_days + 3
    assert events(tmp_path).count("clock.step") == 2


@pytest.mark.proves("fault 139")
def test_a_machine_that_slept_over_midnights_signs_a_head_for_each(tmp_path: Path) -> None:
    """CLOCK_BOOTTIME goes on while it sleeps: no step, four days."""
    clock = at_midnight()
    log = opened(tmp_path, clock)
    use(log, 1)
    clock.pass_s(3 * DAY_S)
    log.keep()
    assert day(tmp_path) == ["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"]
    assert "clock.step" not in events(tmp_path)
    log.state(StateRecord(event="daemon.stopped"))
    log.close()
    check(tmp_path)


@pytest.mark.proves("fault 139")
@pytest.mark.parametrize("direction", [-1, 1])
def test_a_leap_second_at_midnight(tmp_path: Path, direction: int) -> None:
    """The kernel sets the clock by one second at the end of the day: no step, no damage, whichever record comes first."""
    clock = at_midnight()
    log = opened(tmp_path, clock)
    clock.pass_s(29.9)
    use(log, 1)
    clock.pass_s(0.2)
    use(log, 1)
    clock.us += direction * 1_000_000
    use(log, 3)
    clock.pass_s(HOUR_S)
    use(log, 1)
    log.close()
    assert "clock.step" not in events(tmp_path)
    check(tmp_path)
