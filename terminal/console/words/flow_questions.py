"""What each procedure of the counter is called, asks and tells."""

from __future__ import annotations

from typing import Final

_WIDE: Final[dict[str, tuple[str, str]]] = {
    "screen.flow.wide_area_copy": ("住民票の写しの広域交付", "Copy of the residence record (other town)"),
    "screen.flow.wide_area_copy.text": (
        "ほかの市区町村に住む方の住民票の写し。",
        "For a resident of another municipality.",
    ),
    "flow.wide_area_copy.lead": (
        "住所地以外の窓口で、ご本人または同じ世帯の方の住民票の写しを請求します。本籍・筆頭者は載りません。",
        "The person asks, away from home, for a copy for themselves or their household. It has no registered domicile (本籍).",
    ),
    "flow.wide_area_copy.sheet": (
        "住民票の写しの広域交付請求書（控え）",
        "Request for a copy of the residence record 住民票の写しの広域交付",
    ),
    "flow.wide_area_copy.whose": ("どなたの写しですか", "For whom?"),
    "flow.wide_area_copy.whose.self": ("ご本人だけ", "The person alone"),
    "flow.wide_area_copy.whose.household": ("世帯全員", "All of the household"),
    "flow.wide_area_copy.copies": ("通数", "Number of copies"),
    "flow.wide_area_copy.entries": ("希望があれば載せるもの", "Entries on request"),
    "flow.wide_area_copy.entries.hint": (
        "希望がなければ省かれます（住民基本台帳法 第12条の4第4項）。",
        "Left out unless asked for (Basic Resident Registration Act, art. 12-4, par. 4).",
    ),
    "flow.wide_area_copy.entries.relationship": ("世帯主の氏名と続柄", "Head of household and relationship"),
    "flow.wide_area_copy.entries.individual_number": ("個人番号（マイナンバー）", "Individual number (My Number)"),
    "flow.wide_area_copy.entries.individual_number.hint": (
        "提出先が法律で個人番号を扱えるときだけ。番号そのものはここでは扱いません。",
        "Only where the law lets the receiver use it. The number itself is not handled here.",
    ),
    "flow.wide_area_copy.submitted_to": ("提出先", "For whom it is meant"),
}

FLOW_QUESTIONS: Final[dict[str, tuple[str, str]]] = {**_WIDE}
FLOW_QUESTIONS.update(
    {
        f"job.flow.{code}.{word}": text
        for code in ("wide_area_copy", "move_in", "move_out", "certificate_issue", "resident_code")
        for word, text in {
            "read": ("カードで本人を確認しています", "Identifying with the card"),
            "sign": ("職員カードで署名しています", "Signing with the badge"),
            "after": ("カードを確認しています", "Looking at the card"),
        }.items()
    }
)
