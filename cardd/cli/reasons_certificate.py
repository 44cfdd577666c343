"""Why a certificate does not count, and what is wrong with revocation lists; a part of `cardd.cli.reasons`."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.wire.fault import TwoTexts

CERTIFICATE_REASONS: Mapping[str, TwoTexts] = MappingProxyType(
    {
        "cert.bad:malformed": TwoTexts("電子証明書として読めません。", "It is no readable certificate."),
        "cert.bad:weak_algorithm": TwoTexts(
            "暗号の強さが足りません（SHA-1 や RSA 1024 など）。", "Its key or signature is too weak (SHA-1, RSA 1024)."
        ),
        "cert.bad:unknown_issuer": TwoTexts(
            "この端末が認める認証局の電子証明書ではありません。", "No authority that this machine trusts has issued it."
        ),
        "cert.bad:bad_signature": TwoTexts("発行者の署名が正しくありません。", "The issuer's signature does not hold."),
        "cert.bad:issuer_not_valid": TwoTexts(
            "発行者の証明書が有効ではありません。", "The issuer's own certificate is not valid."
        ),
        "cert.bad:issuer_revoked": TwoTexts(
            "発行者の証明書が失効しています。", "The issuer's own certificate has been revoked."
        ),
        "cert.bad:bad_path": TwoTexts(
            "発行者までのつながりに誤りがあります。", "The path to its authority breaks a rule."
        ),
        "cert.unknown:not_checked": TwoTexts(
            "この種類の電子証明書を確かめる設定がありません。",
            "Nothing is set up here to check certificates of this kind.",
        ),
        "cert.unknown:list_missing": TwoTexts(
            "発行者の失効リストがありません。", "There is no revocation list of its issuer."
        ),
        "cert.unknown:list_too_old": TwoTexts("失効リストが古すぎます。", "The revocation list is too old."),
        "cert.unknown:responder_unknown": TwoTexts(
            "OCSP 応答者は、この電子証明書を知りません。", "The OCSP responder does not know this certificate."
        ),
        "cert.unknown:ocsp_silent": TwoTexts(
            "OCSP 応答者から答えがありません。", "The OCSP responder has not answered."
        ),
        "cert.unknown:responder_try_later": TwoTexts(
            "OCSP 応答者は、あとで尋ねるよう求めています。", "The OCSP responder asks to try again later."
        ),
        "cert.unknown:responder_refused": TwoTexts(
            "OCSP 応答者は、この端末に答えません。", "The OCSP responder refuses to answer."
        ),
        "cert.unknown:responder_not_authorised": TwoTexts(
            "発行者が認めていない者の OCSP 応答です。",
            "The OCSP response is by somebody whom the issuer has not appointed.",
        ),
        "cert.unknown:response_bad_signature": TwoTexts(
            "OCSP 応答の署名が正しくありません。", "The signature of the OCSP response does not hold."
        ),
        "cert.unknown:response_weak_algorithm": TwoTexts(
            "OCSP 応答の署名が弱すぎます（SHA-1 など）。", "The OCSP response is signed too weakly (SHA-1)."
        ),
        "cert.unknown:response_not_understood": TwoTexts(
            "扱えない項目のある OCSP 応答です。", "The OCSP response has a critical part that is not understood."
        ),
        "cert.unknown:response_other_certificate": TwoTexts(
            "別の電子証明書についての OCSP 応答です。", "The OCSP response is about another certificate."
        ),
        "cert.unknown:response_too_old": TwoTexts("OCSP 応答が古すぎます。", "The OCSP response is too old."),
        "cert.unknown:response_malformed": TwoTexts("OCSP 応答を読めません。", "The OCSP response cannot be read."),
        "cert.unknown:response_from_future": TwoTexts(
            "OCSP 応答の時刻が先です。時計を確かめてください。",
            "The OCSP response is from the future; look at the clock.",
        ),
        "cert.unknown:clock_behind_list": TwoTexts(
            "端末の時計が、失効リストの発行時刻より遅れています。時計を合わせてください。",
            "This machine's clock is behind the newest revocation list: set it right.",
        ),
        "cert.unknown:anchors_unusable": TwoTexts(
            "認証局の証明書ファイルを使えません（cardd --check-config）。",
            "The files of the authorities cannot be used (cardd --check-config).",
        ),
        "cert.unknown:operator_ca_unusable": TwoTexts(
            "職員認証局の証明書ファイルを使えません（cardd --check-config）。",
            "The operator CA's files cannot be used (cardd --check-config).",
        ),
        "auth.failed:revoked": TwoTexts(
            "職員カードの証明書は失効しています。", "The badge's certificate has been revoked."
        ),
        "auth.failed:list_missing": TwoTexts(
            "職員認証局の失効リストがないため、ログインできません。",
            "There is no revocation list of the operator CA, and a login needs one here.",
        ),
        "auth.failed:list_too_old": TwoTexts(
            "職員認証局の失効リストが古すぎるため、ログインできません。",
            "The operator CA's revocation list is too old, and a login needs a fresh one here.",
        ),
        "auth.failed:ocsp_silent": TwoTexts(
            "職員認証局の OCSP 応答者から答えがないため、ログインできません。",
            "The operator CA's OCSP responder has not answered, and a login needs to know here.",
        ),
        "auth.failed:clock_behind_list": TwoTexts(
            "端末の時計が、失効リストの発行時刻より遅れています。時計を合わせてください。",
            "This machine's clock is behind the newest revocation list: set it right.",
        ),
        "auth.failed:operator_ca_unusable": TwoTexts(
            "職員認証局の証明書ファイルを使えません（cardd --check-config）。",
            "The operator CA's files cannot be used (cardd --check-config).",
        ),
        "request.bad:in_the_future": TwoTexts(
            "これから先の時点は確認できません。", "A moment that is still to come cannot be asked for."
        ),
        "request.bad:no_time": TwoTexts("時刻の形式が正しくありません。", "This is no time."),
        "ocsp:ocsp_silent": TwoTexts(
            "OCSP 応答者から答えがありません。cardd-lists とネットワークを確かめてください。",
            "An OCSP responder has not answered: look at cardd-lists and at the network.",
        ),
        "ocsp:ocsp_not_asked": TwoTexts(
            "OCSP の質問を書くフォルダーに書けません（asked_directory）。",
            "The folder for questions to OCSP responders cannot be written (asked_directory).",
        ),
        "revocation:list_missing": TwoTexts(
            "届いていない失効リストがあります。cardd-lists を確かめてください。",
            "A revocation list never came: look at cardd-lists.",
        ),
        "revocation:list_old": TwoTexts(
            "24時間より古い失効リストがあります。cardd-lists を確かめてください。",
            "A revocation list is older than it should be: look at cardd-lists.",
        ),
        "revocation:list_too_old": TwoTexts(
            "失効リストが古すぎます。電子証明書の失効を確認できません。",
            "A revocation list is too old: nobody can tell whether certificates were revoked.",
        ),
        "revocation:list_damaged": TwoTexts(
            "失効リストのファイルが壊れています。新しいリストが届くまで確認できません。",
            "The file of a revocation list is damaged: until a new one comes nothing can be told.",
        ),
        "revocation:clock_behind_list": TwoTexts(
            "端末の時計が、失効リストの発行時刻より遅れています。ログインと確認はできません。",
            "This machine's clock is behind a revocation list: no login, no check.",
        ),
        "revocation:not_kept": TwoTexts(
            "失効リストを保存できません。ディスクを確かめてください。",
            "A revocation list cannot be kept: look at the disk.",
        ),
        "revocation:check_failed": TwoTexts(
            "失効リストを検査できませんでした。", "A revocation list could not be checked."
        ),
        "revocation:list_rolled_back": TwoTexts(
            "前より古い失効リストが届きました。無視しました。",
            "An older revocation list came than before; it was ignored.",
        ),
        "revocation:list_number_reused": TwoTexts(
            "同じ番号で内容の違う失効リストが届きました。無視しました。",
            "Another list came with the number of the one before; it was ignored.",
        ),
        "revocation:list_bad_signature": TwoTexts(
            "認証局の署名ではない失効リストが届きました。無視しました。",
            "A revocation list came that its authority has not signed; it was ignored.",
        ),
        "revocation:list_wrong_issuer": TwoTexts(
            "別の発行者の失効リストが届きました。無視しました。",
            "A revocation list of another issuer came; it was ignored.",
        ),
        "revocation:list_issuer_expired": TwoTexts(
            "有効期限の切れた認証局の失効リストが届きました。無視しました。",
            "A revocation list came of an authority that is not valid any more; it was ignored.",
        ),
        "revocation:list_malformed": TwoTexts(
            "壊れた失効リストが届きました。無視しました。", "A damaged revocation list came; it was ignored."
        ),
        "revocation:list_too_large": TwoTexts(
            "大きすぎる失効リストが届きました。無視しました。",
            "A revocation list came that is too large; it was ignored.",
        ),
        "revocation:list_weak_algorithm": TwoTexts(
            "弱い署名の失効リストが届きました。無視しました。",
            "A revocation list with a weak signature came; it was ignored.",
        ),
        "revocation:list_not_understood": TwoTexts(
            "扱えない形の失効リスト（差分など）が届きました。無視しました。",
            "A revocation list of a form that is not understood (a delta list, for one) came; it was ignored.",
        ),
        "revocation:list_without_number": TwoTexts(
            "番号のない失効リストが届きました。無視しました。",
            "A revocation list without a number came; it was ignored.",
        ),
        "revocation:list_without_next_update": TwoTexts(
            "次回発行時刻のない失効リストが届きました。無視しました。",
            "A revocation list that does not say when it ends came; it was ignored.",
        ),
        "revocation:list_from_future": TwoTexts(
            "発行時刻が先の失効リストが届きました。端末の時計を確かめてください。",
            "A revocation list from the future came: look at this machine's clock.",
        ),
    }
)
