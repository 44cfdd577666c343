"""Opening hours, holidays and working days of an office in Japan."""

from datetime import date

import pytest
from pydantic import ValidationError

from cardd.watch_settings import Hours, Watching
from cardd.watching.hours import Office
from tests.unit.cardd.watching.made import us


@pytest.mark.proves("W16")
@pytest.mark.parametrize(
    ("at", "days", "end"),
    [
        ("2026-11-16 10:00", 1, "2026-11-18 00:00"), ("2026-11-20 23:59", 1, "2026-11-25 00:00"),
        ("2026-11-20 10:00", 2, "2026-11-26 00:00"), ("2026-12-28 10:00", 1, "2027-01-05 00:00"),
    ],
)  # fmt: skip
def test_the_end_of_the_next_working_day(at: str, days: int, end: str) -> None:
    """The 21st to 23rd of November 2026 are a weekend and 勤労感謝の日; 29 December to 3 January the turn of the year."""
    assert Office(Hours()).end_of_working_day(us(at), days) == us(end)


@pytest.mark.proves("W5")
def test_substitute_holidays_are_known() -> None:
    """2026-05-06 is 振替休日 for 憲法記念日 on a Sunday."""
    office = Office(Hours())
    assert not office.works_on(date(2026, 5, 6))
    assert office.works_on(date(2026, 5, 7))
    assert Office(Hours(closed_on_holidays=False)).works_on(date(2026, 5, 6))
    assert Office(Hours(closed_year_end=False)).works_on(date(2026, 12, 30))


def test_an_office_that_is_never_open_has_an_end_of_waiting() -> None:
    never = Hours(mon="", tue="", wed="", thu="", fri="")
    assert Office(never).end_of_working_day(us("2026-11-16 10:00"), 1) > us("2027-11-16 10:00")


@pytest.mark.parametrize("span", ["9:00-17:00", "17:00-09:00", "09:00-09:00", "09:00-24:01", "09:60-10:00", "09:00"])
def test_hours_that_are_none(span: str) -> None:
    with pytest.raises(ValidationError):
        Watching.model_validate({"hours": {"mon": span}})


@pytest.mark.proves("W5")
def test_the_tolerance_goes_over_midnight_on_both_sides() -> None:
    late, early = Office(Hours(mon="22:00-24:00", tue="")), Office(Hours(mon="", tue="00:00-06:00"))
    assert late.open_at(us("2026-11-17 00:29"), 30)
    assert not late.open_at(us("2026-11-17 00:30"), 30)
    assert early.open_at(us("2026-11-16 23:30"), 30)
    assert not early.open_at(us("2026-11-16 23:29"), 30)


def test_until_midnight() -> None:
    office = Office(Hours(mon="22:00-24:00"))
    assert office.open_at(us("2026-11-16 23:59"))
    assert not office.open_at(us("2026-11-17 00:00"))
