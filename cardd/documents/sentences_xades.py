"""What a person reads when an XML document cannot be signed or checked, and when a file is nothing that can be checked."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.documents.sentence import Sentence

_GET = ("書類を作った人に、もう一度もらってください。", "Ask whoever made the document for it again.")
_IT = ("システムの担当者に連絡してください。", "Tell the office's IT.")

XADES: Mapping[str, Sentence] = MappingProxyType(
    {
        "format_unknown": Sentence(
            "署名された文書として知られている形式ではありません（PDF、XML、CMS、JWS）。",
            "This is none of the formats of signed documents that are known here (PDF, XML, CMS, JWS).",
            "署名の付いたファイルを選んでください。署名だけが別のファイルのときは、署名のファイルを先に指定します。",
            "Choose the file with the signature; where that is a file of its own, name the signature first.",
        ),
        "file_changed": Sentence(
            "確かめている間に、ファイルの内容が変わりました。結果は出していません。",
            "The file changed while it was checked. Nothing was found out about it.",
            "ファイルへの書き込みやダウンロードが終わってから、もう一度確かめてください。",
            "Check again when nothing writes to it any more, a download for example.",
        ),
        "no_signature": Sentence(
            "この文書には署名がありません。",
            "There is no signature in this document.",
            "署名の付いたファイルかどうかを確かめてください。",
            "See whether it is the file with the signature.",
        ),
        "too_many_signatures": Sentence(
            "署名が多すぎます（32まで）。", "There are too many signatures (32 at most).", *_IT
        ),
        "ca_unreadable": Sentence(
            "認証局の証明書のファイルが読めないか、認証局の証明書ではありません。",
            "A file of authorities cannot be read, or holds no certificate of an authority.",
            "--ca に指定したファイルを確かめてください。",
            "Look at the files given with --ca.",
        ),
        "list_unreadable": Sentence(
            "失効リストのファイルが読めません。",
            "A revocation list cannot be read.",
            "--list に指定したファイルを確かめてください。",
            "Look at the files given with --list.",
        ),
        "xml_unreadable": Sentence("XMLが壊れていて読めません。", "The XML is damaged and cannot be read.", *_GET),
        "xml_namespace": Sentence(
            "XMLの名前空間の名前がURIではありません（日本語の文字や空白が、そのまま入っています）。",
            "A namespace name in the XML is no URI: it has Japanese letters or spaces as they are.",
            "XMLを作ったソフトウェアの担当者に、名前空間の名前をURI（英数字と記号、または%で表した形）に直してもらってください。",
            "Ask whoever runs the program that made it for namespace names that are URIs (percent-encoded where needed).",
        ),
        "xml_doctype": Sentence(
            "DTD（文書型宣言）のあるXMLは、安全のため受け付けません。",
            "XML with a DTD is not accepted, for safety.",
            "文書型宣言のないXMLで出してもらってください。",
            "Ask for the document without a document type declaration.",
        ),
        "xml_encoding": Sentence(
            "XMLの文字コードに対応していません（UTF-8とUTF-16のみ）。",
            "The XML is not in UTF-8 or UTF-16.",
            "UTF-8のXMLで出してもらってください。",
            "Ask for the document in UTF-8.",
        ),
        "xml_too_complex": Sentence(
            "XMLの作りが複雑すぎます（要素の数か深さ）。",
            "The XML has too many elements, or they lie too deep.",
            *_IT,
        ),
        "xml_canonical": Sentence(
            "XMLに、署名の計算ができない名前空間か方式が使われています。",
            "The XML uses a namespace or a method with which no signature can be computed.",
            *_IT,
        ),
        "xml_base": Sentence(
            "XMLの一部の署名に、xml:base は使えません。", "A part of the XML cannot be signed below an xml:base.", *_IT
        ),
        "xml_signed_whole": Sentence(
            "すでにある署名が文書全体に対するものなので、追加すると壊れます。署名は書き込まれていません。",
            "A signature that is there covers the whole document; one more would break it. No signature was written.",
            "署名を書類と別のファイルにする形式（分離署名）を選ぶか、はじめの署名から並べて署名する形で作り直してください。",
            "Choose a detached signature, or begin again with signatures that leave room for others.",
        ),
        "xml_no_such_id": Sentence(
            "署名する部分が、文書の中に見つかりません。",
            "The part that is to be signed is not in the document.",
            *_IT,
        ),
        "xml_duplicate_id": Sentence(
            "同じIDの部分が文書に2つ以上あり、どちらに署名するのか分かりません。",
            "Several parts of the document have this Id, so it is not clear which one is to be signed.",
            *_IT,
        ),
        "name_missing": Sentence(
            "別のファイルに置く署名には、対象のファイルの名前が必要です。",
            "A detached signature needs the name of the file that it is over.",
            "ファイルの名前を指定してください。",
            "Give the file's name.",
        ),
        "prepared_changed": Sentence(
            "準備した文書が、署名までの間に書き換えられました。署名は書き込まれていません。",
            "What was prepared was changed before it was finished. No signature was written.",
            "書類の内容を確かめて、もう一度はじめから署名してください。",
            "Look at the document and sign again from the beginning.",
        ),
    }
)
