"""Frames come out the same however their octets come in, and nothing of a secret stays behind."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.wire.framing import Frame, FrameReader, FramingError, encode, encode_with_secret

LIMIT = 1024
SECRET_ANSWER = b'{"jsonrpc":"2.0","id":"s-1","result":{"secret":6}}\n'


def feed(reader: FrameReader, octets: bytes, now: float = 0.0) -> list[Frame]:
    frames: list[Frame] = []
    while octets:
        room = reader.room()
        count = min(len(room), len(octets))
        room[:count] = octets[:count]
        reader.received(count, now)
        octets = octets[count:]
        frames += iter(reader.next_frame, None)
    return frames


def plain(frames: Iterable[Frame]) -> list[tuple[dict[str, object], bytes | None]]:
    return [(frame.body, None if frame.secret is None else bytes(frame.secret)) for frame in frames]


TRAFFIC = b'{"a":1}\n' + SECRET_ANSWER + b'123\n56{"b":"\xe7\x94\xba"}\n' + b'{"result":{"secret":1,"more":2}}\n'
EXPECTED: list[tuple[dict[str, object], bytes | None]] = [
    ({"a": 1}, None),
    ({"jsonrpc": "2.0", "id": "s-1", "result": {"secret": 6}}, b"123\n56"),
    ({"b": "町"}, None),
    ({"result": {"secret": 1, "more": 2}}, None),
]


@pytest.mark.proves("I2")
@pytest.mark.parametrize("step", [1, 2, 7, len(TRAFFIC)], ids=["byte by byte", "by two", "by seven", "whole"])
def test_frames_do_not_depend_on_how_their_octets_arrive(step: int) -> None:
    reader = FrameReader(line_limit=LIMIT)
    frames = [frame for at in range(0, len(TRAFFIC), step) for frame in feed(reader, TRAFFIC[at : at + step])]
    assert plain(frames) == EXPECTED


def test_a_tail_is_left_alone_until_it_is_whole() -> None:
    reader = FrameReader(line_limit=LIMIT)
    assert plain(feed(reader, TRAFFIC + b'{"tail":')) == EXPECTED
    assert plain(feed(reader, b"7}\n")) == [({"tail": 7}, None)]


@given(st.lists(st.binary(min_size=1, max_size=64), max_size=8), st.integers(1, 300))
def test_every_secret_comes_out_exactly(secrets: list[bytes], step: int) -> None:
    traffic = b"".join(
        encode_with_secret({"id": f"s-{at}", "result": {"secret": len(secret)}}, bytearray(secret))
        for at, secret in enumerate(secrets)
    )
    reader = FrameReader(line_limit=LIMIT)
    frames = [frame for at in range(0, len(traffic), step) for frame in feed(reader, traffic[at : at + step])]
    assert [secret for _, secret in plain(frames)] == secrets


@pytest.mark.proves("P6")
def test_consumed_octets_are_zeroed() -> None:
    reader = FrameReader(line_limit=LIMIT)
    feed(reader, SECRET_ANSWER + b"271828" + b'{"next":')
    held = bytes(reader._buffer)
    assert b"271828" not in held
    assert held.strip(b"\0") == b'{"next":'


@pytest.mark.proves("P6")
def test_a_buffer_that_grows_leaves_nothing_in_the_old_one() -> None:
    reader = FrameReader(line_limit=64 * 1024)
    old = reader._buffer
    feed(reader, SECRET_ANSWER + b"271828" + b'{"long":"' + b"x" * 9000)
    assert reader._buffer is not old
    assert not any(old)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{\n", "not_json"),
        (b"\n", "not_json"),
        (b'{"a":NaN}\n', "not_finite"),
        (b'{"a":-Infinity}\n', "not_finite"),
        (b'{"a":1e999}\n', "not_finite"),
        (b'{"a":1,"a":1}\n', "duplicate_name"),
        (b'{"a":{"b":1,"b":2}}\n', "duplicate_name"),
        (b'{"a":"\xff"}\n', "not_utf8"),
        (b'{"a":"\xed\xa0\x80"}\n', "not_utf8"),
        (b'{"a":"\\ud800"}\n', "half_character"),
        (b'{"\\udfff":1}\n', "half_character"),
        (b'{"a":' * 33 + b"1" + b"}" * 33 + b"\n", "nested_too_deep"),
        (b'{"result":{"secret":0}}\n', "secret_size"),
        (b'{"result":{"secret":65}}\n', "secret_size"),
        (b'{"result":{"secret":true}}\n', "secret_size"),
        (b'{"result":{"secret":4.0}}\n', "secret_size"),
        (b'{"result":{"secret":"4"}}\n', "secret_size"),
        (b'{"method":"x","result":{"secret":4}}\n', "call_and_answer"),
        (b"x" * (LIMIT + 1), "line_too_long"),
        (b"x" * LIMIT + b"\n", "line_too_long"),
    ],
)
@pytest.mark.proves("I2")
def test_an_unreadable_line_ends_the_reading(line: bytes, problem: str) -> None:
    reader = FrameReader(line_limit=LIMIT)
    with pytest.raises(FramingError) as error:
        feed(reader, line)
    assert (error.value.problem, error.value.fatal) == (problem, True)
    reader.room()[:8] = b'{"a":1}\n'
    reader.received(8, 0.0)
    assert reader.next_frame() is None
    assert not any(reader._buffer)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'], ids=["lists", "objects"])
def test_deep_nesting_of_a_whole_line_is_refused_without_recursion(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    depth = 60_000 // (len(opening) + 1)
    reader = FrameReader(line_limit=64 * 1024)
    with pytest.raises(FramingError, match="nested_too_deep"):
        feed(reader, opening * depth + b"1" + closing * depth + b"\n")


def test_a_number_of_many_digits_is_refused_and_costs_nothing() -> None:
    with pytest.raises(FramingError, match="not_json"):
        feed(FrameReader(line_limit=64 * 1024), b'{"a":' + b"1" * 60_000 + b"}\n")


@pytest.mark.parametrize("line", [b'[{"a":1}]\n', b"1\n", b'"x"\n', b"null\n"])
def test_what_is_no_object_is_refused_and_the_next_line_still_read(line: bytes) -> None:
    reader = FrameReader(line_limit=LIMIT)
    with pytest.raises(FramingError) as error:
        feed(reader, line)
    assert not error.value.fatal
    assert plain(feed(reader, b'{"a":1}\n')) == [({"a": 1}, None)]


def test_a_line_of_exactly_the_limit_passes() -> None:
    line = b'{"a":"' + b"x" * (LIMIT - 9) + b'"}\n'
    assert len(line) == LIMIT
    assert len(feed(FrameReader(line_limit=LIMIT), line)) == 1


@pytest.mark.proves("fault 54", "fault 55")
def test_the_time_of_a_frame_counts_from_its_first_octet() -> None:
    reader = FrameReader(line_limit=LIMIT)
    assert reader.deadline is None
    feed(reader, b"{", 100.0)
    feed(reader, b'"a"', 105.0)
    assert reader.deadline == 110.0
    feed(reader, b":1}\n{", 109.0)
    assert reader.deadline == 119.0
    feed(reader, b'"a":1}\n', 110.0)
    assert reader.deadline is None


def test_the_time_of_a_secret_counts_from_the_line_that_announced_it() -> None:
    reader = FrameReader(line_limit=LIMIT)
    feed(reader, SECRET_ANSWER[:5], 100.0)
    feed(reader, SECRET_ANSWER[5:], 108.0)
    feed(reader, b"12", 109.0)
    assert reader.deadline == 110.0
    assert plain(feed(reader, b"3456", 109.5))[0][1] == b"123456"
    assert reader.deadline is None


@given(st.binary(max_size=3000) | st.text(alphabet='{}[]":,secrtul0123\n ', max_size=200).map(str.encode))
def test_random_octets_give_frames_or_our_error_and_nothing_else(octets: bytes) -> None:
    reader = FrameReader(line_limit=LIMIT)
    for line in octets.splitlines(keepends=True):
        try:
            feed(reader, line)
        except FramingError as error:
            if error.fatal:
                return


def test_a_frame_and_its_secret_have_no_text() -> None:
    assert "271828" not in repr(Frame({"a": "271828"}, bytearray(b"271828")))


def test_a_line_is_compact_utf8() -> None:
    assert encode({"a": ["町", None, True]}) == '{"a":["町",null,true]}\n'.encode()
