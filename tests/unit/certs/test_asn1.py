"""The bounded walk that stands before every parser of certificates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.asn1 import DEEPEST, LARGEST, MOST_ELEMENTS, check_bounds, check_serial_number
from certs.errors import Malformed


def element(tag: int, content: bytes) -> bytes:
    """DER, written here once more."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def nested(depth: int, *, tag: int = 0x30) -> bytes:
    octets = b""
    for _ in range(depth):
        octets = element(tag, octets)
    return octets


def problem(octets: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        check_bounds(octets)
    return caught.value.problem


@pytest.mark.proves("C1", "K5", "fault 22", "fault 160")
@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", "trailing_data"),
        (b"\x30\x00\x00", "truncated"),
        (b"\x30\x00\x05\x00", "trailing_data"),
        (b"\x30\x05\x02\x01", "truncated"),
        (b"\x30\x80\x00\x00", "length_form"),
        (b"\x30\x84\xff\xff\xff\xff", "truncated"),
        (b"\x30\x85\x01\x00\x00\x00\x00", "length_form"),
        (b"\x30\x81\x01\x00", "length_not_minimal"),
        (b"\x30\x82\x00\x80" + bytes(128), "length_not_minimal"),
        (b"\x3f\x81\x01\x00", "long_tag"),
        (nested(DEEPEST + 1), "too_deep"),
        (element(0x30, element(0x04, nested(DEEPEST))), "too_deep"),
        (element(0x30, element(0x04, b"\x00" * 10) + element(0x04, nested(DEEPEST - 1))), "too_deep"),
        (element(0x30, b"\x05\x00" * (LARGEST // 2)), "too_large"),
    ],
    ids=["empty", "half", "two", "cut", "indefinite", "4 GiB", "5 bytes of length", "long form", "leading zero", "long tag",
         "deep", "deep in octets", "deep beside junk", "large"],
)  # fmt: skip
def test_what_passes_a_limit_is_refused_by_name(octets: bytes, expected: str) -> None:
    assert problem(octets) == expected


def test_what_is_just_within_the_limits_passes() -> None:
    check_bounds(nested(DEEPEST))
    check_bounds(element(0x30, b"\x05\x00" * 4000))
    check_bounds(element(0x30, element(0x04, b"\x9f\x80\x80")))


def test_elements_are_counted() -> None:
    assert LARGEST // 2 <= MOST_ELEMENTS, "8 KiB cannot hold more elements than are allowed"
    groups = element(0x30, element(0x04, b"\x05\x00" * 60)) * 60
    check_bounds(element(0x30, groups))


@given(st.binary(max_size=300))
def test_any_bytes_pass_or_are_malformed(octets: bytes) -> None:
    for check in (check_bounds, check_serial_number):
        try:
            check(octets)
        except Malformed as error:
            assert error.problem  # noqa: PT017 - one of the two outcomes


@pytest.mark.parametrize(
    ("serial", "good"),
    [(b"\x01", True), (b"\x00\x80", True), (b"\x7f" * 20, True), (b"\x00" + b"\xff" * 20, True), (b"\x00", False),
     (b"\x80", False), (b"\xff", False), (b"", False), (b"\x01" * 21, False)],
    ids=["one", "128", "20 bytes", "20 bytes and sign", "zero", "negative", "minus one", "empty", "21 bytes"],
)  # fmt: skip
def test_serial_numbers_are_positive_and_at_most_20_bytes(serial: bytes, *, good: bool) -> None:
    tbs = element(0x30, element(0xA0, element(0x02, b"\x02")) + element(0x02, serial))
    certificate = element(0x30, tbs)
    if good:
        check_serial_number(certificate)
    else:
        with pytest.raises(Malformed):
            check_serial_number(certificate)
