"""Partitions made ahead, and months that are cut off after seven years by two people: what is left still checks."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cardd.audit.chain import segments
from cardd.audit.cutting import Count, Cut, CutBook, carry_out
from cardd.audit.disk import Disk
from cardd.audit.entries import Entry, entries
from cardd.fleet import checking
from cardd.fleet.database import SCHEMA
from cardd.fleet.problems import FleetProblem
from cardd.japan_time import JAPAN
from tests.e2e.fleet_house import AUDITOR, KEEPER, OFFICE, SECOND_KEEPER, Fleet, running_fleet
from tests.fixtures.made_log import STATE, LogMaker, made_log, us_of

DAY = 86_400_000_000


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with running_fleet() as found:
        yield found


def test_partitions_are_made_ahead_once(fleet: Fleet, tmp_path: Path) -> None:
    for number, office in enumerate((OFFICE, 66)):
        fleet.enrol(f"ahead-{number}", made_log(tmp_path / str(number), 10, 1, seed=number).first_key, office)
    with fleet.link(KEEPER) as link:
        assert link.one("SELECT make_partitions(2)")[0] == 6  # two offices; this month and two more
        assert link.one("SELECT make_partitions(2)")[0] == 0


def test_two_terminals_that_need_the_same_new_partition_both_get_it(fleet: Fleet, tmp_path: Path) -> None:
    made = {f"first-{number}": made_log(tmp_path / str(number), 20, 1, seed=80 + number) for number in range(2)}
    for terminal, each in made.items():
        fleet.enrol(terminal, each.first_key, 57)
    octets = {terminal: [entry.octets for entry, _ in entries(each.directory)] for terminal, each in made.items()}
    said: list[str] = []

    def second() -> None:
        with fleet.link("first-1") as link:
            values = {"log": made["first-1"].log_id, "octets": octets["first-1"]}
            said.append(link.one("SELECT verdict FROM take_records(%(log)s::uuid, %(octets)s::bytea[])", values)[0])

    waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
    helper = threading.Thread(target=second)
    with fleet.link("first-0") as link, fleet.owner() as owner:
        with link.connection.transaction():
            values = {"log": made["first-0"].log_id, "octets": octets["first-0"]}
            link.rows("SELECT verdict FROM take_records(%(log)s::uuid, %(octets)s::bytea[])", values)
            helper.start()
            while not owner.one(waits)[0]:
                assert helper.is_alive()
        helper.join()
    assert said == ["taken"]


def old_log(directory: Path) -> tuple[str, int, CutBook]:
    """A log of two months of more than seven years ago, which goes on today: first key, its last record, and its cut of the first month."""
    today = datetime.now(UTC).date()
    start = (today - timedelta(days=7 * 366 + 130)).replace(day=1)
    with LogMaker(directory, start_us=us_of(start.year, start.month, 2), seed=70, segment_bytes=40_000) as log:
        for day in range(75):
            for number in range(10):
                moment = us_of(start.year, start.month, 2) + day * DAY + number * 1_000_000
                log.put(moment, STATE, {"event": "policy.denied", "role": "counter", "case": f"{day}-{number}"})
        firsts = [int(path.stem) for path in segments(directory)]
        month = f"{start:%Y-%m}"
        gone = [entry for entry, _ in entries(directory) if entry.sequence < firsts[-2]]
        assert month_in_japan(gone[-1]) > month  # the whole first month, and some of the second
        last = gone[-1]
        said = {"first_sequence": 1, "last_sequence": last.sequence, "last_hash": last.hash, "count": len(gone)}
        log.head("time")
        said |= {"head_size": log.sequence, "head_root": log.root().hex()}
        now = us_of(today.year, today.month, today.day)
        record = log.put(now, STATE, {"event": "log.cut", **said})
        log.head("time")
        key, end = log.first_key, log.sequence
    times = {"first_utc_us": gone[0].utc_us, "last_utc_us": last.utc_us, "cut_utc_us": now}
    return key, end, book_of(log.log_id, Cut(record=record, **said, **times), gone)  # type: ignore[arg-type]


def month_in_japan(entry: Entry) -> str:
    return f"{datetime.fromtimestamp(entry.utc_us // 1_000_000, JAPAN):%Y-%m}"


def book_of(log_id: str, cut: Cut, gone: list[Entry]) -> CutBook:
    counted: dict[tuple[str, str, str], int] = {}
    for entry in gone:
        kind = month_in_japan(entry), entry.event, entry.text("role") or ""
        counted[kind] = counted.get(kind, 0) + 1
    counts = tuple(Count(month, 3, event, role, "", "", count) for (month, event, role), count in counted.items())
    keys = tuple((each.sequence, base64.b64encode(each.octets).decode()) for each in gone if each.event == "log.key")
    return CutBook(log_id, (cut,), counts, keys)


@pytest.mark.proves("A8", "S9", "fault 120", "fault 139")
@pytest.mark.timeout(120)
def test_a_month_is_cut_by_two_people_and_leaves_a_log_that_checks(fleet: Fleet, tmp_path: Path) -> None:
    directory = tmp_path / "old"
    key, end, book = old_log(directory)
    fleet.enrol("old", key, 55)
    fleet.ship("old", directory)
    with fleet.owner() as link:
        months = [
            month for (month,) in link.rows(f"SELECT DISTINCT month FROM {SCHEMA}.record WHERE office = 55 ORDER BY 1")
        ]
    assert refused(fleet, KEEPER, "ask_cut", months[0]) == "cut_refused"  # not cut at the terminal
    carry_out(directory, book, Disk())
    fleet.ship("old", directory)
    assert refused(fleet, KEEPER, "ask_cut", months[1]) == "cut_refused"  # not the oldest, and not all of it was cut
    assert refused(fleet, KEEPER, "ask_cut", months[-1]) == "cut_refused"  # too young
    assert refused(fleet, SECOND_KEEPER, "cut_month", months[0]) == "cut_refused"  # nobody asked
    head_of(fleet, "head_utc_us - 400 * 86400000000")  # the database's clock alone says that it is old enough
    assert refused(fleet, KEEPER, "ask_cut", months[0]) == "cut_refused"
    head_of(fleet, "head_utc_us + 400 * 86400000000")
    with fleet.link(KEEPER) as link:
        link.rows("SELECT ask_cut(55, %(month)s)", {"month": months[0]})
    assert refused(fleet, KEEPER, "cut_month", months[0]) == "cut_refused"  # the same person
    assert refused(fleet, AUDITOR, "cut_month", months[0]) == "no_right"
    with fleet.link(SECOND_KEEPER) as link:
        gone = link.one("SELECT cut_month(55, %(month)s)", {"month": months[0]})[0]
    assert 0 < gone <= book.last.last_sequence
    check_what_is_left(fleet, directory, (gone, end, book.last.last_sequence), tmp_path)


def test_a_cut_that_is_none_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    made = made_log(tmp_path / "log", 100, 1, seed=71, terminal="cutter")
    fleet.enrol("cutter", made.first_key, 56)
    fleet.ship("cutter", made.directory)
    good = f'{{"log_id":"{made.log_id}","cuts":[{{"last_sequence":%s}}]}}'
    bad = (b"", b"{", b"[]", b"\xff", b"\x00", b"[" * 60_000, b'{"cuts":[]}', (good % made.records * 2).encode())
    beyond = (good % (made.records + 1)).encode(), (good % '"1"').encode(), good.replace(made.log_id, "0" * 32).encode()
    with fleet.link("cutter") as link:
        for octets in (*bad, *beyond):
            with pytest.raises(FleetProblem) as caught:
                link.rows("SELECT take_cut(%(log)s::uuid, %(octets)s::bytea)", {"log": made.log_id, "octets": octets})
            assert caught.value.word == "malformed", octets[:40]


def head_of(fleet: Fleet, value: str) -> None:
    """Another time of the office's newest head."""
    with fleet.owner() as link:
        link.rows(f"UPDATE {SCHEMA}.log SET head_utc_us = {value} WHERE office = 55")


