"""What checking a log costs: `cardd-verify` over logs of growing length, against one bare SHA-256 of each record's bytes."""

import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.long_logs import DAYS, LONG, SHORT
from bench.place import Place
from bench.processes import run
from bench.scope import Say, Scope
from tests.fixtures.made_log import made_log

VERIFIER = Path(__file__).parent.parent / "cardd" / "audit" / "verifier.py"
RECORD_LIMIT_US = 5.0
"""200,000 records a second on one core, tree and heads included (reference A6)."""
SEVEN_YEARS_LIMIT_S = 30.0
MIB_LIMIT = 128.0
SEGMENT_HEADER = 68


def measure(_place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """Needs neither readers nor a daemon: made logs, checked by the verifier's file in a process of its own."""
    for records in LONG if scope.thorough else SHORT:
        with tempfile.TemporaryDirectory(prefix="bench-checking-") as folder:
            say(f"checking: a log of {records:,} records")
            log = Path(folder) / "log"
            made = made_log(log, records=records, days=DAYS[records])
            turns = 3 if records <= SHORT[-1] else 2
            bare = [_bare(log) for _ in range(turns)]
            checked = [_checked(log) for _ in range(turns)]
            full = [_checked(log, "--full") for _ in range(turns)] if records <= SHORT[-1] else []
        findings.figures += _figures(records, made.records, bare, checked, full)


def _figures(
    size: int, records: int, bare: list[float], checked: list[tuple[float, float]], full: list[tuple[float, float]]
) -> list[Figure]:
    each = Spread.of([1e6 * seconds / records for seconds, _ in checked])
    ratio = Spread.of([seconds / other for (seconds, _), other in zip(checked, bare, strict=True)])
    how = "`verifier.py LOG` by its path, its start included; processor seconds"
    long = size >= LONG[-1]
    found = [
        Figure(f"check_{size}", f"checking {records:,} records", Spread.of([one[0] for one in checked]), "s", how, SEVEN_YEARS_LIMIT_S),
        Figure(f"check_{size}_each", "the same, for one record", each, "us", how, RECORD_LIMIT_US if long else None),
        Figure(f"check_{size}_ratio", "the same / SHA-256 of each record", ratio, "x", "chain, tree and heads against one hash"),
        Figure(f"check_{size}_memory", "its largest memory", Spread.of([one[1] for one in checked]), "MiB", "ru_maxrss", MIB_LIMIT),
    ]  # fmt: skip
    if full:
        whole = Spread.of([1e6 * seconds / records for seconds, _ in full])
        found.append(
            Figure(f"check_{size}_full", "one record with --full", whole, "us", "the JSON of every record read too")
        )
    return found


def _bare(log: Path) -> float:
    """Processor seconds of hashing each record once."""
    began = time.process_time()
    for path in sorted(log.glob("*.seg")):
        octets, offset = path.read_bytes(), SEGMENT_HEADER
        while offset < len(octets):
            end = offset + 4 + int.from_bytes(octets[offset : offset + 4], "big")
            sha256(octets[offset:end]).digest()
            offset = end
    return time.process_time() - began


def _checked(log: Path, *more: str) -> tuple[float, float]:
    """Processor seconds and largest MiB of one check, which must find the log whole."""
    took = run([sys.executable, str(VERIFIER), str(log), *more])
    return took.cpu_s, took.mib
