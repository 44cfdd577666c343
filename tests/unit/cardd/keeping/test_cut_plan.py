"""What may be cut off: by the clock, and by what the log itself lived through."""

import base64
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardd.audit.entries import entries, segment_entries
from cardd.audit.records import Phase
from cardd.errors import AuditCutRefused
from cardd.japan_time import JAPAN, utc
from cardd.keeping.cut_plan import check_left, plan_cut, summarize, years_before
from tests.fixtures.written_log import WrittenLog
from tests.unit.cardd.keeping.old_logs import DAY_US, FIRST, noon, old_log

TODAY = date(2026, 11, 22)
YEARS = 7


def refused(directory: Path, before: date, now_us: int) -> str | None:
    with pytest.raises(AuditCutRefused) as caught:
        plan_cut(directory, before, now_us, YEARS)
    return caught.value.facts.problem


@pytest.mark.proves("A8")
def test_whole_segments_go_whose_every_record_is_older_than_the_day(tmp_path: Path) -> None:
    old_log(tmp_path, TODAY)
    before = years_before(TODAY, YEARS) - timedelta(days=40)
    plan = plan_cut(tmp_path, before, noon(TODAY), YEARS)
    found = [entry for entry, _ in entries(tmp_path)]
    gone = [entry for entry in found if entry.sequence <= plan.last_sequence]
    assert (plan.first_sequence, plan.count) == (1, len(gone))
    assert all(utc(entry.utc_us).astimezone(JAPAN).date() < before for entry in gone)
    assert plan.last_hash == gone[-1].hash
    # The next segment holds a record that is not old enough, so nothing more could have gone.
    next_segment = next(path for path in sorted(tmp_path.glob("*.seg")) if int(path.stem) == plan.last_sequence + 1)
    kept = [utc(entry.utc_us).astimezone(JAPAN).date() for entry in segment_entries(next_segment)]
    assert max(kept) >= before
    assert plan.octets == sum(path.stat().st_size for path in plan.paths)


@pytest.mark.proves("A8", "fault 120")
def test_a_day_inside_the_years_that_are_kept_is_refused(tmp_path: Path) -> None:
    old_log(tmp_path, TODAY)
    limit = years_before(TODAY, YEARS)
    assert refused(tmp_path, limit + timedelta(days=1), noon(TODAY)) == "too_young"
    assert plan_cut(tmp_path, limit, noon(TODAY), YEARS).count


def test_a_log_without_an_old_segment_has_nothing_to_cut(tmp_path: Path) -> None:
    old_log(tmp_path, TODAY)
    assert refused(tmp_path, FIRST, noon(TODAY)) == "nothing"


def test_the_newest_segment_never_goes(tmp_path: Path) -> None:
    log = WrittenLog(tmp_path)
    for place in range(100):
        log.state(noon(FIRST) + place, "daemon.started")
    log.close()
    assert refused(tmp_path, date(2019, 1, 1), noon(TODAY)) == "nothing"


@pytest.mark.proves("fault 139")
def test_a_clock_that_is_ahead_today_makes_nothing_old(tmp_path: Path) -> None:
    old_log(tmp_path, date(2021, 1, 1))
    ahead = date(2036, 1, 1)
    assert refused(tmp_path, years_before(ahead, YEARS), noon(ahead)) == "clock"


@pytest.mark.proves("fault 139", "A10")
def test_an_announced_step_is_no_time_that_passed(tmp_path: Path) -> None:
    """Many small steps, each within what a gap may be: only the records `clock.step` tell them from days that passed."""
    log, at, step = WrittenLog(tmp_path, records_per_segment=10), noon(FIRST), 13 * DAY_US
    for _ in range(400):
        at += step + DAY_US // 24
        log.state(at, "clock.step", step_us=step)
    log.close()
    now = utc(at).date()
    assert (now - FIRST).days > 14 * 365
    assert refused(tmp_path, years_before(now, YEARS), at) == "clock"


