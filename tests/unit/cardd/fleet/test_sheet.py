"""What people see: no text of a record steers a terminal, columns fit, both languages are there."""

import json

import pytest

from cardd.audit.entries import Entry
from cardd.audit.records import Phase
from cardd.fleet import sheet
from cardd.fleet.checking import read_keys
from cardd.fleet.questions import Told
from cardd.history.questions import Use
from cardd.policy.words import Two
from cardd.report.data import Names, Purpose

HOSTILE = "\x1b[2J\u202e\nx\x00\u2028"
NAMES = Names(
    {"counter": Two("窓口担当", "Counter clerk")}, {"passport": Purpose(Two("旅券申請", "Passport"), "旅券法 第3条")}
)


def told(**content: object) -> Told:
    entry = Entry("ab" * 16, 7, 1_790_000_000_000_000, Phase.INTENT, "cd" * 32, {"event": "card.read", **content}, b"")
    return Told("counter-1", Use(entry, None))


@pytest.mark.proves("fault 114")
@pytest.mark.parametrize("locale", ["ja", "en"])
def test_hostile_text_is_shown_and_obeyed_by_nobody(locale: str) -> None:
    fields = {name: HOSTILE for name in ("event", "operator", "role", "seat", "purpose", "case", "code", "problem")}
    use = told(**fields, items=[HOSTILE, {"a": HOSTILE}], result=HOSTILE)
    for line in (*sheet.uses([use], NAMES, locale), *sheet.disclosure([use], NAMES, locale)):
        assert line.isprintable()
    assert sheet.as_line(use).isascii()
    assert json.loads(sheet.as_line(use))["record"]["case"] == HOSTILE


def test_a_disclosure_says_who_when_where_why_and_on_which_ground() -> None:
    use = told(operator="tanaka", role="counter", seat="window-2", purpose="passport", items=["name", "address"])
    lines = [line.strip() for line in sheet.disclosure([use], NAMES, "ja")]
    assert lines == [
        "1.", "日時（JST）: 2026-09-21 23:13:20", "端末: counter-1 window-2", "職員番号: tanaka 窓口担当", "目的: 旅券申請",
        "根拠: 旅券法 第3条", "項目: name address", "結果: 結果なし", "番号: 7",
    ]  # fmt: skip
    assert sheet.disclosure([], NAMES, "en") == ["Nothing is on record for this card."]


def test_columns_stand_under_each_other() -> None:
    lines = sheet.table(("terminal", "office"), [("窓口", "a"), ("x", "b")], "ja")
    assert lines == ["端末  団体", "窓口  a", "x     b"]


def test_every_word_is_there_in_both_languages() -> None:
    for words in (sheet.WORDS, sheet.STATES, sheet.VERDICTS, sheet.RESULTS):
        for japanese, english in words.values():
            assert any(ord(each) > 0x3000 for each in japanese)
            assert english.isascii()


def test_an_auditors_list_of_keys() -> None:
    key = f"cardd/{'ab' * 16}/2026-11-22+01234567+AQ=="
    assert read_keys(f"# mine\n\n {key} \n") == {"ab" * 16: key}
    for bad in ("x", "cardd/ab/2026+1+2", f"other/{'ab' * 16}/2026-11-22+1+2"):
        with pytest.raises(ValueError, match="line 2"):
            read_keys(f"#\n{bad}")
