"""What cardctl says to people, in Japanese and English. Error texts come from the daemon, in the locale of `hello`."""

import os
from collections.abc import Mapping
from types import MappingProxyType

from cardd.cli.reasons import REASONS
from cardd.cli.texts_audit import AUDIT_TEXTS
from cardd.cli.texts_badge import BADGE_TEXTS
from cardd.cli.texts_certificate import CERTIFICATE_TEXTS
from cardd.cli.texts_document import DOCUMENT_TEXTS
from cardd.cli.texts_head import HEAD_TEXTS
from cardd.cli.texts_keeping import KEEPING_TEXTS
from cardd.cli.texts_office import OFFICE_TEXTS
from cardd.cli.texts_people import PEOPLE_TEXTS
from cardd.cli.texts_verify import VERIFY_TEXTS
from cardd.cli.texts_watch import WATCH_TEXTS
from cardd.wire.fault import Locale

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
        "pin.verification_b": (
            "照合番号B（14桁：生年月日6・有効期限4・セキュリティコード4）",
            "Verification number B (14 digits: birth date 6, expiry 4, security code 4)",
        ),
        "pin.badge": ("職員カードの暗証番号（数字6〜8桁）", "Badge PIN (6 to 8 digits)"),
        "step.enter": ("{pin}", "{pin}"),
        "step.new": ("新しい{pin}", "New: {pin}"),
        "step.repeat": ("もう一度、新しい{pin}", "New, once more: {pin}"),
        "tries": ("残り{n}回", "tries left: {n}"),
        "purpose": ("利用目的: {purpose}  受付番号: {case}", "Purpose: {purpose}  Case: {case}"),
        "upper": ("小文字は大文字に直しました。", "Lower case was turned into capitals."),
        "last_try": (
            "残り1回です。間違えるとロックされ、初期化・再設定の手続きが必要になります。ご本人は同意していますか [はい/いいえ]: ",
            "One try is left. A wrong PIN blocks it, and the office must reset it. Does the holder agree to go on? [yes/no]: ",
        ),
        "no_terminal": (
            "暗証番号を入力する端末がありません。--pin-fd を使ってください。",
            "There is no terminal to type a PIN at. Use --pin-fd.",
        ),
        "error.reason": ("理由:", "Reason:"),
        "error.card": ("カード:", "Card:"),
        "error.pin": ("暗証番号:", "PIN:"),
        "error.signature": ("署名:", "Signature:"),
        "error.wait": ("待ち時間:", "Wait:"),
        "error.progress": ("進み具合:", "Done so far:"),
        "error.remedy": ("次の操作:", "What to do:"),
        "error.detail": ("詳細:", "Details:"),
        "seconds": ("あと{n}秒", "{n} s"),
        "rule": ("規則: {rule}", "rule: {rule}"),
        "card.untouched": ("カードには何も送っていません。", "Nothing was sent to the card."),
        "card.held": (
            "職員カードは、連続署名のために開いたままです。",
            "The badge stays open for the grant; its reader belongs to it.",
        ),
        "card.cleared": ("カードは元の状態に戻しました。", "The card has been reset; nothing stays open in it."),
        "card.removed": ("カードは取り出されています。", "The card is out of the reader."),
        "card.unknown": (
            "カードの状態が分かりません。いったん取り出してください。",
            "The card's state is unknown: take it out.",
        ),
        "pin_outcome.untouched": ("残り回数は減っていません。", "No try was used."),
        "pin_outcome.accepted": ("暗証番号は合っていました。", "It was right."),
        "pin_outcome.spent": ("1回分減りました。", "One try was used."),
        "pin_outcome.may_be_spent": ("1回分減ったかもしれません。", "One try may have been used."),
        "no_readers": ("カードリーダーがありません。", "There is no reader."),
        "pcsc_down": (
            "カードリーダーのサービス（pcscd）が動いていません。",
            "The PC/SC service (pcscd) is not running.",
        ),
        "no_cards": ("カードがありません。", "There is no card."),
        "several_cards": (
            "当てはまるカードが複数あります。--card で指定してください: {handles}",
            "More than one card fits; name one with --card: {handles}",
        ),
        "logged_in": (
            "{name}（役割 {role}）でログインしました。{until} まで有効です。",
            "Logged in: {name} (role {role}), until {until}.",
        ),
        "is_logged_in": (
            "{name}（役割 {role}）でログイン中です。{until} まで有効です。",
            "{name} (role {role}) is logged in, until {until}.",
        ),
        "unlocked": (
            "{name}（役割 {role}）のロックを解除しました。{until} まで有効です。",
            "Unlocked: {name} (role {role}), until {until}.",
        ),
        "locks": (
            "操作がないと {at} にロックされます。",
            "Locks at {at} if nothing is done.",
        ),
        "locked": (
            "ロック中です。cardctl unlock と職員カードの暗証番号で解除してください。",
            "Locked. Unlock with `cardctl unlock` and the badge's PIN.",
        ),
        "badge_ends": (
            "職員カードの有効期限まであと{n}日です。更新を依頼してください。",
            "The badge ends in {n} days: ask for a renewal.",
        ),
        "logged_out": ("ログアウトしました。", "Logged out."),
        "nobody": ("ログインしていません。", "Nobody is logged in."),
        "head.reader": ("カードリーダー", "READER"),
        "head.role": ("用途", "FOR"),
        "head.state": ("状態", "STATE"),
        "head.card": ("カード", "CARD"),
        "head.place": ("接続口", "PORT"),
        "head.kind": ("種類", "KIND"),
        "head.pad": ("", ""),
        "head.client": ("利用者", "CLIENT"),
        "head.operation": ("操作", "OPERATION"),
        "head.since": ("経過", "SINCE"),
        "head.turn": ("順番", "TURN"),
        "role.badge": ("職員カード", "badges"),
        "role.resident": ("住民のカード", "residents' cards"),
        "role.any": ("共用", "any card"),
        "role.ignored": ("使わない", "not used"),
        "state.empty": ("空き", "empty"),
        "state.card": ("カードあり", "card in"),
        "state.stuck": ("応答なし", "stuck"),
        "state.free": ("空き", "free"),
        "state.busy": ("使用中", "busy"),
        "use.idle": ("待機中", "idle"),
        "use.busy": ("使用中", "busy"),
        "use.stuck": ("応答なし", "stuck"),
        "use.wrong_reader": ("置く場所が違います", "wrong reader"),
        "turn.now": ("使用中", "now"),
        "pad": ("暗証番号キー付き", "PIN pad"),
        "snapshot": (
            "カードリーダー{readers}台、カード{cards}枚。これからの変化を表示します（Ctrl-Cで終了）。",
            "{readers} readers, {cards} cards. What changes from now on (Ctrl-C ends):",
        ),
        "snapshot_lost": (
            "一部の通知を受け取れませんでした。現在の状態から続けます。",
            "Some changes were missed; going on from here.",
        ),
        "health": ("cardd {version}  起動から{up}", "cardd {version}, up {up}"),
        "health.good": ("正常", "good"),
        "health.warning": ("注意", "warning"),
        "health.bad": ("異常", "bad"),
        "health.pcsc": ("カードリーダーのサービス", "PC/SC service"),
        "health.readers": ("カードリーダー", "readers"),
        "health.audit": ("利用記録", "record"),
        "health.witness": ("照合値の外部保管", "heads outside"),
        "health.memory": ("メモリの保護", "memory"),
        "health.mode": ("動作モード", "mode"),
        "health.office_files": ("設定ファイル", "office's files"),
        "health.block_list": ("利用停止リスト", "block list"),
        "health.watching": ("不審な利用の見守り", "watching"),
        "health.badges": ("職員カード", "badges"),
        "health.pcscd_socket": ("カードリーダーの占有", "pcscd's socket"),
        "whoami": ("{client}（uid {uid}）、窓口 {seat}", "{client} (uid {uid}) at seat {seat}"),
        "certificate": ("{key}  SHA-256 {fingerprint}", "{key}  SHA-256 {fingerprint}"),
        "key.authentication": ("利用者証明用電子証明書", "authentication certificate"),
        "key.signature": ("署名用電子証明書", "signature certificate"),
        "key.badge_authentication": ("職員カードの認証用電子証明書（9A）", "badge authentication certificate (9A)"),
        "key.badge_signature": ("職員カードの署名用電子証明書（9C）", "badge signature certificate (9C)"),
        "key.key_management": ("職員カードの暗号用電子証明書（9D）", "key management certificate (9D)"),
        "key.card_authentication": ("職員カードのカード認証用電子証明書（9E）", "card authentication certificate (9E)"),
        "present": ("あり", "present"),
        "bytes": ("{media_type}、{n}バイト", "{media_type}, {n} bytes"),
        "kind.my_number": ("マイナンバーカード", "My Number card"),
        "kind.juki": ("住基カード", "Juki card"),
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
        "sex.3": ("その他", "other"),
        "sex.9": ("適用不能", "not applicable"),
        "sex.0": ("不明", "not known"),
        "yes": ("はい", "yes"),
        "no": ("いいえ", "no"),
        "date_unknown": ("{source}（不明: {parts}）", "{source} (unknown: {parts})"),
        "date_odd": ("{source}（日付として読めません）", "{source} (not a date)"),
        "part.year": ("年", "year"),
        "part.month": ("月", "month"),
        "part.day": ("日", "day"),
        "pin_state.blocked": ("ロック中", "blocked"),
        "pin_state.absent": ("なし", "absent"),
        "pin_state.unknown": ("不明", "unknown"),
        "pin_state.last_try": ("残り1回（注意）", "tries left: 1 (careful)"),
        "changed": ("暗証番号を変更しました。", "The PIN was changed."),
        "written": ("{path} に書き込みました。", "Written to {path}."),
        "receipt": ("控え {receipt}", "Receipt {receipt}"),
        "waiting_queue": ("順番待ち（{place}番目、使用中: {holder}）", "Waiting (place {place}, held by {holder})"),
        "waiting_for_pad": ("カードリーダーのキーで暗証番号を入力してください。", "Enter the PIN on the reader's pad."),
        "reading": ("読み取り中…", "Reading…"),
        "signing": ("署名中…", "Signing…"),
        "no_daemon": ("cardd に接続できません（{path}）。", "Cannot reach cardd at {path}."),
        "no_daemon.remedy": (
            "サービスが動いているか確認してください: systemctl status cardd.socket",
            "Check that it runs: systemctl status cardd.socket",
        ),
        "no_access": (
            "cardd のソケットを使う許可がありません（{path}）。",
            "You may not use cardd's socket at {path}.",
        ),
        "no_access.remedy": (
            "情報システム担当に、cardd-clients グループへの登録を依頼し、ログインし直してください。",
            "Ask IT to make you a member of the group cardd-clients, then log in to the machine anew.",
        ),
        "daemon_gone": ("cardd との接続が途中で切れました。", "The connection to cardd broke."),
        "daemon_gone.remedy": (
            "カードの操作が終わったかどうかは、利用記録で確かめてください。",
            "Whether a card was used, the record says.",
        ),
        "not_written": ("{path} に書き込めません。", "Cannot write to {path}."),
        "not_written.remedy": (
            "ディスクの空きと、フォルダーの権限を確かめてください。",
            "See whether the disk has room and the folder may be written.",
        ),
        **AUDIT_TEXTS,
        **BADGE_TEXTS,
        **CERTIFICATE_TEXTS,
        **OFFICE_TEXTS,
        **HEAD_TEXTS,
        **KEEPING_TEXTS,
        **VERIFY_TEXTS,
        **WATCH_TEXTS,
        **PEOPLE_TEXTS,
        **DOCUMENT_TEXTS,
    }
)


class Speech:
    """Texts in one language."""

    def __init__(self, locale: Locale) -> None:
        self.locale: Locale = locale
        self._column = 0 if locale == "ja" else 1

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of `key`, filled with `values`; the key itself when the daemon says a word of a later version."""
        pair = TEXTS.get(key)
        return pair[self._column].format(**values) if pair else key.rpartition(".")[2]

    def has(self, key: str) -> bool:
        """Whether there is a text for `key`."""
        return key in TEXTS

    def why(self, where: str, problem: str) -> str:
        """The sentence for a `problem` of an error or health check; the word itself where there is none."""
        texts = REASONS.get(f"{where}:{problem}")
        return texts.of(self.locale) if texts else problem


def locale_of_environment() -> Locale:
    """`ja` when the terminal speaks Japanese (LC_ALL, LC_MESSAGES, LANG), else `en`."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "ja" if value.startswith("ja") else "en"
    return "en"
