"""The bytes of the log, against a second writing-down of them in this file."""

import hashlib
import json
import struct

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cardd.audit.chain import (
    NO_RECORD,
    SEGMENT_HEADER,
    Damaged,
    SegmentHeader,
    content_of,
    decode_record,
    encode_record,
    is_torn_tail,
    walk,
)
from cardd.audit.verifier import canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
CONTENT = st.dictionaries(
    st.from_regex(r"[a-z]{3,8}_x", fullmatch=True),
    st.one_of(TEXT, st.integers(0, 2**53 - 1), st.booleans(), st.lists(TEXT, max_size=3)),
    max_size=6,
)


def a_log(count: int) -> bytes:
    header = SegmentHeader(bytes(16), 1, NO_RECORD)
    octets, before = header.encode(), NO_RECORD
    for number in range(1, count + 1):
        record = encode_record(number, number * 10, 3, before, {"event": "test.record", "text": "字" * number})
        before = hashlib.sha256(record).digest()
        octets += record
    return octets


@pytest.mark.proves("A4")
def test_record_bytes_are_as_written_in_the_documentation() -> None:
    octets = encode_record(7, 1_795_365_824_950_904, 1, b"\xaa" * 32, {"event": "card.read"})
    length, sequence, utc_us, phase, before = struct.unpack_from(">IQQB32s", octets)
    text = octets[53:]
    assert (sequence, utc_us, phase, before) == (7, 1_795_365_824_950_904, 1, b"\xaa" * 32)
    assert length == len(octets) - 4 == 49 + len(text)
    assert json.loads(text) | {"sum": ""} == {
        "event": "card.read",
        "seq": 7,
        "utc_us": 1_795_365_824_950_904,
        "phase": 1,
        "sum": "",
    }
    assert text == rfc8785.dumps(json.loads(text))


@given(CONTENT, st.integers(1, 2**53 - 1), st.integers(0, 2**53 - 1), st.integers(1, 3))
def test_record_is_read_back_as_it_was_written(content: dict, sequence: int, utc_us: int, phase: int) -> None:
    octets = encode_record(sequence, utc_us, phase, b"\x01" * 32, content)
    record = decode_record(octets, 0)
    assert (record.sequence, record.utc_us, record.phase, record.end) == (sequence, utc_us, phase, len(octets))
    assert record.hash == hashlib.sha256(octets).digest()
    assert content_of(record) == content | {"seq": sequence, "utc_us": utc_us, "phase": phase}


HOLDABLE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[ -~]{1,6}", fullmatch=True), inner),
    max_leaves=12,
)


@pytest.mark.proves("A4")
@given(st.dictionaries(st.from_regex(r"[ -~]{1,8}_", fullmatch=True), HOLDABLE, max_size=6))
def test_every_record_is_written_as_an_independent_rfc8785_writes_it(content: dict) -> None:
    text = decode_record(encode_record(1, 1, 3, NO_RECORD, content), 0).json
    told = json.loads(text)["sum"]
    assert text == rfc8785.dumps({**content, "seq": 1, "utc_us": 1, "phase": 3, "sum": told})


@pytest.mark.parametrize("value", [1.5, 2.0, 2**53, -(2**53), b"x", {1: 2}, {"字": 1}, [float("nan")], "\ud800", {1}])
def test_what_no_reader_of_json_keeps_exact_is_not_written(value: object) -> None:
    with pytest.raises(ValueError, match=r"no record can hold|surrogates not allowed"):
        encode_record(1, 1, 3, NO_RECORD, {"x": value})


@pytest.mark.proves("fault 114")
@pytest.mark.parametrize("text", ['"sum":"----------------",', ',"sum":"----------------","', "-" * 16])
def test_text_that_looks_like_the_place_of_the_sum_stays_text(text: str) -> None:
    record = decode_record(encode_record(1, 1, 3, NO_RECORD, {"case": text, "witness": text}), 0)
    assert content_of(record) == {"case": text, "witness": text, "seq": 1, "utc_us": 1, "phase": 3}


def test_a_table_with_a_sum_of_its_own_is_written_or_refused_but_never_mixed_up() -> None:
    inner = {"phase": 1, "sum": "0" * 16, "utc_us": 1}
    assert content_of(decode_record(encode_record(1, 1, 3, NO_RECORD, {"watch": inner}), 0))["watch"] == inner
    for name in ("a", "watch"):
        with pytest.raises(ValueError, match="a table in the record"):
            encode_record(1, 1, 3, NO_RECORD, {name: inner | {"sum": "-" * 16}})


@given(CONTENT)
def test_verifiers_canonical_form_is_rfc8785_for_all_that_records_hold(content: dict) -> None:
    assert canonical(content) == rfc8785.dumps(content)


@pytest.mark.proves("fault 114")
@pytest.mark.parametrize("text", ['"}\n{"seq":9', "\x00" * 8, '{"phase":1}', "\u2028", "\\u0000"], ids=range(5))
def test_text_that_looks_like_a_record_stays_text(text: str) -> None:
    record = decode_record(encode_record(1, 1, 3, NO_RECORD, {"case": text}), 0)
    assert content_of(record)["case"] == text


def test_walk_gives_every_record_of_a_whole_segment() -> None:
    octets = a_log(5)
    header = SegmentHeader.decode(octets)
    assert [record.sequence for record, _ in walk(octets, header)] == [1, 2, 3, 4, 5]


@pytest.mark.proves("fault 133")
@given(st.data())
def test_any_changed_byte_in_the_middle_is_damage_and_no_torn_tail(data: st.DataObject) -> None:
    octets = bytearray(a_log(6))
    last = list(walk(bytes(octets), SegmentHeader.decode(octets)))[-2][0].end
    place = data.draw(st.integers(SEGMENT_HEADER, last - 1))
    octets[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Damaged) as caught:
        list(walk(bytes(octets), SegmentHeader.decode(octets)))
    assert not is_torn_tail(bytes(octets), caught.value)


@given(st.data())
def test_a_last_record_that_is_cut_or_partly_zero_is_a_torn_tail(data: st.DataObject) -> None:
    octets = a_log(4)
    begin = [record.end for record, _ in walk(octets, SegmentHeader.decode(octets))][-2]
    place = data.draw(st.integers(begin + 1, len(octets) - 1))
    torn = octets[:place] + (bytes(len(octets) - place) if data.draw(st.booleans()) else b"")
    with pytest.raises(Damaged) as caught:
        list(walk(torn, SegmentHeader.decode(torn)))
    assert caught.value.offset == begin
    assert is_torn_tail(torn, caught.value)


@given(st.binary(max_size=200))
def test_foreign_bytes_raise_nothing_but_damaged(octets: bytes) -> None:
    with pytest.raises(Damaged):
        SegmentHeader.decode(octets)
    header = SegmentHeader(bytes(16), 1, NO_RECORD)
    if octets:
        with pytest.raises(Damaged):
            list(walk(header.encode() + octets, header))


def test_a_record_over_the_limit_is_refused_when_written() -> None:
    with pytest.raises(ValueError, match="too large"):
        encode_record(1, 1, 1, NO_RECORD, {"x": "a" * 70_000})
