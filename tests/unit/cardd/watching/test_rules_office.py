"""W13, W15 to W18: for each a log that triggers it, and one that just does not."""

import pytest

from cardd.watching.seen import Hit
from tests.unit.cardd.watching.made import Log


def problems(hits: list[Hit]) -> list[object]:
    return [dict(hit.about).get("problem") for hit in hits]


@pytest.mark.proves("W13")
def test_ten_refusals_of_one_application_within_ten_minutes() -> None:
    log = Log()
    log.denied()
    log.minutes(1).denied(problem="more_of_the_same", count=8)
    assert log.hits("w13") == [], "nine"
    log.minutes(8.9).denied(operator="taro")
    (hit,) = log.hits("w13")
    assert dict(hit.about) == {"client": "kiosk", "seat": "left"}
    assert hit.count == 10


@pytest.mark.proves("W13")
def test_refusals_of_two_applications_or_over_a_longer_time() -> None:
    log = Log()
    for number in range(18):
        log.denied(client=f"a{number % 2}")
    log.minutes(11).denied(client="a0")
    assert log.hits("w13") == []


@pytest.mark.proves("W15", "A10")
def test_a_clock_step_that_is_told_and_one_that_is_not() -> None:
    log = Log()
    log.state("daemon.started")
    log.step_clock(3).state("clock.step", step_us=3_000_000)
    log.use()
    assert problems(log.hits("w15")) == ["clock_step"], "once, for it was announced"
    log.step_clock(-2.1).state("session.ended")
    assert problems(log.hits("w15")) == ["clock_step", "clock_step"]
    log.step_clock(1.9).state("session.ended")
    assert len(log.hits("w15")) == 2, "up to two seconds are no step"


@pytest.mark.proves("W15", "A10")
@pytest.mark.parametrize(("problem", "found"), [("not_synchronised", ["clock_ahead"]), ("confirmed", [])])
def test_a_clock_that_is_days_ahead_after_a_start(problem: str, found: list[str]) -> None:
    log = Log("2026-11-16 18:00")
    log.state("log.created")
    log.state("daemon.stopped")
    log.minutes(20 * 24 * 60).state("log.opened")
    log.state("clock.ahead", count=20, problem=problem)
    assert problems(log.hits("w15")) == found


@pytest.mark.proves("W15")
def test_a_run_that_ended_without_a_word() -> None:
    log = Log("2026-11-16 18:00")
    log.state("log.created")
    log.state("daemon.started")
    log.state("daemon.stopped")
    log.state("log.segment")
    log.state("log.opened")
    assert log.hits("w15") == []
    log.state("daemon.started")
    last = log.state("session.ended")
    log.minutes(600).state("log.opened", cut_bytes=17)
    hits = log.hits("w15")
    assert problems(hits) == ["no_last_word", "torn"]
    assert last in hits[0].evidence


@pytest.mark.proves("W15")
@pytest.mark.parametrize(
    ("stopped", "started", "told"),
    [("2026-11-16 10:00", "2026-11-16 10:01", 1), ("2026-11-16 17:20", "2026-11-16 17:25", 0),
     ("2026-11-16 17:00", "2026-11-17 09:00", 0), ("2026-11-16 08:20", "2026-11-16 08:40", 0)],
)  # fmt: skip
def test_a_restart_in_opening_hours(stopped: str, started: str, told: int) -> None:
    log = Log(stopped)
    log.state("daemon.stopped")
    log.at(started).reboot().state("log.opened")
    assert problems(log.hits("w15")) == ["restart"] * told


@pytest.mark.proves("W15", "A5")
@pytest.mark.parametrize(("lag", "told"), [(599, 0), (600, 1)])
def test_a_witness_that_lags(lag: int, told: int) -> None:
    log = Log()
    log.state("head.witnessed", lag_s=9999)
    log.state("alarm.witness_lag", lag_s=lag)
    log.state("alarm.witness_lag", lag_s=lag + 60)
    assert len([hit for hit in log.hits("w15") if hit.count == lag]) == told


