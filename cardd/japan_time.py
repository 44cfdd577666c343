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
