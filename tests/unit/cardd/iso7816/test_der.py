"""The walk over DER before any library sees it."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from cardd.errors import CardBadAnswer
from cardd.iso7816.der import DEPTH_MAX, check_der, ecdsa_values


def nested(depth: int) -> bytes:
    octets = b""
    for _ in range(depth):
        size = len(octets)
        octets = (bytes([0x30, size]) if size < 128 else b"\x30\x82" + size.to_bytes(2, "big")) + octets
    return octets


@pytest.fixture(scope="module")
def certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test" * 16)])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, start, start + datetime.timedelta(days=1))
        .add_extension(x509.KeyUsage(True, True, *[False] * 7), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def test_a_certificate_passes(certificate: bytes) -> None:
    check_der(certificate)


def test_no_cut_or_longer_certificate_passes(certificate: bytes) -> None:
    for octets in [*(certificate[:size] for size in range(len(certificate))), certificate + b"\x00"]:
        with pytest.raises(CardBadAnswer):
            check_der(octets)


@pytest.mark.proves("C1", "fault 22")
@pytest.mark.parametrize(
    "octets",
    [
        b"\x30\x80\x00\x00",
        b"\x30\x81\x03\x02\x01\x01",
        b"\x30\x82\x00\x03\x02\x01\x01",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x03\x02\x05\x01",
        b"\x30\x02\x1f\xff",
        b"\x04\x00",
        nested(200),
        b"\x30\x82\x20\x00" + bytes(0x2000),
    ],
    ids=[
        "indefinite",
        "length not shortest",
        "length of two bytes not shortest",
        "4 GiB",
        "child ends outside",
        "half a tag",
        "other tag",
        "200 levels",
        "over 8 KiB",
    ],
)
def test_hostile_der_is_refused(octets: bytes) -> None:
    with pytest.raises(CardBadAnswer):
        check_der(octets)


def test_as_many_elements_as_fit_into_8_kib_pass() -> None:
    check_der(b"\x30\x82\x1f\xfc" + b"\x05\x00" * 4094)


def test_sixteen_levels_pass_and_seventeen_do_not() -> None:
    check_der(nested(DEPTH_MAX))
    with pytest.raises(CardBadAnswer):
        check_der(nested(DEPTH_MAX + 1))


@given(st.integers(1, 2**384 - 1), st.integers(1, 2**384 - 1))
def test_both_numbers_of_an_ecdsa_signature(r: int, s: int) -> None:
    assert ecdsa_values(encode_dss_signature(r, s)) == (r, s)


@pytest.mark.parametrize(
    "octets",
    [
        "3000",
        "3003020101",
        "3009020101020101020101",
        "3006020100020101",
        "30060201FF020101",
        "300702020001020101",
        "3006040101020101",
        "30040200 0200",
    ],
    ids=["empty", "one number", "three numbers", "zero", "negative", "not shortest", "no integer", "empty integers"],
)
def test_other_der_is_no_ecdsa_signature(octets: str) -> None:
    with pytest.raises(CardBadAnswer):
        ecdsa_values(bytes.fromhex(octets))
