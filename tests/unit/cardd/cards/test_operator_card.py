"""Rules of the badge's driver that the reference badge, which obeys its own, cannot show."""

import gzip
from collections.abc import Callable
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cardd.cards.card_type import Application, PadEntry, PublicKeyKind
from cardd.cards.operator_card import BADGE
from cardd.errors import AlgorithmUnsupported, CardBadAnswer, CarddError, CardItemAbsent, CardWrongKind
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.tlv import encode
from cardd.model import Item, KeyRole, PinKind
from cardd.pin import Pin
from tests.unit.cardd.iso7816.fake_connection import VERIFY, FakeConnection, says

DER = b"\x30\x03\x02\x01\x05"
P256, P384, RSA = PublicKeyKind.EC_P256, PublicKeyKind.EC_P384, PublicKeyKind.RSA_2048


class SeenBuffers:
    """A card that keeps the buffer of each VERIFY and CHANGE, and what was in it."""

    def __init__(self, sw: int) -> None:
        self.sw = sw
        self.buffers: list[bytes | bytearray] = []
        self.contents: list[bytes] = []

    def __call__(self, command: CommandApdu) -> ResponseApdu:
        self.buffers.append(command.data)
        self.contents.append(bytes(command.data))
        return ResponseApdu(b"", self.sw)


def certificate_object(content: bytes, flag: bytes = b"\x00") -> bytes:
    return encode(0x53, encode(0x70, content) + encode(0x71, flag) + b"\xfe\x00")


@pytest.mark.parametrize(
    "answer",
    [
        certificate_object(DER),
        certificate_object(gzip.compress(DER), b"\x01"),
        encode(0x53, encode(0x70, DER)),
        encode(0x53, encode(0x71, b"\x00") + b"\xfe\x00" + encode(0x70, DER)),
    ],
    ids=["plain", "gzip", "certificate alone", "other order"],
)
def test_certificate_objects(answer: bytes) -> None:
    assert BADGE.read_certificate(FakeConnection(says(0x9000, answer)), KeyRole.AUTHENTICATION) == DER


@pytest.mark.proves("C1", "fault 22")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(b"", CardBadAnswer, id="nothing"),
        pytest.param(b"\x53\x00", CardItemAbsent, id="emptied object"),
        pytest.param(certificate_object(b""), CardItemAbsent, id="empty certificate"),
        pytest.param(encode(0x53, b"\xfe\x00"), CardItemAbsent, id="no certificate"),
        pytest.param(certificate_object(DER) + b"\x00", CardBadAnswer, id="more behind"),
        pytest.param(encode(0x7E, DER), CardBadAnswer, id="another object"),
        pytest.param(encode(0x53, encode(0x70, DER) * 2), CardBadAnswer, id="two certificates"),
        pytest.param(certificate_object(DER[:-1]), CardBadAnswer, id="cut certificate"),
        pytest.param(certificate_object(b"\x30\x80\x00\x00"), CardBadAnswer, id="indefinite length"),
        pytest.param(certificate_object(b"no gzip", b"\x01"), CardBadAnswer, id="no gzip"),
        pytest.param(certificate_object(gzip.compress(DER)[:-9], b"\x01"), CardBadAnswer, id="cut gzip"),
        pytest.param(certificate_object(gzip.compress(bytes(10**7)), b"\x01"), CardBadAnswer, id="gzip bomb"),
        pytest.param(certificate_object(b"\x30\x82\x20\x00" + bytes(8_192)), CardBadAnswer, id="over 8 KiB"),
    ],
)
def test_hostile_certificate_objects(answer: bytes, error: type[CarddError]) -> None:
    with pytest.raises(error):
        BADGE.read_certificate(FakeConnection(says(0x9000, answer)), KeyRole.AUTHENTICATION)


@pytest.mark.parametrize(
    ("algorithm", "size", "key", "challenge"),
    [
        ("sha256", 32, P256, bytes(range(32))),
        ("sha384", 48, P256, bytes(range(32))),
        ("sha512", 64, P384, bytes(range(48))),
        ("sha256", 32, P384, bytes(16) + bytes(range(32))),
        ("sha384", 48, P384, bytes(range(48))),
    ],
    ids=["P-256 SHA-256", "P-256 SHA-384", "P-384 SHA-512", "P-384 SHA-256", "P-384 SHA-384"],
)
def test_digest_is_fitted_to_the_curve(algorithm: str, size: int, key: PublicKeyKind, challenge: bytes) -> None:
    asked: list[CommandApdu] = []
    signature = encode_dss_signature(2**200, 7)

    def card(command: CommandApdu) -> ResponseApdu:
        asked.append(command)
        return ResponseApdu(encode(0x7C, encode(0x82, signature)), 0x9000)

    digest = bytes(range(size))
    assert BADGE.sign(FakeConnection(card), KeyRole.AUTHENTICATION, algorithm, digest, key) == signature
    (command,) = asked
    assert (command.p1, command.p2) == ({P256: 0x11, P384: 0x14}[key], 0x9A)
    assert bytes(command.data) == encode(0x7C, b"\x82\x00" + encode(0x81, challenge))


