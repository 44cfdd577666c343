"""The table of faults: every error that a client can meet, with its texts. A row is added here and in `cardd.errors`, never removed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cardd.wire.fault import Fault, TwoTexts

EXIT_CANCELLED: Final = 3
EXIT_TRY_LATER: Final = 4
EXIT_CARD_MISSING: Final = 10
EXIT_CARD_UNFIT: Final = 11
EXIT_CARD_BUSY: Final = 12
EXIT_READER: Final = 13
EXIT_PIN_WRONG: Final = 20
EXIT_PIN_BLOCKED: Final = 21
EXIT_PIN_NOT_TRIED: Final = 22
EXIT_PIN_UNKNOWN: Final = 23
EXIT_LOGIN: Final = 30
EXIT_DENIED: Final = 31
EXIT_RECORD: Final = 32
EXIT_AGENT: Final = 33
EXIT_SIGNATURE: Final = 40
EXIT_USAGE: Final = 64
EXIT_INTERNAL: Final = 70

# fmt: off
# A table: the name and its facts, then in each language what happened and what to do next.

REQUESTS = (
    Fault("request.bad", -32600, "program", False, EXIT_USAGE,
        TwoTexts("要求の形式が正しくありません。", "The request is not well formed."),
        TwoTexts("業務アプリケーションの担当者に、この画面の内容をお知らせください。",
                 "Tell the maker of the program; `field` names the place.")),
    Fault("request.unknown_method", -32601, "program", False, EXIT_USAGE,
        TwoTexts("この機能はありません。", "There is no such method."),
        TwoTexts("業務アプリケーションの担当者にお知らせください。", "Tell the maker of the program; `rpc.discover` lists all methods.")),
    Fault("request.hello_required", 1001, "program", False, EXIT_USAGE,
        TwoTexts("接続の手続きが終わっていません。", "The connection has not said hello yet."),
        TwoTexts("業務アプリケーションの担当者にお知らせください。", "Call `hello` first on every connection.")),
    Fault("request.level_unsupported", 1002, "it", False, EXIT_USAGE,
        TwoTexts("業務アプリケーションと cardd のバージョンが合っていません。", "Program and daemon have no API level in common."),
        TwoTexts("情報システム担当に、両方のバージョンを確認するよう依頼してください。",
                 "Update the older of the two; `level_min` and `level_max` say what the daemon speaks.")),
    Fault("request.duplicate_id", 1003, "program", False, EXIT_USAGE,
        TwoTexts("同じ番号の要求がまだ処理中です。", "A request with the same id is still running."),
        TwoTexts("業務アプリケーションの担当者にお知らせください。", "Give every request of a connection its own id.")),
    Fault("request.idempotency_mismatch", 1004, "program", False, EXIT_USAGE,
        TwoTexts("前と同じ要求番号（idempotency_key）で、内容の違う要求が届きました。",
                 "The same idempotency key came with other content."),
        TwoTexts("業務アプリケーションの担当者にお知らせください。", "Use a new key for every new content.")),
    Fault("request.too_many", 1005, "program", True, EXIT_TRY_LATER,
        TwoTexts("要求が多すぎるため、受け付けられませんでした。", "Too many requests or connections at once."),
        TwoTexts("少し待ってから、もう一度操作してください。", "Wait a moment, then try again.")),
    Fault("request.cancelled", 1006, "clerk", True, EXIT_CANCELLED,
        TwoTexts("操作を取り消しました。", "The request was cancelled."),
        TwoTexts("必要な場合は、もう一度操作してください。", "Ask again if it is still needed.")),
    Fault("request.deadline", 1007, "clerk", True, EXIT_TRY_LATER,
        TwoTexts("時間内に終わりませんでした。", "The request did not end within its time."),
        TwoTexts("もう一度操作してください。", "Try again.")),
    Fault("client.unknown", 1101, "it", False, EXIT_DENIED,
        TwoTexts("このプログラムには、カードを使う許可がありません。", "This user account may not use the daemon."),
        TwoTexts("情報システム担当に、接続の許可の設定を依頼してください。",
                 "Ask IT to enter this account in the daemon's configuration.")),
    Fault("client.gone", 1102, "program", True, EXIT_TRY_LATER,
        TwoTexts("業務アプリケーションとの接続が切れました。", "The caller hung up before its request ended."),
        TwoTexts("業務アプリケーションを開き直してください。", "Connect again.")),
    Fault("internal", -32603, "it", False, EXIT_INTERNAL,
        TwoTexts("cardd の内部で問題が起きました。", "Something went wrong inside the daemon."),
        TwoTexts("情報システム担当に、表示された番号をお知らせください。",
                 "Give the incident number to IT; the daemon's log has an entry under it.")),
)

SESSIONS = (
    Fault("session.required", 2001, "clerk", True, EXIT_LOGIN,
        TwoTexts("ログインしていません。", "Nobody is logged in at this seat."),
        TwoTexts("職員カードをカードリーダーに置いて、ログインしてください。", "Put the badge into its reader and log in.")),
    Fault("session.exists", 2002, "clerk", True, EXIT_LOGIN,
        TwoTexts("この窓口では、すでにログインしています。", "Somebody is logged in at this seat already."),
        TwoTexts("先にログアウトしてから、ログインし直してください。", "Log out first, then log in again.")),
    Fault("seat.unknown", 2003, "it", False, EXIT_USAGE,
        TwoTexts("この窓口は登録されていません。", "There is no such seat for this program."),
        TwoTexts("情報システム担当に、窓口の設定を確認するよう依頼してください。",
                 "Name a seat that the configuration gives to this account.")),
    Fault("policy.denied", 2101, "supervisor", False, EXIT_DENIED,
        TwoTexts("この操作は許可されていません。", "The rules of the office do not allow this."),
        TwoTexts("業務上必要な場合は、責任者に相談してください。", "If the work needs it, ask the supervisor; `rule` names the rule.")),
    Fault("audit.unavailable", 2201, "it", True, EXIT_RECORD,
        TwoTexts("利用記録を保存できないため、カードの操作を止めています。", "The record cannot be written, so no card is touched."),
        TwoTexts("情報システム担当に、すぐに連絡してください。", "Call IT at once: disk full or failing.")),
    Fault("auth.failed", 2301, "supervisor", False, EXIT_LOGIN,
        TwoTexts("この職員カードではログインできません。", "This badge does not allow a login."),
        TwoTexts("責任者に、職員カードの有効期限と登録を確認するよう依頼してください。",
                 "Ask the supervisor to check the badge; `problem` says what is wrong.")),
    Fault("auth.locked", 2302, "clerk", True, EXIT_LOGIN,
        TwoTexts("ログインの失敗が続いたため、一時的に止めています。", "Too many failed logins: locked for a while."),
        TwoTexts("しばらく待ってから、もう一度ログインしてください。", "Wait until the lock ends, then try again.")),
    Fault("agent.none", 2401, "it", True, EXIT_AGENT,
        TwoTexts("暗証番号の入力画面を表示できません。", "Nothing is there that could ask for a PIN at this seat."),
        TwoTexts("この窓口の暗証番号入力プログラムを起動してください。動かない場合は情報システム担当に連絡してください。",
                 "Start the PIN agent of this seat, or register one on the connection.")),
    Fault("agent.taken", 2402, "it", True, EXIT_AGENT,
        TwoTexts("この窓口の暗証番号入力プログラムは、すでに動いています。", "This seat has a PIN agent already."),
        TwoTexts("二つ目の暗証番号入力プログラムを終了してください。", "End the other agent first.")),
    Fault("agent.not_allowed", 2403, "it", False, EXIT_AGENT,
        TwoTexts("このプログラムは、暗証番号の入力を受け付けることができません。", "This account may not ask people for PINs."),
        TwoTexts("情報システム担当に、設定の確認を依頼してください。", "Ask IT to set `may_prompt` for this account.")),
)

CARDS = (
    Fault("card.absent", 3001, "clerk", True, EXIT_CARD_MISSING,
        TwoTexts("カードがありません。", "There is no card."),
        TwoTexts("カードをカードリーダーに置いて、もう一度操作してください。", "Put the card on the reader and try again.")),
    Fault("card.removed", 3002, "clerk", True, EXIT_CARD_MISSING,
        TwoTexts("途中でカードがカードリーダーから離れました。", "The card was taken away in the middle of the operation."),
        TwoTexts("カードを置き直し、終わるまで動かさずに、もう一度操作してください。",
                 "Put the card back, leave it there, and try again.")),
    Fault("card.changed", 3003, "clerk", True, EXIT_CARD_MISSING,
        TwoTexts("始めたときと違うカードになっています。", "This is not the same insertion of the card any more."),
        TwoTexts("カードを確かめて、最初から操作してください。", "Check the card and begin again with the card that is there now.")),
    Fault("card.busy", 3004, "clerk", True, EXIT_CARD_BUSY,
        TwoTexts("このカードは、ほかの操作で使用中です。", "The card is in use by other requests."),
        TwoTexts("前の操作が終わるまで待って、もう一度操作してください。", "Wait for the other request, then try again.")),
    Fault("card.bad_answer", 3005, "resident", False, EXIT_CARD_UNFIT,
        TwoTexts("カードから正しい応答がありません。", "The card answered something that it should not."),
        TwoTexts("カードを置き直してください。続く場合は、カードの故障が考えられます。",
                 "Put the card on the reader again; if it persists, the card may be defective.")),
    Fault("card.no_answer", 3006, "clerk", True, EXIT_CARD_BUSY,
        TwoTexts("カードが応答しません。", "The card does not answer."),
        TwoTexts("いったんカードを取り出し、置き直してください。", "Take the card out and put it in again.")),
    Fault("card.unsupported", 3007, "clerk", False, EXIT_CARD_UNFIT,
        TwoTexts("このカードは使えません。", "This kind of card is not supported."),
        TwoTexts("マイナンバーカードか住基カードかを確かめてください。", "Check that it is a My Number card, a juki card or a badge.")),
    Fault("card.wrong_kind", 3008, "clerk", False, EXIT_CARD_UNFIT,
        TwoTexts("この種類のカードでは、この操作はできません。", "This kind of card cannot do that."),
        TwoTexts("必要なカードを確かめて、置き直してください。", "Use the kind of card that the operation needs.")),
    Fault("card.wrong_reader", 3009, "clerk", True, EXIT_CARD_MISSING,
        TwoTexts("カードを置くカードリーダーが違います。", "The card is in the wrong reader."),
        TwoTexts("職員カードは職員用、住民の方のカードは住民用のカードリーダーに置いてください。",
                 "Badges belong in the badge reader, residents' cards in the other.")),
    Fault("card.item_absent", 3010, "resident", False, EXIT_CARD_UNFIT,
        TwoTexts("このカードには、求められた情報や電子証明書が入っていません。",
                 "The card does not hold the item or certificate asked for."),
        TwoTexts("電子証明書の発行や更新が必要かどうかを、住民の方と確認してください。",
                 "Check whether a certificate must be issued or renewed.")),
    Fault("reader.busy", 3101, "it", True, EXIT_READER,
        TwoTexts("カードリーダーが、ほかのプログラムで使われています。", "Another program on this machine holds the reader."),
        TwoTexts("カードを使うほかのプログラムを終了してください。続く場合は情報システム担当に連絡してください。",
                 "End the other program; nobody but the daemon should use the reader.")),
    Fault("reader.stuck", 3102, "clerk", True, EXIT_READER,
        TwoTexts("カードが応答しないため、カードリーダーが止まっています。", "A card that does not answer holds the reader."),
        TwoTexts("カードを取り出してから、もう一度操作してください。", "Take the card out, then try again.")),
    Fault("reader.unknown", 3103, "it", False, EXIT_READER,
        TwoTexts("登録されていないカードリーダーです。", "This reader is not registered."),
        TwoTexts("情報システム担当に、カードリーダーの設定を依頼してください。", "Ask IT to give the reader a role in the configuration.")),
    Fault("pcsc.down", 3201, "it", True, EXIT_READER,
        TwoTexts("カードリーダーのサービス（pcscd）が動いていません。", "The PC/SC service is not running."),
        TwoTexts("少し待っても戻らない場合は、情報システム担当に連絡してください。",
                 "It is tried again by itself; if it stays down, IT should start pcscd.")),
    Fault("pcsc.full", 3202, "it", True, EXIT_READER,
        TwoTexts("カードリーダーのサービス（pcscd）が混み合っています。", "The PC/SC service takes no more clients."),
        TwoTexts("情報システム担当に連絡してください。", "IT should find the programs that fill pcscd.")),
    Fault("pcsc.refused", 3203, "it", False, EXIT_READER,
        TwoTexts("カードリーダーのサービス（pcscd）を使う許可がありません。", "The PC/SC service does not let the daemon in."),
        TwoTexts("情報システム担当に、アクセス許可の設定を依頼してください。",
                 "IT should check the polkit rule and the rights of pcscd's socket.")),
)

PINS = (
    Fault("pin.rejected", 4001, "resident", True, EXIT_PIN_WRONG,
        TwoTexts("暗証番号が違います。", "The PIN is wrong."),
        TwoTexts("残り回数を確かめて、正しい暗証番号を入力してください。", "Check how many tries are left, then enter the right PIN.")),
    Fault("pin.now_blocked", 4002, "resident", False, EXIT_PIN_BLOCKED,
        TwoTexts("暗証番号が違います。これで、この暗証番号はロックされました。",
                 "The PIN was wrong, and that was the last try: it is blocked now."),
        TwoTexts("本人確認のうえ、暗証番号の初期化・再設定の手続きをご案内ください。",
                 "The PIN must be reset by the office after checking the person's identity.")),
    Fault("pin.was_blocked", 4003, "resident", False, EXIT_PIN_BLOCKED,
        TwoTexts("暗証番号は、すでにロックされています。", "The PIN was blocked before."),
        TwoTexts("本人確認のうえ、暗証番号の初期化・再設定の手続きをご案内ください。",
                 "The PIN must be reset by the office after checking the person's identity.")),
    Fault("pin.format", 4004, "resident", True, EXIT_PIN_NOT_TRIED,
        TwoTexts("暗証番号の桁数か文字の種類が違います。残り回数は減っていません。",
                 "This does not have the shape of that PIN. No try was used."),
        TwoTexts("どの暗証番号かを確かめて、入力し直してください。", "Check which PIN is asked for, and enter it again.")),
    Fault("pin.unknown", 4005, "clerk", True, EXIT_PIN_UNKNOWN,
        TwoTexts("暗証番号を確かめられたかどうか分かりません。残り回数が1回分減ったかもしれません。",
                 "The outcome of the PIN check is not known; a try may be used up."),
        TwoTexts("カードを置き直し、残り回数を確かめてから、入力し直してください。",
                 "Put the card on the reader again and look at the tries left first.")),
    Fault("pin.guard", 4006, "resident", True, EXIT_PIN_NOT_TRIED,
        TwoTexts("あと1回間違えるとロックされるため、暗証番号をカードに送りませんでした。",
                 "Only the last try is left, so the PIN was not sent to the card."),
        TwoTexts("続けるかどうかを住民の方に確認してください。続けない場合は、暗証番号の初期化・再設定の手続きをご案内ください。",
                 "The resident must agree to use the last try, or have the PIN reset.")),
    Fault("pin.repeated", 4007, "resident", True, EXIT_PIN_NOT_TRIED,
        TwoTexts("先ほどと同じ、間違った暗証番号です。カードには送っていません。",
                 "This is the same wrong PIN as before; it was not sent to the card."),
        TwoTexts("暗証番号を確かめて、違う番号を入力してください。", "Check the PIN and enter another one.")),
    Fault("pin.cancelled", 4008, "clerk", True, EXIT_CANCELLED,
        TwoTexts("暗証番号の入力が取り消されました。", "The PIN entry was cancelled."),
        TwoTexts("必要な場合は、もう一度操作してください。", "Ask again if it is still needed.")),
    Fault("pin.timeout", 4009, "clerk", True, EXIT_TRY_LATER,
        TwoTexts("時間内に暗証番号が入力されませんでした。", "No PIN was entered in time."),
        TwoTexts("もう一度操作して、入力をお願いしてください。", "Try again and ask for the PIN.")),
    Fault("pin.counter_changed", 4010, "clerk", True, EXIT_PIN_NOT_TRIED,
        TwoTexts("入力の間に、暗証番号の残り回数が変わりました。", "The tries left changed while the PIN was being entered."),
        TwoTexts("ほかでこのカードが使われていないかを確かめて、もう一度操作してください。",
                 "Check whether the card is used elsewhere, then try again.")),
)

SIGNATURES = (
    Fault("sign.mismatch", 5001, "resident", False, EXIT_SIGNATURE,
        TwoTexts("作られた電子署名が、カードの電子証明書と合いませんでした。",
                 "The signature does not verify with the card's certificate; it was thrown away."),
        TwoTexts("カードの故障が考えられます。カードの再交付が必要かどうかを、住民の方と確認してください。", "The card may be defective.")),
    Fault("sign.wrong_certificate", 5002, "clerk", True, EXIT_SIGNATURE,
        TwoTexts("表示した電子証明書と、カードの電子証明書が違います。", "The card's certificate is not the one that was shown."),
        TwoTexts("カードを確かめて、最初から操作してください。", "Check the card and begin again.")),
    Fault("sign.algorithm", 5003, "program", False, EXIT_USAGE,
        TwoTexts("この鍵では、指定された方式の署名はできません。", "This key cannot sign that way."),
        TwoTexts("業務アプリケーションの担当者にお知らせください。", "Choose hash and signature format that fit the key.")),
    Fault("sign.outcome_unknown", 5004, "clerk", True, EXIT_SIGNATURE,
        TwoTexts("前の署名が終わったかどうか分かりません。",
                 "Whether the earlier signature was made is not known: it was broken off, or cardd was restarted since."),
        TwoTexts("利用記録を確かめてから、新しい操作として署名してください。",
                 "Look at the record, then sign with a new idempotency key.")),
)

# fmt: on

ROWS = (*REQUESTS, *SESSIONS, *CARDS, *PINS, *SIGNATURES)
FAULTS: Mapping[str, Fault] = MappingProxyType({row.name: row for row in ROWS})
INTERNAL: Final = FAULTS["internal"]


def fault(name: object) -> Fault:
    """The row of `name`; of `internal` for a name this side does not know."""
    return FAULTS.get(name, INTERNAL) if isinstance(name, str) else INTERNAL
