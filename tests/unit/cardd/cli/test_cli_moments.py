"""Times that people read are Japan's and say so; programs get UTC."""

import ast
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cardd.audit import verifier
from cardd.cli import moments
from cardd.cli.texts import TEXTS
from cardd.keeping.__main__ import _human, _plain
from cardd.report.texts import TEXTS as REPORT_TEXTS

ROOT = Path(__file__).parents[4]
NIGHT = "2026-11-22T15:30:05.120Z"
"""The next day in Japan."""


@pytest.fixture(params=["America/New_York", "Asia/Tokyo", "UTC"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A machine that is set to this zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_a_moment_is_told_in_japan_with_its_zone_wherever_the_machine_stands(zone: str) -> None:
    assert moments.clock_time(NIGHT) == "00:30 JST"
    assert moments.day_and_time(NIGHT) == "2026-11-23 00:30 JST"
    assert moments.day(NIGHT) == "2026-11-23"
    assert moments.in_column(NIGHT) == "2026-11-23 00:30:05"
    assert moments.on_wire(datetime(2026, 11, 23, 0, 30, 5, tzinfo=moments.JAPAN)) == "2026-11-22T15:30:05.000000Z"


def test_backups_and_the_verifier_say_it_in_the_same_way(zone: str) -> None:
    moment = datetime(2026, 11, 22, 15, 30, 5, tzinfo=UTC)
    assert (_human(moment), _plain(moment)) == ("2026-11-23 00:30 JST", "2026-11-22T15:30:05Z")
    assert verifier.when(int(moment.timestamp()) * 1_000_000) == "2026-11-23 00:30:05.000 JST"


def test_where_a_column_has_no_zone_its_head_has() -> None:
    assert all("JST" in text for text in TEXTS["head.moment"])
    assert all("JST" in text for text in TEXTS["disclosure_zone"])
    assert "time (JST)" in [name for name, _ in verifier.COLUMNS]
    assert "日本標準時" in REPORT_TEXTS["zone"].ja


@pytest.mark.parametrize("room", ["audit", "cli", "fleet", "keeping", "report", "setup", "watching", "witness"])
def test_no_program_tells_the_time_of_the_machines_own_zone(room: str) -> None:
    """`astimezone()`, `fromtimestamp(x)` and `now()` without a zone follow TZ."""
    needs = {"astimezone": 1, "fromtimestamp": 2, "now": 1}
    for path in (ROOT / "cardd" / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in needs:
                if node.func.attr == "now" and ast.unparse(node.func.value) != "datetime":
                    continue
                given = len(node.args) + len(node.keywords)
                assert given >= needs[node.func.attr], f"{path}:{node.lineno}: {ast.unparse(node)}"
            assert not (isinstance(node, ast.Attribute) and node.attr in ("localtime", "ctime", "utcnow")), path
