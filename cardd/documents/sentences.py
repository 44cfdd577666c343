"""The sentences to every word of `DocumentError`: one table, put together by hand from those of each format."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.documents.sentence import Sentence
from cardd.documents.sentences_pades import SENTENCES as PADES
from cardd.documents.sentences_xades import XADES

_AGAIN_JA = "もう一度はじめから署名してください。"
_AGAIN_EN = "Sign again from the beginning."
_IT_JA = "システムの担当者に連絡してください。"
_IT_EN = "Tell the office's IT."
_GET_JA = "書類を作った人に、もう一度もらってください。"
_GET_EN = "Ask whoever made the document for it again."

_COMMON: Mapping[str, Sentence] = {
    "file_unreadable": Sentence(
        "ファイルを読めませんでした。",
        "The file could not be read.",
        "ファイルの場所と、読む権限があるかを確かめてください。",
        "See whether the file is there and may be read.",
    ),
    "too_large": Sentence(
        "書類が大きすぎます。",
        "The document is too large.",
        "署名を書類と別のファイルにする形式（分離署名）にしてください。",
        "Use a signature in a file of its own (detached).",
    ),
    "too_large_for_jws": Sentence(
        "書類が、JWS形式で署名できる大きさ（128 MiB）を超えています。",
        "The document is larger than what can be signed as a JWS (128 MiB).",
        "CAdES形式かXAdES形式で、署名を書類と別のファイルにしてください（分離署名）。",
        "Use CAdES or XAdES with a signature in a file of its own (detached).",
    ),
    "document_missing": Sentence(
        "署名の対象となる書類が渡されていません。",
        "The document that is to be signed was not given.",
        "書類のファイルを指定してください。",
        "Name the document's file.",
    ),
    "document_changed": Sentence(
        "署名の準備をした後に、書類の内容が変わりました。署名は書き込まれていません。",
        "The document changed after it was prepared. No signature was written.",
        "書類の内容を確かめて、もう一度はじめから署名してください。",
        "Look at the document and sign again from the beginning.",
    ),
    "state_unreadable": Sentence(
        "署名の準備の記録が壊れています。", "What was kept since the preparation is damaged.", _AGAIN_JA, _AGAIN_EN
    ),
    "state_version": Sentence(
        "署名の準備が、別の版のソフトウェアで行われました。",
        "The preparation was made by another version of this software.",
        _AGAIN_JA,
        _AGAIN_EN,
    ),
    "state_other_format": Sentence(
        "署名の準備が、別の形式のものです。",
        "The preparation is for another format of signature.",
        "準備したときと同じ形式を選んでください。",
        "Choose the format that was prepared.",
    ),
    "answer_unreadable": Sentence(
        "署名の値が読めません。署名は書き込まれていません。",
        "The signature value cannot be read. No signature was written.",
        _IT_JA,
        _IT_EN,
    ),
    "answer_for_other_document": Sentence(
        "署名の値が、別の書類に対するものです。署名は書き込まれていません。",
        "The signature value belongs to another document. No signature was written.",
        _AGAIN_JA,
        _AGAIN_EN,
    ),
    "answer_weak": Sentence(
        "署名の値が、安全でない方式で作られています。署名は書き込まれていません。",
        "The signature value was made in a way that is not safe any more. No signature was written.",
        _IT_JA,
        _IT_EN,
    ),
    "certificate_swapped": Sentence(
        "署名に使われた証明書が、予定していたものと違います。署名は書き込まれていません。",
        "The signature was made with another certificate than expected. No signature was written.",
        "本人のカードかどうかを確かめて、もう一度はじめから署名してください。",
        "See whether it is the right person's card, and sign again from the beginning.",
    ),
    "signature_wrong": Sentence(
        "署名の値が証明書の鍵と合いません。署名は書き込まれていません。",
        "The signature value does not fit the certificate's key. No signature was written.",
        _AGAIN_JA,
        _AGAIN_EN,
    ),
    "certificate_unreadable": Sentence("証明書が読めません。", "The certificate cannot be read.", _IT_JA, _IT_EN),
    "key_not_supported": Sentence(
        "証明書の鍵の種類に対応していません。",
        "Keys of this kind are not supported.",
        "別のカードを使うか、システムの担当者に連絡してください。",
        "Use another card, or tell the office's IT.",
    ),
    "key_weak": Sentence(
        "証明書の鍵が短すぎて、安全ではありません。",
        "The certificate's key is too short to be safe.",
        "新しい証明書のカードを使ってください。",
        "Use a card with a newer certificate.",
    ),
}

_LEVELS: Mapping[str, Sentence] = {
    "level_needs_stamp": Sentence(
        "失効情報を入れるには、タイムスタンプも必要です。",
        "Revocation values can be put in only together with a time stamp.",
        "時刻認証局を指定してください。",
        "Name a time stamp authority.",
    ),
    "level_not_in_format": Sentence(
        "この形式には、タイムスタンプも失効情報も入れられません。",
        "This format has no place for a time stamp or revocation values.",
        "CAdES、PAdES、XAdESのいずれかを選んでください。",
        "Choose CAdES, PAdES or XAdES.",
    ),
    "stamp_address": Sentence(
        "時刻認証局のアドレスが正しくありません。",
        "The address of the time stamp authority is no web address.",
        "https:// または http:// で始まるアドレスを指定してください。",
        "Give one that begins with https:// or http://.",
    ),
    "stamp_unreachable": Sentence(
        "時刻認証局に接続できませんでした。書類には何も書き込まれていません。",
        "The time stamp authority was not reached. Nothing was written.",
        "アドレスと接続を確かめて、もう一度はじめから署名してください。",
        "Look at address and network, then sign again from the beginning.",
    ),
    "material_unreadable": Sentence(
        "検証用の資料として渡されたファイルを読めませんでした。",
        "A file given as validation material cannot be read.",
        "電子証明書、失効リスト、OCSP応答のファイルを指定してください（1つ4 MiBまで）。",
        "Give certificates, revocation lists or OCSP answers, DER or PEM, up to 4 MiB each.",
    ),
    "stamp_refused": Sentence(
        "時刻認証局が発行を断りました。",
        "The time stamp authority refused.",
        "しばらくしてからやり直し、続くときはシステムの担当者に連絡してください。",
        "Try again later; if it goes on, tell the office's IT.",
    ),
    "stamp_unreadable": Sentence("タイムスタンプが読めません。", "The time stamp cannot be read.", _IT_JA, _IT_EN),
    "stamp_for_other_request": Sentence(
        "タイムスタンプが、別の要求に対するものです。使用していません。",
        "The time stamp answers another request. It was not used.",
        "もう一度やり直し、続くときはシステムの担当者に連絡してください。",
        "Try again; if it goes on, tell the office's IT.",
    ),
    "stamp_wrong": Sentence(
        "タイムスタンプの署名が正しくないか、タイムスタンプ用でない証明書で作られています。使用していません。",
        "The time stamp does not hold, or was made with a certificate that is not for time stamps. It was not used.",
        _IT_JA,
        _IT_EN,
    ),
}

_CADES: Mapping[str, Sentence] = {
    "cms_unreadable": Sentence(
        "署名ファイル（CMS）が壊れているか、対応していない形です。",
        "The signature file (CMS) is damaged or of a form that is not supported.",
        _GET_JA,
        _GET_EN,
    ),
    "cms_not_signed": Sentence(
        "このCMSファイルには署名がありません。", "This CMS file holds no signature.", _GET_JA, _GET_EN
    ),
    "existing_not_data": Sentence(
        "この署名ファイルは書類の署名ではないので、署名を追加できません。",
        "This signature file does not sign a document, so no signature can be added.",
        "書類の署名ファイルを指定してください。",
        "Name the signature file of a document.",
    ),
    "existing_wrong": Sentence(
        "すでにある署名が正しくないか、別の書類に対するものなので、署名を追加しません。",
        "A signature that is there already does not hold or is over another document, so none is added.",
        "書類と署名ファイルの組み合わせを確かめてください。",
        "See whether document and signature file belong together.",
    ),
}

_JWS: Mapping[str, Sentence] = {
    "jws_unreadable": Sentence(
        "署名ファイル（JWS）が壊れているか、対応していない形です。",
        "The signature file (JWS) is damaged or of a form that is not supported.",
        _GET_JA,
        _GET_EN,
    ),
}

TABLES: tuple[Mapping[str, Sentence], ...] = (_COMMON, _LEVELS, _CADES, _JWS, PADES, XADES)
"""One word stands in one table only."""
SENTENCES: Mapping[str, Sentence] = MappingProxyType({word: row for table in TABLES for word, row in table.items()})
