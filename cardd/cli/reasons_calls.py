"""Why a call, or its use of a card, came to nothing: queues, grants, what programs ask wrongly; a part of `cardd.cli.reasons`."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.wire.fault import TwoTexts

CALL_REASONS: Mapping[str, TwoTexts] = MappingProxyType(
    {
        "agent.none:agent_gone": TwoTexts(
            "暗証番号の入力画面が閉じられました。", "The screen that asks for PINs was closed."
        ),
        "audit.unavailable:broken": TwoTexts(
            "記録のファイルに書き込めなくなりました。cardd を再起動し、ディスクを確かめてください。",
            "The record's file takes nothing any more: start cardd again, and look at the disk.",
        ),
        "audit.unavailable:state_not_copied": TwoTexts(
            "状態ファイル（state.db）の写しを作れません。", "No copy of the state file (state.db) could be made."
        ),
        "audit.unavailable:unreadable": TwoTexts(
            "記録のファイルを読めません。", "A file of the record cannot be read."
        ),
        "card.busy:deadline": TwoTexts(
            "順番が来る前に、待ち時間の上限になりました。", "The time for waiting was over before it was its turn."
        ),
        "card.busy:queue_full": TwoTexts("順番待ちがいっぱいです。", "Too many wait already."),
        "card.no_answer:late": TwoTexts("カードが時間内に応答しません。", "The card did not answer in time."),
        "card.no_answer:stopping": TwoTexts("cardd を終了しているところです。", "cardd is being stopped."),
        "card.removed:empty_answer": TwoTexts("カードから何も返りませんでした。", "Nothing came back from the card."),
        "card.wrong_kind:application": TwoTexts(
            "このカードには、この操作に使う機能がありません。", "The card does not have what this operation needs."
        ),
        "card.wrong_kind:key": TwoTexts("このカードには、その鍵がありません。", "The card does not have this key."),
        "grant.impossible:key": TwoTexts(
            "連続署名に使える鍵ではありません。", "No grant is given for this key: it wants its PIN each time."
        ),
        "grant.mismatch:count": TwoTexts(
            "許可された署名の回数を超えています。", "That is more signatures than the grant has left."
        ),
        "grant.mismatch:not_listed": TwoTexts(
            "許可された内容に含まれない署名です。", "This content is not among what the grant was given for."
        ),
        "grant.unknown:ended": TwoTexts("連続署名の許可は終わっています。", "The grant has ended."),
        "request.bad:other_digest": TwoTexts(
            "署名する内容と、表示した文書が違います。", "What is to be signed is not the document that is shown."
        ),
        "sign.unknown:card_gone": TwoTexts("カードが抜かれました。", "The card was pulled."),
        "sign.unknown:client_gone": TwoTexts(
            "署名を始めたプログラムの接続が切れました。", "The program that began it has gone."
        ),
        "sign.unknown:ended": TwoTexts("始めた署名は終わっています。", "It has ended."),
        "sign.unknown:finished": TwoTexts("この署名は、もう終えています。", "Its one signature was asked for already."),
        "sign.unknown:not_given_out": TwoTexts(
            "記録できなかったため、始めた署名をやめました。", "It was given up, because it could not be put on record."
        ),
        "sign.unknown:session_over": TwoTexts(
            "職員のログインが終わったか、画面がロックされました。", "The operator's session has ended or was locked."
        ),
        "sign.unknown:time_over": TwoTexts(
            "署名を始めてから10秒が過ぎました。", "More than 10 s have gone by since it was begun."
        ),
        "pcsc.full:too_many_clients": TwoTexts(
            "カードリーダーのサービス（pcscd）に接続しているプログラムが多すぎます。",
            "Too many programs are connected to pcscd.",
        ),
        "pin.cancelled:agent_error": TwoTexts(
            "暗証番号の入力画面で誤りがありました。", "The screen that asks for PINs reported an error."
        ),
        "pin.format:not_for_a_pad": TwoTexts(
            "この暗証番号は、カードリーダーのキーでは入力できません。",
            "This PIN has letters: it cannot be typed on a reader's pad.",
        ),
        "pin.unknown:card_no_answer": TwoTexts(
            "暗証番号を送ったあと、カードが応答しません。", "The card did not answer after the PIN was sent."
        ),
        "request.bad:form": TwoTexts("形式が正しくありません。", "It is not of the form that is wanted."),
        "request.bad:line_too_slow": TwoTexts(
            "要求が時間内に届きませんでした。", "The request did not arrive in time."
        ),
        "request.bad:missing": TwoTexts("必要な項目がありません。", "Something that is needed is missing."),
        "request.bad:name": TwoTexts(
            "氏名が長すぎるか、使えない文字が入っています。",
            "The name is too long, or has characters that it cannot have.",
        ),
        "request.bad:nested_too_deep": TwoTexts("要求の入れ子が深すぎます。", "The request is nested too deeply."),
        "request.bad:no_time": TwoTexts("その日時はありません。", "There is no such time."),
        "request.bad:said_before": TwoTexts("hello は1回だけです。", "`hello` was said already."),
        "request.bad:type": TwoTexts("値の種類が違います。", "The value is of another type."),
        "request.bad:unknown": TwoTexts("その値は知られていません。", "Such a value is not known."),
        "request.level_unsupported:too_new": TwoTexts(
            "プログラムが cardd より新しい版の通信を求めています。", "The program wants a newer level than cardd has."
        ),
        "request.level_unsupported:too_old": TwoTexts(
            "プログラムが古い版の通信を求めています。", "The program wants a level that is no longer spoken."
        ),
        "request.too_many:answers_not_read": TwoTexts(
            "プログラムが応答を受け取っていません。", "The program does not read its answers."
        ),
        "request.too_many:nonsense": TwoTexts(
            "正しくない要求が多すぎます。", "Too much that is no request came over this connection."
        ),
        "sign.algorithm:digest": TwoTexts(
            "ハッシュ値の長さが、ハッシュ関数と合いません。",
            "The digest does not have the length of its hash function.",
        ),
        "sign.algorithm:key_type": TwoTexts("カードの鍵の種類が違います。", "The card's key is of another kind."),
        "sign.algorithm:public_key": TwoTexts(
            "電子証明書の公開鍵の種類に対応していません。",
            "The certificate's public key is of a kind that is not supported.",
        ),
        "sign.outcome_unknown:restarted": TwoTexts(
            "この署名の依頼のあとで cardd が再起動したため、結果が分かりません。",
            "cardd was started again after this was asked for, so nobody knows whether it was signed.",
        ),
    }
)
