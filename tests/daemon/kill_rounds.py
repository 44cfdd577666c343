"""Writes a record in a child that is killed (SIGKILL) at a random moment, again and again.

`python -m tests.daemon.kill_rounds DIRECTORY ROUNDS`; a program of its own, because children are forked off a process that has one
thread. Ends with 1 and a line where a confirmed record is missing.
"""

import contextlib
import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from cardd.audit.chain import SegmentHeader, segments, walk
from cardd.audit.journal import Journal
from cardd.audit.startup import check_log
from tests.daemon.crash_writer import HOUR_US, START_US, TurnedClock, settings, work

LATEST_KILL_S = 0.025
PATIENT_S = 60.0


def child(root: Path, clock_us: int, told: int) -> None:
    """Until somebody kills it."""
    os.dup2(told, 1)
    clock = TurnedClock(clock_us)
    log = Journal(root / "log", clock, settings())
    for number in range(1_000_000):
        work(log, number)


def killed(root: Path, clock_us: int, after_s: float, *, at_work: bool) -> dict[int, str]:
    """One round; `at_work`: not before its first record. What the child had been told is durable."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BrokenPipeError):
            child(root, clock_us, writer)
        os._exit(1)
    os.close(writer)
    if at_work:
        assert select.select([reader], [], [], PATIENT_S)[0], "the writer hangs"
    time.sleep(after_s)
    os.kill(pid, signal.SIGKILL)
    with open(reader, "rb") as file:
        lines = file.read().decode().splitlines(keepends=True)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), "the writer ended by itself"
    return {int(line.split()[0]): line.split()[1] for line in lines if line.endswith("\n")}


def newest(root: Path, confirmed: dict[int, str]) -> dict[int, str]:
    """Number and hash of the records in those segments that hold the confirmed ones."""
    found: dict[int, str] = {}
    for path in reversed(segments(root / "log")):
        octets = path.read_bytes()
        records = walk(octets, SegmentHeader.decode(octets), file=path.name)
        with contextlib.suppress(Exception):  # a torn end; the next start judges it
            for record, _ in records:
                found[record.sequence] = record.hash.hex()
        if int(path.stem) <= min(confirmed):
            break
    return found


def main() -> int:
    root, rounds = Path(sys.argv[1]), int(sys.argv[2])
    (root / "log").mkdir()
    dice, clock_us, records, slowest = random.Random(rounds), START_US, 0, 0.0
    for number in range(rounds):
        confirmed = killed(root, clock_us, dice.uniform(0.0, LATEST_KILL_S), at_work=number % 4 != 0)
        if confirmed:
            found = newest(root, confirmed)
            lost = [sequence for sequence, told in confirmed.items() if found.get(sequence) != told]
            if lost:
                print(f"round {number}: confirmed records are missing: {lost}")
                return 1
        records += len(confirmed)
        clock_us += (
            3_600_000_000 if number % 50 else 20 * HOUR_US
        )  # behind all that the child may have written; some days pass
    began = time.monotonic()
    log = Journal(root / "log", TurnedClock(clock_us), settings())
    slowest = time.monotonic() - began
    size = log.head("stop").head.size
    log.close()
    whole = check_log(root / "log") == size
    periods = len(list((root / "log" / "heads").iterdir()))
    torn = len(list((root / "log").glob("torn-*.bin")))
    print(
        json.dumps(
            {
                "confirmed": records,
                "records": size,
                "whole": whole,
                "periods": periods,
                "torn": torn,
                "last_start_s": slowest,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
