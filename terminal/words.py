"""What the agent and the console say of themselves, in Japanese and English. What cardctl says too stands in `cardd.cli.texts`."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.wire.fault import Locale
from terminal.words_agent import AGENT_WORDS
from terminal.words_check import CHECK_WORDS
from terminal.words_prompt import PROMPT_WORDS

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "settings.unknown_key": (
            "知らないキーです。使えるのは: {allowed}",
            "is not a key that is known here; there are: {allowed}",
        ),
        "settings.wrong_value": (
            "この値は使えません。使えるのは: {allowed}",
            "cannot have this value; allowed: {allowed}",
        ),
        "settings.not_utf8": ("UTF-8 の文字として読めません。", "is not UTF-8 text."),
        "settings.not_toml": ("TOML として読めません: {allowed}", "is not TOML: {allowed}"),
        "settings.unreadable": ("読めません: {allowed}", "cannot be read: {allowed}"),
        "settings.too_large": ("{allowed} バイトを超えています。", "is larger than {allowed} bytes."),
        "settings.writable": (
            "このファイルかフォルダーに、root と本人以外が書き込めます。所有者を root にし、chmod go-w をしてください。",
            "others than root and you may write this file or its folder: let root own it, and chmod go-w.",
        ),
        "console.no_port": ("127.0.0.1 のポートを使えません: {why}", "cannot listen on 127.0.0.1: {why}"),
        "console.no_browser": (
            "{program} でページを開けません: {why}。表示したファイルをブラウザーで開いてください。",
            "{program} cannot open the page: {why}. Open the printed file with a browser.",
        ),
        **AGENT_WORDS,
        **CHECK_WORDS,
        **PROMPT_WORDS,
    }
)


def say(locale: Locale, key: str, /, **values: object) -> str:
    """The sentence of `key` in one language, filled with `values`. Raises `KeyError` for a key that is not there."""
    return WORDS[key][0 if locale == "ja" else 1].format(**values)


def has(key: str) -> bool:
    """Whether there is a sentence for `key`."""
    return key in WORDS
