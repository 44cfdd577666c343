"""BER-TLV and COMPACT-TLV: what is accepted, what is refused."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.errors import CardBadAnswer
from cardd.iso7816.tlv import encode, first, is_filler, one, parse, parse_compact, read_header

TAGS = st.sampled_from([0x01, 0x53, 0x70, 0x7C, 0x5F4E, 0x7F21, 0xDF22, 0xFF20, 0xDF8101])


@given(st.lists(st.tuples(TAGS, st.binary(max_size=400)), max_size=20))
def test_what_was_encoded_is_parsed_again_in_order_with_repeated_tags(elements: list[tuple[int, bytes]]) -> None:
    octets = b"".join(encode(tag, value) for tag, value in elements)
    parsed = parse(octets)
    assert [(element.tag, element.value) for element in parsed] == elements
    assert b"".join(element.raw for element in parsed) == octets


@given(TAGS, st.binary(max_size=70_000 - 4_465))
def test_element_ends_where_it_says_and_the_rest_is_left_alone(tag: int, value: bytes) -> None:
    element, rest = first(encode(tag, value) + b"\xff\xff")
    assert (element.value, rest) == (value, b"\xff\xff")


def test_longer_length_forms_than_needed_are_accepted() -> None:
    assert first(bytes.fromhex("DF228200024142"))[0].value == b"AB"


@pytest.mark.proves("C1", "fault 22")
@pytest.mark.parametrize(
    "octets",
    [
        "",
        "53",
        "5303AABB",
        "5384FFFFFFFF00",
        "53800000",
        "5385000000000000",
        "0000",
        "1F",
        "1FFFFFFF01",
        "5381",
        "FFFF",
    ],
    ids=[
        "nothing",
        "tag alone",
        "value short",
        "length 4 GiB",
        "indefinite",
        "length of 5 bytes",
        "tag 00",
        "half a tag",
        "tag of 4 bytes",
        "half a length",
        "tag of filler",
    ],
)
def test_no_whole_element_is_a_bad_answer(octets: str) -> None:
    with pytest.raises(CardBadAnswer):
        first(bytes.fromhex(octets))


def test_header_that_is_not_all_there_yet_is_no_error() -> None:
    whole = bytes.fromhex("FF20820123")
    assert [read_header(whole[:size]) for size in range(5)] == [None] * 5
    header = read_header(whole)
    assert header is not None
    assert (header.tag, header.size, header.length, header.total) == (0xFF20, 5, 0x123, 0x128)


def test_filler_between_elements_is_not_skipped() -> None:
    with pytest.raises(CardBadAnswer):
        parse(bytes.fromhex("530100 00 530100"))


@pytest.mark.parametrize(
    ("octets", "filler"), [("", True), ("00", True), ("FFFFFF", True), ("00FF", False), ("3000", False)]
)
def test_filler_is_all_00_or_all_ff(octets: str, filler: bool) -> None:
    assert is_filler(bytes.fromhex(octets)) is filler


def test_element_that_is_there_twice_is_not_chosen_from() -> None:
    twice = parse(bytes.fromhex("530101 530102 700103"))
    assert one(twice, 0x54) is None
    found = one(twice, 0x70)
    assert found is not None
    assert found.value == b"\x03"
    with pytest.raises(CardBadAnswer):
        one(twice, 0x53)


@pytest.mark.proves("C1", "fault 22")
def test_a_million_elements_are_refused_in_little_memory() -> None:
    octets = b"\x53\x00" * 1_000_000
    tracemalloc.start()
    try:
        with pytest.raises(CardBadAnswer) as caught:
            parse(octets)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.facts.problem == "tlv_too_many"
    assert peak < 16 * 1024 * 1024


def test_exactly_4096_elements_are_accepted() -> None:
    assert len(parse(b"\x53\x00" * 4_096)) == 4_096


def test_element_has_no_text_of_its_value() -> None:
    assert repr(first(bytes.fromhex("DF2204") + b"1234")[0]) == "<DF22, 4 bytes>"


def test_compact_form_shares_a_byte_between_tag_and_length() -> None:
    parsed = parse_compact(bytes.fromhex("12392F31C173C601C0"))
    assert [(element.tag, element.value.hex()) for element in parsed] == [(1, "392f"), (3, "c1"), (7, "c601c0")]
    with pytest.raises(CardBadAnswer):
        parse_compact(bytes.fromhex("73C601"))
