"""Why heads of the record do not leave this machine; a part of `cardd.cli.reasons`."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.wire.fault import TwoTexts

WITNESS_REASONS: Mapping[str, TwoTexts] = MappingProxyType(
    {
        "audit.heads_overdue:no_witness": TwoTexts(
            "24時間、どの証人も照合値に署名していません。", "For 24 hours no witness has signed a head of this record."
        ),
        "audit.heads_overdue:no_export": TwoTexts(
            "照合値の持出しが24時間行われていません。", "For 24 hours nobody has taken a head of this record out."
        ),
        # checks of `health`
        "witness:not_configured": TwoTexts(
            "記録の照合値は、この端末の外に出ていません（試験モード）。",
            "Heads of the record stay in this machine: test mode.",
        ),
        "witness:login_refused": TwoTexts(
            "24時間、照合値が外に出ていません。ログインできません。", "No head has left for a day: nobody can log in."
        ),
        "witness:overdue": TwoTexts(
            "照合値の外部保管が遅れています。", "Work waits too long for a head that leaves this machine."
        ),
        "witness:unreachable": TwoTexts("証人に接続できません。", "The witness cannot be reached."),
        "witness:tls": TwoTexts(
            "証人との通信で、証明書が確認できません。",
            "The certificates between this machine and the witness do not fit.",
        ),
        "witness:not_registered": TwoTexts(
            "この端末は、証人に登録されていません。", "This machine's record is not registered at the witness."
        ),
        "witness:witness_ahead": TwoTexts(
            "証人は、この端末にある記録より多くの記録を知っています。記録が巻き戻された可能性があります。",
            "The witness knows more records than this machine has: the record may have been set back.",
        ),
        "witness:contradiction": TwoTexts(
            "証人が知っている記録と、この端末の記録が食い違っています。監査担当に連絡してください。",
            "The record here is not the one that the witness knows. Tell the auditors.",
        ),
        "witness:other_key": TwoTexts(
            "証人が知っている記録の鍵と、この端末の鍵が違います。", "The witness knows another key of this record."
        ),
        "witness:bad_signature": TwoTexts("証人の署名が正しくありません。", "The witness's signature does not hold."),
        "witness:witness_fails": TwoTexts(
            "証人が正しく応答していません。", "The witness does not answer as it should."
        ),
        "witness:log_differs": TwoTexts(
            "記録と照合値が一致しません。cardd-verify で確かめてください。",
            "The record does not fit its own heads. Check it with cardd-verify.",
        ),
        "witness:log_damaged": TwoTexts(
            "記録に異常があります。cardd-verify で確かめてください。",
            "The record is damaged. Check it with cardd-verify.",
        ),
        "witness:heads_missing": TwoTexts(
            "照合値のファイルが欠けています。", "Files of heads are missing beside the record."
        ),
        "witness:tree_unknown": TwoTexts(
            "旧形式の記録が削除されたため、証明を作れません。",
            "Records of the old form were cut off: no proof can be made.",
        ),
        "witness:cut_away": TwoTexts(
            "証人が知っている照合値より新しい記録まで削除されています。",
            "Records were cut off that the witness has not seen yet.",
        ),
        "witness:signature": TwoTexts(
            "証人の署名ではない照合値が届きました。無視しました。",
            "A head came that the witness has not signed; it was ignored.",
        ),
        "witness:older": TwoTexts(
            "前より古い照合値が届きました。無視しました。", "An older head came than before; it was ignored."
        ),
        "witness:not_ours": TwoTexts(
            "この端末が作っていない照合値が届きました。無視しました。",
            "A head came that this machine never made; it was ignored.",
        ),
        "witness:other_log": TwoTexts(
            "別の記録の照合値が届きました。無視しました。", "A head of another record came; it was ignored."
        ),
        "witness:form": TwoTexts(
            "照合値の形式が正しくありません。無視しました。", "What came is no head; it was ignored."
        ),
        "witness:log_not_read": TwoTexts("記録を読めません。", "The record cannot be read."),
    }
)
