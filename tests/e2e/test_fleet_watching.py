"""The rules over all terminals of an office: what no terminal can see alone is an alarm with its records, told once, and reviewed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cardd.fleet import alarms, health, report
from cardd.fleet.alarms import Found
from cardd.fleet.problems import FleetProblem
from cardd.fleet.watching import AGAIN_SECONDS, FleetWatch, OfficeWatch
from cardd.report.data import Month
from cardd.report.page import render
from cardd.watch_settings import Watching
from tests.e2e.fleet_house import AUDITOR, KEEPER, OFFICE, OTHER_OFFICE, WATCHER, Fleet, running_fleet
from tests.fixtures.made_log import INTENT, RESULT, STATE, LogMaker

MINUTE = 60_000_000
BADGE = "b" * 32


@pytest.fixture(scope="module")
def server() -> Iterator[Fleet]:
    with running_fleet() as found:
        yield found


@pytest.fixture
def fleet(server: Fleet) -> Fleet:
    """The same server without what an earlier test left."""
    with server.owner() as link:
        link.rows(
            "TRUNCATE watch_alarm, watch_review, watch_place, watch_office, record, head, alarm, log, terminal CASCADE"
        )
    return server


def now_us() -> int:
    return int(datetime.now(UTC).timestamp() * 1_000_000)


class Terminal:
    """A terminal whose log goes on from test step to test step; each step is under a head."""

    def __init__(
        self, fleet: Fleet, folder: Path, name: str, *, office: int = OFFICE, start_us: int | None = None
    ) -> None:
        self.fleet, self.name, self.office = fleet, name, office
        start = now_us() - 60 * MINUTE if start_us is None else start_us
        seed = sum(name.encode()) + start % 1000
        self.log = LogMaker(folder / name, start_us=start, seed=seed, terminal=name)
        self._role = f"{name}-{self.log.log_id[:6]}"
        fleet.enrol(self._role, self.log.first_key, office)

    def login(
        self, at_us: int, operator: str = "tanaka", badge: str = BADGE, seat: str = "window-1"
    ) -> tuple[int, int]:
        """Numbers of the intent and the result of a login that worked."""
        who = {"operation": "login", "seat": seat, "badge": badge}
        intent = self.log.put(at_us, INTENT, {"event": "session.login", **who, "request": "r1"})
        closing = {"intent": intent, "result": "done", "operator": operator}
        return intent, self.log.put(at_us + 1000, RESULT, closing)

    def logout(self, at_us: int, operator: str = "tanaka", seat: str = "window-1") -> None:
        self.log.put(at_us, STATE, {"event": "session.logout", "operator": operator, "seat": seat, "request": "r2"})

    def failed_login(self, at_us: int, seat: str = "window-1") -> None:
        who = {"operation": "login", "seat": seat, "badge": BADGE}
        intent = self.log.put(at_us, INTENT, {"event": "session.login", **who, "request": "r3"})
        self.log.put(
            at_us + 1000, RESULT, {"intent": intent, "result": "refused", "code": "auth.failed", "pin_outcome": "spent"}
        )

    def ship(self) -> None:
        """All of it, as the helper does: the files are as they would be now."""
        self.log.head("time")
        self.log._write_segment()
        (self.log.directory / "heads" / f"{self.log.key.name[-10:]}.heads").write_bytes(b"".join(self.log._notes))
        self.fleet.ship(self._role, self.log.directory)


def look(fleet: Fleet, watch: FleetWatch | OfficeWatch) -> int:
    """One look with the rights of the rules' own role; how many alarms are new."""
    with fleet.link(WATCHER) as link:
        if isinstance(watch, OfficeWatch):
            return watch.look(link).told
        return sum(looked.told for _, looked in watch.look(link))


def found(fleet: Fleet, **wanted: object) -> list[Found]:
    with fleet.link(AUDITOR) as link:
        return alarms.found(link, **wanted)  # type: ignore[arg-type]


