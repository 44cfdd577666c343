"""Writes a log as the daemon does, under strace: several starts, small segments, and a clock that crosses midnight.

`python -m tests.daemon.crash_writer DIRECTORY`: prints `SEQUENCE HASH` for each record once its receipt is there: from then on it
counts as confirmed. The last line is `time MICROSECONDS`, what its clock says at the end.
"""

import os
import sys
from pathlib import Path

from cardd.audit.journal import Journal, JournalSettings
from cardd.audit.records import IntentRecord, OutcomeRecord, Result, StateRecord
from cardd.model import Operation

START_US = 1_795_392_000_000_000 - 40_000_000
"""40 s before a midnight (UTC)."""
HOUR_US = 3_600_000_000
RESERVE = 4096


class TurnedClock:
    """Goes on by 5 ms a look, and by hours when told."""

    def __init__(self, us: int = START_US) -> None:
        self.us = us

    def utc_us(self) -> int:
        self.us += 5_000
        return self.us

    def boottime(self) -> float:
        return self.us / 1e6 - 1_700_000_000

    def monotonic(self) -> float:
        return self.boottime()


def settings() -> JournalSettings:
    return JournalSettings(
        boot_id="0" * 32,
        mode="test",
        version="0.1.0",
        terminal="window-1",
        segment_bytes=6_000,
        reserve_bytes=RESERVE,
        head_records=7,
    )


def say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


def work(log: Journal, number: int) -> None:
    """One use of a card."""
    intent = log.intent(
        IntentRecord(
            event="card.read", operation=Operation.READ, request=f"r-{number}", operator="op-7", purpose="move_in"
        )
    )
    say(f"{intent.sequence} {intent.record_hash}")
    log.keep()
    if number % 5 == 4:
        return  # left open: the next start closes it
    done = log.outcome(intent, OutcomeRecord(result=Result.DONE))
    say(f"{done.sequence} {done.record_hash}")
    log.keep()


def main() -> None:
    root = Path(sys.argv[1])
    clock = TurnedClock()
    number = 0
    for _ in range(3):
        log = Journal(root / "log", clock, settings())
        told = log.state(StateRecord(event="daemon.started"))
        say(f"{told.sequence} {told.record_hash}")
        log.keep()
        for _ in range(14):
            work(log, number)
            number += 1
            if number % 9 == 0:
                clock.us += 14 * HOUR_US  # sometimes into the next day, once over a day and more
        log.close()
    say(f"time {clock.us}")


if __name__ == "__main__":
    main()
