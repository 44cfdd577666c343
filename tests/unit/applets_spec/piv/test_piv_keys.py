"""The badge's keys: what signs, what agrees, and what must be shown first. `cryptography` on this side judges."""

import hashlib
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from applets_spec.piv.personalise import badge_variants
from applets_spec.piv.quirks import PivQuirks
from applets_spec.testca.keys import KeyAlgorithm

DIGEST = hashlib.sha256(b"application form").digest()
DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420") + DIGEST
BLOCK = b"\x00\x01" + b"\xff" * (253 - len(DIGEST_INFO)) + b"\x00" + DIGEST_INFO
RSA, P256 = KeyAlgorithm.RSA_2048, KeyAlgorithm.P256
CERTIFICATES = {"9A": "5FC105", "9C": "5FC10A", "9D": "5FC10B", "9E": "5FC101"}


def sign_rsa(block: bytes = BLOCK) -> bytes:
    return bytes.fromhex("7C8201068200818201" + "00") + block


def sign_ec(digest: bytes = DIGEST) -> bytes:
    return bytes([0x7C, len(digest) + 4, 0x82, 0x00, 0x81, len(digest)]) + digest


def public_key(desk, key: str):
    content, sw = desk.object(CERTIFICATES[key])
    assert sw == 0x9000
    return x509.load_der_x509_certificate(content[8:-5]).public_key()


@pytest.mark.parametrize("key", ["9A", "9C", "9E"])
def test_rsa_signature_verifies_with_the_certificate_on_the_card(badge, key: str) -> None:
    desk = badge(RSA)
    public = public_key(desk, key)
    desk.verify()
    answer, sw = desk.send(f"008707{key}", sign_rsa())
    assert (sw, answer[:8]) == (0x9000, bytes.fromhex("7C82010482820100"))
    public.verify(answer[8:], DIGEST, padding.PKCS1v15(), Prehashed(hashes.SHA256()))


@pytest.mark.parametrize("key", ["9A", "9C", "9E"])
def test_ecdsa_signature_verifies_with_the_certificate_on_the_card(badge, key: str) -> None:
    desk = badge(P256)
    public = public_key(desk, key)
    desk.verify()
    answer, sw = desk.send(f"008711{key}", sign_ec())
    assert sw == 0x9000
    public.verify(answer[4:], DIGEST, ec.ECDSA(Prehashed(hashes.SHA256())))
    with pytest.raises(InvalidSignature):
        public.verify(answer[4:], hashlib.sha256(b"other").digest(), ec.ECDSA(Prehashed(hashes.SHA256())))


def test_extended_length_brings_everything_in_one_command(badge) -> None:
    desk = badge(RSA)
    desk.verify()
    data = sign_rsa()
    answer, sw = desk.raw(bytes.fromhex("0087079A00") + len(data).to_bytes(2) + data + b"\x00\x00")
    assert (len(answer), sw) == (264, 0x9000)


def test_short_badge_refuses_extended_length(badge) -> None:
    desk = badge(RSA, variants=badge_variants(extended=False))
    data = sign_rsa()
    assert desk.raw(bytes.fromhex("0087079E00") + len(data).to_bytes(2) + data + b"\x00\x00")[1] == 0x6700
    assert desk.send("0087079E", data)[1] == 0x9000


@pytest.mark.parametrize("key", ["9A", "9C", "9D"])
def test_pin_keys_do_nothing_without_the_pin(badge, key: str) -> None:
    assert badge(RSA).send(f"008707{key}", sign_rsa())[1] == 0x6982


def test_card_authentication_key_needs_no_pin(badge) -> None:
    assert badge(RSA).send("0087079E", sign_rsa())[1] == 0x9000


def test_authentication_key_signs_again_and_again_after_one_pin(badge) -> None:
    desk = badge()
    desk.verify()
    desk.object("5FC102")
    assert [desk.send("0087119A", sign_ec())[1] for _ in range(3)] == [0x9000] * 3


def test_signature_key_signs_once_for_each_verify(badge) -> None:
    desk = badge()
    desk.verify()
    assert desk.send("0087119C", sign_ec())[1] == 0x9000
    assert desk.send("0087119C", sign_ec())[1] == 0x6982
    desk.verify()
    assert desk.send("0087119C", sign_ec())[1] == 0x9000


@pytest.mark.parametrize(
    "between", ["00200080", "00CB3FFF055C035FC10200", "00CB3FFF035C017E00", "00870300047C02800000", "0099000000"]
)
def test_any_command_between_verify_and_signature_spoils_it(badge, between: str) -> None:
    desk = badge()
    desk.verify()
    desk.raw(between)
    assert desk.send("0087119C", sign_ec())[1] == 0x6982
    assert desk.reference().verified


def test_refused_signature_spoils_the_verify_too(badge) -> None:
    desk = badge()
    desk.verify()
    assert desk.send("0087119C", sign_ec(b"short"))[1] == 0x6A80
    assert desk.send("0087119C", sign_ec())[1] == 0x6982