@pytest.mark.proves("A9", "W11")
def test_one_badge_at_two_terminals_is_an_alarm_with_the_records_of_both(fleet: Fleet, tmp_path: Path) -> None:
    one, two = Terminal(fleet, tmp_path, "counter-1"), Terminal(fleet, tmp_path, "counter-2")
    watch = FleetWatch(Watching())
    at = now_us() - 10 * MINUTE
    here = one.login(at)
    one.logout(at + MINUTE)
    one.ship()
    two.ship()
    assert look(fleet, watch) == 0
    there = two.login(at + 3 * MINUTE)
    two.ship()
    assert look(fleet, watch) == 1
    (alarm,) = found(fleet)
    assert (alarm.office, alarm.watch) == (OFFICE, "w11")
    assert alarm.about == {
        "operator": "tanaka",
        "badge": BADGE,
        "seat": "counter-2/window-1",
        "problem": "two_machines",
    }
    assert [(log, number) for _, log, number in alarm.evidence] == [
        *((one.log.log_id, number) for number in here),
        *((two.log.log_id, number) for number in there),
    ]
    assert look(fleet, watch) == 0
    assert look(fleet, FleetWatch(Watching())) == 0  # another run makes its memory anew and tells nothing twice
    assert len(found(fleet)) == 1


@pytest.mark.proves("W11")
def test_one_badge_at_one_terminal_or_late_enough_at_another_is_none(fleet: Fleet, tmp_path: Path) -> None:
    one, two = Terminal(fleet, tmp_path, "counter-1"), Terminal(fleet, tmp_path, "counter-2")
    far = Terminal(fleet, tmp_path, "elsewhere", office=OTHER_OFFICE)
    at = now_us() - 30 * MINUTE
    one.login(at)
    one.logout(at + MINUTE)
    one.login(at + 2 * MINUTE, seat="window-1")
    one.logout(at + 3 * MINUTE)
    two.login(at + 8 * MINUTE)  # five minutes behind the end of the session at the other one
    two.login(at + 2 * MINUTE + 9 * MINUTE, operator="suzuki", badge="c" * 32)
    far.login(at + 9 * MINUTE)  # ids of another office mean other people
    for each in (one, two, far):
        each.ship()
    assert look(fleet, FleetWatch(Watching())) == 0
    assert found(fleet, with_reviewed=True) == []


@pytest.mark.proves("A9")
def test_what_one_terminal_shows_alone_is_told_there_and_the_sum_here(fleet: Fleet, tmp_path: Path) -> None:
    """Three failed proofs of one badge (W3): at one terminal no matter of the fleet, over two of them nobody else sees it. The seats
    have the same name at both, and are not taken for one."""
    one, two = Terminal(fleet, tmp_path, "counter-1"), Terminal(fleet, tmp_path, "counter-2")
    at = now_us() - 20 * MINUTE
    for number in range(2):
        one.failed_login(at + number * MINUTE)
    two.failed_login(at + 3 * MINUTE)
    for each in (one, two):
        each.ship()
    assert look(fleet, FleetWatch(Watching())) == 1
    (alarm,) = found(fleet)
    assert (alarm.watch, alarm.about["badge"], alarm.count) == ("w3", BADGE, 3)
    assert {terminal.split("-")[0] for terminal, _, _ in alarm.evidence} == {"counter"}
    assert [log for _, log, _ in alarm.evidence] == [one.log.log_id] * 4 + [two.log.log_id] * 2

    three = Terminal(fleet, tmp_path, "counter-3")
    for number in range(3):
        three.failed_login(at + 30 * MINUTE + number * 1000)
    three.ship()
    before = len(found(fleet))
    look(fleet, FleetWatch(Watching()))
    assert len(found(fleet)) == before


@pytest.mark.proves("A9", "W11")
def test_records_that_come_late_are_seen_in_their_order(fleet: Fleet, tmp_path: Path) -> None:
    """A terminal was off the network. What it shipped afterwards is no alarm where it was far apart, and one where it was not."""
    start = now_us() - 200 * MINUTE
    one, late = (Terminal(fleet, tmp_path, name, start_us=start) for name in ("counter-1", "counter-2"))
    clock = [0.0]
    watch = OfficeWatch(OFFICE, Watching(), monotonic=lambda: clock[0])
    at = now_us() - 120 * MINUTE
    one.login(at)
    one.logout(at + MINUTE)
    one.login(at + 90 * MINUTE, operator="suzuki", badge="c" * 32)
    one.ship()
    assert look(fleet, watch) == 0
    late.login(at + 3 * MINUTE)  # two minutes behind tanaka's end at the other one
    late.login(at + 40 * MINUTE, operator="suzuki", badge="c" * 32)
    late.logout(at + 41 * MINUTE, operator="suzuki")
    late.ship()
    assert look(fleet, watch) == 0  # out of order: not yet
    clock[0] += AGAIN_SECONDS + 1
    assert look(fleet, watch) == 1
    (alarm,) = found(fleet)
    assert (alarm.watch, alarm.about["operator"]) == ("w11", "tanaka")
    assert look(fleet, watch) == 0


