"""What questions about the record cost, over logs of growing length: by operator and day, a disclosure, a proof; and the index."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.long_logs import DAYS, LONG, SHORT
from bench.place import Place
from bench.scope import Say, Scope
from cardd.audit.checkpoint import Head, SignedHead
from cardd.audit.entries import entries
from cardd.audit.head_files import newest_head
from cardd.history.alarms import State, newest, tallies
from cardd.history.along import Along
from cardd.history.index import View
from cardd.history.proofs import prove
from cardd.history.questions import Filters, Records, Use, find
from cardd.history.schema import DAY_US, JAPAN_US
from tests.fixtures.made_log import STATE, LogMaker, MadeLog, made_log, us_of

TURNS = 15
MANY_USES = 3_000
"""More than one on each working day of seven years."""
ALARMS = 5_000
ALARMS_LIMIT_S = 0.1
QUERY_LIMIT_S, DISCLOSURE_LIMIT_S = 1.0, 5.0
MIB_LIMIT = 256.0
YEARS = range(2015, 2036)
MOST_NAMES = 30_000
"""SQLite takes 32,766 question marks in one statement (SQLITE_MAX_VARIABLE_NUMBER)."""
STATES: tuple[State, ...] = ("open", "reviewed")
READ_IN = """
import sys
from pathlib import Path
from cardd.history.along import Along
Along(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]).read(lambda _: True)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def measure(_place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """Needs neither readers nor a daemon: the functions that the daemon's threads call."""
    for records in LONG if scope.thorough else SHORT:
        with tempfile.TemporaryDirectory(prefix="bench-questions-") as folder:
            say(f"questions: a log of {records:,} records")
            log, index = Path(folder) / "log", Path(folder) / "index"
            made = made_log(log, records=records, days=DAYS[records])
            _index(made, log, index, findings)
            _questions(made, log, index, findings)
    with tempfile.TemporaryDirectory(prefix="bench-alarms-") as folder:
        say(f"questions: {ALARMS:,} alarms")
        _alarms(Path(folder), findings)


def _index(made: MadeLog, log: Path, index: Path, findings: Findings) -> None:
    began = time.perf_counter()
    for _ in entries(log):
        pass
    bare = time.perf_counter() - began
    began = time.perf_counter()
    told = subprocess.run(
        [sys.executable, "-c", READ_IN, str(log), str(index), made.log_id], check=True, capture_output=True, text=True
    )
    took = time.perf_counter() - began
    key, once = f"index_{made.records}", "once, in a process of its own, without the daemon's rests"
    size = sum(path.stat().st_size for path in index.iterdir()) / sum(path.stat().st_size for path in log.glob("*.seg"))
    findings.figures += [
        Figure(key, f"building the index of {made.records:,} records", Spread.of([took]), "s", once),
        Figure(f"{key}_ratio", "the same / a bare pass over the records", Spread.of([took / bare]), "x", "same run"),
        Figure(f"{key}_memory", "its largest memory", Spread.of([int(told.stdout) / 1024]), "MiB", "VmHWM", MIB_LIMIT),
        Figure(f"{key}_size", "the index / the log", Spread.of([size]), "x", "bytes of the files"),
    ]


def _questions(made: MadeLog, log: Path, index: Path, findings: Findings) -> None:
    chance = random.Random("questions")
    with View(index) as view:
        (last,) = view.rows("SELECT day, operator FROM uses WHERE operator IS NOT NULL ORDER BY sequence DESC LIMIT 1")
        operators = [row[0] for row in view.rows("SELECT DISTINCT operator FROM uses WHERE operator IS NOT NULL")]
        days = [row[0] for row in view.rows("SELECT day FROM days")]
    assert last[0] in days
    asked = [(chance.choice(operators), chance.choice(days)) for _ in range(TURNS)]
    by_day = [_timed(lambda each=each: _all(log, index, _filters(*each))) for each in asked]  # type: ignore[misc]
    scanned = [_timed(lambda each=each: _scan(index, *each)) for each in asked]  # type: ignore[misc]
    cards = [tuple(made.card(chance.randrange(made.cards), year) for year in YEARS) for _ in range(TURNS)]
    disclosed = [_timed(lambda each=each: _all(log, index, Filters(cards=each))) for each in cards]  # type: ignore[misc]
    head = newest_head(log)
    assert head is not None
    proofs = [_timed(lambda: _prove(log, index, chance.randrange(1, made.records), head)) for _ in range(TURNS)]
    many, found = _many(made, log, index)
    over, key = f"over {made.records:,} records", made.records
    ratio = [one / other for one, other in zip(by_day, scanned, strict=True)]
    read, bare = "whole records read from the log", "bare SQLite, the same rows, no records read, same run"
    findings.figures += [
        Figure(
            f"query_{key}", f"by operator and day {over}", Spread.of(by_day), "s", f"all pages, {read}", QUERY_LIMIT_S
        ),
        Figure(f"query_{key}_ratio", "the same / a scan of the table", Spread.of(ratio), "x", bare),
        Figure(f"disclose_{key}", f"all uses of one card {over}", Spread.of(disclosed), "s", read, DISCLOSURE_LIMIT_S),
        Figure(
            f"disclose_many_{key}", f"a list of {found:,} uses {over}", Spread.of(many), "s", read, DISCLOSURE_LIMIT_S
        ),
        Figure(
            f"proof_{key}", f"a proof {over}", Spread.of([1000 * each for each in proofs]), "ms", "made and checked"
        ),
    ]


def _many(made: MadeLog, log: Path, index: Path) -> tuple[list[float], int]:
    """A list as long as that of one card with thousands of uses: so many cards are asked for at once. Seconds, and uses found."""
    names: tuple[str, ...] = ()
    with View(index) as view:
        for number in range(made.cards):
            names += tuple(made.card(number, year) for year in YEARS)
            if number % 100 == 99 or number == made.cards - 1:
                marks = ", ".join("?" * len(names))
                ((found,),) = view.rows(f"SELECT count(*) FROM uses WHERE card IN ({marks})", names)
                if found >= MANY_USES or len(names) > MOST_NAMES:
                    break
    return [_timed(lambda: _all(log, index, Filters(cards=names))) for _ in range(3)], found


def _alarms(folder: Path, findings: Findings) -> None:
    """The first look at the list of alarms, and their counts by rule and month."""
    log, index = folder / "log", folder / "index"
    with LogMaker(log, start_us=us_of(2026, 4, 1)) as maker:
        for number in range(ALARMS):
            facts = {"watch": f"w{1 + number % 18}", "evidence": [1]}
            alarm = maker.put(maker.us + 1_000_000, STATE, {"event": "watch.alarm", **facts})
            if number % 5:
                told = {"watch": facts["watch"], "alarm": alarm, "verdict": "explained", "reason": "work"}
                maker.put(maker.us + 1_000, STATE, {"event": "watch.review", **told})
        log_id = maker.log_id
    Along(log, index, log_id).read(lambda _: True)

    def first_page(state: State) -> None:
        with View(index) as view:
            found = newest(view, Records(log, view), state=state, watch=None, before=None, limit=51)
            assert len(found) == 51
            assert sum(each.count for each in tallies(view)) == ALARMS

    for state in STATES:
        took = Spread.of([_timed(lambda: first_page(state)) for _ in range(TURNS)])  # noqa: B023 -- timed at once
        findings.figures.append(
            Figure(f"alarms_{state}", f"a page of {state} alarms of {ALARMS:,}, and the counts", took, "s", "first call", ALARMS_LIMIT_S)
        )  # fmt: skip


def _filters(operator: str, day: int) -> Filters:
    start = day * DAY_US - JAPAN_US
    return Filters(operator=operator, since_us=start, until_us=start + DAY_US)


def _all(log: Path, index: Path, filters: Filters) -> list[Use]:
    found: list[Use] = []
    after: int | None = None
    while True:
        with View(index) as view:
            page = find(
                view, Records(log, view), filters, order="newest", after=after, limit=200, most_bytes=128 * 1024
            )
        found += page.uses
        after = page.after
        if after is None:
            return found


def _scan(index: Path, operator: str, day: int) -> int:
    with View(index) as view:
        return len(view.rows("SELECT * FROM uses WHERE +operator = ? AND +day = ?", (operator, day)))


def _prove(log: Path, index: Path, sequence: int, head: SignedHead) -> Head:
    with View(index) as view:
        return prove(view, Records(log, view), sequence, None, head).head.head


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
