"""What cardctl says when a head of the record is taken out; a part of `cardd.cli.texts`."""

from collections.abc import Mapping
from types import MappingProxyType

HEAD_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "head_covers": (
            "記録 {n} 件（{time} まで）の照合値です。",
            "Head of {n} records, up to {time}.",
        ),
        "head_root": ("照合値: {root}", "Root: {root}"),
        "head_keep": (
            "この二次元コードを、この端末の外に保管してください（撮影する、または --png で印刷して綴じる）。個人情報は含まれません。",
            "Keep this code outside this machine: photograph it, or print it with --png and file it. No personal data is in it.",
        ),
        "head_written": ("書き出しました: {files}", "Written: {files}"),
        "head_too_wide": (
            "画面の幅が足りません（{columns} 桁必要）。画面を広げるか、--png または --svg でファイルに書き出してください。",
            "This screen is too narrow for the code ({columns} columns): make it wider, or write it with --png or --svg.",
        ),
    }
)
