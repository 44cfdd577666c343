"""Making a badge on cards that answer anything: a result or a `CarddError`, one try of the PUK, and public keys that are keys."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

from cardd.cards import piv_admin, piv_objects, piv_puk
from cardd.cards.card_type import PublicKeyKind
from cardd.cards.management_key import FACTORY_KEYS, ManagementAlgorithm, ManagementKey
from cardd.cards.piv_public_key import read_public_key
from cardd.errors import BadgeUnfit, CardBadAnswer, CarddError, ManagementKeyWrong
from cardd.iso7816.tlv import encode
from cardd.model import KeyRole
from cardd.pin import Pin
from tests.fuzz.test_fuzz_drivers import STATUS, HostileCard

GUID, EXPIRES = bytes(range(16)), date(2030, 1, 2)
CHUID = encode(0x53, piv_objects.chuid(GUID, EXPIRES))
KEYS = {
    PublicKeyKind.RSA_2048: rsa.generate_private_key(65537, 2048).public_key(),
    PublicKeyKind.EC_P256: ec.generate_private_key(ec.SECP256R1()).public_key(),
    PublicKeyKind.EC_P384: ec.generate_private_key(ec.SECP384R1()).public_key(),
}


def answer_for(kind: PublicKeyKind) -> bytes:
    """What a good card says of this key."""
    key = KEYS[kind]
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return encode(0x7F49, encode(0x81, numbers.n.to_bytes(256, "big")) + encode(0x82, b"\x01\x00\x01"))
    return encode(0x7F49, encode(0x86, key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)))


GOOD = st.sampled_from([answer_for(kind) for kind in PublicKeyKind])
ELEMENTS = st.lists(
    st.builds(encode, st.sampled_from([0x80, 0x81, 0x82, 0x83, 0x86, 0x7F49]), st.binary(max_size=300)), max_size=4
)
ANSWERS = st.one_of(
    GOOD,
    st.binary(max_size=400),
    st.builds(lambda elements: encode(0x7F49, b"".join(elements)), ELEMENTS),
    st.builds(
        lambda octets, place, value: octets[:place] + bytes([value]) + octets[place + 1 :],
        GOOD,
        st.integers(0, 270),
        st.integers(0, 255),
    ),
    st.builds(lambda octets, cut, tail: octets[:cut] + tail, GOOD, st.integers(0, 270), st.binary(max_size=8)),
)


@pytest.mark.proves("C1")
@pytest.mark.parametrize("kind", PublicKeyKind)
@given(octets=ANSWERS)
def test_a_public_key_of_a_card_is_a_key_of_that_kind_or_refused(kind: PublicKeyKind, octets: bytes) -> None:
    with suppress(CardBadAnswer, BadgeUnfit):
        der = read_public_key(octets, kind)
        key = load_der_public_key(der)
        assert key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == der
        assert type(key) is type(KEYS[kind])
        assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        good = KEYS[kind]
        assert isinstance(good, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        assert key.key_size == good.key_size


@pytest.mark.parametrize("kind", PublicKeyKind)
def test_the_good_answers_are_good(kind: PublicKeyKind) -> None:
    assert load_der_public_key(read_public_key(answer_for(kind), kind)) == KEYS[kind]


@given(octets=st.binary(max_size=200) | st.builds(lambda cut: CHUID[:cut], st.integers(0, 70)))
def test_a_chuid_is_read_or_refused(octets: bytes) -> None:
    with suppress(CardBadAnswer):
        guid, _ = piv_objects.read_chuid(octets)
        assert guid is None or len(guid) == 16


KEY = ManagementKey(ManagementAlgorithm.AES_128, bytearray(range(16)))
DEEDS: dict[str, Callable[[HostileCard], object]] = {
    "select": piv_admin.select,
    "condition": piv_admin.condition,
    "authenticate": lambda card: piv_admin.authenticate(card, [KEY, *FACTORY_KEYS]),
    "set management key": lambda card: piv_admin.set_management_key(card, KEY),
    "write CHUID": lambda card: piv_admin.write_chuid(card, GUID, EXPIRES),
    "generate": lambda card: piv_admin.generate_key(card, KeyRole.SIGNATURE, PublicKeyKind.EC_P256),
    "write certificate": lambda card: piv_admin.write_certificate(card, KeyRole.SIGNATURE, b"0\x00"),
    "change PUK": lambda card: piv_puk.change_puk(card, Pin(bytearray(b"12345678")), Pin(bytearray(b"87654321"))),
    "reset PIN": lambda card: piv_puk.reset_pin(card, Pin(bytearray(b"12345678")), Pin(bytearray(b"135790"))),
}
SECRET_INS = (0x20, 0x24, 0x2C)
DATA = st.one_of(
    ANSWERS,
    st.sampled_from([CHUID, encode(0x7C, encode(0x80, bytes(16))), encode(0x7C, encode(0x80, bytes(8)))]),
    st.sampled_from([encode(0x7C, encode(0x81, bytes(16))), encode(0x7C, encode(0x82, bytes(16))), b""]),
)
RAW = st.lists(
    st.builds(lambda data, sw: data + sw.to_bytes(2, "big"), DATA, STATUS) | st.binary(max_size=2),
    min_size=1,
    max_size=12,
)


class CountingCard(HostileCard):
    """Counts whatever costs a try, RESET RETRY COUNTER too."""

    tries = 0

    def _send(self, octets: bytearray) -> bytes:
        self.tries += octets[1] in SECRET_INS and len(octets) > 5
        return super()._send(octets)


@pytest.mark.proves("C1", "C8", "P4")
@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
@given(answers=RAW)
def test_nonsense_ends_in_a_result_or_an_error_of_ours(
    deed: Callable[[HostileCard], object], answers: list[bytes]
) -> None:
    card = CountingCard(answers)
    with suppress(CarddError):
        deed(card)
    assert card.tries <= 1
    assert card.sent <= 300


@given(answers=RAW)
def test_no_card_without_the_key_is_believed(answers: list[bytes]) -> None:
    """A card that gives witnesses must answer our random challenge; only one that asks challenges alone may say just yes."""
    witnesses = [answer for answer in answers if answer[:3] != b"\x7c\x12\x81"]
    if not witnesses:
        return
    with pytest.raises(CarddError):
        piv_admin.authenticate(HostileCard(witnesses), [KEY])


def test_such_a_card_is_refused_by_name() -> None:
    card = HostileCard([encode(0x7C, encode(0x80, bytes(16)) + encode(0x82, bytes(16))) + b"\x90\x00"])
    with pytest.raises(ManagementKeyWrong):
        piv_admin.authenticate(card, [KEY])
