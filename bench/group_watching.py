"""What the rules over the record cost: a replay of logs of growing length, against a bare pass over the same records."""

import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.long_logs import DAYS, LONG, SHORT
from bench.place import Place
from bench.processes import run
from bench.scope import Say, Scope
from cardd.audit.entries import entries
from tests.fixtures.made_log import made_log

LIMIT_S = 600.0
"""Seven years of one terminal (reference: 10 minutes)."""
MIB_LIMIT = 256.0


def measure(_place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """Needs neither readers nor a daemon: made logs, read by the program that `cardctl audit replay` starts."""
    for records in LONG if scope.thorough else SHORT:
        with tempfile.TemporaryDirectory(prefix="bench-watching-") as folder:
            say(f"watching: a log of {records:,} records")
            log = Path(folder) / "log"
            made = made_log(log, records=records, days=DAYS[records])
            turns = 3 if records <= SHORT[-1] else 1
            bare = [_pass(log) for _ in range(turns)]
            replayed = [_replay(log) for _ in range(turns)]
        seconds = Spread.of([one[0] for one in replayed])
        ratio = Spread.of([one[0] / other for one, other in zip(replayed, bare, strict=True)])
        rate, memory = Spread.of([made.records / one[0] for one in replayed]), Spread.of([one[1] for one in replayed])
        key = f"watch_{records}"
        how = "`python -m cardd.watching replay`, its start included, no watch lists"
        findings.figures += [
            Figure(key, f"all rules over {made.records:,} records", seconds, "s", how, LIMIT_S),
            Figure(f"{key}_rate", "records a second of it", rate, "1/s", "the same runs"),
            Figure(
                f"{key}_ratio",
                "the same / a bare pass over the records",
                ratio,
                "x",
                "`audit.entries`, nothing done, same run",
            ),
            Figure(f"{key}_memory", "its largest memory", memory, "MiB", "ru_maxrss of the process", MIB_LIMIT),
        ]


def _pass(log: Path) -> float:
    """Seconds of reading all records and doing nothing with them."""
    began = time.perf_counter()
    for _ in entries(log):
        pass
    return time.perf_counter() - began


def _replay(log: Path) -> tuple[float, float]:
    """Seconds, and MiB at most."""
    took = run([sys.executable, "-m", "cardd.watching", "replay", "--json", str(log)])
    return took.seconds, took.mib
