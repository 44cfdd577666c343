"""The rules' names for people, in Japanese and English, and what replay says."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Locale = Literal["ja", "en"]
NAMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "w1": ("同じ住民のカードで暗証番号の誤りが続く", "wrong PINs in a row on one resident's card"),
        "w2": ("複数のカードで暗証番号の誤り", "wrong PINs over several cards"),
        "w3": ("職員カードによる本人確認の失敗", "failed proofs of a badge"),
        "w4": ("失効・紛失・退職後の職員カードの使用", "a badge that counts no more was used"),
        "w5": ("開庁時間外・閉庁日の利用", "work outside the opening hours"),
        "w6": ("1時間に扱うカードが多い", "many cards in one hour"),
        "w7": ("同じカードの再利用", "the same card again"),
        "w8": ("職員・家族などのカード", "a card of staff, family or household"),
        "w9": ("保護対象の方などのカード", "a card of a protected or prominent person"),
        "w10": ("拒否の繰り返し・まれな項目", "repeated refusals, items hardly ever needed"),
        "w11": ("1枚の職員カードが2か所に", "one badge at two places"),
        "w12": ("読み取り後に完了しない事務", "cards read, no case closed"),
        "w13": ("1つの業務システムで拒否が多い", "many refusals of one application"),
        "w14": ("読み取り直後のカード抜き取り", "cards pulled right after reading"),
        "w15": ("時計・中断・再起動・証人・点検", "clock, gaps, restarts, witness, checks"),
        "w16": ("緊急時の特例", "emergency override"),
        "w17": ("承認がいつも同じ2人・早すぎる", "always the same two, or too fast"),
        "w18": ("仮想・不明なカードリーダー", "virtual or unknown reader"),
    }
)
TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "rule": ("ルール", "rule"),
        "total": ("合計", "total"),
        "recorded": ("記録済み", "on record"),
        "reviewed": ("確認済み", "reviewed"),
        "explained": ("説明あり", "explained"),
        "records": (
            "{count:,} 件の記録を調べました。月は日本時間です。",
            "{count:,} records looked at. Months are Japan's.",
        ),
        "none": ("該当はありません。", "No rule found anything."),
        "no_lists": (
            "見守り名簿なしで調べました（w8・w9 は動きません）。--settings で指定できます。",
            "Without watch lists: w8 and w9 find nothing. Name the settings with --settings.",
        ),
        "damaged": (
            "記録が壊れています（{problem}、{sequence} 番）。cardd-verify で確かめてください。",
            "The record is damaged ({problem}, number {sequence}): look with cardd-verify.",
        ),
        "unreadable": ("読めません: {problem}", "Cannot be read: {problem}"),
        "no_log": ("ここに記録はありません: {problem}", "There is no record here: {problem}"),
        "list_broken": ("見守り名簿を読めません: {problem}", "A watch list cannot be read: {problem}"),
    }
)


def say(locale: Locale, key: str, **facts: object) -> str:
    """One text."""
    ja, en = TEXTS[key]
    return (ja if locale == "ja" else en).format(**facts)


def name(locale: Locale, watch: str) -> str:
    """The name of a rule."""
    ja, en = NAMES[watch]
    return ja if locale == "ja" else en