def test_changing_the_pin_is_not_verifying_it_for_the_signature_key(badge) -> None:
    desk = badge()
    assert desk.sw("00240080", b"246813\xff\xff135724\xff\xff") == 0x9000
    assert desk.send("0087119C", sign_ec())[1] == 0x6982
    assert desk.send("0087119A", sign_ec())[1] == 0x9000


def test_key_agreement_gives_the_x_coordinate_both_sides_know(badge) -> None:
    desk = badge()
    ours = ec.generate_private_key(ec.SECP256R1())
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    theirs = public_key(desk, "9D")
    desk.verify()
    answer, sw = desk.send("0087119D", bytes.fromhex("7C4582008541") + point)
    assert (answer[:4], sw) == (bytes.fromhex("7C228220"), 0x9000)
    assert answer[4:] == ours.exchange(ec.ECDH(), theirs)


@pytest.mark.parametrize(
    "point", [b"\x04" + bytes(64), b"\x04" + b"\x11" * 64, b"\x02" + b"\x11" * 32, b"\x03" + bytes(64), b""]
)
def test_points_that_are_none_of_the_curve_are_refused(badge, point: bytes) -> None:
    desk = badge()
    desk.verify()
    data = bytes([0x7C, len(point) + 4, 0x82, 0x00, 0x85, len(point)]) + point
    assert desk.send("0087119D", data)[1] == 0x6A80


def test_rsa_key_management_decrypts(badge) -> None:
    desk = badge(RSA)
    public = public_key(desk, "9D")
    assert isinstance(public, rsa.RSAPublicKey)
    secret = public.encrypt(b"file key", padding.PKCS1v15())
    desk.verify()
    answer, sw = desk.send("0087079D", sign_rsa(secret))
    assert sw == 0x9000
    assert answer[8:].endswith(b"\x00file key")


def test_key_management_key_does_not_sign_and_signing_keys_do_not_agree(badge) -> None:
    desk = badge()
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    encoded = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    desk.verify()
    assert desk.send("0087119D", sign_ec())[1] == 0x6A80
    assert desk.send("0087119A", bytes.fromhex("7C4582008541") + encoded)[1] == 0x6A80


@pytest.mark.parametrize("block", [BLOCK[:-1], BLOCK + b"\x00", b"\xff" * 256, b""])
def test_rsa_block_must_have_modulus_length_and_be_smaller(badge, block: bytes) -> None:
    inner = b"\x82\x00\x81\x82" + len(block).to_bytes(2) + block
    data = b"\x7c\x82" + len(inner).to_bytes(2) + inner
    assert badge(RSA).send("0087079E", data)[1] == 0x6A80


@pytest.mark.parametrize(
    ("header", "sw"),
    [
        ("0087079E", 0x6A86),
        ("0087149E", 0x6A86),
        ("0087FF9E", 0x6A86),
        ("00871183", 0x6A88),
        ("00871199", 0x6A86),
        ("00871180", 0x6A86),
    ],
)
def test_wrong_algorithm_or_key_reference_is_refused(badge, header: str, sw: int) -> None:
    desk = badge()
    desk.verify()
    assert desk.send(header, sign_ec())[1] == sw


@pytest.mark.parametrize(
    "data",
    [
        "7C00",
        "7C028200",
        "7C0482008100",
        "7C03810101",
        "8100",
        "7C0482010081",
        "7C0482008100FF",
        "",
        "7C0A8200810112810112",
        "7C0799008200810112",
    ],
)
def test_broken_templates_are_refused(badge, data: str) -> None:
    assert badge().send("0087119E", bytes.fromhex(data))[1] == 0x6A80


@pytest.mark.parametrize("key", ["9A", "9C", "9D", "9E"])
def test_blank_badge_has_no_keys(blank, key: str) -> None:
    assert blank().send(f"008711{key}", sign_ec())[1] == 0x6A88


def test_contactless_uses_the_free_key_only(badge) -> None:
    desk = badge(quirks=PivQuirks(contactless=True))
    assert desk.send("0087119E", sign_ec())[1] == 0x9000
    assert desk.send("0087119A", sign_ec())[1] == 0x6982


def test_chain_is_refused_when_another_command_breaks_in(badge) -> None:
    desk = badge(RSA)
    desk.verify()
    first = b"\x10\x87\x07\x9a\xff" + sign_rsa()[:255]
    assert desk.raw(first) == (b"", 0x9000)
    assert desk.raw("00CB3FFF055C035FC10200")[1] == 0x6883
    assert desk.raw(b"\x00\x87\x07\x9a" + bytes([len(sign_rsa()[255:])]) + sign_rsa()[255:])[1] == 0x6A80


def test_signing_takes_the_time_it_is_given(badge) -> None:
    slept: list[float] = []
    desk = badge(variants=replace(badge_variants(), signature_delay_ms=750))
    card = type(desk.card).from_state(desk.card.to_state(), sleep=slept.append)
    card.power_on()
    slow = type(desk)(card)
    slow.select()
    assert slow.send("0087119E", sign_ec())[1] == 0x9000
    assert slept == [0.75]
