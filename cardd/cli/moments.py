"""Moments as a person reads them: in Japan, the zone said beside each or in the head above, whatever the machine's zone.

One rule for all that cardctl prints. `--json` has what the wire says: UTC, RFC 3339 with `Z`. A client knows nothing of the daemon's
rooms, so the nine hours stand here once more; Japan has no summer time.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

JAPAN: Final = timezone(timedelta(hours=9), "JST")


def clock_time(moment: str) -> str:
    """A moment of the wire that is a matter of minutes or hours: `18:42 JST`. Raises `ValueError` for what is none, as all here do."""
    return f"{_there(moment):%H:%M %Z}"


def day_and_time(moment: str) -> str:
    """One that may lie days away: `2026-11-22 18:42 JST`."""
    return f"{_there(moment):%Y-%m-%d %H:%M %Z}"


def in_column(moment: str) -> str:
    """Under a head, or on a sheet, that names the zone: `2026-11-22 18:42:05`."""
    return f"{_there(moment):%Y-%m-%d %H:%M:%S}"


def day(moment: str) -> str:
    """The day in Japan: `2026-11-22`."""
    return f"{_there(moment):%Y-%m-%d}"


def on_wire(moment: datetime) -> str:
    """An aware time as the wire has it: RFC 3339, UTC, microseconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def now() -> str:
    """This moment, as the wire has it."""
    return on_wire(datetime.now(UTC))


def _there(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(JAPAN)
