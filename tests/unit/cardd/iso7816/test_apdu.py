"""Encoding commands, decoding answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.errors import CardBadAnswer, CardRemoved
from cardd.iso7816.apdu import CommandApdu, decode_answer, encode, wipe

CASES = [
    pytest.param(CommandApdu(0x00, 0x20, 0, 0x80), False, "00200080", id="case 1"),
    pytest.param(CommandApdu(0x00, 0xB0, 0, 7, le=256), False, "00B0000700", id="case 2 short, all"),
    pytest.param(CommandApdu(0x00, 0xB0, 0, 7, le=7), False, "00B0000707", id="case 2 short"),
    pytest.param(CommandApdu(0, 0xA4, 2, 0x0C, b"\x00\x0a"), False, "00A4020C02000A", id="case 3 short"),
    pytest.param(CommandApdu(0, 0xCB, 0x3F, 0xFF, b"\x01", 256), False, "00CB3FFF010100", id="case 4 short"),
    pytest.param(CommandApdu(0x00, 0x20, 0, 0x80), True, "00200080", id="case 1 extended"),
    pytest.param(CommandApdu(0x00, 0xB0, 0, 0, le=65_536), True, "00B00000000000", id="case 2 extended, all"),
    pytest.param(CommandApdu(0x00, 0xB0, 0, 0, le=256), True, "00B00000000000", id="256 means all in both forms"),
    pytest.param(CommandApdu(0x00, 0xB0, 0, 0, le=300), True, "00B0000000012C", id="case 2 extended"),
    pytest.param(CommandApdu(0, 0xDB, 1, 2, b"\x01"), True, "00DB010200000101", id="case 3 extended"),
    pytest.param(CommandApdu(0, 0xCB, 1, 2, b"\x01", 256), True, "00CB0102000001010000", id="case 4 extended"),
]


@pytest.mark.parametrize(("command", "extended", "octets"), CASES)
def test_four_cases_in_both_forms(command: CommandApdu, extended: bool, octets: str) -> None:
    assert encode(command, extended=extended).hex().upper() == octets


@pytest.mark.parametrize(
    ("data", "le", "extended"),
    [(bytes(256), None, False), (b"", 257, False), (bytes(65_536), None, True), (b"", 0, True)],
)
def test_what_does_not_fit_the_form_is_refused(data: bytes, le: int | None, extended: bool) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode(CommandApdu(0, 0, 0, 0, data, le), extended=extended)


@given(st.binary(max_size=255), st.none() | st.integers(1, 256))
def test_short_form_can_be_taken_apart_again(data: bytes, le: int | None) -> None:
    octets = bytes(encode(CommandApdu(0x80, 0x2A, 0x9E, 0x9A, data, le)))
    rest = octets[4:]
    if data:
        assert rest[0] == len(data)
        assert rest[1 : 1 + rest[0]] == data
        rest = rest[1 + len(data) :]
    assert rest == (b"" if le is None else bytes([le % 256]))


def test_a_wiped_buffer_keeps_its_length_and_nothing_else() -> None:
    octets = encode(CommandApdu(0, 0x20, 0, 0x80, b"1234", secret=True))
    wipe(octets)
    assert octets == bytes(9)


def test_no_text_of_an_apdu_shows_its_data() -> None:
    assert repr(CommandApdu(0, 0x20, 0, 0x98, b"1234", secret=True)) == "<00 20 00 98 Lc 4 Le None>"
    assert repr(decode_answer(b"1234\x90\x00")) == "<4 bytes, SW 9000>"


@given(st.binary(max_size=300), st.integers(0, 0xFFFF))
def test_answer_is_data_then_status_word(data: bytes, sw: int) -> None:
    answer = decode_answer(data + sw.to_bytes(2, "big"))
    assert (answer.data, answer.sw) == (data, sw)


@pytest.mark.proves("C3", "fault 6")
def test_empty_answer_means_the_card_is_gone() -> None:
    with pytest.raises(CardRemoved):
        decode_answer(b"")


@pytest.mark.proves("C2", "fault 7")
def test_one_byte_is_no_answer() -> None:
    with pytest.raises(CardBadAnswer):
        decode_answer(b"\x90")
