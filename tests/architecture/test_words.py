"""One thing has one Japanese word, in every sentence of the programs and of the pages (docs/audit-log.md, *Words*)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTEAD = {
    "ヘッド(?!レス)": "照合値",
    "チェックポイント": "照合値",
    "監視先": "証人",
    "立会い?人?(?!の|者)": "証人",
    "監査人": "監査担当",
    "監査担当者": "監査担当",
    "監査員": "監査担当",
    "警報": "警告",
    "受領番号": "控え",
    "記録簿": "利用記録",
    "停止一覧": "利用停止リスト",
    "ブロックリスト": "利用停止リスト",
    "読み取り機": "カードリーダー",
    "リーダ(?!ー)": "リーダー",
    "操作者": "職員番号",
    "控えから戻": "バックアップから戻",
    "もう一人": "もう1人",
    "受け付け番号": "受付番号",
    "タイムスタンプ(?:局|機関|サーバー?)": "時刻認証局",
}
"""What was not chosen, as a pattern, and what stands for it."""
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.ja.md", ROOT / "README.md"]
SOURCES = [path for room in ("cardd", "certs", "demo", "terminal") for path in sorted((ROOT / room).rglob("*.py"))]
MADE = [
    path
    for room in ("cardd", "systemd")
    for end in ("toml", "j2", "sql", "service")
    for path in (ROOT / room).rglob(f"*.{end}")
]


def said(path: Path) -> Iterator[str]:
    """The texts of a file: strings of a program, lines of a page."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from text.splitlines()
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def wrong_words(text: str) -> list[str]:
    return [f"{found.group()} → {word}" for pattern, word in INSTEAD.items() for found in re.finditer(pattern, text)]


@pytest.mark.parametrize("path", [*PAGES, *SOURCES, *MADE], ids=lambda path: str(path.relative_to(ROOT)))
def test_each_thing_goes_by_its_word(path: Path) -> None:
    assert [wrong for text in said(path) for wrong in wrong_words(text)] == []


def test_the_words_that_were_not_chosen_are_found() -> None:
    for text in ("最新のヘッド", "監査担当者に連絡", "もう一人の承認", "受領番号", "カードリーダが"):
        assert wrong_words(text), text
    assert wrong_words("監査担当に、照合値と控えを渡します。もう1人のカードリーダー") == []
