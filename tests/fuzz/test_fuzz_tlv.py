"""Any bytes as TLV or DER: a value or `CardBadAnswer`, never anything else."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from cardd.errors import CardBadAnswer
from cardd.iso7816.der import check_der, ecdsa_values
from cardd.iso7816.tlv import encode, first, is_filler, parse, parse_compact, read_header

NESTED = st.recursive(
    st.binary(max_size=40),
    lambda inner: st.builds(encode, st.sampled_from([0x30, 0x31, 0x53, 0x7C, 0xA0, 0xFF20]), inner),
    max_leaves=20,
)
HOSTILE = st.one_of(
    st.binary(max_size=600),
    NESTED,
    st.builds(
        lambda head, tail: head + tail,
        st.sampled_from([b"\x30\x80", b"\x30\x84", b"\x53\x82\xff\xff", b"\x1f\xff"]),
        st.binary(max_size=50),
    ),
    st.builds(
        lambda octets, place, value: octets[:place] + bytes([value]) + octets[place + 1 :],
        NESTED,
        st.integers(0, 60),
        st.integers(0, 255),
    ),
)


@given(HOSTILE)
def test_ber_elements_are_the_bytes_they_came_from(octets: bytes) -> None:
    with suppress(CardBadAnswer):
        elements = parse(octets)
        assert b"".join(element.raw for element in elements) == octets
        assert all(element.raw.endswith(element.value) for element in elements)


@given(HOSTILE)
def test_first_element_and_rest_are_all_there_is(octets: bytes) -> None:
    with suppress(CardBadAnswer):
        element, rest = first(octets)
        assert element.raw + rest == octets


@given(HOSTILE, st.integers(0, 700))
def test_header_lies_inside_the_bytes(octets: bytes, place: int) -> None:
    with suppress(CardBadAnswer):
        header = read_header(octets, place)
        assert header is None or (place + header.size <= len(octets) and header.length < 2**32)


@given(HOSTILE)
def test_compact_elements_are_the_bytes_they_came_from(octets: bytes) -> None:
    with suppress(CardBadAnswer):
        assert b"".join(element.raw for element in parse_compact(octets)) == octets
    assert is_filler(octets) in (True, False)


@given(HOSTILE)
def test_der_is_checked_or_refused(octets: bytes) -> None:
    with suppress(CardBadAnswer):
        check_der(octets)
        assert octets[0] == 0x30
        assert first(octets)[1] == b""


@given(HOSTILE)
def test_ecdsa_numbers_are_positive(octets: bytes) -> None:
    with suppress(CardBadAnswer):
        assert min(ecdsa_values(octets)) > 0
