"""The index answers what a plain walk over the log answers, whatever is asked and however the log was read in."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardd.audit.entries import Entry, entries
from cardd.audit.records import Phase
from cardd.errors import AuditUnavailable
from cardd.history.along import Along
from cardd.history.index import IndexDamaged, View
from cardd.history.questions import RESULTS, Filters, Order, Records, Use, find
from tests.unit.cardd.history.logs import (
    CARDS,
    HOSTILE,
    HOUR_US,
    OPERATORS,
    PURPOSES,
    START_US,
    Clock,
    indexed,
    journal,
    write_day,
)

USES = 400


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several days, in small segments, with a clock that is set back now and then."""
    folder = tmp_path_factory.mktemp("log")
    clock = Clock()
    with journal(folder / "log", clock) as opened:
        write_day(opened, USES, clock=clock)
        log_id = opened.log_id
    indexed(folder / "log", folder / "index", log_id).drop()
    return folder


@cache
def naive(log: Path) -> list[Use]:
    """The uses by a walk over the log alone."""
    found: dict[int, Use] = {}
    for entry, _ in entries(log):
        if entry.phase is Phase.RESULT:
            intent = entry.content["intent"]
            found[intent] = Use(found[intent].entry, entry)
        else:
            found[entry.sequence] = Use(entry)
    return [found[sequence] for sequence in sorted(found)]


def told(use: Use, name: str) -> Any:
    """What the intent says, and only where it says nothing, what the result adds."""
    early = use.entry.content.get(name)
    late = use.result.content.get(name) if use.result is not None else None
    return early if early is not None or name not in {"operator", "role", "badge", "card"} else late


@pytest.mark.proves("A9")
def test_the_number_of_any_record_finds_its_use(log: Path) -> None:
    """An alarm names intents and results."""
    uses = naive(log / "log")
    log_id = uses[0].entry.log_id
    along = Along(log / "log", log / "index", log_id)
    with View(along.directory) as view:
        records = Records(log / "log", view)
        chosen = {use.entry.sequence: use.entry.sequence for use in uses}
        chosen |= {use.result.sequence: use.entry.sequence for use in uses if use.result is not None}
        chosen |= {0: 0, view.size + 1: 0}
        for number, wanted in [*random.Random(7).sample(sorted(chosen.items()), 60), (0, 0), (view.size + 1, 0)]:
            found = find(view, records, Filters(number=number), order="newest", after=None, limit=5, most_bytes=10**6)
            assert [use.entry.sequence for use in found.uses] == ([wanted] if wanted else [])


def fits(use: Use, filters: Filters) -> bool:
    plain = ("operator", "subject", "approver", "purpose", "case", "seat", "terminal", "client", "event", "operation")
    code = (use.result.content if use.result is not None else use.entry.content).get("code")
    return (
        all(getattr(filters, name) in (None, told(use, name)) for name in plain)
        and filters.code in (None, code)
        and (not filters.cards or told(use, "card") in filters.cards)
        and (filters.since_us or 0) <= use.entry.utc_us < (2**63 if filters.until_us is None else filters.until_us)
        and (filters.result is None or filters.result in results(use))
    )


def results(use: Use) -> set[str]:
    """By which words it is found."""
    if use.result is not None:
        return {use.result.content["result"]}
    if use.entry.phase is Phase.INTENT:
        return {"open"}
    return {"refused"} if use.entry.content.get("code") is not None else set()


def asked(folder: Path, filters: Filters, order: Order, limit: int, most_bytes: int = 10**9) -> list[Use]:
    """All pages."""
    found: list[Use] = []
    with View(folder / "index") as view:
        records, after = Records(folder / "log", view), None
        while True:
            page = find(view, records, filters, order=order, after=after, limit=limit, most_bytes=most_bytes)
            assert 0 < len(page.uses) <= limit or page.after is None
            found += page.uses
            after = page.after
            if after is None:
                return found


times = st.none() | st.integers(START_US - HOUR_US, START_US + 400 * HOUR_US)
some_filters = st.builds(
    Filters,
    operator=st.none() | st.sampled_from((*OPERATORS, "late", "nobody")),
    cards=st.lists(st.sampled_from(CARDS), max_size=2, unique=True).map(tuple),
    purpose=st.none() | st.sampled_from(PURPOSES),
    case=st.none() | st.sampled_from(("R8-3", *HOSTILE)),
    seat=st.none() | st.sampled_from(("left", "right")),
    terminal=st.none() | st.just("t1"),
    event=st.none() | st.sampled_from(("card.read", "log.segment", "nothing")),
    operation=st.none() | st.sampled_from(("read", "sign")),
    result=st.none() | st.sampled_from(RESULTS),
    code=st.none() | st.sampled_from(("pin.rejected", "policy.denied")),
    since_us=times,
    until_us=times,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=some_filters, newest=st.booleans(), limit=st.integers(1, 200))
