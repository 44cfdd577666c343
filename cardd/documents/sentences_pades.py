"""The sentences to the words of `DocumentError` that only PDFs know."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.documents.sentence import Sentence

_GET_JA = "書類を作った人に、もう一度もらってください。"
_GET_EN = "Ask whoever made the document for it again."
_FIELD_JA = "署名欄の名前を確かめて、指定してください。"
_FIELD_EN = "Look up the signature field's name and name it."
_IT_JA = "システムの担当者に連絡してください。"
_IT_EN = "Tell the office's IT."

_DOCUMENT: Mapping[str, Sentence] = {
    "pdf_no_pdf": Sentence(
        "このファイルはPDFではありません。",
        "This file is no PDF.",
        "PDFのファイルを指定してください。",
        "Name a PDF file.",
    ),
    "pdf_damaged": Sentence(
        "PDFが壊れているか、規格どおりに作られていません。",
        "The PDF is damaged, or not made as the standard says.",
        "元のソフトウェアでもう一度PDFに保存してから署名してください。",
        "Save it as a PDF again from the program that made it, then sign.",
    ),
    "pdf_not_exact": Sentence(
        "PDFの中の目次（相互参照表）が、規格どおりに作られていません。開けるソフトウェアはありますが、署名はできません。",
        "The PDF's table of objects is not made as the standard says. Some programs open it, but it cannot be signed.",
        "ほかのソフトウェア（ブラウザーなど）で開き、新しいPDFに印刷してから署名してください。前の署名は残りません。",
        "Open it in another program, such as a browser, print it to a new PDF, then sign. Earlier signatures are lost by that.",
    ),
    "pdf_encrypted": Sentence(
        "PDFがパスワードなどで保護（暗号化）されています。",
        "The PDF is protected (encrypted).",
        "保護を外したPDFを、書類を作った人にもらってください。",
        "Ask whoever made the document for one without protection.",
    ),
    "pdf_too_large": Sentence(
        "PDFが大きすぎます。",
        "The PDF is too large.",
        "ファイルのまま処理する（2GiBまで）か、書類を分けてください。",
        "Have it worked on as a file (up to 2 GiB), or divide the document.",
    ),
    "pdf_xfa": Sentence(
        "XFA形式のフォームです。画面に見える内容と署名される内容が同じとは限らないので、署名しません。",
        "It is an XFA form: what is shown and what is signed may differ, so it is not signed.",
        "通常のPDFとして保存（印刷）してから署名してください。",
        "Save (print) it as an ordinary PDF, then sign.",
    ),
    "pdf_no_changes_allowed": Sentence(
        "これまでの署名が、署名の追加を含むすべての変更を禁じています。",
        "An earlier signature forbids every change, further signatures too.",
        "先に署名した人に、追加の署名を許す形で署名してもらってください。",
        "Ask whoever signed first to allow further signatures.",
    ),
    "pdf_field_locked": Sentence(
        "この署名欄は、これまでの署名によって固定されています。",
        "This signature field was locked by an earlier signature.",
        "別の署名欄を指定してください。",
        "Name another signature field.",
    ),
    "pdf_too_many_signatures": Sentence(
        "PDFにある署名または変更の回数が多すぎて、検証できません。",
        "The PDF has too many signatures or revisions to be checked.",
        _GET_JA,
        _GET_EN,
    ),
}

_FIELDS: Mapping[str, Sentence] = {
    "certify_not_first": Sentence(
        "すでに署名があるので、文書を証明する署名（最初の署名）はできません。",
        "There is a signature already: the certifying one must be the first.",
        "通常の署名を選んでください。",
        "Choose an ordinary signature.",
    ),
    "field_filled": Sentence(
        "この署名欄には、すでに署名があります。", "This signature field is signed already.", _FIELD_JA, _FIELD_EN
    ),
    "field_ambiguous": Sentence(
        "空の署名欄がいくつもあります。", "There are several empty signature fields.", _FIELD_JA, _FIELD_EN
    ),
    "field_unusable": Sentence(
        "この名前の署名欄は使えません。同じ名前の別の欄があるか、名前に使えない文字があります。",
        "A signature field of this name cannot be used: another kind of field has it, or it is no name for a field.",
        "別の名前を指定してください。",
        "Choose another name.",
    ),
    "field_demands": Sentence(
        "署名欄に、書類を作った人の指定（理由、証明書の種類など）があり、この署名では満たせません。",
        "The form's author demands something of this signature (a reason, a kind of certificate) that it does not meet.",
        "書類を作った人に、署名欄の指定を確かめてください。",
        "Ask whoever made the form what the field demands.",
    ),
    "field_invisible": Sentence(
        "この署名欄には表示する場所がありません。",
        "This signature field has no place where a signature could be shown.",
        "署名を表示しない設定にするか、別の署名欄を指定してください。",
        "Sign without a visible signature, or name another field.",
    ),
}

_APPEARANCE: Mapping[str, Sentence] = {
    "appearance_text": Sentence(
        "署名の表示に入れる文字が、空か、長すぎるか、使えない文字を含んでいます。",
        "The text of the visible signature is empty, too long, or has characters that cannot be shown safely.",
        "文字を確かめてください（それぞれ200文字まで）。",
        "Look at the text (up to 200 characters each).",
    ),
    "appearance_page": Sentence(
        "指定されたページがありません。",
        "There is no such page.",
        "ページの番号を確かめてください。",
        "Look at the page number.",
    ),
    "appearance_small": Sentence(
        "署名の表示が枠に入りません。",
        "The visible signature does not fit into its box.",
        "枠を大きくするか、文字を短くしてください。",
        "Make the box larger or the text shorter.",
    ),
    "appearance_outside": Sentence(
        "署名の表示の枠が、ページからはみ出しています。",
        "The visible signature's box is not wholly on the page.",
        "枠の位置と大きさを確かめてください。",
        "Look at the box's place and size.",
    ),
    "font_missing": Sentence(
        "日本語のフォントが見つかりません。",
        "No Japanese font was found.",
        "fonts-ipafont-gothicかfonts-noto-cjkをインストールするか、フォントのファイルを指定してください。",
        "Install fonts-ipafont-gothic or fonts-noto-cjk, or name a font file.",
    ),
    "font_unreadable": Sentence(
        "フォントのファイルを読めないか、日本語の文字がありません。",
        "The font file cannot be read, or has no Japanese characters.",
        "TrueTypeまたはOpenTypeの日本語フォントを指定してください。",
        "Name a Japanese TrueType or OpenType font.",
    ),
    "font_not_embeddable": Sentence(
        "このフォントの使用許諾では、PDFに埋め込めません。",
        "This font's licence does not allow embedding it in a PDF.",
        "IPAフォントやNoto CJKなど、埋め込みのできるフォントを指定してください。",
        "Name a font that may be embedded, such as IPA or Noto CJK.",
    ),
}

_FINISHING: Mapping[str, Sentence] = {
    "work_missing": Sentence(
        "作業用のファイルの場所が指定されていません。", "No place was named for the prepared file.", _IT_JA, _IT_EN
    ),
    "work_exists": Sentence(
        "作業用のファイルと同じ名前のファイルがすでにあります。上書きしていません。",
        "There is a file already where the prepared one was to be written. It was not touched.",
        "残っている作業用のファイルを確かめて、消すか、別の場所を指定してください。",
        "Look at the file that was left, then delete it or name another place.",
    ),
    "work_failed": Sentence(
        "作業用のファイルに書き込めませんでした。書きかけのファイルは残していません。",
        "The prepared file could not be written. Nothing half written was left.",
        "ディスクの空きと、フォルダーの権限を確かめてください。",
        "See whether the disk has room and the folder may be written.",
    ),
    "write_failed": Sentence(
        "署名したPDFを書き込めませんでした。元のファイルは変わっていません。",
        "The signed PDF could not be written. The original file is as it was.",
        "ディスクの空きと、フォルダーの権限を確かめて、もう一度やり直してください。",
        "See whether the disk has room and the folder may be written, then try again.",
    ),
    "prepared_file_missing": Sentence(
        "署名の準備をしたファイルがないか、読めません。",
        "The prepared file is gone or cannot be read.",
        "もう一度はじめから署名してください。",
        "Sign again from the beginning.",
    ),
    "prepared_in_memory": Sentence(
        "署名の準備がファイルではなくメモリー上で行われています。",
        "The document was prepared in memory, not as a file.",
        _IT_JA,
        _IT_EN,
    ),
    "answer_not_for_pdf": Sentence(
        "署名の値が、PDFに入れられる形ではありません。署名は書き込まれていません。",
        "The signature value is not of the form that a PDF takes. No signature was written.",
        _IT_JA,
        _IT_EN,
    ),
    "answer_too_long": Sentence(
        "署名（証明書とタイムスタンプを含む）が、PDFに用意した場所に入りません。署名は書き込まれていません。",
        "The signature, with certificate and time stamp, does not fit into the room in the PDF. No signature was written.",
        "タイムスタンプを付けるときは、準備のときに水準をTまたはLTにしてください。続くときはシステムの担当者に連絡してください。",
        "For a time stamp prepare the document for level T or LT. If it goes on, tell the office's IT.",
    ),
    "stamper_missing": Sentence(
        "この水準の署名にはタイムスタンプが必要ですが、時刻認証局が指定されていません。",
        "This level needs a time stamp, and no time stamp authority was named.",
        "時刻認証局を指定するか、水準Bで署名してください。",
        "Name a time stamp authority, or sign at level B.",
    ),
    "material_missing": Sentence(
        "この水準の署名には失効情報が必要ですが、渡されていません。",
        "This level needs revocation values, and none were given.",
        "失効情報を渡すか、水準BまたはTで署名してください。",
        "Give the revocation values, or sign at level B or T.",
    ),
}

SENTENCES: Mapping[str, Sentence] = MappingProxyType({**_DOCUMENT, **_FIELDS, **_APPEARANCE, **_FINISHING})
"""Merged into `cardd.documents.sentences.SENTENCES`."""
