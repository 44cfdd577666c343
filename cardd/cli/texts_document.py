"""What cardctl says of a document that is to be signed; a part of `cardd.cli.texts`."""

from collections.abc import Mapping
from types import MappingProxyType

DOCUMENT_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "document.shown": ("次の文書に署名します。", "This document is to be signed:"),
        "document.name": ("文書の名前", "Document"),
        "document.size": ("大きさ", "Size"),
        "document.pages": ("ページ数", "Pages"),
        "document.page_count": ("{n}ページ", "{n}"),
        "document.purpose": ("利用目的", "Purpose"),
        "document.case": ("受付番号", "Case"),
        "document.key": ("使う鍵", "Key"),
        "document.digest": ("文書の指紋（SHA-256）", "Fingerprint (SHA-256)"),
        "document.bytes": ("{n}バイト", "{n} bytes"),
        "document.about": ("約{n}（{exact}）", "about {n} ({exact})"),
        "document.agree": (
            "署名する人が内容を確かめ、この文書への署名に同意していますか [はい/いいえ]: ",
            "Has the person who signs looked at it, and do they agree to sign it? [yes/no]: ",
        ),
        "no_terminal_to_agree": (
            "文書への同意を確かめる端末がありません。画面のあるところで操作してください。",
            "There is no terminal at which a person could agree to the document.",
        ),
        "document.shown_otherwise": (
            "次の文字はフォントにないため、〓と表示されます: {characters}",
            "The font lacks these characters; they are shown as 〓: {characters}",
        ),
        "document.looking": (
            "文書（{size}）を読んでいます。お待ちください。",
            "Reading the document ({size}), please wait…",
        ),
        "document.finishing": ("署名したファイルを作っています。", "Writing the signed file…"),
        "document.checking": (
            "署名を確かめています（{size}）。お待ちください。",
            "Checking the signatures ({size}), please wait…",
        ),
        "exists_already": (
            "{path} がすでにあるため、署名していません。",
            "{path} is there already, so nothing was signed.",
        ),
        "exists_already.remedy": (
            "前の署名が入っているかもしれないので、上書きはしません。--out で別の名前を指定するか、要らなければ消してください。",
            "An earlier signature may be in it: it is not written over. Give another name with --out, or delete it if nobody needs it.",
        ),
        "signature.lost": (
            "カードは署名しました（記録にも残りました）が、ファイルには残っていません。やり直すと新しい署名になり、暗証番号をもう一度入れます。",
            "The card has signed, and that is on record, but the signature is in no file. "
            "Trying again makes a new one, with the PIN once more.",
        ),
        "document.at_pin": ("署名する文書: {name}", "Document to be signed: {name}"),
    }
)
