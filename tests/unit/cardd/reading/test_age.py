"""Whether somebody has reached an age, by the law on counting ages."""

from datetime import date

import pytest

from cardd.cards.card_type import DateValue
from cardd.errors import CardBadAnswer
from cardd.reading.age import has_reached


def born(source: str, *unknown: str) -> DateValue:
    iso = None if unknown else f"{source[:4]}-{source[4:6]}-{source[6:]}"
    return DateValue(iso, source, unknown)


@pytest.mark.parametrize(
    ("birth", "today", "reached"),
    [
        (born("20061122"), date(2026, 11, 21), False),
        (born("20061122"), date(2026, 11, 22), True),
        (born("20040229"), date(2024, 2, 28), False),
        (born("20040229"), date(2024, 2, 29), True),
        (born("20030301"), date(2023, 3, 1), True),
        (born("20060600", "day"), date(2026, 6, 29), False),
        (born("20060600", "day"), date(2026, 6, 30), True),
        (born("20060000", "month", "day"), date(2026, 12, 30), False),
        (born("20060000", "month", "day"), date(2026, 12, 31), True),
    ],
    ids=str,
)
def test_twenty_is_reached_on_the_birthday(birth: DateValue, today: date, reached: bool) -> None:
    assert has_reached(birth, 20, today) is reached


def test_born_on_leap_day_reaches_in_common_years_on_the_first_of_march() -> None:
    assert not has_reached(born("20040229"), 21, date(2025, 2, 28))
    assert has_reached(born("20040229"), 21, date(2025, 3, 1))


@pytest.mark.proves("fault 24")
@pytest.mark.parametrize("source", ["00000000", "20251332", "2006112", "２００６１１２２", ""])
def test_a_date_that_is_none_gives_no_answer(source: str) -> None:
    with pytest.raises(CardBadAnswer):
        has_reached(DateValue(None, source, ("year",) if source == "00000000" else ()), 20, date(2026, 1, 1))
