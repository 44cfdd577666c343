"""W15, W18: what happens to the machine itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cardd.watch_settings import W15
from cardd.watch_settings import Rule as Values
from cardd.watching.hours import Office
from cardd.watching.memory import Bounded, Once
from cardd.watching.seen import DAY, JAPAN, SECOND, Hit, Seen, hit

FAILED: Final = frozenset(
    {
        "alarm.log_damaged",
        "alarm.state_lost",
        "alarm.count_not_kept",
        "alarm.socket_removed",
        "alarm.socket_replaced",
        "alarm.watch_list_broken",
    }
)
"""Checks that failed: the record's older segments, the state, the socket's file."""
STEP_US: Final = 2 * SECOND
"""More than so much is a step (A10)."""
OPENED: Final = frozenset({"log.opened", "log.created"})


@dataclass(slots=True)
class _Before:
    """The record before, of one log."""

    event: str = ""
    at_us: int = 0
    up_us: int = 0
    boot: str | None = None
    sequence: int = 0
    announced: bool = False
    """It was a `clock.step`, which tells of the step between it and the record before."""


class Tampering:
    """W15: a clock step, a clock days ahead at start that nothing keeps right, a run that ended without a word, torn bytes, a restart in
    opening hours, a witness that lags, a failed check. Each by itself; what lasts (lag, checks) once a day."""

    def __init__(self, values: W15, office: Office) -> None:
        self._lag_s, self._office = values.lag_seconds, office
        self._before: Bounded[_Before] = Bounded(_Before, 10_000)
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        before = self._before[seen.log]
        yield from self._clock(seen, before)
        yield from self._runs(seen, before)
        lags = seen.event.startswith("alarm.") and seen.number("lag_s") >= self._lag_s
        if lags and self._once.first((seen.log, "witness_lag"), seen.day):
            yield hit("w15", seen, {"problem": "witness_lag"}, count=seen.number("lag_s"))
        if seen.event in FAILED and self._once.first((seen.log, seen.event), seen.day):
            yield hit("w15", seen, {"problem": seen.event.partition(".")[2]})
        if seen.event in OPENED or not seen.event.startswith("log."):
            before.event = seen.event  # a new segment or key may stand between the last word and the next run
        before.at_us, before.sequence = seen.at_us, seen.sequence
        before.up_us, before.boot = seen.number("up_us"), seen.text("boot")

    def _clock(self, seen: Seen, before: _Before) -> Iterator[Hit]:
        """A step that the record tells, or one that nobody told: UTC and the time since boot went different ways."""
        if seen.event == "clock.step":
            before.announced = True
            yield hit("w15", seen, {"problem": "clock_step"}, count=abs(seen.number("step_us")))
            return
        if seen.event == "clock.ahead" and seen.text("problem") != "confirmed":
            yield hit("w15", seen, {"problem": "clock_ahead"}, count=seen.number("count"))
        same_boot = before.boot is not None and before.boot == seen.text("boot")
        step_us = (seen.at_us - before.at_us) - (seen.number("up_us") - before.up_us)
        if same_boot and abs(step_us) > STEP_US and not before.announced:
            yield hit("w15", seen, {"problem": "clock_step"}, (before.sequence,), count=abs(step_us))
        before.announced = False

    def _runs(self, seen: Seen, before: _Before) -> Iterator[Hit]:
        """How runs of the daemon follow each other. `log.opened` is the first record of a run, `daemon.stopped` the last."""
        if seen.event not in OPENED:
            return
        if before.sequence and before.event != "daemon.stopped":
            yield hit("w15", seen, {"problem": "no_last_word"}, (before.sequence,))
        if seen.number("cut_bytes"):
            yield hit("w15", seen, {"problem": "torn"}, count=seen.number("cut_bytes"))
        if before.sequence and self._both_open(before.at_us, seen.at_us):
            yield hit("w15", seen, {"problem": "restart"}, (before.sequence,))

    def _both_open(self, stopped_us: int, started_us: int) -> bool:
        """Within the opening hours of one day: a machine that is switched on in the morning was off since the evening."""
        same_day = (stopped_us + JAPAN) // DAY == (started_us + JAPAN) // DAY
        return same_day and self._office.open_at(stopped_us) and self._office.open_at(started_us)


class StrangeReader:
    """W18: a reader that is virtual, or that no seat knows, in production. Once a day for each."""

    def __init__(self, _: Values) -> None:
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        if seen.event != "alarm.reader_ignored" or seen.text("mode") != "production":
            return
        reader, problem = seen.text("reader"), seen.text("problem")
        if self._once.first((seen.log, reader, problem), seen.day):
            yield hit("w18", seen, {"reader": reader, "problem": problem})