@pytest.mark.proves("W15")
@pytest.mark.parametrize(
    "event", ["alarm.log_damaged", "alarm.state_lost", "alarm.count_not_kept", "alarm.socket_removed"]
)
def test_a_check_that_failed(event: str) -> None:
    log = Log()
    log.state("alarm.badge_blocked", problem="lost")
    assert log.hits("w15") == []
    log.state(event)
    log.state(event)
    assert problems(log.hits("w15")) == [event.partition(".")[2]]


@pytest.mark.proves("W16", "S10")
def test_each_emergency_override() -> None:
    log = Log()
    override = {"operation": "override", "operator": "hanako", "seat": "left", "purpose": "disaster", "request": "r-1"}
    log.state("emergency.override", **override, code="policy.denied", emergency=True)
    log.use(emergency=True, purpose="disaster")
    assert log.hits("w16") == [], "a refusal; and a use under an override that has its own record"
    log.state("emergency.override", **override, emergency=True)
    log.state("emergency.override", **override, emergency=True)
    assert len(log.hits("w16")) == 2


def approve(log: Log, number: int, after_s: float, *, by: str = "jiro", asked_by: str = "hanako") -> None:
    log.state("badge.enrol", code="approval.required", approval=f"a-{number}", operator=asked_by, request="r-1")
    log.wait(after_s * 1_000_000)
    badge = {"operator": None, "card_kind": "badge", "purpose": None, "case": None, "event": "approval.give"}
    log.use("approve", approval=f"a-{number}", subject=asked_by, took_s=0, late={"operator": by}, **badge)
    log.minutes(60)


@pytest.mark.proves("W17")
@pytest.mark.parametrize(("after_s", "times", "told"), [(2.9, 5, 1), (3, 5, 0), (2.9, 4, 0)])
def test_approvals_faster_than_anybody_reads(after_s: float, times: int, told: int) -> None:
    log = Log("2026-11-16 09:00")
    for number in range(times):
        approve(log, number, after_s)
    assert [dict(hit.about) for hit in log.hits("w17")] == [
        {"operator": "hanako", "approver": "jiro", "problem": "fast"}
    ] * told


@pytest.mark.proves("W17")
def test_two_who_take_turns_are_one_pair() -> None:
    log = Log("2026-11-16 09:00")
    for number in range(5):
        by, asked_by = ("jiro", "hanako") if number % 2 else ("hanako", "jiro")
        approve(log, number, 1, by=by, asked_by=asked_by)
    assert problems(log.hits("w17")) == ["fast"]


@pytest.mark.proves("W17")
def test_always_the_same_two_though_there_is_a_third() -> None:
    log = Log("2026-11-16 09:00")
    for number in range(5):
        approve(log, number, 30)
    assert log.hits("w17") == [], "an office of two has no choice"
    approve(log, 9, 30, by="saburo", asked_by="taro")
    approve(log, 10, 30)
    (hit,) = log.hits("w17")
    assert dict(hit.about) == {"operator": "hanako", "approver": "jiro", "problem": "same_pair"}
    assert hit.count == 6


@pytest.mark.proves("W17")
def test_once_another_one_agreed_it_is_no_fixed_pair() -> None:
    log = Log("2026-11-16 09:00")
    approve(log, 0, 30, by="saburo")
    for number in range(1, 6):
        approve(log, number, 30)
    assert log.hits("w17") == []
    log.at("2026-11-23 09:30")  # the week with saburo is over
    approve(log, 7, 30)
    assert problems(log.hits("w17")) == ["same_pair"]


@pytest.mark.proves("W18", "C11")
@pytest.mark.parametrize(("mode", "told"), [("production", 2), ("test", 0)])
def test_a_strange_reader_in_production(mode: str, told: int) -> None:
    log = Log(mode=mode)
    log.state("alarm.reader_ignored", reader="Virtual PCD 00 00", problem="virtual")
    log.state("alarm.reader_ignored", reader="Virtual PCD 00 00", problem="virtual")
    log.state("alarm.reader_ignored", reader="ACS", problem="unknown")
    assert len(log.hits("w18")) == told
