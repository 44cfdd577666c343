"""The six ways to sign, each checked with the public key of the card's certificate."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from applets_spec.card import Card
from applets_spec.testca.issue import JpkiCertificates

MESSAGE = b"an application for a certificate of residence"
DIGEST = sha256(MESSAGE).digest()
DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420") + DIGEST


def _verified_card(make_card: Callable[..., Card]) -> Card:
    card = make_card()
    for command in ("00A4040C0AD392F000260100000001", "002000980431323334", "0020009B06414243313233"):
        assert card.transmit(bytes.fromhex(command)).hex() == "9000"
    return card


def _sign(card: Card, p1: int, key: int, data: bytes) -> bytes:
    answer = card.transmit(bytes([0x80, 0x2A, p1, key, len(data)]) + data + b"\x00")
    assert answer[-2:].hex() == "9000"
    return answer[:-2]


@pytest.fixture
def public_key(certificates: JpkiCertificates) -> RSAPublicKey:
    key = x509.load_der_x509_certificate(certificates.authentication_certificate).public_key()
    assert isinstance(key, RSAPublicKey)
    return key


PKCS1 = PKCS1v15()
PSS_32 = PSS(MGF1(SHA256()), 32)


@pytest.mark.parametrize(
    ("p1", "data", "check"),
    [
        pytest.param(0, DIGEST_INFO, lambda key, s: key.verify(s, MESSAGE, PKCS1, SHA256()), id="digest info in"),
        pytest.param(0, b"any", lambda key, s: key.verify(s, b"any", PKCS1, NoDigestInfo()), id="anything in"),
        pytest.param(1, MESSAGE, lambda key, s: key.verify(s, DIGEST, PKCS1, NoDigestInfo()), id="bare hash"),
        pytest.param(2, DIGEST, lambda key, s: key.verify(s, DIGEST, PKCS1, Prehashed(SHA256())), id="hash in"),
        pytest.param(3, MESSAGE, lambda key, s: key.verify(s, MESSAGE, PKCS1, SHA256()), id="message in"),
        pytest.param(4, DIGEST, lambda key, s: key.verify(s, MESSAGE, PSS_32, SHA256()), id="hash in, PSS"),
        pytest.param(5, MESSAGE, lambda key, s: key.verify(s, MESSAGE, PSS_32, SHA256()), id="message in, PSS"),
    ],
)
def test_signature_verifies_in_each_mode(
    make_card: Callable[..., Card],
    public_key: RSAPublicKey,
    p1: int,
    data: bytes,
    check: Callable[[RSAPublicKey, bytes], None],
) -> None:
    check(public_key, _sign(_verified_card(make_card), p1, 0x97, data))


def test_signature_key_belongs_to_the_signature_certificate(
    make_card: Callable[..., Card], certificates: JpkiCertificates
) -> None:
    key = x509.load_der_x509_certificate(certificates.signature_certificate).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(_sign(_verified_card(make_card), 0, 0x9A, DIGEST_INFO), MESSAGE, PKCS1, SHA256())


@pytest.mark.parametrize(("size", "sw"), [(1, "9000"), (245, "9000"), (246, "6700"), (255, "6700")])
def test_input_of_mode_0_has_1_to_245_bytes(make_card: Callable[..., Card], size: int, sw: str) -> None:
    card = _verified_card(make_card)
    assert card.transmit(bytes([0x80, 0x2A, 0, 0x97, size]) + bytes(size) + b"\x00")[-2:].hex() == sw


def test_signature_takes_the_time_that_the_switch_says(my_number_state: dict[str, object]) -> None:
    slept: list[float] = []
    state = my_number_state | {"variants": {"signature_delay_ms": 700}}
    card = Card.from_state(state, sleep=slept.append)
    card.power_on()
    for command in ("00A4040C0AD392F000260100000001", "002000980431323334", "802A0097013000"):
        card.transmit(bytes.fromhex(command))
    assert slept == [0.7]