def test_a_run_that_broke_off_loses_nothing(fleet: Fleet, tmp_path: Path) -> None:
    one, two = Terminal(fleet, tmp_path, "counter-1"), Terminal(fleet, tmp_path, "counter-2")
    at = now_us() - 10 * MINUTE
    one.login(at)
    two.login(at + MINUTE)
    for each in (one, two):
        each.ship()
    watch = OfficeWatch(OFFICE, Watching())
    with fleet.link(AUDITOR) as link, pytest.raises(FleetProblem) as caught:  # may read, may not tell
        watch.look(link)
    assert caught.value.word == "no_right"
    assert found(fleet) == []
    assert look(fleet, watch) == 1


def test_a_rule_that_is_off_says_nothing(fleet: Fleet, tmp_path: Path) -> None:
    one, two = Terminal(fleet, tmp_path, "counter-1"), Terminal(fleet, tmp_path, "counter-2")
    at = now_us() - 10 * MINUTE
    one.login(at)
    two.login(at + MINUTE)
    for each in (one, two):
        each.ship()
    off = Watching.model_validate({"w11": {"enabled": False}})
    assert look(fleet, FleetWatch(off)) == 0


@pytest.mark.proves("fault 114")
def test_hostile_text_in_a_record_stops_no_rule(fleet: Fleet, tmp_path: Path) -> None:
    one, two = Terminal(fleet, tmp_path, "counter-1"), Terminal(fleet, tmp_path, "counter-2")
    at = now_us() - 10 * MINUTE
    odd = "x\0\u202e\x1b[2J" + "y" * 500
    one.login(at, operator=odd)
    two.login(at + MINUTE, operator=odd, seat=odd)
    for each in (one, two):
        each.ship()
    assert look(fleet, FleetWatch(Watching())) == 1
    (alarm,) = found(fleet)
    assert alarm.about["operator"] == odd.replace("\0", "\ufffd")[:128]
    shown = run(fleet, tmp_path, AUDITOR, "--locale", "ja", "alarms")
    assert all(line.isprintable() for line in shown.stdout.splitlines())


# --- rights, review, health, report ------------------------------------------------------------------------------------


