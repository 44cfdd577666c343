import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.iso7816.apdu import CommandApdu
from cardd.model import PinShape
from cardd.pcsc.part10 import (
    Feature,
    ReaderFeatures,
    ask_features,
    parse_features,
    parse_properties,
    verify_block,
)
from tests.unit.cardd.pcsc.fake_pcsc import FakePcsc

FEATURES = bytes.fromhex("060442330006120442330012")
MAX_APDU_64K = bytes.fromhex("0a0400000100")


def ask(controls: dict[int, bytes]) -> ReaderFeatures:
    fake = FakePcsc()
    fake.plug("R", atr=b"\x3b\x00", controls=controls)
    _, context = fake.establish_context()
    _, card, _ = fake.connect(context, "R", 1, 3)
    return ask_features(fake, card)


def test_features_are_tags_with_control_codes() -> None:
    assert parse_features(FEATURES) == {Feature.VERIFY_PIN_DIRECT: 0x42330006, Feature.GET_TLV_PROPERTIES: 0x42330012}


@pytest.mark.proves("C1")
@given(st.binary(max_size=200))
def test_any_bytes_from_a_reader_can_be_read_as_features_and_properties(answer: bytes) -> None:
    assert len(parse_features(answer)) <= len(answer) // 6
    assert len(parse_properties(answer)) <= len(answer) // 2


def test_a_truncated_entry_is_skipped() -> None:
    assert parse_features(FEATURES[:-1]) == {Feature.VERIFY_PIN_DIRECT: 0x42330006}


def test_a_property_past_the_end_is_not_read() -> None:
    assert parse_properties(bytes.fromhex("0b02e6040a040000")) == {0x0B: 0x04E6}


@pytest.mark.parametrize(
    ("properties", "extended"),
    [("0a0400000100", True), ("0a0400000000", False), ("0a0405010000", False), ("", False)],
    ids=["64 KiB", "short only", "261 bytes", "not told"],
)
def test_extended_apdus_go_where_the_reader_says_so(properties: str, extended: bool) -> None:
    got = ask({0x42000000 + 3400: FEATURES, 0x42330012: bytes.fromhex(properties)})
    assert got == ReaderFeatures(verify_direct=0x42330006, extended_apdus=extended)


def test_a_reader_that_does_not_know_the_question_has_nothing() -> None:
    assert ask({}) == ReaderFeatures()


@pytest.mark.parametrize(
    ("shape", "padded_to", "block_size", "template"),
    [
        (PinShape(4, 4, "digits"), None, 0, "0020008000"),
        (PinShape(6, 8, "digits"), 8, 8, "0020008008ffffffffffffffff"),
    ],
    ids=["JPKI, no padding", "PIV, padded to 8"],
)
def test_verify_block_has_19_bytes_and_the_template(
    shape: PinShape, padded_to: int | None, block_size: int, template: str
) -> None:
    block = verify_block(CommandApdu(0x00, 0x20, 0x00, 0x80), shape, padded_to)
    assert block[19:] == bytes.fromhex(template)
    assert block[:2] == b"\x1e\x1e"
    assert (block[2], block[3], block[4]) == (0x82, block_size, 0)
    assert (block[6], block[5]) == (shape.shortest, shape.longest)  # wPINMaxExtraDigit 0xXXYY, little endian
    assert block[7] == 0x02
    assert struct.unpack("<I", block[15:19]) == (len(block) - 19,)
