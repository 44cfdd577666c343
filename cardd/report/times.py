"""Moments and months as a report writes them: in Japan, the Japanese calendar beside the other."""

from datetime import date, datetime, timedelta

from cardd.japan_time import JAPAN, era_year, wareki
from cardd.policy.words import Locale
from cardd.report.data import EPOCH, Month


def local(utc_us: int) -> datetime:
    """A moment of a record (microseconds since 1970, UTC) in Japan."""
    return (EPOCH + timedelta(microseconds=utc_us)).astimezone(JAPAN)


def both_calendars(moment: datetime, locale: Locale) -> str:
    """`令和8年11月22日 (2026-11-22) 18:42`, and the same with the era in Latin letters."""
    day = moment.date()
    era = era_year(day)
    name = wareki(day) if locale == "ja" or era is None else f"{era[1]} {era[2]}"
    return (
        f"{name} ({day.isoformat()}) {moment:%H:%M}" if locale == "ja" else f"{day.isoformat()} ({name}) {moment:%H:%M}"
    )


def month_name(month: Month, locale: Locale) -> str:
    """`令和8年11月 (2026-11)`. A month in which an era ends goes by that of its last day."""
    era = era_year(month.days[-1])
    if era is None:
        return str(month)
    if locale == "ja":
        return f"{era[0]}{'元' if era[2] == 1 else era[2]}年{month.month}月 ({month})"
    return f"{month} ({date(2000, month.month, 1):%B}, {era[1]} {era[2]})"
