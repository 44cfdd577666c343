"""What a form takes and refuses, and how days and ages are counted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.japan_time import wareki
from terminal.console.flows.age import Age, age_on
from terminal.console.flows.days import day_typed
from terminal.console.flows.fields import LONGEST_LINE, Field, read_all, strangers
from terminal.console.flows.registry import FLOWS
from terminal.console.flows.wide_area_copy import FLOW

TODAY = date(2026, 11, 23)


def wrong(field: Field, **typed: str) -> str | None:
    """The word that the field has for this; None where it takes it."""
    return read_all((field,), typed, TODAY).wrong.get(field.name)


def answer(field: Field, **typed: str) -> Any:
    return read_all((field,), typed, TODAY).answers.get(field.name)


def test_the_copy_takes_what_the_law_lets_be_asked_for() -> None:
    """住民基本台帳法 第12条の4: who, how many, and the two entries on request; full-width digits are digits."""
    typed = {"whose": "self", "copies": "２", "entries.relationship": "on", "submitted_to": " 見本銀行 "}
    read = read_all(FLOW.fields, typed, TODAY)
    assert read.wrong == {}
    assert read.answers == {"whose": "self", "copies": 2, "entries": ["relationship"], "submitted_to": "見本銀行"}


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.code)
@pytest.mark.parametrize(
    "name", ["honseki", "hittousha", "resident_code", "juminhyo_code", "entries.resident_code", "@of_age"]
)
def test_no_procedure_has_a_field_for_what_may_not_be_asked(flow: Any, name: str) -> None:
    """本籍, 筆頭者, 住民票コード: a form that brings such a name is no form of ours."""
    typed = {each: "" for field in flow.fields for each in field.names}
    assert strangers(flow.fields, typed) == ()
    assert strangers(flow.fields, {**typed, name: "12345678901"}) == (name,)


def test_no_field_is_named_after_them() -> None:
    """Neither a question nor one of its choices."""
    names = {name for flow in FLOWS for field in flow.fields for name in (*field.names, *field.choices)}
    assert not names & {"registered_domicile", "head_of_register", "resident_code", "code", "document_number", "number"}


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("0", "number"),
        ("21", "number"),
        ("-1", "number"),
        ("2.0", "number"),
        ("1e1", "number"),
        ("", "missing"),
        ("二", "number"),
        ("9" * 400, "number"),
    ],
)
def test_a_number_out_of_bounds_is_told(typed: str, word: str) -> None:
    assert wrong(Field("copies", "number", least=1, most=20), copies=typed) == word


def test_a_choice_that_was_never_offered_is_refused() -> None:
    field = Field("whose", "choice", choices=("self", "household"))
    assert wrong(field, whose="neighbour") == "choice"
    assert wrong(field) == "missing"
    assert wrong(Field("seen", "yes"), seen="maybe") == "choice"
    assert wrong(Field("seen", "yes")) == "not_ticked"
    assert answer(Field("seen", "yes", required=False)) is False


@pytest.mark.parametrize("text", ["見本\u202e太郎", "見本\x00", "a\u2028b", "\u200b見本\u200b"])
def test_characters_that_steer_or_cannot_be_seen_are_refused(text: str) -> None:
    assert wrong(Field("name", "text"), name=text) == "characters"


@pytest.mark.parametrize(
    "text", ["<b>次郎</b>", "葛\U000e0100子", "SAMPLE, María-José (通称: 見本 真理)", "〓辺", "\ue000田"]
)
def test_names_stay_as_they_are(text: str) -> None:
    """Markup is text, variation selectors and office characters stay, Latin names with accents too."""
    assert answer(Field("name", "text"), name=text) == text


def test_long_text_and_too_many_people_are_told() -> None:
    members = Field("members", "lines", required=False, most=2)
    assert wrong(Field("name", "text", longest=10), name="あ" * 11) == "long"
    assert answer(Field("name", "text", longest=10), name="あ" * 10) == "あ" * 10
    assert wrong(members, members="一\n二\n三") == "lines"
    assert wrong(members, members="あ" * (LONGEST_LINE + 1)) == "long"
    assert answer(members, members=" 一 \n\n 二 \n") == ["一", "二"]


def test_a_question_that_is_not_asked_has_no_answer_whatever_stands_in_it() -> None:
    fields = (Field("by", "choice", choices=("self", "other")), Field("name", "text", only_if=("by", ("other",))))
    assert read_all(fields, {"by": "self", "name": "見本"}, TODAY).answers == {"by": "self"}
    assert read_all(fields, {"by": "other"}, TODAY).wrong == {"name": "missing"}


@pytest.mark.parametrize(
    "typed",
    [
        "2026-11-16",
        "2026/11/16",
        "20261116",
        "R8.11.16",
        "r8/11/16",
        "令和8年11月16日",
        "令和 ８年 11月16日",
        "2026年11月16日",
    ],
)
def test_a_day_is_understood_as_people_write_it(typed: str) -> None:
    assert day_typed(typed) == date(2026, 11, 16)


@pytest.mark.parametrize(
    "typed",
    [
        "2026-02-29",
        "2026-13-01",
        "R0.1.1",
        "H32.1.1",
        "R1.4.30",
        "S64.1.8",
        "平成31年5月1日",
        "8.11.16",
        "令和8年",
        "11/16",
    ],
)
def test_what_is_no_day_is_none(typed: str) -> None:
    """A day that the calendar or its era does not have is a slip, and is told."""
    assert day_typed(typed) is None


@given(st.dates(min_value=date(1926, 12, 25), max_value=date(2099, 12, 31)))
def test_what_the_console_writes_it_reads(day: date) -> None:
    """Both calendars, for every day."""
    assert day_typed(wareki(day)) == day_typed(day.isoformat()) == day


def test_days_have_an_earliest_and_a_latest() -> None:
    field = Field("moved_on", "date", least=-30, most=0)
    assert wrong(field, moved_on="2026-11-24") == "date_late"
    assert wrong(field, moved_on="2026-10-23") == "date_early"
    assert answer(field, moved_on="R8.11.23") == "2026-11-23"


def birth(iso: str | None, source: str = "", unknown: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"iso": iso, "source": source, "unknown": unknown}


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        ("2011-11-23", date(2026, 11, 23), 15),
        ("2011-11-24", date(2026, 11, 23), 14),
        ("2012-02-29", date(2027, 2, 28), 14),
        ("2012-02-29", date(2027, 3, 1), 15),
        ("2012-02-29", date(2028, 2, 28), 15),
        ("2012-02-29", date(2028, 2, 29), 16),
        ("2000-12-31", date(2001, 1, 1), 0),
    ],
)
def test_an_age_is_reached_on_the_birthday(born: str, today: date, age: int) -> None:
    assert age_on(birth(born), today) == Age(age, age)


@pytest.mark.parametrize(
    ("source", "unknown", "reached"),
    [
        ("19910700", ("day",), True),
        ("20110000", ("month", "day"), None),
        ("20111100", ("day",), None),
        ("20111200", ("day",), False),
        ("20100000", ("month", "day"), True),
        ("20120000", ("month", "day"), False),
        ("00000000", ("year", "month", "day"), None),
        ("", ("year", "month", "day"), None),
    ],
)
def test_parts_that_are_unknown_leave_the_age_open_only_where_they_matter(
    source: str, unknown: tuple[str, ...], reached: bool | None
) -> None:
    """On 2026-11-23: whoever was born in 2011 may be 14 or 15."""
    age = age_on(birth(None, source, unknown), TODAY)
    assert (None if age is None else age.reached(15)) is reached
