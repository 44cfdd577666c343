"""Terminals that are lost, blocked, taken back: each decision stands on record, and what is old of a log that ended can go."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cardd.collector.running import Runner
from cardd.collector.settings import ShipSettings
from cardd.fleet import checking, health, schema, terminals
from cardd.fleet.database import SCHEMA
from cardd.fleet.problems import FleetProblem
from cardd.fleet.terminals import Enrolled
from tests.e2e.fleet_house import AUDITOR, KEEPER, SECOND_KEEPER, Fleet, running_fleet
from tests.e2e.fleet_scene import alarms_of, problem_of, stored
from tests.e2e.test_fleet_watching import run
from tests.fixtures.made_log import STATE, LogMaker, made_log, us_of
from tests.fixtures.postgres import running_postgres

DAY = 86_400_000_000


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with running_fleet() as found:
        yield found


def state_of(fleet: Fleet, terminal: str) -> str:
    with fleet.link(AUDITOR) as link:
        (found,) = [each.state for each in health.standings(link) if each.terminal == terminal]
        return found


def log_of(fleet: Fleet, terminal: str) -> Enrolled:
    (found,) = [each for each in fleet.enrolled() if each.terminal == terminal]
    return found


# --- blocked and unblocked ---------------------------------------------------------------------------------------------


@pytest.mark.proves("H4")
def test_a_blocked_terminal_goes_on_where_it_stood_when_it_is_unblocked(fleet: Fleet, tmp_path: Path) -> None:
    made = made_log(tmp_path / "log", 300, 2, seed=401, terminal="back")
    fleet.enrol("back", made.first_key)
    assert run(fleet, tmp_path, KEEPER, "terminals", "block", "back", "--reason", "suspected").returncode == 0
    assert problem_of(lambda: fleet.ship("back", made.directory)) == "unknown_log"
    assert state_of(fleet, "back") == "blocked"
    assert (
        run(fleet, tmp_path, AUDITOR, "terminals", "unblock", "back", "--reason", "cleared").returncode == 2
    )  # no right
    assert run(fleet, tmp_path, KEEPER, "terminals", "unblock", "back", "--reason", "a story").returncode == 2
    assert run(fleet, tmp_path, KEEPER, "terminals", "unblock", "back", "--reason", "cleared").returncode == 0
    again = run(fleet, tmp_path, KEEPER, "--json", "terminals", "unblock", "back", "--reason", "cleared")
    assert (again.returncode, json.loads(again.stderr)["error"]["name"]) == (2, "nothing_to_decide")
    fleet.ship("back", made.directory)
    assert stored(fleet, "back") == list(range(1, made.records + 1))
    with fleet.link(KEEPER) as link:
        told = [(each.by, each.what, each.reason) for each in terminals.decisions(link) if each.terminal == "back"]
    assert told == [(KEEPER, "block", "suspected"), (KEEPER, "unblock", "cleared")]
    shown = run(fleet, tmp_path, KEEPER, "--locale", "ja", "terminals", "decisions")
    assert "停止の解除" in shown.stdout


def test_decisions_are_changed_by_nobody(fleet: Fleet) -> None:
    for role in (KEEPER, AUDITOR):
        with fleet.link(role) as link:
            for statement in (
                "DELETE FROM decision",
                "UPDATE decision SET reason = 'test'",
                "DELETE FROM ended_record",
            ):
                assert problem_of(lambda link=link, statement=statement: link.rows(statement)) == "no_right"


# --- a log that ended --------------------------------------------------------------------------------------------------


@pytest.mark.proves("A7")
def test_a_lost_terminals_log_ends_by_a_decision_and_is_checked_as_before(fleet: Fleet, tmp_path: Path) -> None:
    made = made_log(tmp_path / "log", 300, 2, seed=402, terminal="lost")
    fleet.enrol("lost", made.first_key)
    fleet.ship("lost", made.directory)
    with fleet.owner() as link:
        link.rows(
            f"UPDATE {SCHEMA}.log SET seen_at = now() - interval '9 days' WHERE log_id = %(log)s::uuid",
            {"log": made.log_id},
        )
    assert state_of(fleet, "lost") == "silent"
    ended = run(fleet, tmp_path, KEEPER, "terminals", "retire", made.log_id, "--reason", "lost")
    assert ended.returncode == 0, ended.stderr
    assert state_of(fleet, "lost") == "retired"
    assert (
        problem_of(lambda: fleet.ship("lost", made.directory)) == "retired_log"
    )  # whoever has the machine adds nothing
    with fleet.link(AUDITOR) as link:
        checked = checking.check(link, log_of(fleet, "lost"), tmp_path)
    assert checked.is_whole, checked.verification.said
    assert checked.records == made.records
    with fleet.link(KEEPER) as link:
        (told,) = [each for each in terminals.decisions(link) if each.terminal == "lost"]
        assert (told.by, told.what, told.log_id, told.reason) == (KEEPER, "retire", made.log_id, "lost")
        assert terminals.resume(link, made.log_id, "found")
    fleet.ship("lost", made.directory)
    assert state_of(fleet, "lost") == "good"
    assert alarms_of(fleet, "lost") == []


def test_the_helper_leaves_a_closed_log_that_ended_alone(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that goes on under a new log id: the old log, closed by a keeper, holds up nothing."""
    old, new = (
        made_log(tmp_path / name, 200, 1, seed=seed, terminal="goes-on") for name, seed in (("old", 403), ("new", 404))
    )
    for each in (old, new):
        fleet.enrol("goes-on", each.first_key)
    with fleet.link(KEEPER) as link:
        assert terminals.retire(link, old.log_id, "replaced")
    monkeypatch.setattr("cardd.collector.running.all_logs", lambda directory: [old.directory, directory])
    settings = ShipSettings(
        database=fleet.postgres.database("goes-on"), log_directory=new.directory, cosigned_directory=tmp_path / "none"
    )
    assert Runner(settings, threading.Event()).once().records == new.records
    assert stored(fleet, "goes-on") == list(range(1, new.records + 1))


