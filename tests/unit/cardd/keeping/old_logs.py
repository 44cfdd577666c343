"""Logs of many years for the tests of cutting: a record each few days, small segments, and a clock that may lie."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.fixtures.written_log import WrittenLog

DAY_US = 86_400_000_000
FIRST = date(2018, 4, 2)
EVERY_DAYS = 10
PER_SEGMENT = 12
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def noon(day: date) -> int:
    """Noon UTC of a day, in microseconds since 1970."""
    return (datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def old_log(
    directory: Path, last: date, *, lie_from: date | None = None, lie: timedelta = timedelta()
) -> dict[int, date]:
    """A use of a card each `EVERY_DAYS` days from `FIRST` to `last`; from `lie_from` on the clock is off by `lie`.

    Gives the true day of each record.
    """
    truth: dict[int, date] = {}
    log, day, number = WrittenLog(directory, records_per_segment=PER_SEGMENT), FIRST, 0
    log.state(noon(FIRST), "log.created")
    while day <= last:
        at = noon(day)
        if lie_from is not None and day >= lie_from:
            at += lie // timedelta(microseconds=1)
        intent = log.intent(
            at,
            event="card.read",
            operation="read",
            operator="sato",
            role="counter",
            purpose="passport",
            case="R8-1",
            card="c" * 32,
        )
        log.result(
            at + 1, intent, "done" if number % 3 else "refused", **({} if number % 3 else {"code": "pin.rejected"})
        )
        if number % 7 == 0:
            log.state(at + 2, "log.key", key_period=day.isoformat(), key_public="d" * 64)
        truth |= {sequence: day for sequence in range(len(truth) + 1, log.sequence + 1)}
        day, number = day + timedelta(days=EVERY_DAYS), number + 1
    log.close()
    return truth
