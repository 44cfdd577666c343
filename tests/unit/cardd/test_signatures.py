"""The public key out of a certificate that a card shows: whatever is in it, one of our errors, without the card's bytes."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as some

from cardd.cards.card_type import PublicKeyKind
from cardd.errors import AlgorithmUnsupported, CardBadAnswer, CarddError
from cardd.signatures import key_kind, public_key

CURVE, CURVE_OF_NOBODY = bytes.fromhex("2A8648CE3D030107"), bytes.fromhex("2A8648CE3D030108")
VERSION_3, VERSION_23 = bytes.fromhex("A003020102"), bytes.fromhex("A003020116")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "made up")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x1234)
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.DER)


DER = certificate()


def test_the_key_of_a_certificate_is_found() -> None:
    assert key_kind(public_key(DER)) is PublicKeyKind.EC_P256


@pytest.mark.proves("C1", "K5")
@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (DER.replace(CURVE, CURVE_OF_NOBODY), AlgorithmUnsupported),
        (DER.replace(VERSION_3, VERSION_23), CardBadAnswer),
        (b"", CardBadAnswer),
        (DER[:-1], CardBadAnswer),
    ],
    ids=["curve of nobody", "version 23", "nothing", "cut"],
)
def test_a_certificate_that_cannot_be_read_is_told_by_one_word(octets: bytes, kind: type[CarddError]) -> None:
    with pytest.raises(kind) as refused:
        public_key(octets)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.proves("K5")
def test_the_key_of_a_card_whose_certificate_is_padded_is_read() -> None:
    assert public_key(DER + bytes(20)) == public_key(DER)


@pytest.mark.proves("C1", "K5")
@given(place=some.integers(0, len(DER) - 1), octet=some.integers(0, 255))
@pytest.mark.filterwarnings("ignore:Parsed a serial number:cryptography.utils.CryptographyDeprecationWarning")
def test_one_wrong_octet_is_no_surprise(place: int, octet: int) -> None:
    damaged = bytearray(DER)
    damaged[place] = octet
    try:
        key_kind(public_key(bytes(damaged)))
    except CarddError:
        return