@pytest.mark.proves("fault 139")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    last=st.integers(400, 3000),
    lie_at=st.integers(0, 3000),
    lie_days=st.one_of(st.integers(15, 12_000), st.integers(-6000, -15)),
    asked_back=st.integers(0, 2000),
)
def test_no_lie_of_the_clock_cuts_what_is_younger_than_seven_years(
    tmp_path_factory: pytest.TempPathFactory, last: int, lie_at: int, lie_days: int, asked_back: int
) -> None:
    directory = tmp_path_factory.mktemp("log")
    end, lie = FIRST + timedelta(days=last), timedelta(days=lie_days)
    truth = old_log(directory, end, lie_from=FIRST + timedelta(days=lie_at), lie=lie)
    now = noon(end + timedelta(days=3)) + (lie // timedelta(microseconds=1) if lie_at <= last else 0)
    before = years_before(utc(now).date(), YEARS) - timedelta(days=asked_back)
    try:
        plan = plan_cut(directory, before, now, YEARS)
    except AuditCutRefused:
        return
    youngest = max(truth[number] for number in range(1, plan.last_sequence + 1))
    assert (end + timedelta(days=3) - youngest).days >= YEARS * 365


@pytest.mark.proves("A8")
def test_what_is_left_is_the_count_of_every_record_and_all_keys(tmp_path: Path) -> None:
    old_log(tmp_path, TODAY)
    plan = plan_cut(tmp_path, years_before(TODAY, YEARS), noon(TODAY), YEARS)
    summary = summarize(plan)
    gone = [entry for entry, _ in entries(tmp_path) if entry.sequence <= plan.last_sequence]
    assert sum(each.count for each in summary.counts) == len(gone) == plan.count
    intents = {entry.sequence: entry for entry in gone if entry.phase is Phase.INTENT}
    naive: Counter[tuple[str, str, str]] = Counter()
    for entry in gone:
        about = intents.get(entry.content.get("intent", 0), entry)
        month = f"{utc(entry.utc_us).astimezone(JAPAN):%Y-%m}"
        naive[(month, about.event, entry.content.get("result", ""))] += 1
    told: Counter[tuple[str, str, str]] = Counter()
    for each in summary.counts:
        told[(each.month, each.event, each.result)] += each.count
        assert each.role == ("counter" if each.event == "card.read" else "")
    assert told == naive
    keys = [(entry.sequence, entry.octets) for entry in gone if entry.event == "log.key"]
    assert [(number, base64.b64decode(record)) for number, record in summary.keys] == keys
    assert keys


@pytest.mark.proves("A5", "A8")
def test_a_head_that_left_the_machine_must_cover_what_goes(tmp_path: Path) -> None:
    log = WrittenLog(tmp_path, records_per_segment=5)
    for place in range(30):
        log.state(noon(FIRST) + place, "daemon.started")
    log.state(noon(FIRST) + 40, "head.witnessed", head_size=12, witness="pref")
    log.state(noon(FIRST) + 41, "head.other", head_size=900)
    log.close()
    check_left(tmp_path, 12)
    with pytest.raises(AuditCutRefused) as caught:
        check_left(tmp_path, 13)
    assert caught.value.facts.problem == "not_outside"


def test_the_first_segment_that_is_kept_must_know_the_tree(tmp_path: Path) -> None:
    old_log(tmp_path, TODAY)
    whole = plan_cut(tmp_path, years_before(TODAY, YEARS), noon(TODAY), YEARS)
    path = tmp_path / f"{whole.last_sequence + 1:020d}.seg"
    path.write_bytes(path.read_bytes().replace(b'"tree"', b'"tref"', 1))
    less = plan_cut(tmp_path, years_before(TODAY, YEARS), noon(TODAY), YEARS)
    assert less.paths == whole.paths[:-1]


@pytest.mark.parametrize("day", [date(2028, 2, 29), date(2027, 3, 1)])
def test_years_before_is_a_day_of_the_calendar(day: date) -> None:
    found = years_before(day, YEARS)
    assert (found.year, found.month, found.day) == (day.year - 7, day.month, min(day.day, 28 if day.month == 2 else 31))
