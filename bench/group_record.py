"""What keeping the record costs: adding to it beside a bare append of the same bytes; starting on logs of growing length; their memory."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.daemon import Daemon
from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.long_logs import TERMINAL, LongLog, long_log, resting
from bench.place import OUT, Place
from bench.readers import Readers, plain
from bench.scope import Say, Scope
from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.chain import segments
from cardd.audit.journal import Journal, JournalSettings
from cardd.audit.records import IntentRecord, OutcomeRecord, Result
from cardd.audit.store import JournalBroken
from cardd.clock import SystemClock
from cardd.history.along import Along
from cardd.model import CardKind, Item, Operation

SHORT = (10_000, 100_000)
LONG = (10_000, 100_000, 1_000_000, 2_000_000)
WARM_UP = 40
"""Records at the beginning of each round that count for nothing: the file's first blocks, code that runs for the first time."""
P50_LIMIT_MS, P99_LIMIT_MS, BARE_LIMIT = 5.0, 20.0, 1.5
"""Requirement A2; and the same bytes appended and synced by nobody in particular."""
START_LIMIT_S = 2.0
MIB = 1024 * 1024
FULL_MEMORIES = 100_000
"""Records (four months) after which the rules, which look back 32 days, remember as much as they ever will."""
GROWTH_LIMIT = 1.05
INTENT = IntentRecord(
    event="card.read", operation=Operation.READ, request="r-000001", session="s-000001", operator="tanaka", role="counter",
    purpose="resident_record", case="R8-0042", seat="window-1", reader="usb:1-4", reader_role="resident", client="counter-app",
    uid=1000, gid=1000, card_kind=CardKind.MY_NUMBER, card="0" * 32, items=(Item.NAME, Item.ADDRESS), policy="0" * 64, rule="table",
)  # fmt: skip
OUTCOME = OutcomeRecord(result=Result.DONE, items=(Item.NAME, Item.ADDRESS))


