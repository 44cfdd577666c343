"""When the office is open (W5, W15), and its working days (W16): in Japan's time, with Japan's holidays."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

import jpholiday

from cardd.japan_time import JAPAN, utc
from cardd.watch_settings import Hours

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YEAR_END: Final = ((12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3))
"""Local governments are closed on these (地方自治法第4条の2)."""
MINUTES_A_DAY: Final = 1440


class Office:
    """Opening hours as questions."""

    def __init__(self, hours: Hours) -> None:
        self._hours = hours
        self._span = lru_cache(maxsize=400)(self._span_of)

    def open_at(self, us: int, tolerance_minutes: int = 0) -> bool:
        """Whether the office is open at this moment (microseconds since 1970), or will be, or was, within the tolerance."""
        at = utc(us).astimezone(JAPAN)
        day, minute = at.date(), at.hour * 60 + at.minute
        # The days beside it too: an office that closes at midnight has its tolerance on the next day.
        for days in (0, -1, 1):
            span = self._span(day + timedelta(days=days))
            if span is not None:
                begin, end = (days * MINUTES_A_DAY + each for each in span)
                if begin - tolerance_minutes <= minute < end + tolerance_minutes:
                    return True
        return False

    def closed_since(self, us: int) -> int:
        """0 before the opening of this day in Japan, and on a day that is closed; 1 behind it."""
        at = utc(us).astimezone(JAPAN)
        span = self._span(at.date())
        return int(span is not None and at.hour * 60 + at.minute >= span[0])

    def works_on(self, day: date) -> bool:
        """Whether the office is open on this day at all."""
        return self._span(day) is not None

    def end_of_working_day(self, us: int, days: int) -> int:
        """The end (24:00 in Japan) of the `days`th working day after the day of this moment; microseconds since 1970."""
        day = utc(us).astimezone(JAPAN).date()
        for _ in range(400):  # an office that is closed for a year has nobody who reviews
            day += timedelta(days=1)
            days -= self.works_on(day)
            if days == 0:
                break
        end = datetime(day.year, day.month, day.day, tzinfo=JAPAN) + timedelta(days=1)
        return int(end.timestamp()) * 1_000_000

    def _span_of(self, day: date) -> tuple[int, int] | None:
        hours = self._hours
        if day in hours.open_days:
            return _minutes(hours.open_days[day])
        if day in hours.closed_days or (hours.closed_year_end and (day.month, day.day) in YEAR_END):
            return None
        if hours.closed_on_holidays and jpholiday.is_holiday(day):
            return None
        return _minutes(getattr(hours, WEEKDAYS[day.weekday()]))


def _minutes(span: str) -> tuple[int, int] | None:
    if not span:
        return None
    begin, _, end = span.partition("-")
    return _minute(begin), _minute(end)


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
