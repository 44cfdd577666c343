"""The `7F49` answer of a card that made a key: taken when it is exactly that, refused for everything else."""

import math

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cardd.cards.card_type import PublicKeyKind
from cardd.cards.piv_public_key import ROCA_PRIMES, generation_request, is_roca_modulus, read_public_key
from cardd.errors import BadgeUnfit, CardBadAnswer
from cardd.iso7816.tlv import encode

KEY = rsa.generate_private_key(65537, 2048).public_key()
MODULUS = KEY.public_numbers().n.to_bytes(256, "big")
EXPONENT = b"\x01\x00\x01"
RSA, P256, P384 = PublicKeyKind.RSA_2048, PublicKeyKind.EC_P256, PublicKeyKind.EC_P384
POINTS = {
    P256: ec.generate_private_key(ec.SECP256R1()).public_key(),
    P384: ec.generate_private_key(ec.SECP384R1()).public_key(),
}


def point(kind: PublicKeyKind) -> bytes:
    return POINTS[kind].public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def rsa_answer(modulus: bytes = MODULUS, exponent: bytes = EXPONENT, tail: bytes = b"") -> bytes:
    return encode(0x7F49, encode(0x81, modulus) + encode(0x82, exponent) + tail)


def curve_answer(octets: bytes, tail: bytes = b"") -> bytes:
    return encode(0x7F49, encode(0x86, octets) + tail)


def spki(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(("kind", "octets"), [(RSA, "ac03800107"), (P256, "ac03800111"), (P384, "ac03800114")], ids=str)
def test_what_is_asked_for(kind: PublicKeyKind, octets: str) -> None:
    assert generation_request(kind).hex() == octets


def test_keys_come_out_as_subject_public_key_info() -> None:
    assert read_public_key(rsa_answer(), RSA) == spki(KEY)
    assert read_public_key(rsa_answer(exponent=b"\x00" + EXPONENT), RSA) == spki(KEY)
    for kind, key in POINTS.items():
        assert read_public_key(curve_answer(point(kind)), kind) == spki(key)


BAD_RSA = {
    "nothing": b"",
    "empty template": encode(0x7F49, b""),
    "modulus alone": encode(0x7F49, encode(0x81, MODULUS)),
    "exponent alone": encode(0x7F49, encode(0x82, EXPONENT)),
    "other order": encode(0x7F49, encode(0x82, EXPONENT) + encode(0x81, MODULUS)),
    "modulus twice": encode(0x7F49, encode(0x81, MODULUS) * 2 + encode(0x82, EXPONENT)),
    "something more inside": rsa_answer(tail=encode(0x83, b"\x00")),
    "something more behind": rsa_answer() + b"\x00",
    "another template": encode(0x7F4E, encode(0x81, MODULUS) + encode(0x82, EXPONENT)),
    "no template": encode(0x81, MODULUS) + encode(0x82, EXPONENT),
    "leading zero": rsa_answer(b"\x00" + MODULUS),
    "short modulus": rsa_answer(MODULUS[:-1]),
    "1024 bits": rsa_answer(MODULUS[:128]),
    "top bit missing": rsa_answer(b"\x7f" + MODULUS[1:]),
    "even modulus": rsa_answer(MODULUS[:-1] + b"\x00"),
    "zeros": rsa_answer(bytes(256)),
    "no exponent": rsa_answer(exponent=b""),
    "exponent 3": rsa_answer(exponent=b"\x03"),
    "exponent 1": rsa_answer(exponent=b"\x01"),
    "long exponent": rsa_answer(exponent=bytes(300) + EXPONENT),
    "cut": rsa_answer()[:-1],
    "indefinite": b"\x7f\x49\x80" + encode(0x81, MODULUS) + encode(0x82, EXPONENT),
    "a point": curve_answer(point(P256)),
}
BAD_CURVE = {
    "nothing": b"",
    "infinity": curve_answer(b"\x00"),
    "not on the curve": curve_answer(b"\x04" + b"\x11" * 64),
    "zeros": curve_answer(b"\x04" + bytes(64)),
    "short": curve_answer(point(P256)[:-1]),
    "long": curve_answer(point(P256) + b"\x00"),
    "compressed": curve_answer(b"\x02" + point(P256)[1:33]),
    "no format byte": curve_answer(point(P256)[1:]),
    "another format byte": curve_answer(b"\x06" + point(P256)[1:]),
    "another curve": curve_answer(point(P384)),
    "twice": curve_answer(point(P256), encode(0x86, point(P256))),
    "something behind": curve_answer(point(P256)) + b"\x90",
    "an RSA key": rsa_answer(),
}


@pytest.mark.proves("C1")
@pytest.mark.parametrize("octets", BAD_RSA.values(), ids=BAD_RSA)
def test_an_rsa_answer_that_is_none(octets: bytes) -> None:
    with pytest.raises(CardBadAnswer):
        read_public_key(octets, RSA)


@pytest.mark.proves("C1")
@pytest.mark.parametrize("octets", BAD_CURVE.values(), ids=BAD_CURVE)
def test_a_curve_answer_that_is_none(octets: bytes) -> None:
    with pytest.raises(CardBadAnswer):
        read_public_key(octets, P256)


def test_a_modulus_of_the_broken_library_is_refused() -> None:
    product = math.prod((2, *ROCA_PRIMES))
    shape = pow(65537, 1234, product)
    made = (1 << 2047) // product * product + product + shape
    if not made & 1:
        made += product
    modulus = made.to_bytes(256, "big")
    assert is_roca_modulus(made)
    with pytest.raises(BadgeUnfit) as caught:
        read_public_key(rsa_answer(modulus), RSA)
    assert caught.value.facts.problem == "weak_key"
    assert not is_roca_modulus(made + 2)


def test_ordinary_moduli_are_not_of_that_shape() -> None:
    assert not any(
        is_roca_modulus(rsa.generate_private_key(65537, 1024).public_key().public_numbers().n) for _ in range(20)
    )