def test_it_finds_what_a_walk_over_the_log_finds(log: Path, filters: Filters, newest: bool, limit: int) -> None:
    expected = [use for use in naive(log / "log") if fits(use, filters)]
    found = asked(log, filters, "newest" if newest else "oldest", limit)
    assert found == (expected[::-1] if newest else expected)


def test_hostile_reception_numbers_come_out_as_they_went_in(log: Path) -> None:
    for case in HOSTILE:
        found = asked(log, Filters(case=case), "oldest", 50)
        assert found
        assert {use.entry.content["case"] for use in found} == {case}


def test_a_page_ends_before_its_records_are_too_many_bytes_and_never_before_one(log: Path) -> None:
    whole = asked(log, Filters(), "oldest", 200)
    assert asked(log, Filters(), "oldest", 200, most_bytes=1) == whole
    assert asked(log, Filters(), "newest", 200, most_bytes=5_000) == whole[::-1]


@pytest.mark.proves("fault 132")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 700), min_size=1, max_size=6, unique=True))
def test_read_in_pieces_it_is_the_same_index(
    log: Path, tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    full, growing = log / "log", folder / "log"
    growing.mkdir()
    _, log_id = segment_copies(full, growing, None), first_entry(full).log_id
    along = Along(growing, folder / "index", log_id)
    for cut in sorted(cuts):
        segment_copies(full, growing, cut)
        assert along.read(lambda _: True)
        along.drop()
    segment_copies(full, growing, None)
    along.read(lambda _: True)
    along.drop()
    assert asked(folder, Filters(), "oldest", 200) == naive(full)
    assert (folder / "index" / "hashes-0").read_bytes() == (log / "index" / "hashes-0").read_bytes()
    assert (folder / "index" / "places").read_bytes() == (log / "index" / "places").read_bytes()


def segment_copies(source: Path, target: Path, records: int | None) -> None:
    """The log as it was after so many records: later segments are not there, the last one is cut."""
    for path in target.glob("*.seg"):
        path.unlink()
    for entry, place in entries(source):
        path = target / f"{place.segment:020d}.seg"
        if not path.exists():
            path.write_bytes((source / path.name).read_bytes()[: place.offset])
        if records is not None and entry.sequence == records:
            path.write_bytes((source / path.name).read_bytes()[: place.offset])
            return
    for path in source.glob("*.seg"):
        shutil.copy(path, target)


def first_entry(log: Path) -> Entry:
    return next(entries(log))[0]


@pytest.mark.proves("fault 132")
def test_a_log_that_says_something_else_than_the_index_is_noticed(log: Path, tmp_path: Path) -> None:
    shutil.copytree(log, tmp_path / "x")
    path = sorted((tmp_path / "x" / "log").glob("*.seg"))[1]
    path.write_bytes(path.read_bytes().replace(b"tanaka", b"suzuki"))
    with pytest.raises(AuditUnavailable):
        asked(tmp_path / "x", Filters(), "oldest", 200)


@pytest.mark.parametrize("column", ["operator", "utc_us", "closed", "result"])
def test_an_index_that_says_something_else_than_the_log_is_noticed(log: Path, tmp_path: Path, column: str) -> None:
    shutil.copytree(log, tmp_path / "x")

    database = sqlite3.connect(tmp_path / "x" / "index" / "index.sqlite")
    value = {"operator": "'tanaka'", "result": "'done'"}.get(column, "7")
    database.execute(f"UPDATE uses SET {column} = {value} WHERE sequence % 3 = 0")
    database.commit()
    database.close()
    with pytest.raises(IndexDamaged):
        asked(tmp_path / "x", Filters(), "oldest", 200)


KILLED = """
import sys
from pathlib import Path
from cardd.history.along import Along
from cardd.history import along
along.BATCH = 20
reading = Along(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
reading.read(lambda _: print("batch", flush=True) or True)
print("end", flush=True)
"""


@pytest.mark.proves("fault 124", "fault 132")
def test_killed_while_it_reads_it_goes_on_and_ends_up_the_same(log: Path, tmp_path: Path) -> None:
    log_id, batches = first_entry(log / "log").log_id, 1
    while True:
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(log / "log"), str(tmp_path / "index"), log_id],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        said = [child.stdout.readline().strip() for _ in range(batches)]
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        if "end" in said:
            break
        batches += 3
    (tmp_path / "log").symlink_to(log / "log")
    assert asked(tmp_path, Filters(), "oldest", 200) == naive(log / "log")


def test_the_index_holds_nothing_that_the_log_does_not(log: Path) -> None:
    """It may be deleted and is made from the log alone."""
    said = {
        value
        for use in naive(log / "log")
        for value in (use.entry.content | _late(use)).values()
        if isinstance(value, str)
    }
    with View(log / "index") as view:
        rows = view.rows("SELECT event, operator, role, case_number, seat, terminal, client, card, code FROM uses")
    assert {value for row in rows for value in row if value is not None} <= said


def _late(use: Use) -> dict[str, Any]:
    return {f"late_{name}": value for name, value in (use.result.content if use.result is not None else {}).items()}
