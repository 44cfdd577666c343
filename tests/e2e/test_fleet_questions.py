"""Questions over the fleet give what a naive walk over all logs gives; disclosure, health, partitions, cutting, the programs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.entries import Entry, entries
from cardd.fleet import health, questions, schema
from cardd.fleet.database import SCHEMA
from cardd.fleet.problems import FleetProblem
from cardd.history.questions import Filters
from tests.e2e.fleet_house import (
    AUDITOR,
    OFFICE,
    OTHER_OFFICE,
    Fleet,
    database_toml,
    running_fleet,
)
from tests.fixtures.made_log import made_log

Use = tuple[str, int, int | None]
"""Terminal, number of the use, number of its result."""
DAY = 86_400_000_000


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("logs")
    with running_fleet() as found:
        for number in range(3):
            terminal = f"counter-{number}"
            made = made_log(
                folder / terminal, 1500, 45, seed=50 + number, terminal=terminal, segment_bytes=150_000, cards=40
            )
            found.made[terminal] = made
            found.enrol(terminal, made.first_key, OTHER_OFFICE if number == 2 else OFFICE)
            found.ship(terminal, made.directory)
        yield found


def all_uses(fleet: Fleet) -> list[tuple[str, Entry, Entry | None]]:
    """Every use with its result, oldest first, by a plain walk over the files."""
    found = []
    for terminal, made in fleet.made.items():
        every = [entry for entry, _ in entries(made.directory)]
        results = {entry.number("intent"): entry for entry in every if entry.phase == 2}
        found += [
            (terminal, entry, results.get(entry.sequence) if entry.phase == 1 else None)
            for entry in every
            if entry.phase != 2
        ]
    return sorted(found, key=lambda use: (use[1].utc_us, use[1].log_id, use[1].sequence))


def told(entry: Entry, result: Entry | None, name: str) -> Any:
    late = None if result is None else result.content.get(name)
    return late if late is not None else entry.content.get(name)


def fits(filters: Filters, entry: Entry, result: Entry | None) -> bool:
    names = (
        "operator",
        "subject",
        "approver",
        "badge",
        "purpose",
        "case",
        "seat",
        "terminal",
        "client",
        "event",
        "operation",
        "code",
    )
    plain = all(getattr(filters, name) in (None, told(entry, result, name)) for name in names)
    card = not filters.cards or told(entry, result, "card") in filters.cards
    time = (filters.since_us or 0) <= entry.utc_us < (filters.until_us or 2**62)
    ended = None if result is None else result.content["result"]
    outcome = {
        None: True,
        "open": entry.phase == 1 and ended is None,
        "refused": ended == "refused" or (entry.phase == 3 and "code" in entry.content),
    }.get(filters.result, ended == filters.result)
    return plain and card and time and outcome


def expected(fleet: Fleet, filters: Filters) -> list[Use]:
    return [
        (terminal, entry.sequence, None if result is None else result.sequence)
        for terminal, entry, result in all_uses(fleet)
        if fits(filters, entry, result)
    ]


def asked(fleet: Fleet, filters: Filters, order: questions.Order, limit: int) -> list[Use]:
    """All pages together."""
    found: list[Use] = []
    cursor = None
    with fleet.link(AUDITOR) as link:
        while True:
            page = questions.ask(link, filters, order=order, cursor=cursor, limit=limit)
            found += [
                (each.terminal, each.use.entry.sequence, each.use.result.sequence if each.use.result else None)
                for each in page.told
            ]
            cursor = page.cursor
            if cursor is None:
                return found


def some_filters(fleet: Fleet) -> list[Filters]:
    uses = all_uses(fleet)
    values = {
        name: sorted({value for _, entry, result in uses if isinstance(value := told(entry, result, name), str)})
        for name in ("operator", "purpose", "case", "card", "seat", "code", "operation", "badge", "approver")
    }
    middle = uses[len(uses) // 2][1].utc_us
    single = [Filters(**{name: found[len(found) // 2]}) for name, found in values.items() if found and name != "card"]
    return [
        *single,
        Filters(),
        Filters(cards=tuple(values["card"][:3])),
        Filters(operator=values["operator"][0], purpose=values["purpose"][0]),
        Filters(operator=values["operator"][-1], since_us=middle, until_us=middle + 3 * DAY),
        Filters(purpose=values["purpose"][-1], result="refused"),
        Filters(terminal="counter-1", since_us=middle),
        Filters(event="card.read", until_us=middle, result="done"),
        Filters(result="open"),
        Filters(result="refused"),
        Filters(result="unknown"),
        Filters(operator="nobody"),
    ]


def test_each_question_is_answered_as_by_a_walk_over_all_logs(fleet: Fleet) -> None:
    sizes = []
    for filters in some_filters(fleet):
        wanted = expected(fleet, filters)
        sizes.append(len(wanted))
        assert asked(fleet, filters, "oldest", 1000) == wanted, filters
        assert asked(fleet, filters, "newest", 311) == wanted[::-1], filters
    assert sum(size > 0 for size in sizes) > len(sizes) / 2


def test_pages_of_one_give_the_same(fleet: Fleet) -> None:
    filters = next(each for each in some_filters(fleet) if 2 <= len(expected(fleet, each)) <= 40)
    assert asked(fleet, filters, "newest", 1) == expected(fleet, filters)[::-1]


@pytest.mark.proves("A11")
def test_a_disclosure_has_all_terminals(fleet: Fleet) -> None:
    by_card: dict[str, set[str]] = {}
    for terminal, entry, result in all_uses(fleet):
        if card := told(entry, result, "card"):
            by_card.setdefault(card, set()).add(terminal)
    card = max(by_card, key=lambda each: (len(by_card[each]), each))
    with fleet.link(AUDITOR) as link:
        found = [(each.terminal, each.use.entry.sequence) for each in questions.disclose(link, (card, "0" * 32))]
    assert found == [use[:2] for use in expected(fleet, Filters(cards=(card,)))]
    assert found


def test_each_question_is_on_record_without_its_answer(fleet: Fleet) -> None:
    card = "ab" * 16
    with fleet.link(AUDITOR) as link:
        questions.ask(link, Filters(operator="tanaka", case="令8-4711", cards=(card,)))
        who, what, filters = link.rows('SELECT "by"::text, what, filters FROM asked ORDER BY at DESC LIMIT 1')[0]
    assert (who, what) == (AUDITOR, "query")
    assert filters == {"filters": ["operator", "card", "case"], "operator": "tanaka"}


def test_a_bad_cursor_or_limit_is_refused(fleet: Fleet) -> None:
    with fleet.link(AUDITOR) as link:
        for cursor in ("", "1", "1.2", "x.y.z", "1.00.1", "'; --"):
            with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
                questions.ask(link, Filters(), cursor=cursor)
        for limit in (0, 1001, -1):
            with pytest.raises(ValueError, match="limit"):
                questions.ask(link, Filters(), limit=limit)


def test_old_and_new_tables_are_told_apart(fleet: Fleet) -> None:
    with fleet.owner() as link:
        schema.check(link)
        for number, word in ((schema.NEWEST + 1, "newer_schema"), (0, "older_schema")):
            with link.connection.transaction(force_rollback=True):
                link.rows(f"UPDATE {SCHEMA}.version SET number = %(number)s", {"number": number})
                with pytest.raises(FleetProblem) as caught:
                    schema.check(link)
                assert caught.value.word == word
        assert schema.set_up(link) == (schema.NEWEST, schema.NEWEST)


# --- the programs -----------------------------------------------------------------------------------------------------


def run(module: str, *arguments: str, locale: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "LC_ALL": locale,
        "LANG": locale,
        "PGHOST": "nowhere",
        "PGPASSWORD": "secret",
    }
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        text=True,
        encoding="utf-8",
        capture_output=True,
        check=False,
        env=environment,
    )


def test_the_shipper_ships_once_and_says_what(fleet: Fleet, tmp_path: Path) -> None:
    made = made_log(tmp_path / "log", 300, 2, seed=88, terminal="once")
    fleet.enrol("once", made.first_key)
    fleet.made["once"] = made  # whoever walks over all logs from now on walks over this one too
    file = tmp_path / "ship.toml"
    file.write_text(f'log_directory = "{made.directory}"\n[database]\n{database_toml(fleet.postgres.database("once"))}')
    checked = run("cardd.collector", "--config", str(file), "--check-config")
    assert (checked.returncode, checked.stdout) == (0, "good\n")
    shipped = run("cardd.collector", "--config", str(file), "--once")
    assert (shipped.returncode, shipped.stdout) == (
        0,
        f"records {made.records}, heads {made.heads}, covered {made.records}\n",
    )
    file.write_text(file.read_text().replace("once.crt", "gone.crt"))
    failed = run("cardd.collector", "--config", str(file), "--once", locale="ja_JP.UTF-8")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "証明書" in failed.stderr
    file.write_text("log_directory = 'here'\npassword = 'x'\n")
    broken = run("cardd.collector", "--config", str(file))
    assert broken.returncode == 78
    assert [line.partition("ship.toml")[2] for line in broken.stderr.splitlines()]
    assert "password: is not a key that is known here" in broken.stderr


def test_cardd_fleet_asks_checks_and_reports(fleet: Fleet, tmp_path: Path) -> None:
    config = ("--config", str(fleet.settings(AUDITOR, tmp_path)))
    made = fleet.made["counter-0"]
    wanted = [use[:2] for use in expected(fleet, Filters(terminal="counter-0"))[:7]]
    asked_for = run("cardd.fleet", *config, "--json", "query", "--terminal", "counter-0", "--limit", "7", "--oldest")
    assert asked_for.returncode == 0, asked_for.stderr
    lines = [json.loads(line) for line in asked_for.stdout.splitlines()]
    assert [(each["terminal"], each["sequence"]) for each in lines] == wanted
    assert "--cursor" in asked_for.stderr
    table = run("cardd.fleet", *config, "--locale", "ja", "query", "--since", "2026-04-02", "--until", "2026-04-03")
    assert table.stdout.splitlines()[0].split()[:3] == ["日時（JST）", "端末", "番号"]
    keys = tmp_path / "keys"
    keys.write_text(f"# mine\n{made.first_key}\n")
    verified = run(
        "cardd.fleet",
        *config,
        "verify",
        "--terminal",
        "counter-0",
        "--keys",
        str(keys),
        "--keep",
        str(tmp_path / "kept"),
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert f"counter-0  {made.log_id}  {made.records}  whole" in verified.stdout
    assert (tmp_path / "kept" / made.log_id / "log" / "first.key").read_text().strip() == made.first_key.strip()
    out = tmp_path / "report.html"
    reported = run("cardd.fleet", *config, "report", "--month", "2026-04", "--office", str(OFFICE), "--out", str(out))
    assert reported.returncode == 0, reported.stderr
    page = out.read_text(encoding="utf-8")
    assert "counter-0" in page
    assert "counter-2" not in page  # another office
    no_right = run("cardd.fleet", *config, "--json", "partitions")
    assert no_right.returncode == 2
    assert json.loads(no_right.stderr)["error"]["name"] == "no_right"


def test_a_changed_record_in_the_database_is_found(fleet: Fleet, tmp_path: Path) -> None:
    """Whoever runs the database can change it; the check names the record."""
    made = fleet.made["counter-1"]
    config = ("--config", str(fleet.settings(AUDITOR, tmp_path)))
    with fleet.owner() as link:
        bit = "octets = set_byte(octets, 200, get_byte(octets, 200) # 1)"
        change = f"UPDATE {SCHEMA}.record SET {bit} WHERE log_id = %(log)s::uuid AND sequence = 700"
        link.rows(change, {"log": made.log_id})
        found = run("cardd.fleet", *config, "--locale", "en", "verify", "--terminal", "counter-1")
        link.rows(change, {"log": made.log_id})
    assert found.returncode == 1
    assert "DAMAGED" in found.stdout
    assert re.search(r"\b70[01]\b", found.stdout)
    whole = run("cardd.fleet", *config, "verify", "--terminal", "counter-1")
    assert whole.returncode == 0, whole.stdout


def test_health_names_what_is_to_be_looked_at(fleet: Fleet, tmp_path: Path) -> None:
    made = made_log(tmp_path / "log", 50, 1, seed=99, terminal="silent", start=datetime.now(UTC).date())
    fleet.enrol("silent", made.first_key)
    with fleet.link(AUDITOR) as link:
        (standing,) = [each for each in health.standings(link) if each.terminal == "silent"]
        assert (standing.state, standing.records, standing.seen_age_s) == ("never", 0, None)
    fleet.ship("silent", made.directory)
    fleet.made["silent"] = made
    with fleet.owner() as link:
        for seen, local, state in (
            ("0", made.records, "good"),
            ("0", made.records + 5, "behind"),
            ("11 minutes", made.records, "silent"),
        ):
            link.rows(
                f"UPDATE {SCHEMA}.log SET seen_at = now() - %(seen)s::interval, local_size = %(local)s WHERE terminal = 'silent'",
                {"seen": seen, "local": local},
            )
            (standing,) = [each for each in health.standings(link) if each.terminal == "silent"]
            assert standing.state == state
    shown = run("cardd.fleet", "--config", str(fleet.settings(AUDITOR, tmp_path)), "--locale", "en", "health")
    assert shown.returncode == 1
    assert [line.split()[2] for line in shown.stdout.splitlines() if line.startswith("silent")] == ["silent"]
