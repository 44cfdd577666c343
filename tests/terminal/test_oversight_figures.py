"""Plots and counts of the auditor's screens, and the policy as a table: every figure is the one that was counted."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from cardd.japan_time import JAPAN
from terminal.console import plots
from terminal.console.desk import Desk
from terminal.console.plots import Bar
from terminal.console.screens.audit_plots import figures
from terminal.console.screens.policy import cells
from terminal.console.tally import LONGEST, MOST_PAIRS, OTHERS, Tally, percent

DAY = date(2026, 11, 23)


def drawn(svg: str) -> ElementTree.Element:
    """Well-formed, nothing of a script or a style in it, no figure that is none."""
    assert not re.search(r"nan|inf|style=|<script", svg, re.IGNORECASE)
    return ElementTree.fromstring(svg)  # made here


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in drawn(svg).iter("text")]


def use(at: str, **more: Any) -> dict[str, Any]:
    record = {"phase": 1, "operation": "read", "operator": "sato", "purpose": "identity_check"} | more
    late = record.pop("late", {"result": "done"})
    return {"at": at, "record": record, "outcome": None if late is None else {"record": late}}


@pytest.mark.parametrize("count", [0, 1, 7, 31, 32, 400, 10_000])
def test_any_number_of_bars_and_columns_is_a_drawing(count: int) -> None:
    given = [Bar(f"p{number}", number) for number in range(count)]
    for svg in (plots.bars("uses", given), plots.columns("uses", given)):
        assert drawn(svg).get("aria-label") == "uses"
    figures_shown = [text for text in texts(plots.bars("uses", given[::-1])) if not text.startswith("p")]
    assert figures_shown == [f"{number:,}" for number in range(count - 1, max(-1, count - 1 - plots.MOST_BARS), -1)]


def test_columns_carry_their_figures_as_long_as_there_is_room() -> None:
    few = [Bar(f"d{number}", number + 1) for number in range(plots.MOST_COLUMNS)]
    assert {str(number + 1) for number in range(plots.MOST_COLUMNS)} <= set(texts(plots.columns("x", few)))
    many = [*few, Bar("last", 99)]
    assert "99" not in texts(plots.columns("x", many))


def test_all_nothing_is_drawn_without_a_division() -> None:
    svg = plots.columns("x", [Bar("a", 0), Bar("b", 0)])
    assert {float(each.get("height", "0")) for each in drawn(svg).iter("rect")} == {0.0, 1.0}
    assert texts(plots.heat("x", ["Mon"], ["0"], [[0]])) == ["0", "Mon"]


def test_the_heat_map_writes_each_figure_into_its_cell() -> None:
    counts = [[day * 100 + hour for hour in range(24)] for day in range(7)]
    svg = plots.heat("uses", [f"day{n}" for n in range(7)], [f"h{n}" for n in range(24)], counts)
    written = [text for text in texts(svg) if text.isdigit()]
    assert written == [str(count) for row in counts for count in row if count]
    assert len(list(drawn(svg).iter("rect"))) == 7 * 24


@pytest.mark.parametrize(("value", "largest", "step"), [(0, 10, 0), (1, 10_000, 1), (10, 10, 5), (5, 10, 2), (3, 0, 0)])
def test_something_is_never_drawn_like_nothing(value: int, largest: int, step: int) -> None:
    assert plots.shade(value, largest) == step


def test_a_name_with_markup_stays_a_name() -> None:
    svg = plots.bars("<b>", [Bar("</svg><script>", 1)])
    assert drawn(svg).get("aria-label") == "<b>"
    assert texts(svg)[0] == "</svg><script>"


def test_uses_are_counted_by_the_clock_of_japan() -> None:
    tally = Tally(DAY, DAY)
    tally.use(use("2026-11-22T15:00:00.000Z"))  # midnight of Monday in Japan
    tally.use(use("2026-11-23T14:59:59.999Z", operator="kato", late=None))
    assert (tally.hours[0][0], tally.hours[0][23], sum(map(sum, tally.hours))) == (1, 1, 2)
    assert tally.used == Counter({DAY: 2})
    assert tally.pairs == Counter({("sato", "identity_check"): 1, ("kato", "identity_check"): 1})


def test_what_is_no_use_of_a_card_is_not_counted_as_one() -> None:
    tally = Tally(DAY, DAY)
    tally.use(use("2026-11-23T01:00:00Z", operation="audit", phase=3, late=None))
    tally.use(use("2026-11-23T01:00:00Z", phase=3, late=None))  # a note beside a use: the last try was agreed to
    tally.use(use("2026-11-23T01:00:00Z", operation=None, phase=3, late=None))
    assert (tally.total, tally.looked_at) == (0, 3)
    tally.use(use("2026-11-23T01:00:00Z", phase=3, code="policy.denied", late=None))
    assert (tally.total, tally.refused[DAY]) == (1, 1)


def test_a_login_is_counted_for_whom_it_proved() -> None:
    tally = Tally(DAY, DAY)
    late = {"result": "refused", "operator": "kato", "pin_outcome": "spent"}
    tally.use(use("2026-11-23T01:00:00Z", operation="login", operator=None, purpose=None, late=late))
    assert tally.pairs == Counter({("kato", ""): 1})
    assert (tally.wrong[DAY], tally.refused[DAY]) == (1, 1)


def test_memory_does_not_grow_with_the_record() -> None:
    tally = Tally(DAY, DAY)
    for number in range(MOST_PAIRS + 50):
        tally.use(use("2026-11-23T01:00:00Z", operator=f"o{number}"))
    assert len(tally.pairs) == MOST_PAIRS + 1
    assert tally.pairs[OTHERS] == 50
    assert tally.total == MOST_PAIRS + 50


@pytest.mark.parametrize(("days", "spans"), [(1, 1), (31, 31), (32, 5), (LONGEST, 53)])
def test_a_long_range_is_told_in_weeks_and_loses_nothing(days: int, spans: int) -> None:
    tally = Tally(DAY - timedelta(days - 1), DAY)
    for number in range(days):
        tally.wrong[DAY - timedelta(number)] += 1
    told = tally.over(tally.wrong)
    assert (len(told), sum(count for _, count in told)) == (spans, days)
    assert sum(whole for _, _, whole in tally.shares()) == 0
    assert percent(0, 0) == 0


def test_alarms_are_counted_as_far_back_as_the_range_goes() -> None:
    tally = Tally(DAY, DAY)
    assert tally.alarm({"at": "2026-11-23T15:00:00Z"})  # of the day after
    assert tally.alarm({"at": "2026-11-23T14:00:00Z"})
    assert not tally.alarm({"at": "2026-11-22T14:00:00Z"})
    assert tally.alarms == Counter({DAY: 1})


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_each_plot_has_its_figures_as_a_table(locale: Any) -> None:
    desk = Desk(locale, clear_seconds=60, draft_seconds=60)
    tally = Tally(DAY, DAY)
    for number in range(10_000):
        at = datetime(2026, 11, 23, number % 24, tzinfo=JAPAN).astimezone(UTC).isoformat()
        tally.use(use(at, operator=f"o{number % 3}"))
    told = {each["word"]: each for each in figures(desk, tally)}
    assert list(told) == ["hours", "people", "wrong", "alarms", "refused"]
    assert sum(sum(row[1:]) for row in told["hours"]["rows"]) == 10_000
    assert [row[-1] for row in told["people"]["rows"]] == [3334, 3333, 3333]
    assert told["refused"]["rows"] == [["11-23", 0, 10_000, "0.0"]]
    assert [each["empty"] for each in told.values()] == [False, False, True, True, False]
    for each in told.values():
        assert drawn(each["plot"]).get("aria-label") == each["name"]
        assert all(len(row) == len(each["head"]) for row in each["rows"])


def test_rows_of_the_policy_that_say_the_same_are_one_entry() -> None:
    row = {
        "roles": ["a", "b"], "purposes": ["p"], "operations": ["read", "sign"], "items": ["name"], "keys": ["signature"],
        "cards": ["my_number", "juki"], "clients": ["*"], "second_person": False, "emergency_only": False,
    }  # fmt: skip
    more = row | {"roles": ["a"], "operations": ["read"], "items": ["photo", "name"]}
    strict = more | {"items": ["my_number"], "cards": ["my_number"], "clients": ["x"], "second_person": True}
    found = cells({"rows": [row, more, strict]})
    read, sign, number = found["p", "a"]
    assert (read.operation, read.objects, read.cards, read.second_person) == (
        "read", ("item.name", "item.photo"), (), False,
    )  # fmt: skip
    assert (sign.operation, sign.objects) == ("sign", ("key.signature",))
    assert (number.objects, number.cards, number.clients, number.second_person) == (
        ("item.my_number",), ("my_number",), ("x",), True,
    )  # fmt: skip
    assert [each.operation for each in found["p", "b"]] == ["read", "sign"]
