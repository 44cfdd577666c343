"""What leaves as a file computes nothing, ends no line early, and what a resident is shown steers no terminal."""

import csv
import io
import json
import unicodedata
from pathlib import Path

import pytest

from cardd.audit.entries import entries
from cardd.audit.tree import Peaks, leaf_hash
from cardd.cli.audit_disclose import told
from cardd.cli.context import Run
from cardd.cli.texts import Speech
from cardd.errors import BadRequest
from cardd.history import export
from cardd.history.export import Form, Written, write
from cardd.history.questions import Filters
from tests.unit.cardd.history.logs import HOSTILE, following, journal, write_day


def exported(folder: Path, form: Form) -> Written:
    with journal(folder / "log") as log:
        write_day(log, 300)
        log_id = log.log_id
    with following(folder / "log", folder / "index", log_id) as book:
        assert book.follower.catch_up(20)

        def pages(cursor: str | None) -> tuple[tuple[export.Use, ...], str | None]:
            page = book.page(Filters(), order="oldest", cursor=cursor, limit=40)
            return page.uses, page.cursor

        return write(folder / "file", form, pages, lambda: True)


@pytest.mark.proves("fault 121")
def test_lines_are_the_records_as_they_stand_in_the_log(tmp_path: Path) -> None:
    written = exported(tmp_path, "jsonl")
    lines = written.path.read_bytes().split(b"\n")[:-1]
    tree = Peaks()
    for line in lines:
        tree.append(leaf_hash(line))
    assert (tree.size, tree.root()) == (written.lines, written.root)
    in_log = {entry.octets[53:] for entry, _ in entries(tmp_path / "log")}
    assert set(lines) == in_log
    assert len(lines) == len(in_log)


def test_a_spreadsheet_computes_nothing_and_every_row_is_one_line(tmp_path: Path) -> None:
    text = exported(tmp_path, "csv").path.read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(text.split("\r\n")) == len(rows) + 2
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())
    cases = {row["case"] for row in rows}
    assert {(case if case[0] not in "=@" else f"'{case}").replace("\u202e", "\ufffd") for case in HOSTILE} <= cases


@pytest.mark.parametrize("hostile", ["=1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x"])
def test_each_beginning_of_a_formula_is_made_harmless(hostile: str) -> None:
    assert export._cell(hostile).startswith("\"'")
    assert not any(unicodedata.category(each) == "Cc" for each in export._cell(hostile))


def test_too_much_is_refused_and_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_BYTES", 5_000)
    with pytest.raises(BadRequest):
        exported(tmp_path, "jsonl")
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_what_a_resident_is_shown_steers_no_terminal(locale: str) -> None:
    bad = "\x1b[2J\u202e\nevil\u200b"
    use = dict.fromkeys(
        ("terminal", "seat", "client", "operator", "role", "role_ja", "role_en", "approver", "purpose", "purpose_ja",
         "purpose_en", "legal_basis", "event"), bad,
    ) | {
        "at": "2026-11-22T05:03:11.120Z", "operation": None, "items": [], "items_given": [], "key": None,
        "result": "refused", "code": "policy.denied", "problem": "no_row", "log_id": "0" * 32, "sequence": 1,
    }  # fmt: skip
    cut = {"sequence": 7, "at": "2026-11-20T01:00:00.000Z"}
    result = {
        "kind": "my_number", "uses": [use], "complete": True, "goes_on": None, "known_since": "2024-06-03T02:11:09.000Z",
        "kept": [{"log_id": "0" * 32, "sequence": 5, "at": "2019-11-01T00:00:00.000Z", "cut": cut}], "years": 7,
        "receipt": {"log_id": "0" * 32, "sequence": 9, "record_hash": "0" * 64},
    }  # fmt: skip
    run = Run(None, False, None, Speech(locale), None)  # type: ignore[arg-type]
    lines = list(told(run, json.loads(json.dumps(result)), bad))
    assert not any(unicodedata.category(each) in ("Cc", "Cf") for line in lines for each in line)
    assert sum("evil" in line for line in lines) >= 5