def test_rsa_block_is_padded_to_the_modulus() -> None:
    asked: list[bytes] = []

    def card(command: CommandApdu) -> ResponseApdu:
        asked.append(bytes(command.data))
        return ResponseApdu(encode(0x7C, encode(0x82, bytes(256))), 0x9000)

    BADGE.sign(FakeConnection(card), KeyRole.SIGNATURE, "sha256", b"\x11" * 32, RSA)
    block = (
        b"\x00\x01" + b"\xff" * 202 + b"\x00" + bytes.fromhex("3031300d060960864801650304020105000420") + b"\x11" * 32
    )
    assert asked == [bytes.fromhex("7C820106 8200 81820100") + block]


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        (RSA, bytes(255)),
        (RSA, bytes(257)),
        (P256, bytes(64)),
        (P256, encode_dss_signature(2**256, 1)),
        (P256, b"\x30\x06\x02\x01\x00\x02\x01\x01"),
        (P384, encode_dss_signature(1, 2**384)),
    ],
    ids=["RSA short", "RSA long", "raw r and s", "r too large", "r zero", "s too large"],
)
def test_misshapen_signature_is_a_bad_answer(key: PublicKeyKind, signature: bytes) -> None:
    answer = encode(0x7C, encode(0x82, signature))
    with pytest.raises(CardBadAnswer):
        BADGE.sign(FakeConnection(says(0x9000, answer)), KeyRole.AUTHENTICATION, "sha256", bytes(32), key)


@pytest.mark.parametrize(
    "answer", [b"", b"\x7c\x00", b"\x7d\x03\x82\x01\x01", b"\x7c\x03\x81\x01\x01", b"\x7c\x03\x82\x01\x01\x00"]
)
def test_signature_in_another_wrapping_is_a_bad_answer(answer: bytes) -> None:
    with pytest.raises(CardBadAnswer):
        BADGE.sign(FakeConnection(says(0x9000, answer)), KeyRole.AUTHENTICATION, "sha256", bytes(32), P256)


def test_unknown_digest_never_reaches_the_card() -> None:
    connection = FakeConnection(says(0x9000))
    for algorithm, digest in (("sha1", bytes(20)), ("sha256", bytes(33)), ("md5", bytes(16))):
        for key in PublicKeyKind:
            with pytest.raises(AlgorithmUnsupported):
                BADGE.sign(connection, KeyRole.AUTHENTICATION, algorithm, digest, key)
    assert connection.sent == []


@pytest.mark.proves("P6")
@pytest.mark.parametrize("sw", [0x9000, 0x63C2, 0x6983, 0x6F00])
def test_padded_pin_is_wiped_whatever_the_card_says(sw: int) -> None:
    card = SeenBuffers(sw)
    with suppress(CarddError):
        BADGE.verify(FakeConnection(card), PinKind.BADGE, Pin(bytearray(b"123456")))
    with suppress(CarddError):
        old, new = Pin(bytearray(b"123456")), Pin(bytearray(b"12345678"))
        BADGE.change_pin(FakeConnection(card), PinKind.BADGE, old, new)
    assert card.contents == [b"123456\xff\xff", b"123456\xff\xff12345678"]
    assert card.buffers == [bytes(8), bytes(16)]


def test_pad_pads_to_eight_bytes() -> None:
    connection = FakeConnection(says(0x9000))
    BADGE.verify(connection, PinKind.BADGE, PadEntry())
    assert (connection.pad_blocks, connection.sent) == ([8], [(VERIFY, 0x00, 0x80)])


def test_clear_complains_only_when_nothing_works() -> None:
    with pytest.raises(CardBadAnswer) as caught:
        BADGE.clear(FakeConnection(says(0x6A86)))
    assert caught.value.facts.problem == "not_cleared"
    logged_out = FakeConnection(says(0x9000))
    BADGE.clear(logged_out)
    assert logged_out.sent == [(VERIFY, 0xFF, 0x80)]


def test_long_chuid_is_looked_at_but_not_fetched() -> None:
    connection = FakeConnection(says(0x6100, bytes(range(256))))
    assert BADGE.reread(connection, Application.PIV) == bytes(range(64))


WRONG_KIND: list[Callable[[FakeConnection], object]] = [
    lambda connection: BADGE.select(connection, Application.JPKI),
    lambda connection: BADGE.tries_left(connection, PinKind.SIGNATURE),
    lambda connection: BADGE.verify(connection, PinKind.SIGNATURE, Pin(bytearray(b"ABC123"))),
    lambda connection: BADGE.read_items(connection, (Item.NAME,)),
]


@pytest.mark.parametrize("ask", WRONG_KIND, ids=["select", "tries", "verify", "items"])
def test_what_a_badge_never_has_is_refused_without_a_command(ask: Callable[[FakeConnection], object]) -> None:
    connection = FakeConnection(says(0x9000))
    with pytest.raises(CardWrongKind):
        ask(connection)
    assert connection.sent == []
