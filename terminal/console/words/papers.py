"""Documents: signed and checked."""

from __future__ import annotations

from typing import Final

PAPERS: Final[dict[str, tuple[str, str]]] = {
    "screen.sign": ("書類に署名する", "Sign a document"),
    "screen.sign.text": ("中身を見て、同意して、暗証番号を1回。", "Look, agree, one PIN."),
    "screen.verify": ("署名を確かめる", "Check a signature"),
    "screen.verify.text": ("誰が、いつ署名し、有効だったか。", "Who signed, when, and was it good."),
    "job.sign": ("署名します", "Signing"),
    "job.sign_look": ("書類を調べています", "Looking at the document"),
    "job.verify": ("署名を確かめています", "Checking the signatures"),
    "problem.paper_failed": (
        "書類を処理するプログラムが止まりました。署名されたかどうかは「今日の記録」で確かめられます。大きすぎるか、壊れているかもしれません。",
        "The program that handles documents stopped. Whether anything was signed stands in the records of today. "
        "The document may be too large, or damaged.",
    ),
    "paper.file": ("書類", "Document"),
    "paper.other": ("別の書類にする", "Another document"),
    "paper.next": ("終わる（画面から消す）", "Done (clear the screen)"),
    "paper.too_large": ("大きすぎます（512 MBまで）。", "It is too large (512 MB at most)."),
    "sign.choose": ("署名する書類を選んでください。", "Choose the document to sign."),
    "sign.kinds": (
        "PDFとXMLは書類の中に、その他は別のファイル（.p7s）に署名が入ります。",
        "PDF and XML get the signature inside; others get a file beside them (.p7s).",
    ),
    "sign.format": ("署名の形式", "Form"),
    "sign.format.pades": ("PDFの中に署名（PAdES）", "inside the PDF (PAdES)"),
    "sign.format.xades": ("XMLの中に署名（XAdES）", "inside the XML (XAdES)"),
    "sign.format.cades": ("別のファイルに署名（CAdES）", "in a file beside it (CAdES)"),
    "sign.shown_to": (
        "署名するご本人に、この画面で中身を確かめてもらってください。",
        "Let the person who signs look at the document here.",
    ),
    "sign.insert": ("署名するカードを入れてください", "Insert the card that signs"),
    "sign.not_allowed": (
        "この利用目的では、署名できません。受付を選び直してください。",
        "Nothing may be signed under this purpose. Choose another case.",
    ),
    "sign.visible": ("書類に見える形で入れる氏名（なくてもよい）", "Name shown on the page (optional)"),
    "sign.visible.hint": (
        "入れると、最後のページの右下に署名の枠がつきます。",
        "A box appears at the bottom right of the last page.",
    ),
    "sign.with_resident": ("住民の方のカードで署名する", "Sign with the resident's card"),
    "sign.with_badge": ("職員カードで署名する", "Sign with the badge"),
    "sign.preview": ("書類の中身", "The document"),
    "sign.page": ("{n}ページ目", "page {n}"),
    "sign.no_preview": ("この種類の書類は、ここでは表示できません。", "This kind of document cannot be shown here."),
    "sign.done": ("署名しました。", "It is signed."),
    "sign.receipt": ("記録の番号", "On record as"),
    "sign.download": ("署名した書類を保存する", "Save the signed document"),
    "verify.choose": ("署名された書類を選んでください。", "Choose a signed document."),
    "verify.file": ("署名された書類", "Signed document"),
    "verify.content": (
        "元の書類（署名が別のファイルのときだけ）",
        "What it is over (only where the signature is a file of its own)",
    ),
    "verify.content.hint": ("拡張子が .p7s や .xades.xml のとき。", "For .p7s and .xades.xml."),
    "verify.signature": ("署名", "Signature"),
    "verify.no_list": (
        "失効情報がこの端末にありません。システム担当に連絡するか、失効情報のある窓口で確かめてください。",
        "This machine has no revocation information. Call IT, or check it at a counter that has.",
    ),
    "verify.begin": ("確かめる", "Check"),
}
