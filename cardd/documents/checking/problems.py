"""What each problem of a signature means, and what to do: sentences that a clerk can read aloud. One row for each word of a report."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.documents.sentence import Sentence

_ASK_SIGNER = (
    "署名した人に、署名し直したものを出してもらってください。",
    "Ask the signer for a newly signed document.",
)
_ASK_AGAIN = ("文書を出した人に、もう一度送ってもらってください。", "Ask whoever sent the document to send it again.")
_IT = ("システムの担当者に連絡してください。", "Tell the office's IT.")
_NEW_CERTIFICATE = (
    "有効な電子証明書で署名し直してもらってください。",
    "Ask for a signature with a certificate that is valid.",
)

PROBLEMS: Mapping[str, Sentence] = MappingProxyType(
    {
        "document_changed": Sentence(
            "文書は、署名のあとで書き換えられています。", "The document was changed after it was signed.", *_ASK_AGAIN
        ),
        "signature_wrong": Sentence(
            "署名の値が、文書や電子証明書の鍵と合いません。署名は偽物か壊れているか、文書が署名したものと違います。",
            "The signature value does not fit document and key: it is forged or damaged, or this is not the signed document.",
            "署名した文書そのものかどうかを確かめ、そうであれば、署名した人に署名し直したものを出してもらってください。",
            "See whether this is the very document that was signed; if it is, ask the signer for a newly signed one.",
        ),
        "certificate_swapped": Sentence(
            "付いている電子証明書が、署名したときのものと違います。",
            "The certificate that came along is not the one that was signed with.",
            *_ASK_SIGNER,
        ),
        "certificate_missing": Sentence(
            "署名に電子証明書が付いていないので、誰の署名か分かりません。",
            "No certificate came along, so nobody can say whose signature it is.",
            *_ASK_SIGNER,
        ),
        "signature_unreadable": Sentence(
            "署名の形が壊れているか、認められない作りになっています。",
            "The signature is damaged, or built in a way that is not accepted.",
            *_ASK_AGAIN,
        ),
        "signature_weak": Sentence(
            "今は安全と認められない古い方式（SHA-1など）の署名です。",
            "It was made with an algorithm that is not safe any more, such as SHA-1.",
            *_ASK_SIGNER,
        ),
        "content_missing": Sentence(
            "この署名は別のファイルに対するものですが、そのファイルが指定されていません。",
            "It is a signature over another file, and that file was not given.",
            "署名の対象のファイルを --content で指定してください。",
            "Name the file that was signed with --content.",
        ),
        "certificate_malformed": Sentence("電子証明書が読めません。", "The certificate cannot be read.", *_ASK_SIGNER),
        "certificate_weak": Sentence(
            "電子証明書が、今は安全と認められない古い方式（SHA-1など）で作られています。",
            "The certificate was made with an algorithm that is not safe any more, such as SHA-1.",
            *_NEW_CERTIFICATE,
        ),
        "issuer_unknown": Sentence(
            "電子証明書を発行した認証局は、ここで信頼している認証局ではありません。",
            "The authority that issued the certificate is not one that is trusted here.",
            "どこが発行した電子証明書か確かめ、分からないときは受け付けないでください。",
            "Find out who issued it; do not accept it while that is not clear.",
        ),
        "issuer_did_not_sign": Sentence(
            "電子証明書は信頼している認証局の名前を名乗っていますが、その認証局が発行したものではありません。",
            "The certificate names a trusted authority, which did not issue it: it is forged or damaged.",
            *_ASK_SIGNER,
        ),
        "issuer_other_generation": Sentence(
            "電子証明書を発行した認証局は、名前は同じですが、ここで信頼している世代のものではありません。",
            "The issuing authority has the name of a trusted one, but is another generation of it.",
            "システムの担当者に連絡して、その世代の認証局を登録してよいか確かめてください。",
            "Ask the office's IT whether that generation is to be trusted here.",
        ),
        "issuer_not_valid": Sentence(
            "電子証明書を発行した認証局の証明書が、有効期間の外にあります（期限切れか、まだ始まっていません）。",
            "The certificate of the issuing authority is outside its own validity: over, or not begun.",
            *_IT,
        ),
        "issuer_revoked": Sentence(
            "電子証明書を発行した認証局の証明書は失効しています。",
            "The certificate of the issuing authority is revoked.",
            *_NEW_CERTIFICATE,
        ),
        "chain_broken": Sentence(
            "電子証明書から信頼している認証局まで、正しくつながりません。",
            "The certificate does not lead to a trusted authority in a way that is allowed.",
            *_IT,
        ),
        "wrong_kind": Sentence(
            "文書に署名するための電子証明書ではありません（利用者証明用など）。",
            "It is not a certificate for signing documents (one for logging in, for example).",
            "署名用電子証明書で署名し直してもらってください。",
            "Ask for a signature with the signature certificate.",
        ),
        "test_certificate": Sentence(
            "試験用の電子証明書です。ここでは試験用のものを認めていません。",
            "It is a test certificate, and those do not count here.",
            *_NEW_CERTIFICATE,
        ),
        "revoked": Sentence(
            "電子証明書は失効しています。失効の前に署名されたことを示す証明はありません。",
            "The certificate is revoked, and nothing proves that the signature is older than that.",
            *_NEW_CERTIFICATE,
        ),
        "expired": Sentence(
            "電子証明書の有効期間が過ぎています。期間内に署名されたことを示す証明はありません。",
            "The certificate has expired, and nothing proves that the signature is older than that.",
            *_NEW_CERTIFICATE,
        ),
        "not_yet_valid": Sentence(
            "電子証明書の有効期間が始まる前の署名です。",
            "The signature is older than the beginning of the certificate.",
            "時計が合っているか確かめ、合っていれば受け付けないでください。",
            "See whether the clock is right; if it is, do not accept it.",
        ),
        "revocation_not_checked": Sentence(
            "電子証明書が失効していないかどうかを、調べていません。",
            "Whether the certificate is revoked was not looked at.",
            "失効リストを --list で指定するか、失効情報のある窓口端末で確かめてください。",
            "Give a revocation list with --list, or check at a terminal that has them.",
        ),
        "revocation_unknown": Sentence(
            "電子証明書が失効していないかどうかが、今は分かりません（失効情報がないか、古すぎます）。",
            "Whether the certificate is revoked cannot be told now: there is no revocation list, or it is too old.",
            "新しい失効情報が届いてから、もう一度確かめてください。",
            "Check again when a new revocation list has come.",
        ),
        "stamp_wrong": Sentence(
            "タイムスタンプが壊れているか、別の署名に対するものです。",
            "The time stamp is damaged or belongs to another signature.",
            *_ASK_SIGNER,
        ),
        "changed_since": Sentence(
            "署名のあとで、認められない変更が文書に加えられています。",
            "Changes were made to the document after it was signed that are not allowed.",
            "署名したときの文書を出してもらってください。",
            "Ask for the document as it was signed.",
        ),
        "part_only": Sentence(
            "署名は文書の一部だけに対するものです。ほかの部分は誰が書いたか分かりません。",
            "Only a part of the document is signed. Nobody vouches for the rest.",
            "署名された部分だけで足りるときは --part で指定してください。足りないときは全体に署名してもらってください。",
            "If that part is enough, name it with --part; else ask for a signature over the whole document.",
        ),
    }
)
