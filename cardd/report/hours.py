"""Whether an office works at a moment: weekdays, public holidays of Japan, the days around the New Year, and its own days."""

from datetime import date, datetime, timedelta
from functools import lru_cache

import jpholiday

from cardd.japan_time import JAPAN
from cardd.report.data import EPOCH, Opening


@lru_cache(maxsize=4096)
def is_holiday(day: date) -> bool:
    """A public holiday (国民の祝日に関する法律), or 29 December to 3 January (地方自治法 第4条の2, as nearly all by-laws have it)."""
    return jpholiday.is_holiday(day) or (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)


def local(utc_us: int) -> datetime:
    """A moment of a record (microseconds since 1970, UTC) in Japan."""
    return (EPOCH + timedelta(microseconds=utc_us)).astimezone(JAPAN)


def works_on(day: date, opening: Opening) -> bool:
    """Whether the office is open that day."""
    if day in opening.open_too:
        return True
    return day.weekday() in opening.weekdays and not is_holiday(day) and day not in opening.closed


def is_out_of_hours(moment: datetime, opening: Opening) -> bool:
    """`moment`: in Japan. True outside the opening hours of that day, widened by the margin on both sides."""
    if not works_on(moment.date(), opening):
        return True
    minute = moment.hour * 60 + moment.minute
    return not opening.opens - opening.margin <= minute < opening.closes + opening.margin
