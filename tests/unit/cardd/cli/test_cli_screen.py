"""Columns, errors in sentences, and PINs from a descriptor."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.cli.failing import Ended, sentences, table_error
from cardd.cli.pin_entry import PinSource
from cardd.cli.screen import columns, table, visible, wrapped
from cardd.cli.texts import Speech
from cardd.wire.fault import Locale
from cardd.wire.fault_table import FAULTS

REQUEST = {"which": "card_info", "step": "enter", "shape": {"alphabet": "digits"}, "tries_left": 3}


@pytest.mark.parametrize(
    ("text", "width"),
    [
        pytest.param("abc", 3, id="ascii"),
        pytest.param("見本　太郎", 10, id="fullwidth"),
        pytest.param("ｱｲｳ", 3, id="halfwidth-kana"),
        pytest.param("か\u3099", 2, id="combining"),
        pytest.param("葛\U000e0100城", 4, id="variation-selector"),
    ],
)
def test_japanese_is_two_columns_wide(text: str, width: int) -> None:
    assert columns(text) == width


def test_columns_begin_at_one_place_whatever_is_in_them() -> None:
    lines = table([("氏名", "見本　太郎"), ("name", "x")], ["項目", "値"])
    starts = {columns(line[: line.index(cell)]) for line, cell in zip(lines, ("値", "見本", "x"), strict=True)}
    assert starts == {6}


def test_empty_cells_are_seen() -> None:
    assert table([("a", None), ("b", "")]) == ["a  -", "b  -"]


def test_a_table_that_is_too_wide_goes_on_below_its_row() -> None:
    rows = [("12", "読み取り", "-", "拒否 policy.denied"), ("7", "署名", "-", "")]
    assert table(rows, ["番号", "内容", "備考", "結果"], 20) == [
        "番号  内容      備考",
        "    結果",
        "12    読み取り  -",
        "    拒否",
        "    policy.denied",
        "7     署名      -",
    ]
    assert table(rows, None, 80) == table(rows)


@given(st.lists(st.text("ab 氏名（）。、", min_size=1, max_size=30), min_size=1, max_size=6), st.integers(20, 90))
def test_nothing_is_lost_and_no_line_is_too_wide(cells: list[str], width: int) -> None:
    lines = table([cells], None, width)
    told = "".join("".join(lines).split())
    assert all(cell == "" or cell in told for cell in ("".join(each.split()) for each in cells[:1]))
    first = max(columns(cells[0].rstrip()), 1)
    longest = max(columns(word) for cell in cells for word in (cell.split() or [""]))
    assert all(columns(line) <= max(width, first, longest + 4) for line in lines)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        pytest.param("これは長い文です。次の文です。", 18, ["これは長い文です。", "次の文です。"], id="stop-stays"),
        pytest.param("見る（注意）とき", 6, ["見る", "（注", "意）と", "き"], id="brackets"),
        pytest.param("see docs/installation.md now", 8, ["see", "  docs/installation.md", "  now"], id="long-word"),
        pytest.param("", 8, [""], id="nothing"),
    ],
)
def test_a_line_is_broken_where_japanese_lets_it(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width, "  " if text.startswith("see") else "") == lines


@given(st.text())
def test_nothing_from_outside_steers_the_terminal(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert not any(
        ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F or char in "\u202a\u202e\u2066\u2028" for char in shown
    )


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("name", FAULTS)
def test_every_error_can_be_said(name: str, locale: Locale) -> None:
    speech = Speech(locale)
    ended = table_error(speech, name)
    first, *more = sentences({**ended.error, "problem": "late", "card": "cleared", "retry_after_s": 3}, speech)
    assert first == f"{FAULTS[name].message.of(locale)} ({name})"
    assert FAULTS[name].remedy.of(locale) in "\n".join(more)
    assert ended.exit_code == FAULTS[name].exit_code


def test_an_incident_is_shown_because_the_remedy_speaks_of_it() -> None:
    speech = Speech("ja")
    error = {**table_error(speech, "internal").error, "incident": "i-12345678", "request_id": "r-1"}
    assert "incident=i-12345678" in "\n".join(sentences(error, speech))


def test_an_error_without_exit_code_ends_with_1() -> None:
    assert Ended({"name": "x", "message": "y"}, Speech("en")).exit_code == 1


@contextmanager
def descriptor_with(octets: bytes) -> Iterator[int]:
    source, sink = os.pipe()
    os.write(sink, octets)
    os.close(sink)
    try:
        yield source
    finally:
        os.close(source)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_a_descriptor_gives_one_pin_a_line(end: bytes) -> None:
    with descriptor_with(b"1234" + end + b"5678" + end) as source:
        pins = PinSource(Speech("en"), source)
        assert [pins.pin(REQUEST), pins.pin(REQUEST), pins.pin(REQUEST)] == [b"1234", b"5678", None]


def test_a_last_line_needs_no_end_and_an_empty_one_is_a_no() -> None:
    with descriptor_with(b"\n1234") as source:
        pins = PinSource(Speech("en"), source)
        assert pins.pin(REQUEST) is None
        assert pins.pin(REQUEST) == b"1234"


def test_no_line_is_longer_than_a_pin_can_be() -> None:
    with descriptor_with(b"9" * 1000) as source:
        assert PinSource(Speech("en"), source).pin(REQUEST) == b"9" * 64
