"""Logs that take the place of others: the file that says so, and the way back to all of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cardd.audit import continuing
from cardd.audit.continuing import Continues, ContinuesBroken

BEFORE = Continues("a" * 32, 41, "b" * 64, "damaged", order="c" * 64, operator="suzuki", approver="ito")


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert continuing.read(tmp_path) is None
    continuing.write(tmp_path, BEFORE)
    assert continuing.read(tmp_path) == BEFORE
    record = BEFORE.record()
    assert (record.event, record.previous_log, record.last_sequence) == ("log.continued", "a" * 32, 41)
    assert (record.last_hash, record.reason, record.content) == ("b" * 64, "damaged", "c" * 64)
    assert (record.operator, record.approver) == ("suzuki", "ito")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": 2}, "newer_format"),
        ({"format": 2, "more": 1}, "newer_format"),
        ({"format": 0}, "form"),
        ({"format": True}, "form"),
        ({"previous_log": "../../etc"}, "form"),
        ({"last_sequence": "41"}, "form"),
        ({"last_sequence": -1}, "form"),
        ({"last_hash": None}, "form"),
        ({"reason": "bored"}, "form"),
        ({"operator": "a b"}, "form"),
        ({"more": 1}, "form"),
    ],
)
def test_another_form_is_refused(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    continuing.write(tmp_path, BEFORE)
    path = tmp_path / continuing.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ContinuesBroken) as caught:
        continuing.read(tmp_path)
    assert caught.value.problem == problem


def test_no_json_and_no_file_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / continuing.NAME).write_bytes(b"[1]")
    with pytest.raises(ContinuesBroken, match="form"):
        continuing.read(tmp_path)
    (tmp_path / continuing.NAME).unlink()
    (tmp_path / continuing.NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ContinuesBroken, match="unreadable"):
        continuing.read(tmp_path)


def test_all_logs_are_found_oldest_first(tmp_path: Path) -> None:
    first, second = (continuing.closed_place(tmp_path, each * 32) for each in "12")
    for each in (first, second):
        each.mkdir(parents=True)
    continuing.write(second, replace(BEFORE, previous_log="1" * 32))
    continuing.write(tmp_path, replace(BEFORE, previous_log="2" * 32))
    assert continuing.all_logs(tmp_path) == [first, second, tmp_path]


def test_files_that_name_each_other_end(tmp_path: Path) -> None:
    one, two = (continuing.closed_place(tmp_path, each * 32) for each in "12")
    for each, other in ((one, "2"), (two, "1"), (tmp_path, "1")):
        each.mkdir(parents=True, exist_ok=True)
        continuing.write(each, replace(BEFORE, previous_log=other * 32))
    assert continuing.all_logs(tmp_path) == [two, one, tmp_path]
