"""What can go wrong between a terminal and the database of the fleet: nothing twice, nothing lost, and who is who is checked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cardd.collector.local import LocalLog
from cardd.collector.running import Runner
from cardd.collector.settings import ShipSettings
from cardd.collector.shipping import Shipment
from cardd.fleet import terminals
from cardd.fleet.database import Database, Link, connect
from cardd.fleet.problems import FleetProblem
from tests.e2e import fleet_scene
from tests.e2e.deaf_proxy import DeafProxy
from tests.e2e.fleet_house import AUDITOR, KEEPER, OFFICE, Fleet, shipment
from tests.e2e.fleet_scene import alarms_of, all_of, problem_of, stored
from tests.fixtures.counter import until
from tests.fixtures.made_log import MadeLog, made_log
from tests.fixtures.postgres import Authority

PATIENT_S = 60.0
fleet, terminal, made = fleet_scene.fleet, fleet_scene.terminal, fleet_scene.made


class Counting(Shipment):
    """Calls `between` before each batch after the first."""

    between: Callable[[], None]
    sent = 0

    def _taken(self, octets: list[bytes]) -> None:
        self.sent += 1
        if self.sent == 2:
            self.between()
        super()._taken(octets)


def counting(link: Link, directory: Path, between: Callable[[], None]) -> Counting:
    found = Counting(link, LocalLog(directory), batch_records=500, batch_bytes=1 << 20)
    found.between = between
    return found


# --- the network and the server ---------------------------------------------------------------------------------------


def test_an_answer_to_commit_that_is_lost_costs_nothing(fleet: Fleet, terminal: str, made: MadeLog) -> None:
    with DeafProxy(fleet.postgres.port) as proxy:
        with fleet.link(terminal, port=proxy.port, seconds=10) as link:
            assert problem_of(counting(link, made.directory, proxy.deaf.set).round) == "no_answer"
        assert proxy.passed > 0
    assert len(stored(fleet, terminal)) == 1000  # the second batch is there, though nobody was told
    fleet.ship(terminal, made.directory)
    assert stored(fleet, terminal) == all_of(made)
    assert alarms_of(fleet, terminal) == []


def test_a_server_that_keeps_the_connection_and_says_nothing_is_left(
    fleet: Fleet, terminal: str, made: MadeLog
) -> None:
    with fleet.link(terminal, seconds=5) as link:
        first = shipment(link, made.directory)
        with fleet.postgres.stopped_still():
            assert problem_of(first.round) == "no_answer"
    fleet.ship(terminal, made.directory)
    assert stored(fleet, terminal) == all_of(made)


@pytest.mark.parametrize("mode", ["fast", "immediate", "kill"])
def test_a_server_that_ends_in_the_middle(fleet: Fleet, terminal: str, made: MadeLog, mode: str) -> None:
    def end() -> None:
        if mode == "kill":
            fleet.postgres.kill()
        else:
            fleet.postgres.stop(mode)

    try:
        with fleet.link(terminal) as link:
            assert problem_of(counting(link, made.directory, end).round) == "broken_off"
        assert problem_of(lambda: fleet.ship(terminal, made.directory)) == "unreachable"
    finally:
        fleet.postgres.start()
    fleet.ship(terminal, made.directory)
    assert stored(fleet, terminal) == all_of(made)


def test_a_lock_that_somebody_holds_is_waited_for_within_the_limit(fleet: Fleet, terminal: str, made: MadeLog) -> None:
    with fleet.owner() as other, fleet.link(terminal, seconds=10) as link:
        with other.connection.transaction():
            other.rows("SELECT FROM log WHERE terminal = %(terminal)s FOR UPDATE", {"terminal": terminal})
            assert problem_of(shipment(link, made.directory).round) == "no_answer"
        assert (
            shipment(link, made.directory).round().records == made.records
        )  # the server gave up, the connection lives


def test_two_helpers_of_one_terminal_do_each_other_no_harm(fleet: Fleet, terminal: str, made: MadeLog) -> None:
    together = [
        threading.Thread(target=fleet.ship, args=(terminal, made.directory), kwargs={"batch": 50}) for _ in range(3)
    ]
    for each in together:
        each.start()
    for each in together:
        each.join()
    assert stored(fleet, terminal) == all_of(made)
    assert alarms_of(fleet, terminal) == []


def test_the_helper_goes_on_by_itself(fleet: Fleet, terminal: str, made: MadeLog) -> None:
    stop = threading.Event()
    settings = ShipSettings(
        database=fleet.postgres.database(terminal), log_directory=made.directory, every_seconds=1, pause_seconds=1, batch_records=100
    )  # fmt: skip
    fleet.postgres.stop()
    helper = threading.Thread(target=Runner(settings, stop).run)
    helper.start()
    try:
        fleet.postgres.start()
        while len(stored(fleet, terminal)) < made.records:
            assert not stop.wait(0.1)
    finally:
        stop.set()
        helper.join()
    assert stored(fleet, terminal) == all_of(made)


# --- who is who -------------------------------------------------------------------------------------------------------


def changed(database: Database, **values: object) -> Database:
    return database.model_copy(update=values)


def opened(key: Path, folder: Path) -> Path:
    """A copy of the key that everybody may read."""
    copy = folder / "open.key"
    copy.write_bytes(key.read_bytes())
    copy.chmod(0o644)
    return copy


@pytest.mark.proves("H4")
def test_only_the_right_certificates_get_through(fleet: Fleet, terminal: str, made: MadeLog, tmp_path: Path) -> None:
    good = fleet.postgres.database(terminal)
    stranger = Authority(tmp_path, "stranger")
    certificate, key = stranger.make(terminal)
    other = fleet.postgres.database(AUDITOR)
    late, late_key = fleet.postgres.certificates.make(f"{terminal}-late", days=-1)
    wrong = {
        "made by a stranger": changed(good, certificate=certificate, certificate_key=str(key)),
        "somebody else's": changed(good, certificate=other.certificate, certificate_key=other.certificate_key),
        "run out": changed(good, certificate=late, certificate_key=str(late_key)),
    }
    for why, database in wrong.items():
        assert problem_of(lambda database=database: connect(database, "test")) == "refused", why
    assert problem_of(lambda: connect(changed(good, ca=stranger.file), "test")) == "not_the_server"
    mixed = {
        "not a pair": changed(good, certificate=other.certificate),
        "no key": changed(good, certificate_key="/nonexistent/key"),
        "no certificate": changed(good, certificate=Path("/nonexistent/crt")),
        "no CA": changed(good, ca=Path("/nonexistent/ca")),
        "open key": changed(good, certificate_key=str(opened(Path(str(good.certificate_key)), tmp_path))),
    }
    for why, database in mixed.items():
        assert problem_of(lambda database=database: connect(database, "test")) == "own_files", why
    with pytest.raises(ValueError, match="needs `ca`, `certificate` and `certificate_key`"):
        Database(host="127.0.0.1", user=terminal)
    with connect(good, "test") as link:
        assert link.one("SELECT session_user::text")[0] == terminal


def test_a_server_of_another_name_is_not_ours(fleet: Fleet) -> None:
    elsewhere = fleet.postgres.database(AUDITOR, host="127.0.0.2")  # the server listens on 127.0.0.1 alone
    assert problem_of(lambda: connect(elsewhere, "test")) == "unreachable"
    fleet.postgres.run("psql", *at(fleet), "-c", "ALTER SYSTEM SET ssl = off", "-c", "SELECT pg_reload_conf()")
    try:
        until(
            lambda: refused_as(fleet) == "not_the_server", PATIENT_S
        )  # the server takes its settings over in its own time
    finally:
        fleet.postgres.run("psql", *at(fleet), "-c", "ALTER SYSTEM RESET ssl", "-c", "SELECT pg_reload_conf()")
    wait_until_connected(fleet)


def at(fleet: Fleet) -> tuple[str, ...]:
    return ("-h", str(fleet.postgres.socket), "-p", str(fleet.postgres.port), "-d", "cardd", "-U", fleet.postgres.owner)


def wait_until_connected(fleet: Fleet) -> None:
    until(lambda: refused_as(fleet) is None, PATIENT_S)


def refused_as(fleet: Fleet) -> str | None:
    """Why an auditor is not let in just now; None: they are."""
    try:
        connect(fleet.postgres.database(AUDITOR), "test").close()
    except FleetProblem as refused:
        return refused.word
    return None


def test_a_terminal_writes_for_nobody_else(fleet: Fleet, terminal: str, made: MadeLog, tmp_path: Path) -> None:
    other = made_log(tmp_path / "other", 100, 1, seed=4711, terminal="victim")
    fleet.enrol(f"{terminal}-v", other.first_key)
    assert problem_of(lambda: fleet.ship(terminal, other.directory)) == "unknown_log"
    with fleet.link(terminal) as link:
        for statement in (
            "SELECT * FROM record", "DELETE FROM record", "SELECT * FROM log", "INSERT INTO alarm DEFAULT VALUES",
            "SELECT own_log('00000000-0000-0000-0000-000000000000')", "SELECT block_terminal('x', 'lost')", "SELECT make_partitions(1)",
            "SELECT ask_cut(1, '2010-01-01')", "SET SESSION AUTHORIZATION postgres", "SET ROLE cardd_fleet_owner",
            "CREATE TABLE cardd_fleet.mine ()",
        ):  # fmt: skip
            assert problem_of(lambda statement=statement: link.rows(statement)) in ("no_right", "database"), statement
    assert stored(fleet, f"{terminal}-v") == []


def test_nobody_changes_or_deletes(fleet: Fleet, terminal: str, made: MadeLog) -> None:
    fleet.ship(terminal, made.directory)
    for role in (terminal, AUDITOR, KEEPER):
        with fleet.link(role) as link:
            for statement in (
                "UPDATE record SET operator = 'nobody'", "DELETE FROM record", "TRUNCATE record", "DELETE FROM head",
                "UPDATE log SET next_sequence = 1", "DELETE FROM alarm", "DELETE FROM asked", "DROP TABLE record",
            ):  # fmt: skip
                assert problem_of(lambda statement=statement, link=link: link.rows(statement)) == "no_right", (
                    role,
                    statement,
                )
    assert stored(fleet, terminal) == all_of(made)


def test_a_blocked_terminal_sends_nothing_more(fleet: Fleet, terminal: str, made: MadeLog) -> None:
    with fleet.link(KEEPER) as link:
        assert terminals.block(link, terminal, "suspected")
        assert not terminals.block(link, terminal, "suspected")
    assert problem_of(lambda: fleet.ship(terminal, made.directory)) == "unknown_log"
    assert stored(fleet, terminal) == []


def test_an_enrolled_terminal_cannot_be_enrolled_otherwise(fleet: Fleet, terminal: str, made: MadeLog) -> None:
    with fleet.link(KEEPER) as link:
        assert terminals.enrol(link, terminal, OFFICE, terminal, made.first_key) == made.log_id
        assert (
            problem_of(lambda: terminals.enrol(link, terminal, OFFICE, "other", made.first_key)) == "enrolled_otherwise"
        )
        assert (
            problem_of(lambda: terminals.enrol(link, "other", OFFICE, "other", made.first_key)) == "enrolled_otherwise"
        )
        assert problem_of(lambda: terminals.enrol(link, "new", 999, "new", made.first_key)) == "unknown_office"
        assert problem_of(lambda: terminals.enrol(link, terminal, OFFICE, terminal, "no key")) == "malformed"
