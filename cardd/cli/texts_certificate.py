"""What cardctl says of a certificate that was checked; a part of `cardd.cli.texts`."""

from collections.abc import Mapping
from types import MappingProxyType

CERTIFICATE_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "health.revocation": ("失効リスト", "revocation lists"),
        "health.ocsp": ("OCSP", "OCSP"),
        "certificate_usable": (
            "この電子証明書は、この利用目的に使えます。",
            "The certificate may be used under this purpose.",
        ),
        "certificate_not_usable": (
            "この電子証明書は、この利用目的には使えません。",
            "The certificate must not be used under this purpose.",
        ),
        "certificate_result": ("結果", "result"),
        "certificate_authority": ("発行者", "issued by"),
        "certificate_list_age": ("失効情報の経過時間", "age of the list"),
        "certificate_hours": ("{n} 時間", "{n} h"),
        "certificate_at": ("確認した時点", "judged for"),
        "certificate_wrong_kind": ("この種類の電子証明書ではありません。", "It is not of the kind it is offered as."),
        "certresult.good": ("有効です。", "It holds."),
        "certresult.revoked": ("失効しています。", "It has been revoked."),
        "certresult.expired": ("有効期限が切れています。", "It has expired."),
        "certresult.not_yet_valid": ("有効期間が始まっていません。", "It is not valid yet."),
        "certresult.refused": ("認められません。", "It is refused."),
        "certresult.unknown": ("失効していないかどうか、分かりません。", "Whether it was revoked cannot be told."),
        "certresult.not_checked": ("確認していません。", "It was not checked."),
        "question.form": ("形式", "form"),
        "question.algorithm": ("アルゴリズム", "algorithm"),
        "question.chain": ("発行者の署名", "chain"),
        "question.time": ("有効期間", "time"),
        "question.revocation": ("失効", "revocation"),
        "question.conformity": ("種類", "kind"),
    }
)
