"""Why a file of the office, or a signature beside it, cannot be used; a part of `cardd.cli.reasons`."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.wire.fault import TwoTexts

OFFICE_REASONS: Mapping[str, TwoTexts] = MappingProxyType(
    {
        "office.refused:broken": TwoTexts("ファイルの内容に誤りがあります。", "The file has mistakes."),
        "office.refused:unreadable": TwoTexts("ファイルを読み取れません。", "The file cannot be read."),
        "office.refused:too_large": TwoTexts("ファイルが大きすぎます。", "The file is too large."),
        "office.refused:unsigned": TwoTexts("署名がありません。", "It is not signed."),
        "office.refused:one_signer": TwoTexts(
            "署名が1人分しかありません。もう1人の管理者の署名が必要です。",
            "One person signed it; a second administrator must sign too.",
        ),
        "office.refused:same_person": TwoTexts("同じ人が二度署名しています。", "Both signatures are one person's."),
        "office.refused:badge_blocked": TwoTexts(
            "利用停止になった職員カードで署名されています。", "A badge that signed it was reported lost."
        ),
        "office.refused:not_administrator": TwoTexts(
            "署名した人に、この種のファイルに署名する権限がありません。",
            "Somebody who signed it may not sign files of the office.",
        ),
        "office.refused:bad_signature": TwoTexts(
            "署名がこのファイルと合いません（署名後に変更されたか、壊れています）。",
            "The signatures do not fit the file: it was changed afterwards, or they are damaged.",
        ),
        "office.refused:signed_in_future": TwoTexts(
            "署名の時刻が未来です。両方の機械の時計を確かめてください。",
            "It is signed at a time that has not come yet: look at the clocks of both machines.",
        ),
        "office.refused:unknown_issuer": TwoTexts(
            "この団体の認証局が発行した職員カードの署名ではありません。",
            "A badge that signed it was not issued by this office's authority.",
        ),
        "office.refused:issuer_not_valid": TwoTexts(
            "職員カードを発行した認証局の有効期間外に署名されています。",
            "The authority that issued a badge was not valid when it signed.",
        ),
        "office.refused:expired": TwoTexts(
            "有効期限の切れた職員カードで署名されています。", "The certificate of a badge that signed it has expired."
        ),
        "office.refused:not_yet_valid": TwoTexts(
            "有効期間がまだ始まっていない職員カードで署名されています。",
            "The certificate of a badge that signed it is not valid yet.",
        ),
        "office.refused:weak_algorithm": TwoTexts(
            "署名の暗号方式が弱すぎます。", "It is signed with an algorithm that is too weak."
        ),
        "office.refused:wrong_kind": TwoTexts(
            "職員カードの署名用の鍵（9C）で署名されていません。",
            "It is signed with another key than the signature key (9C) of a badge.",
        ),
        "office.refused:wrong_owner": TwoTexts(
            "ファイルの所有者が root ではありません。", "The file does not belong to root."
        ),
        "office.refused:wrong_mode": TwoTexts(
            "ほかの利用者が書き換えられるファイルか、普通のファイルではありません。",
            "Others may write the file, or it is no plain file.",
        ),
        "office.refused:role_missing": TwoTexts(
            "有効な規則にない役割が書かれています。", "It names a role that the policy in force does not know."
        ),
        "office.refused:issued_in_future": TwoTexts("作成日時（issued）が未来です。", "Its `issued` has not come yet."),
        "office.refused:operator_ca": TwoTexts(
            "職員カードの認証局（operator_ca）を使えないため、確かめられません。",
            "It cannot be checked, for the files of `operator_ca` cannot be used.",
        ),
        "office.refused:check_failed": TwoTexts(
            "署名の検査が途中で終わりました。", "The check of the signatures ended early."
        ),
        "office.refused:not_written": TwoTexts("ディスクに保存できません。", "The disk does not take it."),
        "auth.failed:block_list_too_old": TwoTexts(
            "利用停止リストが72時間以上更新されていません。新しいリストを入れるまでログインできません。",
            "The block list is older than 72 hours: no login until a new one is in force.",
        ),
        # checks of `health`
        "office_files:file_refused": TwoTexts(
            "使えない設定ファイルがあり、前のものが有効です（docs/office-files.md）。",
            "A file of the office was refused; the one before is in force (docs/office-files.md).",
        ),
        "office_files:unsigned": TwoTexts(
            "署名のない設定ファイルを使っています（試験モード）。", "Files without signatures are in force (test mode)."
        ),
        "office_files:not_written": TwoTexts(
            "新しい設定ファイルをディスクに保存できません。", "The disk does not take a new file of the office."
        ),
        "block_list:old": TwoTexts(
            "利用停止リストが24時間以上更新されていません。", "The block list is older than 24 hours."
        ),
        "block_list:too_old": TwoTexts(
            "利用停止リストが72時間以上更新されていないため、ログインできません。",
            "The block list is older than 72 hours: nobody can log in.",
        ),
    }
)
