"""What a resident is told: on paper of 80 columns, in plain words, with nothing left hanging."""

from typing import Any

import pytest

from cardd.cli.audit_disclose import _on_paper, told
from cardd.cli.context import Run
from cardd.cli.screen import columns
from cardd.cli.texts import Speech
from cardd.wire.fault import Locale

LOG, OLD_LOG = "5b" * 16, "0a" * 16
USE: dict[str, Any] = {
    "at": "2026-11-22T15:30:05.120Z",
    "terminal": "counter-3",
    "seat": "counter",
    "client": "counter-app",
    "operator": "sato",
    "role": "supervisor",
    "role_ja": "責任者",
    "role_en": "Supervisor",
    "approver": None,
    "purpose": "disclosure",
    "purpose_ja": "カード利用履歴の開示請求",
    "purpose_en": "A resident asks who used the card",
    "legal_basis": "個人情報の保護に関する法律 第76条",
    "event": "audit.disclose",
    "operation": "disclose",
    "items": [],
    "items_given": [],
    "key": None,
    "result": "open",
    "code": None,
    "problem": None,
    "log_id": LOG,
    "sequence": 40,
}
REFUSED = USE | {"sequence": 31, "result": "refused", "code": "approval.required"}
WITH_REASON = USE | {
    "sequence": 30,
    "event": "card.read",
    "operation": "read",
    "items": ["my_number"],
    "result": "refused",
    "code": "policy.denied",
    "problem": "purpose_not_under_number_law",
}
BROKEN_OFF = USE | {"sequence": 12, "log_id": OLD_LOG}
RECEIPT = {"log_id": LOG, "sequence": 41, "record_hash": "9f" * 32}


def sheet(locale: Locale, uses: list[dict[str, Any]], **more: Any) -> list[str]:
    kept = [{"log_id": LOG, "sequence": 1, "at": "2026-04-01T00:00:04.210Z", "cut": None}]
    result = {"kind": "my_number", "uses": uses, "complete": True, "goes_on": None, "known_since": None, "kept": kept}
    result |= {"years": 7, "receipt": RECEIPT} | more
    run = Run(None, False, None, Speech(locale), None)
    return [line for text in told(run, result, "R8-0042") for line in _on_paper(text)]


@pytest.mark.proves("A11")
@pytest.mark.parametrize("locale", ["ja", "en"])
def test_no_line_ends_in_a_blank_or_is_wider_than_the_paper(locale: Locale) -> None:
    lines = sheet(locale, [USE, REFUSED, WITH_REASON], known_since="2024-06-03T02:11:09.000Z")
    assert [line for line in lines if line != line.rstrip()] == []
    assert max(map(columns, lines)) <= 80


@pytest.mark.parametrize(
    ("locale", "own", "open_one"), [("ja", "今回の開示", "結果なし"), ("en", "this very list", "no result yet")]
)
def test_the_disclosure_knows_itself_and_no_other_use(locale: Locale, own: str, open_one: str) -> None:
    text = "\n".join(sheet(locale, [USE, REFUSED, BROKEN_OFF]))
    assert text.count(own) == 1
    assert text.index(own) < text.index("2. 2026-11-23")
    assert text.count(open_one) == 1, "one that broke off in an earlier log has no result"


def test_an_open_use_behind_the_receipt_is_another_one() -> None:
    assert "今回の開示" not in "\n".join(sheet("ja", [USE | {"sequence": 42}]))


def test_why_stands_behind_how_it_ended() -> None:
    assert "   結果: 拒否・中止。もう1人の承認が必要です。" in sheet("ja", [REFUSED])
    assert "   Outcome: refused. A second person must approve this first." in sheet("en", [REFUSED])
    said = "".join(line.strip() for line in sheet("ja", [WITH_REASON]))
    assert "許可されていません。個人番号は、番号法に基づく利用目的でなければ読み取れません。" in said


def test_the_sheet_says_the_zone_what_it_cannot_know_and_where_it_is_on_record() -> None:
    cut = {"log_id": LOG, "sequence": 9, "at": "2019-11-21T15:00:00.000Z", "cut": {"sequence": 812, "at": NEW_YEAR}}
    text = "\n".join(sheet("ja", [USE], known_since="2024-06-02T20:00:00.000Z", kept=[cut]))
    assert "日時はすべて日本時間（JST）です。" in text
    assert "1. 2026-11-23 00:30:05" in text
    assert "2024-06-03 より前" in text, "a day in Japan"
    assert "この端末の記録は 2019-11-22 からのものです。" in text
    assert (
        "2019-11-22 より前の記録は、保存期間を過ぎたため 2027-01-01 に削除されました（記録 812番）。"
        in text.replace("\n", "")
    )
    assert text.endswith(f"控え 41:{'9f' * 32}")


NEW_YEAR = "2026-12-31T15:00:00.000Z"
