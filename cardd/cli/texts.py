"""What cardctl says to people, in Japanese and English. Error texts come from the daemon, in the locale of `hello`."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "pin.signature": (
            "署名用電子証明書の暗証番号（英数字6〜16文字）",
            "Signature PIN (6 to 16 letters and digits)",
        ),
        "pin.authentication": ("利用者証明用電子証明書の暗証番号（数字4桁）", "Authentication PIN (4 digits)"),
        "pin.card_info": ("券面事項入力補助用の暗証番号（数字4桁）", "Card information PIN (4 digits)"),
        "pin.resident_register": ("住民基本台帳用の暗証番号（数字4桁）", "Resident register PIN (4 digits)"),
        "pin.verification_a": ("照合番号A（個人番号12桁）", "Verification number A (individual number, 12 digits)"),
        "pin.verification_b": ("照合番号B（14桁）", "Verification number B (14 digits)"),
        "pin.badge": ("職員カードの暗証番号（数字6〜8桁）", "Badge PIN (6 to 8 digits)"),
        "step.enter": ("", ""),
        "step.new": ("新しい", "New "),
        "step.repeat": ("確認のため、もう一度新しい", "Once more, new "),
        "tries": ("残り{n}回", "{n} tries left"),
        "purpose": ("目的: {purpose} 受付番号: {case}", "Purpose: {purpose}  Case: {case}"),
        "upper": ("小文字は大文字に直しました。", "Lower case was turned into capitals."),
        "last_try": (
            "残り1回です。間違えるとこの暗証番号は使えなくなり、窓口で再設定が必要です。本人の同意がありますか [はい/いいえ]: ",
            "One try is left. A wrong PIN blocks it, and it must be reset at the counter. Does the holder agree? [yes/no]: ",
        ),
        "no_terminal": (
            "暗証番号を入力する端末がありません。--pin-fd を使ってください。",
            "There is no terminal to type a PIN at. Use --pin-fd.",
        ),
        "reason": ("理由: ", "Reason: "),
        "next": ("次にすること: ", "What to do: "),
        "card_state": ("カード: ", "Card: "),
        "pin_state": ("暗証番号: ", "PIN: "),
        "card.untouched": ("カードには触れていません。", "The card was not touched."),
        "card.cleared": ("カードの状態は消去しました。", "The card has been cleared."),
        "card.removed": ("カードは取り出されています。", "The card is out of the reader."),
        "card.unknown": ("カードの状態は不明です。取り出してください。", "The card's state is unknown: take it out."),
        "pin_outcome.untouched": ("入力回数は減っていません。", "No try was used."),
        "pin_outcome.accepted": ("照合に成功しました。", "It was accepted."),
        "pin_outcome.spent": ("1回分使いました。", "One try was used."),
        "pin_outcome.may_be_spent": ("1回分使った可能性があります。", "One try may have been used."),
        "no_readers": ("カードリーダーがありません。", "There is no reader."),
        "no_cards": ("カードがありません。", "There is no card."),
        "logged_in": ("{name}（{role}）がログインしました。", "{name} ({role}) is logged in."),
        "logged_out": ("ログアウトしました。", "Logged out."),
        "nobody": ("ログインしていません。", "Nobody is logged in."),
        "kind.my_number": ("マイナンバーカード", "My Number card"),
        "kind.juki": ("住民基本台帳カード", "Juki card"),
        "kind.badge": ("職員カード", "Operator badge"),
        "kind.unsupported": ("対応していないカード", "Unsupported card"),
        "kind.unknown": ("確認中", "Being identified"),
        "item.name": ("氏名", "Name"),
        "item.address": ("住所", "Address"),
        "item.birth_date": ("生年月日", "Date of birth"),
        "item.sex": ("性別", "Sex"),
        "item.my_number": ("個人番号", "Individual number"),
        "item.photo": ("顔写真", "Photo"),
        "item.name_image": ("氏名の画像", "Image of the name"),
        "item.address_image": ("住所の画像", "Image of the address"),
        "item.card_expiry": ("カードの有効期限", "Card expiry"),
        "item.age_over": ("年齢の確認", "Age reached"),
        "sex.1": ("男", "male"),
        "sex.2": ("女", "female"),
        "sex.9": ("適用不能", "not applicable"),
        "sex.0": ("不明", "not known"),
        "yes": ("はい", "yes"),
        "no": ("いいえ", "no"),
        "unknown_part": ("不明", "unknown"),
        "blocked": ("ロック中", "blocked"),
        "absent": ("なし", "absent"),
        "unknown": ("不明", "unknown"),
        "last": ("残り1回（注意）", "1 try left (careful)"),
        "changed": ("暗証番号を変更しました。", "The PIN was changed."),
        "written": ("{path} に書き込みました。", "Written to {path}."),
        "receipt": ("記録番号 {n}", "Record {n}"),
        "waiting_queue": ("順番待ち（{place}番目、使用中: {holder}）", "Waiting (place {place}, held by {holder})"),
        "waiting_for_pad": ("カードリーダーのキーで暗証番号を入力してください。", "Enter the PIN on the reader's pad."),
        "reading": ("読み取り中…", "Reading…"),
        "signing": ("署名中…", "Signing…"),
        "waiting_for_pin": ("", ""),
        "no_daemon": (
            "cardd に接続できません（{path}）。サービスが動いているか確認してください: systemctl status cardd.socket",
            "Cannot reach cardd at {path}. Check that it runs: systemctl status cardd.socket",
        ),
    }
)

Locale = Literal["ja", "en"]


class Speech:
    """Texts in one language."""

    def __init__(self, locale: Locale) -> None:
        self.locale = locale
        self._column = 0 if locale == "ja" else 1

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key`, filled with `values`; the key itself when the daemon says a word of a later version."""
        pair = TEXTS.get(key)
        return (pair[self._column] if pair else key.rpartition(".")[2]).format(**values)


def locale_of_environment() -> Locale:
    """`ja` when the terminal speaks Japanese (LC_ALL, LC_MESSAGES, LANG), else `en`."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "ja" if value.startswith("ja") else "en"
    return "en"
