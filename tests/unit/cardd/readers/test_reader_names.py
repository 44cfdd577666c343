import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.readers.names import clean_name


@pytest.mark.proves("fault 37", "C11")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Sony RC-S300/S 00 00", "Sony RC-S300/S 00 00"),
        ("evil\nreader", "evil reader"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("a\u202egnp.exe", "a gnp.exe"),
        ("カードリーダー 1", "カードリーダー 1"),
        ("\x00\x07 ", "reader"),
        ("", "reader"),
        ("\ud800x", "x"),
        ("x" * 200, "x" * 128),
        ("あ" * 100, "あ" * 42),
    ],
    ids=[
        "plain",
        "newline",
        "escape",
        "bidi",
        "japanese",
        "nothing left",
        "empty",
        "surrogate",
        "long",
        "cut in a letter",
    ],
)
def test_reader_name_for_people(name: str, shown: str) -> None:
    assert clean_name(name) == shown


@pytest.mark.proves("fault 37")
@given(st.text(max_size=300))
def test_no_name_can_act_on_a_terminal(name: str) -> None:
    shown = clean_name(name)
    assert 0 < len(shown.encode()) <= 128
    assert not {unicodedata.category(letter)[0] for letter in shown} & {"C"}
    assert not set(shown) & set("\u2028\u2029\n\r\t\x1b")
    assert clean_name(shown) == shown
