"""The words of a policy for people, in Japanese and English, and the short marks that stand in the table."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Locale = Literal["ja", "en"]


class Two(NamedTuple):
    """The same in both languages."""

    ja: str
    en: str

    def to(self, locale: Locale) -> str:
        return self.ja if locale == "ja" else self.en


class Marked(NamedTuple):
    """A word of the policy: its mark in the table, and its name."""

    mark: Two
    name: Two


def _marked(mark_ja: str, mark_en: str, ja: str, en: str) -> Marked:
    return Marked(Two(mark_ja, mark_en), Two(ja, en))


OPERATIONS: Mapping[str, Marked] = {
    "read": _marked("読", "R", "読み取り", "read"),
    "certificate": _marked("証", "C", "電子証明書の取得", "get a certificate"),
    "certificate_check": _marked("検", "K", "電子証明書の有効性の確認", "check a certificate"),
    "sign": _marked("署", "S", "署名", "sign"),
    "grant": _marked("括", "G", "まとめて署名する許可", "a bounded number of signatures after one PIN"),
    "change_pin": _marked("変", "N", "暗証番号の変更", "a new PIN in place of the old one"),
    "pin_status": _marked("残", "P", "暗証番号の残り回数の確認", "how many PIN tries are left"),
    "token_info": _marked("情", "T", "カード情報の確認", "token information"),
    "badge_enrol": _marked("発", "E", "職員カードの発行", "enrol a badge"),
    "badge_renew": _marked("更", "W", "職員カードの更新", "renew a badge"),
    "badge_unblock": _marked("解", "U", "職員カードのロック解除", "unblock a badge"),
    "disclose": _marked("開", "D", "利用履歴の本人への開示", "tell a resident who used the card"),
    "watch_list": _marked("視", "V", "見守り名簿への登録", "put a card on a watch list"),
}
"""In the order of the table."""

ITEMS: Mapping[str, Marked] = {
    "name": _marked("氏", "nam", "氏名", "name"),
    "address": _marked("住", "adr", "住所", "address"),
    "birth_date": _marked("生", "dob", "生年月日", "birth date"),
    "sex": _marked("性", "sex", "性別", "sex"),
    "my_number": _marked("個", "NUM", "個人番号", "individual number"),
    "photo": _marked("写", "pho", "顔写真", "photo"),
    "name_image": _marked("氏画", "nimg", "氏名の画像", "image of the name"),
    "address_image": _marked("住画", "aimg", "住所の画像", "image of the address"),
    "card_expiry": _marked("期", "exp", "カードの有効期限", "expiry of the card"),
    "age_over": _marked("齢", "age", "年齢の確認", "whether old enough"),
}

KEYS: Mapping[str, Marked] = {
    "authentication": _marked("認", "aut", "認証用の鍵 (利用者証明用)", "authentication key"),
    "signature": _marked("名", "sig", "署名用の鍵", "signature key"),
    "key_management": _marked("管", "kmg", "鍵管理用の鍵", "key management key"),
    "card_authentication": _marked("札", "cak", "カード認証用の鍵", "card authentication key"),
}

CARDS: Mapping[str, Two] = {
    "my_number": Two("マイナンバーカード", "My Number card"),
    "juki": Two("住民基本台帳カード", "basic resident register card"),
    "badge": Two("職員カード", "badge"),
}

RIGHTS: Mapping[str, Two] = {
    "badge_list": Two("職員カードの一覧", "list badges"),
    "badge_block": Two("職員カードの利用停止 (紛失)", "block a badge (loss)"),
    "approvals": Two("承認待ちの確認・取下げ", "see and withdraw approvals"),
    "office_files": Two("規則・名簿の差替え", "put office files in force"),
    "audit": Two("利用記録の閲覧", "look into the record"),
    "audit_review": Two("警告の確認結果の記録", "review alarms"),
    "audit_export": Two("利用記録の書出し (2人)", "export records (two)"),
    "audit_cut": Two("保存期間を過ぎた記録の削除 (2人)", "cut old records (two)"),
    "head_export": Two("記録の照合値の持出し", "take out the record's head"),
    "lockdown": Two("緊急停止", "emergency stop"),
    "lockdown_release": Two("緊急停止の解除 (2人)", "end the emergency stop (two)"),
    "override": Two("緊急時の特例", "emergency override"),
}
"""In the order of the table."""
LAST_TRY = Two("暗証番号の最後の1回", "spend a last PIN try")

PURPOSE_FLAGS: Mapping[str, Marked] = {
    "number_law": _marked(
        "[番]", "[N]", "番号法に基づく (個人番号を使える)", "rests on the number law (my_number possible)"
    ),
    "high_risk": _marked(
        "[高]", "[H]", "高リスク: 直前の暗証番号入力が必要", "high risk: the operator's PIN must be fresh"
    ),
    "resident_code": _marked(
        "[住]", "[C]", "住民票コード: 民間の業務は不可", "resident code: never for the private sector"
    ),
    "emergency": _marked("[緊]", "[E]", "緊急時の特例の対象", "the emergency override may be used"),
    "certificate_status": _marked(
        "[失]",
        "[V]",
        "失効の確認が必須 (確認できない証明書は使えない)",
        "certificates only where revocation could be checked",
    ),
}


def flagged(purpose: Mapping[str, object], flag: str) -> bool:
    """Whether a purpose (as plain values) has a flag; of `certificate_status` the stern word counts."""
    return purpose[flag] in (True, "require")


SECOND_PERSON = "+"
EMERGENCY_ONLY = "!"
ONLY_CARD: Mapping[str, str] = {"my_number": "*", "juki": "#", "badge": "="}
"""Behind an operation: the other cards of the table do not have it. ASCII, for some terminals draw `★` or `②` two columns wide."""

TEXTS: Mapping[str, Two] = {
    "title": Two("{office}  規則 第{version}版", "{office}  policy, version {version}"),
    "residents": Two("住民のカード", "Residents' cards"),
    "badges": Two("職員カード", "Badges"),
    "rights": Two("カードを使わない権限と承認", "Rights that need no card, and approvals"),
    "purpose": Two("利用目的", "purpose"),
    "right": Two("権限", "right"),
    "approves": Two("承認: {name}", "approve: {name}"),
    "yes": Two("可", "yes"),
    "legend": Two("記号", "Marks"),
    "second_person": Two("もう1人の承認が必要", "another person must agree"),
    "emergency_only": Two("緊急時の特例のときだけ", "only under the emergency override"),
    "only_card": Two("{name}だけ", "{name} only"),
    "only_clients": Two("業務 {names} だけ", "clients {names} only"),
    "bases": Two("利用目的の根拠", "Legal bases of the purposes"),
    "unused": Two("どの行も認めていない利用目的: {names}", "Purposes under which no row allows anything: {names}"),
    "default": Two("表にないものは、すべて認めない。", "What is not in the table is refused."),
    # explain
    "allowed": Two("認められます。", "Allowed."),
    "denied": Two("認められません。", "Refused."),
    "by_row": Two("規則の行 {rule} によります。", "By the row {rule} of the policy."),
    "by_rule": Two("cardd の規則 {rule} によります。", "By cardd's own rule {rule}."),
    "by_default": Two("認めている行がありません。", "No row allows it."),
    "at_line": Two("規則の {line} 行目。", "Line {line} of the file."),
    "because": Two("理由: {reason}", "Because: {reason}"),
    "refused_item": Two("認められない項目: {name}", "Refused: {name}"),
    "needs_second": Two("もう1人の承認が必要です。", "Another person must agree."),
    "needs_pin": Two(
        "直前の暗証番号入力が必要です。", "The operator's PIN must have been typed within the last minutes."
    ),
    "status_require": Two(
        "電子証明書は、失効していないことが確認できた場合だけ使えます。",
        "A resident's certificate counts only where it could be found out that it is not revoked.",
    ),
    "status_allow_not_checked": Two(
        "電子証明書は、失効の確認ができなくても「未確認」と記録して使えます。",
        "A resident's certificate counts also where its revocation could not be found out; the record says so.",
    ),
    "near": Two("近い行:", "Nearest rows:"),
    "near_row": Two("{row} (行 {line}): 合わないもの {lacks}", "{row} (line {line}): does not fit {lacks}"),
    "policy": Two("規則 第{version}版  SHA-256 {hash}", "Policy version {version}, SHA-256 {hash}"),
    # check
    "good": Two(
        "{file}: 使えます。第{version}版、役割 {roles}、利用目的 {purposes}、行 {rows}、認める組合せ {cells}。",
        "{file}: good. Version {version}, {roles} roles, {purposes} purposes, {rows} rows that allow {cells} single cells.",
    ),
    "remark": Two("注意: {what}", "Note: {what}"),
}

RULES = frozenset(
    {
        "login",
        "session",
        "record",
        "own_day",
        "rights",
        "context",
        "resident_code",
        "override",
        "request_shape",
        "number_law",
        "own_badge",
    }
)
"""What stands as the rule of a decision and is no row."""

LACKS: Mapping[str, Two] = {
    "role": Two("役割", "the role"),
    "purpose": Two("利用目的", "the purpose"),
    "operation": Two("操作", "the operation"),
    "item": Two("項目", "an item"),
    "key": Two("鍵", "the key"),
    "card": Two("カードの種類", "the kind of card"),
    "client": Two("業務", "the client"),
    "emergency": Two("緊急時だけの行", "it counts in an emergency only"),
}

REASONS: Mapping[str, Two] = {
    "nobody_logged_in": Two("ログインしていません。", "Nobody is logged in."),
    "role_unknown": Two("この役割は規則にありません。", "The policy does not know this role."),
    "not_a_badge": Two("職員カードではありません。", "This is no badge."),
    "no_right": Two("この役割にはこの権限がありません。", "This role does not have this right."),
    "purpose_missing": Two("利用目的が指定されていません。", "No purpose was given."),
    "purpose_unknown": Two("この利用目的は規則にありません。", "The policy does not know this purpose."),
    "case_missing": Two("受付番号が指定されていません。", "No reception number was given."),
    "private_sector": Two("民間の業務には認められません。", "It is never for private-sector clients."),
    "purpose_not_for_emergency": Two(
        "緊急時の特例の対象ではない利用目的です。", "The override is not for this purpose."
    ),
    "items_missing": Two("読み取る項目が指定されていません。", "No item was named."),
    "key_missing": Two("使う鍵が指定されていません。", "No key was named."),
    "purpose_not_under_number_law": Two(
        "番号法に基づく利用目的ではありません。", "The purpose does not rest on the number law."
    ),
    "no_row": Two("この組合せを認めている行がありません。", "No row allows this combination."),
}


def say(key: str, locale: Locale, **values: object) -> str:
    """One of the texts, filled in."""
    return TEXTS[key].to(locale).format(**values)