def run(fleet: Fleet, folder: Path, role: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    config = fleet.settings(role, folder)
    return subprocess.run(
        [sys.executable, "-m", "cardd.fleet", "--config", str(config), *arguments],
        text=True, encoding="utf-8", capture_output=True, check=False, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


@pytest.fixture
def two_places(fleet: Fleet, tmp_path: Path) -> Fleet:
    one, two = Terminal(fleet, tmp_path, "counter-1"), Terminal(fleet, tmp_path, "counter-2")
    at = now_us() - 10 * MINUTE
    one.login(at)
    two.login(at + MINUTE)
    for each in (one, two):
        each.ship()
    assert look(fleet, FleetWatch(Watching())) == 1
    return fleet


@pytest.mark.proves("A9")
def test_an_alarm_is_looked_at_by_an_auditor_and_every_review_stays(two_places: Fleet, tmp_path: Path) -> None:
    fleet = two_places
    listed = run(fleet, tmp_path, AUDITOR, "--json", "alarms")
    (alarm,) = [json.loads(line) for line in listed.stdout.splitlines()]
    number = str(alarm["number"])
    assert run(fleet, tmp_path, AUDITOR, "health").returncode == 1
    for role in (KEEPER, WATCHER):
        assert run(fleet, tmp_path, role, "review", number, "explained", "work").returncode == 2
    for words in (("unexplained", "under_inquiry"), ("misuse", "badge_lent")):
        assert run(fleet, tmp_path, AUDITOR, "review", number, *words).returncode == 0
    assert run(fleet, tmp_path, AUDITOR, "review", "999999", "explained", "work").returncode == 2
    assert found(fleet) == []
    (reviewed,) = found(fleet, with_reviewed=True)
    assert (reviewed.verdict, reviewed.reason, reviewed.reviewer) == ("misuse", "badge_lent", AUDITOR)
    with fleet.link(AUDITOR) as link:
        assert link.one("SELECT count(*) FROM watch_review")[0] == 2
        assert {each.state for each in health.standings(link)} == {"good"}
    shown = run(fleet, tmp_path, AUDITOR, "--locale", "en", "alarms", "--all")
    assert "misuse (badge_lent, by auditor-mori)" in shown.stdout


def test_open_alarms_and_the_rules_stand_in_health(two_places: Fleet) -> None:
    with two_places.link(AUDITOR) as link:
        assert {each.state for each in health.standings(link)} == {"watch"}
        states = {each.office: (each.state, each.open_alarms) for each in health.watches(link)}
    assert states[OFFICE] == ("watch", 1)
    with two_places.owner() as link:
        link.rows("UPDATE watch_office SET looked_at = now() - interval '11 minutes'")
        assert {each.state for each in health.watches(link) if each.office == OFFICE} == {"silent"}


def test_the_report_of_the_fleet_shows_them(two_places: Fleet, tmp_path: Path) -> None:
    with two_places.link(AUDITOR) as link:
        (alarm,) = alarms.found(link)
        moment = datetime.fromtimestamp(alarm.at_us // 1_000_000 + 9 * 3600, UTC)
        data = report.collect(
            link, two_places.enrolled(), report.Shown(Month(moment.year, moment.month), "見本町"), tmp_path
        )
    (line,) = data.figures.alarms.lines
    assert (line.watch, line.verdict, data.figures.reviews["w11"].open) == ("w11", "", 1)
    page = render(data)
    for name in ("counter-1", "counter-2"):
        numbers = [str(number) for terminal, _, number in alarm.evidence if terminal.startswith(name)]
        assert re.search(rf"{name}-[0-9a-f]+: {' '.join(numbers)}", page)


def test_the_rules_may_tell_and_nothing_else(fleet: Fleet) -> None:
    with fleet.link(WATCHER) as link:
        for statement in (
            "INSERT INTO watch_alarm (number) VALUES (1)", "DELETE FROM watch_alarm", "UPDATE watch_place SET sequence = 0",
            "SELECT review_alarm(1, 'explained', 'work')", "SELECT block_terminal('x', 'lost')", "SELECT ask('x', '{}')",
            "DELETE FROM record", "SELECT make_partitions(1)", "SELECT forget_alarms(1, '2100-01-01')",
        ):  # fmt: skip
            with pytest.raises(FleetProblem) as caught:
                link.rows(statement)
            assert caught.value.word == "no_right", statement


# --- the program -------------------------------------------------------------------------------------------------------


@pytest.mark.proves("A9", "W11")
def test_the_program_tells_while_terminals_ship(fleet: Fleet, tmp_path: Path) -> None:
    config = fleet.settings(WATCHER, tmp_path)
    config.write_text("watch_every_seconds = 1\n" + config.read_text())
    one, two = Terminal(fleet, tmp_path, "counter-1"), Terminal(fleet, tmp_path, "counter-2")
    at = now_us() - 10 * MINUTE
    with subprocess.Popen([sys.executable, "-m", "cardd.fleet", "--config", str(config), "watch"]) as program:
        try:
            one.login(at)
            one.ship()
            wait_for(fleet, program, "SELECT EXISTS (SELECT FROM watch_place)")
            two.login(at + MINUTE)
            two.ship()
            wait_for(fleet, program, "SELECT EXISTS (SELECT FROM watch_alarm)")
        finally:
            program.terminate()
        assert program.wait(30) == 0
    assert [each.watch for each in found(fleet)] == ["w11"]


def wait_for(fleet: Fleet, program: subprocess.Popen[bytes], question: str) -> None:
    with fleet.link(AUDITOR) as link:
        while not link.one(question)[0]:
            assert program.poll() is None
            threading.Event().wait(0.1)  # the test's own limit ends it
