"""The office's time zone: days, years and ages are counted in Japan, whatever the machine's zone. Japan has no summer time."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

JAPAN: Final = timezone(timedelta(hours=9), "Asia/Tokyo")


def utc(us: int) -> datetime:
    """A moment of `Clock.utc_us` (microseconds since 1970) as an aware time in UTC."""
    return datetime.fromtimestamp(us / 1_000_000, tz=UTC)


def day_of(moment: datetime) -> date:
    """The day in Japan. `moment`: aware."""
    return moment.astimezone(JAPAN).date()


def today(us: int) -> date:
    """The day in Japan at a moment of `Clock.utc_us`."""
    return day_of(utc(us))


_ERAS: Final = (
    (date(2019, 5, 1), "令和", "Reiwa"),
    (date(1989, 1, 8), "平成", "Heisei"),
    (date(1926, 12, 25), "昭和", "Showa"),
)
"""First day and name of each era, newest first (元号法; the eras before 1926 are not needed)."""


def era_year(day: date) -> tuple[str, str, int] | None:
    """Era in Japanese and in Latin letters, and the year in it (1 is 元年); None before 1926-12-25."""
    for first, ja, latin in _ERAS:
        if day >= first:
            return ja, latin, day.year - first.year + 1
    return None


def wareki(day: date) -> str:
    """A day as Japanese offices write it: `令和8年11月22日`; the year in figures before 1926-12-25."""
    era = era_year(day)
    if era is None:
        return f"{day.year}年{day.month}月{day.day}日"
    year = "元" if era[2] == 1 else str(era[2])
    return f"{era[0]}{year}年{day.month}月{day.day}日"
