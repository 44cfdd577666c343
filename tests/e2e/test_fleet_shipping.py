"""Four terminals ship into one real PostgreSQL that is restarted in the middle: nothing twice, nothing lost, every chain whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardd.collector.running import Runner
from cardd.collector.settings import ShipSettings
from cardd.fleet import checking, health, rebuilt, report
from cardd.fleet.checking import Brought
from cardd.fleet.database import connect
from cardd.report.data import Month
from cardd.report.page import render
from tests.e2e.fleet_house import AUDITOR, OFFICE, OTHER_OFFICE, Fleet, running_fleet
from tests.fixtures.made_log import MadeLog, made_log


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with running_fleet() as found:
        yield found


def make_terminals(fleet: Fleet, folder: Path, count: int, records: int) -> dict[str, MadeLog]:
    """Enrolled, each with a log of its own, half of them in another office."""
    made = {}
    for number in range(count):
        terminal = f"counter-{number}"
        made[terminal] = made_log(
            folder / terminal, records, 20, seed=number + 1, terminal=terminal, segment_bytes=1 << 20
        )
        fleet.enrol(terminal, made[terminal].first_key, OFFICE if number % 2 else OTHER_OFFICE)
    return made


def runner(fleet: Fleet, terminal: str, directory: Path, stop: threading.Event) -> Runner:
    settings = ShipSettings(
        database=fleet.postgres.database(terminal), log_directory=directory, every_seconds=1, pause_seconds=1, batch_records=500
    )  # fmt: skip
    return Runner(settings, stop)


def wait_for_records(fleet: Fleet, least: int, stop: threading.Event) -> None:
    """Until the database has so many of all together."""
    with connect(fleet.postgres.database(AUDITOR), "test") as link:
        while int(link.one("SELECT coalesce(sum(next_sequence - 1), 0)::bigint FROM log")[0]) < least:
            assert not stop.wait(0.05)


def ship_with_restarts(fleet: Fleet, made: dict[str, MadeLog], restarts: tuple[str, ...]) -> None:
    """All helpers side by side; the server is stopped (or killed) and started when a part of the records is there."""
    total = sum(each.records for each in made.values())
    stop, failed = threading.Event(), threading.Event()
    helpers = [
        threading.Thread(target=runner(fleet, terminal, each.directory, stop).run) for terminal, each in made.items()
    ]
    for helper in helpers:
        helper.start()
    try:
        for number, mode in enumerate(restarts, 1):
            wait_for_records(fleet, total * number // (len(restarts) + 1), failed)
            if mode == "kill":
                fleet.postgres.kill()
            else:
                fleet.postgres.stop(mode)
            fleet.postgres.start()
        wait_for_records(fleet, total, failed)
    finally:
        stop.set()
        for helper in helpers:
            helper.join()
    for terminal, each in made.items():
        fleet.ship(terminal, each.directory)


def check_everything(fleet: Fleet, made: dict[str, MadeLog], folder: Path) -> None:
    assert fleet.stored() == {terminal: each.records for terminal, each in made.items()}
    assert fleet.alarms() == []
    with fleet.link(AUDITOR) as link:
        assert {each.state for each in health.standings(link)} == {"good"}
        for each in fleet.enrolled():
            copy = folder / f"copy of {each.terminal}"
            copy.mkdir()
            checked = checking.check_in(link, each, copy, Brought({each.log_id: made[each.terminal].first_key}))
            assert checked.is_whole, checked.verification.said
            assert files_of(copy / "log") == files_of(made[each.terminal].directory)


def files_of(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()
    }


@pytest.mark.proves("A5", "A6", "A7")
@pytest.mark.timeout(240)
def test_four_terminals_ship_while_the_database_is_restarted_twice(fleet: Fleet, tmp_path: Path) -> None:
    made = make_terminals(fleet, tmp_path, 4, 20_000)
    ship_with_restarts(fleet, made, ("fast", "kill"))
    check_everything(fleet, made, tmp_path)
    draw_the_report(fleet, made, tmp_path)


def draw_the_report(fleet: Fleet, made: dict[str, MadeLog], folder: Path) -> None:
    """Over all terminals; every record is counted, every chain whole."""
    with fleet.link(AUDITOR) as link:
        shown = report.Shown(Month(2026, 4), "見本町")
        data = report.collect(link, fleet.enrolled(), shown, folder)
    assert len(data.figures.terminals) == len(made)
    assert sum(each.records for each in data.figures.terminals.values()) == sum(each.records for each in made.values())
    assert {each.state for each in data.verifications} == {"whole"}
    page = render(data)
    assert all(terminal in page for terminal in made)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_twenty_terminals_ship_while_the_database_is_restarted_six_times(fleet: Fleet, tmp_path: Path) -> None:
    made = make_terminals(fleet, tmp_path, 20, 100_000)
    ship_with_restarts(fleet, made, ("fast", "kill", "immediate", "kill", "fast", "kill"))
    check_everything(fleet, made, tmp_path)
    draw_the_report(fleet, made, tmp_path)


def test_what_is_shipped_twice_stands_there_once(fleet: Fleet, tmp_path: Path) -> None:
    made = make_terminals(fleet, tmp_path, 1, 1000)["counter-0"]
    first = fleet.ship("counter-0", made.directory)
    assert (first.records, first.heads) == (made.records, made.heads)
    assert fleet.ship("counter-0", made.directory).records == 0
    assert fleet.stored() == {"counter-0": made.records}
    with fleet.link(AUDITOR) as link:
        assert link.one("SELECT count(*) FROM head")[0] == made.heads


def test_only_what_a_head_covers_is_shipped(fleet: Fleet, tmp_path: Path) -> None:
    made = made_log(tmp_path / "log", 1500, 3, stop=False)
    fleet.enrol("counter-0", made.first_key)
    covered = int(made.newest_head.split(b"\n")[1])
    assert covered < made.records
    assert fleet.ship("counter-0", made.directory).records == covered
    with fleet.link(AUDITOR) as link:
        rebuilt_log = tmp_path / "copy"
        rebuilt_log.mkdir()
        assert rebuilt.write_log(link, made.log_id, OFFICE, rebuilt_log) == covered


def test_a_terminal_that_was_offline_goes_on_where_it_stopped(fleet: Fleet, tmp_path: Path) -> None:
    short = made_log(tmp_path / "days", 2000, 12, seed=7, segment_bytes=200_000)
    fleet.enrol("counter-0", short.first_key)
    days = sorted(path.name for path in (short.directory / "heads").iterdir())
    kept = {name: (short.directory / "heads" / name).read_bytes() for name in days[4:]}
    for name in kept:
        (short.directory / "heads" / name).unlink()
    before = fleet.ship("counter-0", short.directory).records
    for name, octets in kept.items():
        (short.directory / "heads" / name).write_bytes(octets)
    after = fleet.ship("counter-0", short.directory).records
    assert before > 0
    assert after > 0
    assert before + after == short.records
    check_everything(fleet, {"counter-0": short}, tmp_path)