def measure(place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """Records are written to the disk of the checkout, and synced there."""
    say("record: adding, beside a bare append of the same bytes")
    with tempfile.TemporaryDirectory(prefix="record-", dir=OUT) as folder:  # a disk, not memory
        rounds = [_round(Path(folder) / str(number), scope.readings) for number in range(scope.record_rounds)]
        awaited = [_awaited(Path(folder) / f"loop{number}", scope.readings) for number in range(scope.record_rounds)]
    findings.figures += [*_added(rounds), *_on_the_loop(awaited, rounds)]
    _starts(place, scope, say, findings)


@dataclass
class Round:
    """Milliseconds of each record, of the bare append of its bytes behind it, and of what the journal does behind the receipt."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return statistics.median(self.ours) / statistics.median(self.bare)


# --- adding ----------------------------------------------------------------------------------------------------------


def _round(folder: Path, pairs: int) -> Round:
    """One after the other: a record, the same bytes bare, what is due behind a receipt. So both meet the same disk at the same time."""
    found = Round()
    journal = Journal(_made(folder), SystemClock(), _settings())
    bare = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for number in range(WARM_UP + pairs):
            for ours, size in _one_reading(journal):
                octets = _last_bytes(folder / "log", size)
                once = _timed_append(bare, octets)
                began = time.perf_counter()
                journal.keep()
                if number >= WARM_UP:
                    found.ours.append(ours)
                    found.bare.append(once)
                    found.behind.append(1000 * (time.perf_counter() - began))
    finally:
        os.close(bare)
        journal.close()
    return found


def _one_reading(journal: Journal) -> Iterator[tuple[float, int]]:
    """Milliseconds and bytes of an intent and of its result."""
    before, began = journal.tail.size, time.perf_counter()
    intent = journal.intent(INTENT)
    yield 1000 * (time.perf_counter() - began), journal.tail.size - before
    before, began = journal.tail.size, time.perf_counter()
    journal.outcome(intent, OUTCOME)
    yield 1000 * (time.perf_counter() - began), journal.tail.size - before


def _last_bytes(log: Path, size: int) -> bytes:
    with segments(log)[-1].open("rb") as file:
        file.seek(-size, os.SEEK_END)
        return file.read()


def _timed_append(descriptor: int, octets: bytes) -> float:
    began = time.perf_counter()
    os.write(descriptor, octets)
    os.fdatasync(descriptor)
    return 1000 * (time.perf_counter() - began)


def _awaited(folder: Path, pairs: int) -> list[float]:
    """Milliseconds that a caller on the event loop waits for each record; heads are signed between them as they are due."""

    async def run() -> list[float]:
        log = _made(folder)
        journal = AsyncJournal(Journal(log, SystemClock(), _settings()), log, _raise)
        taken = []
        for number in range(WARM_UP + pairs):
            began = time.perf_counter()
            intent = await journal.intent(INTENT)
            middle = time.perf_counter()
            await journal.outcome(intent, OUTCOME)
            if number >= WARM_UP:
                taken += [1000 * (middle - began), 1000 * (time.perf_counter() - middle)]
        await journal.close()
        return taken

    return asyncio.run(run())


def _raise(error: JournalBroken) -> None:
    raise error


def _made(folder: Path) -> Path:
    (folder / "log").mkdir(parents=True)
    return folder / "log"


def _settings() -> JournalSettings:
    return JournalSettings(
        boot_id="0" * 32, mode="test", version="0.0", terminal="bench-1", time_quality=lambda: "synchronised"
    )


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


def _added(rounds: list[Round]) -> list[Figure]:
    count = sum(len(each.ours) for each in rounds)
    how = f"{count} records, real fdatasync, {2 * WARM_UP} of each round dropped as warm-up"
    bare = "write and fdatasync of the same bytes behind each record, same disk, same run"
    return [
        Figure("record_p50", "adding a record", _spread(each.ours for each in rounds), "ms", how, P50_LIMIT_MS),
        Figure("record_p99", "the same, slowest of a hundred", Spread.of(_p99(each.ours) for each in rounds), "ms", how, P99_LIMIT_MS),
        Figure("record_ratio", "adding / a bare append", Spread.of(each.ratio for each in rounds), "x", bare, BARE_LIMIT),
        Figure("record_bare_p99", "a bare append, slowest of a hundred", Spread.of(_p99(each.bare) for each in rounds), "ms", bare),
        Figure("record_behind", "behind a receipt, with a head", Spread.of(max(each.behind) for each in rounds), "ms",
               "the slowest of a round: sign, write, sync; the next record waits for it"),
    ]  # fmt: skip


def _on_the_loop(awaited: list[list[float]], rounds: list[Round]) -> list[Figure]:
    how = "intent and result in turn through the journal's thread, heads between them; bare: the figures above"
    ratio = [statistics.median(one) / statistics.median(other.bare) for one, other in zip(awaited, rounds, strict=True)]
    return [
        Figure("record_loop_p50", "a record awaited on the event loop", _spread(awaited), "ms", how, P50_LIMIT_MS),
        Figure("record_loop_p99", "the same, slowest of a hundred", Spread.of(map(_p99, awaited)), "ms", how, P99_LIMIT_MS),
        Figure("record_loop_ratio", "the same / a bare append", Spread.of(ratio), "x", how),
    ]  # fmt: skip


def _spread(rounds: Iterable[list[float]]) -> Spread:
    return Spread.of(statistics.median(each) for each in rounds)


# --- starting, and memory --------------------------------------------------------------------------------------------


def _starts(place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    memory: dict[int, float] = {}
    with Readers(place.sockets, [plain(0), plain(1)]):
        for records in LONG if scope.thorough else SHORT:
            say(f"record: a log of {records:,} records, and starts on it")
            findings.figures += _started(place, scope, long_log(place, records), memory)
    first, *longer = sorted(each for each in memory if each >= FULL_MEMORIES)
    for last in longer:
        title = f"memory, {last:,} records / {first:,}"
        how = "the figures above; both logs are longer than what any rule remembers"
        growth = Spread.of([memory[last] / memory[first]])
        findings.figures.append(Figure(f"record_memory_{last}", title, growth, "x", how, GROWTH_LIMIT))


def _started(place: Place, scope: Scope, made: LongLog, memory: dict[int, float]) -> Iterator[Figure]:
    size, records = made.asked, f"{made.records:,} records"
    opened = Spread.of(_each(scope.starts, lambda: _opened(made)))
    how = "`Journal` in this process, not the first time: from its files to taking records"
    yield Figure(f"open_{size}", f"opening a log of {records}", opened, "s", how, START_LIMIT_S)
    how = "the daemon from the checkout, READY=1, not the first start; the index is not there"
    without = Spread.of(_each(scope.starts, lambda: _ready(place, made, index=False)))
    yield Figure(f"start_bare_{size}", f"start to ready, {records}, no index", without, "s", how, START_LIMIT_S)
    made.forget_index()
    Along(made.log, made.index / made.log_id, made.log_id).read(lambda _: True)
    how = "the same, with the index of all records"
    ready = Spread.of(_each(scope.starts, lambda: _ready(place, made, index=True)))
    yield Figure(f"start_{size}", f"start to ready, {records}", ready, "s", how, START_LIMIT_S)
    with Daemon(place) as daemon:
        memory[size] = resting(daemon) / MIB
    how = "VmRSS (checkout) once log, rules and index were gone through"
    yield Figure(f"start_memory_{size}", f"memory, {records}", Spread.of([memory[size]]), "MiB", how)


def _each(times: int, work: Callable[[], float]) -> list[float]:
    """The first of each is dropped: it changes the key's day, or finds cold files."""
    return [work() for _ in range(1 + times)][1:]


def _opened(made: LongLog) -> float:
    facts = JournalSettings("0" * 32, "test", "0.0", TERMINAL, key_file=made.key)
    began = time.perf_counter()
    journal = Journal(made.log, SystemClock(), facts)
    seconds = time.perf_counter() - began
    journal.close()
    return seconds


def _ready(place: Place, made: LongLog, *, index: bool) -> float:
    if not index:
        made.forget_index()
    with Daemon(place) as daemon:
        return daemon.ready_s
