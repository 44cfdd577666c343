"""Case, reading, PINs: what is done with a resident's card."""

from __future__ import annotations

from typing import Final

COUNTER: Final[dict[str, tuple[str, str]]] = {
    "screen.case": ("受付を始める", "Begin a case"),
    "screen.case.text": ("受付番号と利用目的を選びます。", "Reception number and purpose."),
    "case.number": ("受付番号", "Reception number"),
    "case.number.hint": ("受付票の番号。氏名は入れないでください。", "As on the slip. No names."),
    "case.purpose": ("利用目的", "Purpose"),
    "case.high_risk": ("暗証番号の再入力が要ることがあります", "may ask for your PIN again"),
    "case.begin": ("始める", "Begin"),
    "case.end": ("受付を終える", "End the case"),
    "case.wrong.purpose": ("利用目的を選んでください。", "Choose a purpose."),
    "case.wrong.number": ("受付番号を1〜64文字で入れてください。", "Give a reception number of 1 to 64 characters."),
    "need_case.head": ("先に受付を始めます", "A case comes first"),
    "need_case.text": (
        "カードを使うには、受付番号と利用目的が要ります。",
        "To use a card, a reception number and a purpose are needed.",
    ),
    "screen.read": ("カードを読む", "Read a card"),
    "screen.read.text": ("認められた項目だけを読みます。", "Only the items that are allowed."),
    "job.read": ("カードを読み取ります", "Reading the card"),
    "job.gate": ("暗証番号を確かめます", "Checking the PIN"),
    "read.insert": ("住民の方のカードを入れてください", "Insert the resident's card"),
    "read.nothing": (
        "この利用目的では、このカードから読める項目がありません。",
        "Under this purpose nothing may be read from this card.",
    ),
    "read.items": ("読む項目", "Items"),
    "read.age": ("年齢（この年齢に達しているか）", "Age (whether it is reached)"),
    "read.age.yes": ("{age}歳に達している", "has reached {age}"),
    "read.age.no": ("{age}歳に達していない", "has not reached {age}"),
    "read.begin": ("読み取る", "Read"),
    "read.clear": ("画面から消す", "Clear the screen"),
    "read.longer": ("もう少し表示する", "Show it longer"),
    "read.goes": ("カードを抜くか、次の時間がたつと消えます:", "It goes when the card is pulled, and after"),
    "read.no_picture": (
        "写真を表示できません（画像ではありません）。",
        "The photograph cannot be shown: it is no picture.",
    ),
    "item.name": ("氏名", "Name"),
    "item.address": ("住所", "Address"),
    "item.birth_date": ("生年月日", "Date of birth"),
    "item.sex": ("性別", "Sex"),
    "item.my_number": ("個人番号", "My Number"),
    "item.photo": ("顔写真", "Photograph"),
    "item.name_image": ("氏名の画像", "Image of the name"),
    "item.address_image": ("住所の画像", "Image of the address"),
    "item.card_expiry": ("カードの有効期限", "Card expires"),
    "item.age_over": ("年齢の確認", "Age check"),
    "sex.1": ("男", "male"),
    "sex.2": ("女", "female"),
    "sex.9": ("適用不能", "not applicable"),
    "sex.0": ("不明", "not known"),
}