def refused(fleet: Fleet, role: str, function: str, month: date) -> str:
    with fleet.link(role) as link, pytest.raises(FleetProblem) as caught:
        link.rows(f"SELECT {function}(55, %(month)s)", {"month": month})
    return caught.value.word


def checked(fleet: Fleet, folder: Path) -> checking.Checked:
    folder.mkdir()
    (log,) = [each for each in fleet.enrolled() if each.office == 55]
    with fleet.link(AUDITOR) as link:
        return checking.check_in(link, log, folder)


def check_what_is_left(fleet: Fleet, directory: Path, numbers: tuple[int, int, int], folder: Path) -> None:
    gone, end, cut_at_terminal = numbers
    with fleet.link(AUDITOR) as link:
        left = [number for (number,) in link.rows("SELECT sequence FROM record WHERE office = 55 ORDER BY 1")]
        last, asked_by, agreed_by, counts = link.rows(
            "SELECT last_sequence, asked_by::text, agreed_by::text, counts FROM cut WHERE office = 55"
        )[0]
    assert left == list(range(gone + 1, end + 1))
    assert (last, asked_by, agreed_by) == (gone, KEEPER, SECOND_KEEPER)
    assert sum(counts.values()) == gone
    copy = folder / "left"
    found = checked(fleet, copy)
    assert found.is_whole, found.verification.said
    assert found.records == end - cut_at_terminal
    for path in (*segments(directory), directory / "cut.json"):
        assert (copy / "log" / path.name).read_bytes() == path.read_bytes()
    fleet.ship("old", directory)  # nothing is shipped anew
    assert fleet.alarms() == []
