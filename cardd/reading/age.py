"""Whether a person has reached an age, by Japanese law."""

import calendar
from datetime import date

from cardd.cards.card_type import DateValue
from cardd.errors import CardBadAnswer


def has_reached(birth: DateValue, age: int, today: date) -> bool:
    """Whether a person born on `birth` has reached `age` years on `today`.

    By 年齢計算ニ関する法律 an age is reached at the end of the day before the birthday: who was born on 29 February
    reaches it at the end of 28 February, so in common years 1 March is the first whole day. An unknown month or day
    counts as the latest possible one. Raises `CardBadAnswer` when there is no year to count from.
    """
    digits = birth.source.strip()
    if (
        (birth.iso is None and not birth.unknown)
        or "year" in birth.unknown
        or len(digits) != 8
        or not digits.isascii()
        or not digits.isdigit()
    ):
        raise CardBadAnswer(problem="birth_date")
    year = int(digits[:4])
    month = 12 if "month" in birth.unknown else int(digits[4:6])
    day = calendar.monthrange(year, month)[1] if "day" in birth.unknown else int(digits[6:8])
    return (today.year - age, today.month, today.day) >= (year, month, day)