def old_log(directory: Path, *, months: int, terminal: str, seed: int) -> tuple[str, str, int]:
    """A log of so many months of more than seven years ago, whose terminal was lost then: first key, log id, last record."""
    today = datetime.now(UTC).date()
    start = (today - timedelta(days=7 * 366 + 160)).replace(day=1)
    first = us_of(start.year, start.month, 2)
    with LogMaker(directory, start_us=first, seed=seed, segment_bytes=30_000, terminal=terminal) as log:
        for day in range(30 * months):
            for number in range(4):
                log.put(
                    first + day * DAY + number * 1_000_000, STATE, {"event": "policy.denied", "case": f"{day}-{number}"}
                )
        log.head("time")
        return log.first_key, log.log_id, log.sequence


def months_of(fleet: Fleet, office: int) -> list[date]:
    with fleet.owner() as link:
        rows = f"SELECT DISTINCT month FROM {SCHEMA}.record WHERE office = {office} ORDER BY 1"
        return [month for (month,) in link.rows(rows)]


def cut(fleet: Fleet, office: int, month: date) -> int:
    values = {"office": office, "month": month}
    with fleet.link(KEEPER) as link:
        link.rows("SELECT ask_cut(%(office)s::int, %(month)s)", values)
    with fleet.link(SECOND_KEEPER) as link:
        return int(link.one("SELECT cut_month(%(office)s::int, %(month)s)", values)[0])


@pytest.mark.proves("A8", "S9")
@pytest.mark.timeout(180)
def test_old_months_of_a_log_that_ended_go_and_the_rest_still_checks(fleet: Fleet, tmp_path: Path) -> None:
    key, log_id, end = old_log(tmp_path / "old", months=3, terminal="gone", seed=405)
    fleet.enrol("gone", key, 77)
    fleet.ship("gone", tmp_path / "old")
    alive = made_log(tmp_path / "alive", 50, 1, seed=406, terminal="alive", start=datetime.now(UTC).date())
    fleet.enrol("alive", alive.first_key, 78)  # another office, whose newest head is the second clock
    fleet.ship("alive", alive.directory)
    months = months_of(fleet, 77)
    assert len(months) >= 3
    with pytest.raises(FleetProblem) as caught:
        cut(fleet, 77, months[0])
    assert caught.value.word == "cut_refused"  # nobody said that it ended
    with fleet.link(KEEPER) as link:
        assert terminals.retire(link, log_id, "lost")
    first = cut(fleet, 77, months[0])
    assert first > 0
    left = stored(fleet, "gone")
    assert left == list(range(first + 1, end + 1))  # no question finds what was cut
    with fleet.link(AUDITOR) as link:
        checked = checking.check(link, log_of(fleet, "gone"), tmp_path)
    assert checked.is_whole, checked.verification.said
    assert checked.records == end
    with fleet.link(KEEPER) as link:
        assert not terminals.resume(link, log_id, "found")  # some of it is gone
    assert first + sum(cut(fleet, 77, month) for month in months[1:]) == end
    with fleet.link(AUDITOR) as link:
        assert link.one("SELECT count(*) FROM ended_record WHERE log_id = %(log)s::uuid", {"log": log_id})[0] == 0
        assert link.one("SELECT count(*) > 0 FROM head WHERE log_id = %(log)s::uuid", {"log": log_id})[0]
        counted = link.one("SELECT sum(records)::bigint FROM cut WHERE log_id = %(log)s::uuid", {"log": log_id})[0]
    assert counted == end
    assert log_of(fleet, "gone").gone
    verified = run(fleet, tmp_path, AUDITOR, "verify")
    assert "gone" not in verified.stdout  # nothing is left to check but its heads


# --- tables of the version before --------------------------------------------------------------------------------------


@pytest.mark.proves("H4")
def test_a_database_of_version_1_is_brought_up_to_date_with_its_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = made_log(tmp_path / "log", 500, 3, seed=407, terminal="older", segment_bytes=50_000)
    with running_postgres() as postgres:
        fleet = Fleet(postgres)
        with monkeypatch.context() as before, fleet.owner() as link:
            before.setattr(schema, "VERSIONS", schema.VERSIONS[:1])
            before.setattr(schema, "NEWEST", 1)
            assert schema.set_up(link) == (0, 1)
            link.rows(f'CREATE ROLE "{AUDITOR}" LOGIN IN ROLE cardd_fleet_auditor')
        fleet.enrol("older", made.first_key)
        files = sorted((made.directory / "heads").iterdir())
        kept = {path: path.read_bytes() for path in files[2:]}
        for path in kept:
            path.unlink()
        fleet.ship("older", made.directory)
        half = stored(fleet, "older")
        assert 0 < len(half) < made.records
        with fleet.link(AUDITOR) as link:
            assert problem_of(lambda: schema.check(link)) == "older_schema"
        with fleet.owner() as link:
            assert schema.set_up(link) == (1, schema.NEWEST)
        for path, octets in kept.items():
            path.write_bytes(octets)
        fleet.ship("older", made.directory)
        assert stored(fleet, "older") == list(range(1, made.records + 1))
        with fleet.link(AUDITOR) as link:
            checked = checking.check(link, log_of(fleet, "older"), tmp_path)
        assert checked.is_whole, checked.verification.said
