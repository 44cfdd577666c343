"""The request as a file: canonical, of the documented form, named after nobody, handed over whole."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from terminal.console.flows import certificate_issue, move, request, resident_code
from terminal.console.flows.flow import Facts
from terminal.console.flows.hand_over import HandOverError, hand_over
from terminal.console.flows.schema import schema
from tests.terminal.json_schema import problems

ROOT = Path(__file__).parents[5]
RECEIPT = {"log_id": "a" * 32, "sequence": 7, "record_hash": "b" * 64}
TODAY = date(2026, 11, 23)


def reading(born: str | None = "1980-02-17", source: str = "19800217") -> dict[str, Any]:
    unknown = [] if born else ["month", "day"]
    rows = [("name", "見本　太郎"), ("address", "架空県見本市"), ("birth_date", None), ("sex", "1")]
    day = {"iso": born, "source": source, "unknown": unknown}
    items = [{"item": item, "text": text, "date": day if text is None else None, "yes": None} for item, text in rows]
    return {
        "at": "2026-11-23T01:00:00Z",
        "kind": "my_number",
        "items": items,
        "pins_used": ["card_info"],
        "receipt": RECEIPT,
    }


def content(kind: str = "wide_area_copy", **more: Any) -> dict[str, Any]:
    made = {
        "kind": kind,
        "stage": "request",
        "mode": "test",
        "office": "見本町",
        "seat": "counter",
        "case": "R8-0042",
        "purpose": kind,
        "law": ["住民基本台帳法 第12条の4"],
        "operator": {"id": "sato", "role": "counter"},
        "applicant": request.applicant(reading()),
        "answers": {"whose": "self", "copies": 1, "entries": []},
        "findings": {},
        "consent": {"read_aloud": True, "at": "2026-11-23T01:02:03Z"},
    }
    return made | more


def facts(answers: dict[str, Any], read: dict[str, Any] | None = None) -> Facts:
    return Facts(answers, read or reading(), TODAY)


def test_the_request_is_canonical_json_and_its_name_says_nothing_of_a_person() -> None:
    made = request.make(content())
    again = json.loads(made.octets)
    assert made.octets == rfc8785.dumps(again)
    assert problems(again, schema()) == []
    assert made.name == f"wide_area_copy-{again['made_at'].replace('-', '').replace(':', '')}-{again['id'][:8]}.json"
    assert "見本" not in repr(made)


def test_both_files_come_in_one_download() -> None:
    made = request.make(content())
    with zipfile.ZipFile(io.BytesIO(request.bundle(made, b"signature"))) as packed:
        assert packed.namelist() == [made.name, f"{made.name}.p7s"]
        assert packed.read(made.name) == made.octets


def test_the_schema_in_docs_is_the_one_of_the_forms() -> None:
    """`python -m terminal.console.flows.schema > docs/schemas/request-1.schema.json` after a change."""
    assert json.loads((ROOT / "docs/schemas/request-1.schema.json").read_text()) == schema()


@pytest.mark.parametrize("place", ["", "answers", "applicant", "operator", "findings", "consent"])
@pytest.mark.parametrize("name", ["honseki", "hittousha", "resident_code", "my_number"])
def test_the_schema_has_no_place_for_what_may_not_be_asked(place: str, name: str) -> None:
    """本籍, 筆頭者, 住民票コード, and the individual number itself: at no place of a request."""
    made = json.loads(request.make(content()).octets)
    assert problems(made, schema()) == []
    target = made[place] if place else made
    target[name] = "12345678901"
    assert problems(made, schema()) != []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("kind",), "move_in"),
        (("answers", "copies"), 0),
        (("answers", "copies"), "1"),
        (("answers", "copies"), True),
        (("answers", "entries"), ["resident_code"]),
        (("answers", "entries"), ["relationship", "relationship"]),
        (("consent", "read_aloud"), False),
        (("applicant", "items"), []),
        (("made_at",), "2026-11-23 01:00"),
    ],
)
def test_the_schema_refuses_what_is_not_so(path: tuple[str, ...], value: Any) -> None:
    made = json.loads(request.make(content()).octets)
    target = made
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    assert problems(made, schema()) != []


def test_a_question_that_hangs_on_another_hangs_on_it_in_the_schema() -> None:
    answers = {
        "asked_by": "representative",
        "representative_name": "見本　花子",
        "proof": "family_register",
        "proof_seen": True,
    }
    law = list(resident_code.FLOW.law)
    whole = json.loads(request.make(content("resident_code", law=law, answers=answers)).octets)
    assert problems(whole, schema()) == []
    for name in ("representative_name", "proof", "proof_seen"):
        less = deepcopy(whole)
        del less["answers"][name]
        assert problems(less, schema()) != []
    whole["answers"] = {"asked_by": "self", "proof": "other"}
    assert problems(whole, schema()) != []


@pytest.mark.parametrize(
    ("moved_on", "planned_on", "until", "in_time"),
    [
        ("2026-11-09", None, "2026-11-23", True),
        ("2026-11-08", None, "2026-11-22", False),
        ("2026-11-20", "2026-10-24", "2026-11-23", True),
        ("2026-11-20", "2026-10-23", "2026-11-22", False),
    ],
)
def test_the_special_procedure_ends_14_days_after_the_move_and_30_after_the_planned_day(
    moved_on: str, planned_on: str | None, until: str, in_time: bool
) -> None:
    answers = {"moved_on": moved_on} | ({"planned_on": planned_on} if planned_on else {})
    assert move.MOVE_IN.findings(facts(answers)) == {"special_until": until, "in_time": in_time}
    (first, *_) = move.MOVE_IN.notes(facts(answers))
    assert (first.kind, first.values) == ("info" if in_time else "warning", {"day": until})


def test_moves_abroad_have_no_special_procedure() -> None:
    answers = {"planned_on": "2026-12-01", "destination": "ドイツ", "transfer": "abroad"}
    assert move.MOVE_OUT.findings(facts(answers)) == {}
    assert [note.key for note in move.MOVE_OUT.notes(facts(answers))] == ["flow.move_out.note.abroad"]


@pytest.mark.parametrize(
    ("born", "source", "proved", "kinds", "by"),
    [
        ("2011-11-23", "20111123", False, ["info"], "card"),
        ("2011-11-24", "20111124", False, ["info", "stop"], "card"),
        (None, "20110000", False, ["info", "stop"], "proof"),
        (None, "20110000", True, ["info", "info"], "proof"),
        (None, "19380000", False, ["info"], "card"),
    ],
)
def test_another_code_is_asked_for_by_the_person_of_15_or_by_a_representative(
    born: str | None, source: str, proved: bool, kinds: list[str], by: str
) -> None:
    flow, answers = resident_code.FLOW, {"asked_by": "self", "age_proved": proved}
    seen = facts(answers, reading(born, source))
    assert [note.kind for note in flow.notes(seen)] == kinds
    assert flow.findings(seen)["of_age"]["by"] == by
    for_them = facts({"asked_by": "representative"}, reading(born, source))
    assert [note.kind for note in flow.notes(for_them)] == ["info"]
    assert flow.findings(for_them) == {}


def test_a_signature_certificate_for_a_child_is_a_warning() -> None:
    wish = {"certificates": ["signature"], "asked_by": "self"}
    notes = certificate_issue.FLOW.notes
    assert [note.kind for note in notes(facts(wish))] == ["info"]
    assert [note.kind for note in notes(facts(wish, reading("2021-05-05", "20210505")))] == ["info", "warning"]
    assert [note.kind for note in notes(facts(wish, reading(None, "20110000")))] == ["info", "warning"]
    assert [
        note.kind for note in notes(facts({**wish, "certificates": ["authentication"]}, reading("2021-05-05")))
    ] == ["info"]


def test_a_request_is_handed_over_whole_with_its_signature(tmp_path: Path) -> None:
    hand_over(tmp_path, "a.json", b"request", b"signature")
    assert sorted(os.listdir(tmp_path)) == ["a.json", "a.json.p7s"]
    assert (tmp_path / "a.json").read_bytes() == b"request"
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o640}


def test_nothing_is_written_over_and_nothing_half_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"there")
    with pytest.raises(HandOverError):
        hand_over(tmp_path, "a.json", b"request", b"signature")
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"there"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(HandOverError, match="FileNotFoundError"):
        hand_over(tmp_path / "gone", "a.json", b"request", b"signature")
