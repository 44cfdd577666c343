"""The card's own reading of commands and writing of TLV."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from applets_spec.iso7816 import CardRefusal, Command, Response, StatusWord, read_tlvs, tlv

HEADER = bytes.fromhex("00B00102")


@pytest.mark.parametrize(
    ("body", "data", "le", "extended"),
    [
        pytest.param("", b"", None, False, id="case 1"),
        pytest.param("10", b"", 16, False, id="case 2 short"),
        pytest.param("00", b"", 256, False, id="case 2 short, all"),
        pytest.param("02AABB", b"\xaa\xbb", None, False, id="case 3 short"),
        pytest.param("02AABB10", b"\xaa\xbb", 16, False, id="case 4 short"),
        pytest.param("02AABB00", b"\xaa\xbb", 256, False, id="case 4 short, all"),
        pytest.param("000100", b"", 256, True, id="case 2 extended"),
        pytest.param("000000", b"", 65536, True, id="case 2 extended, all"),
        pytest.param("000002AABB", b"\xaa\xbb", None, True, id="case 3 extended"),
        pytest.param("000002AABB0000", b"\xaa\xbb", 65536, True, id="case 4 extended"),
    ],
)
def test_parse_reads_each_case(body: str, data: bytes, le: int | None, extended: bool) -> None:
    command = Command.parse(HEADER + bytes.fromhex(body))
    assert (command.data, command.le, command.extended) == (data, le, extended)
    assert (command.cla, command.ins, command.p1, command.p2) == (0x00, 0xB0, 0x01, 0x02)


@pytest.mark.parametrize(
    "raw", ["", "00B001", "00B001020300", "00B001020001", "00B0010200000000", "00B00102000003AABB"]
)
def test_parse_refuses_lengths_that_do_not_fit_with_6700(raw: str) -> None:
    with pytest.raises(CardRefusal) as refused:
        Command.parse(bytes.fromhex(raw))
    assert refused.value.sw == StatusWord.WRONG_LENGTH


@given(st.binary(max_size=600))
def test_parse_gives_a_command_or_refuses(raw: bytes) -> None:
    command, refused = None, None
    try:
        command = Command.parse(raw)
    except CardRefusal as refusal:
        refused = refusal.sw
    assert refused == StatusWord.WRONG_LENGTH if command is None else len(command.data) <= len(raw) - 4


def test_command_shows_no_data() -> None:
    assert "31323334" not in repr(Command(0, 0x20, 0, 0x98, b"1234"))
    assert "1234" not in repr(Command(0, 0x20, 0, 0x98, b"1234"))
    assert "data" not in repr(Response(b"data"))


TAGS = st.sampled_from([0x01, 0x53, 0x7E, 0x5F4E, 0x7F21, 0xDF22, 0xFF20, 0x5FC105])


@given(st.lists(st.tuples(TAGS, st.binary(max_size=300)), max_size=6))
@example([(0xDF22, bytes(127)), (0xDF22, bytes(128)), (0xDF22, bytes(255)), (0xDF22, bytes(256))])
def test_tlv_is_read_as_it_was_written(objects: list[tuple[int, bytes]]) -> None:
    assert list(read_tlvs(b"".join(tlv(tag, value) for tag, value in objects))) == objects


@pytest.mark.parametrize(
    ("length", "head"), [(127, "DF237F"), (128, "DF238180"), (255, "DF2381FF"), (256, "DF23820100")], ids=str
)
def test_tlv_takes_the_shortest_length_form(length: int, head: str) -> None:
    assert tlv(0xDF23, bytes(length)).hex().upper() == head + "00" * length


@given(st.binary(max_size=300))
def test_read_tlvs_gives_objects_or_refuses(encoded: bytes) -> None:
    objects, refused = None, None
    try:
        objects = list(read_tlvs(encoded))
    except CardRefusal as refusal:
        refused = refusal.sw
    whole = objects is not None and sum(len(value) for _, value in objects) <= len(encoded)
    assert whole or refused == StatusWord.WRONG_DATA
