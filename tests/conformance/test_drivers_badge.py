"""The driver of operators' badges against the reference PIV card, over every difference that such cards show."""

import hashlib
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from applets_spec.card import Card
from applets_spec.piv.personalise import BadgeSecrets, badge_variants, make_badge, make_blank_badge
from applets_spec.piv.quirks import PivQuirks
from applets_spec.testca.issue import BadgeCertificates, Operator, issue_badge
from applets_spec.testca.keys import KeyAlgorithm
from applets_spec.variants import Variants
from cardd.cards.card_type import Application, PublicKeyKind, TriesLeft
from cardd.cards.identify import identify
from cardd.cards.operator_card import BADGE
from cardd.errors import CardBadAnswer, CardItemAbsent, PinFormat, PinNowBlocked, PinRejected, PinWasBlocked
from cardd.iso7816.connection import InsertionNotes
from cardd.model import CardKind, KeyRole, PinKind
from cardd.pin import Pin
from tests.conformance.driver_connection import CardConnection

OPERATOR = Operator("TEST Operator", "0001")
PIN = BadgeSecrets().pin
DEFAULT = badge_variants()
VARIANTS: dict[str, tuple[Variants, PivQuirks]] = {
    "default": (DEFAULT, PivQuirks()),
    "short APDUs only": (badge_variants(extended=False), PivQuirks()),
    "short APDUs only, ATR says nothing": (
        replace(DEFAULT, short_apdus_only=True, atr="contactless-bare"),
        PivQuirks(),
    ),
    "T=0": (replace(DEFAULT, t0=True, atr="contactless-bare"), PivQuirks()),
    "case 1 refused": (replace(DEFAULT, case_1_refused=True), PivQuirks()),
    "first command fails": (replace(DEFAULT, first_command_fails=True), PivQuirks()),
    "blocked as 6984": (replace(DEFAULT, blocked="6984", blocked_status_as_count=True), PivQuirks()),
    "verified keeps its count": (replace(DEFAULT, verified_status_as_success=False), PivQuirks()),
    "no logout": (DEFAULT, PivQuirks(logout=False)),
    "no logout, case 1 refused": (replace(DEFAULT, case_1_refused=True), PivQuirks(logout=False)),
    "global PIN": (DEFAULT, PivQuirks(global_pin=True)),
    "re-selection keeps the PIN": (replace(DEFAULT, reselect_keeps_verified=True), PivQuirks()),
}
KINDS = {KeyAlgorithm.RSA_2048: PublicKeyKind.RSA_2048, KeyAlgorithm.P256: PublicKeyKind.EC_P256}
SLOTS = {
    KeyRole.AUTHENTICATION: 0x9A,
    KeyRole.SIGNATURE: 0x9C,
    KeyRole.KEY_MANAGEMENT: 0x9D,
    KeyRole.CARD_AUTHENTICATION: 0x9E,
}


def pin(digits: str) -> Pin:
    return Pin(bytearray(digits.encode("ascii")))


@pytest.fixture(scope="module", params=list(KINDS), ids=str)
def algorithm(request: pytest.FixtureRequest) -> KeyAlgorithm:
    return KeyAlgorithm(request.param)


@pytest.fixture(scope="module")
def certificates(algorithm: KeyAlgorithm) -> BadgeCertificates:
    return issue_badge(OPERATOR, algorithm)


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "gzip"])
def compressed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS)
def card(request: pytest.FixtureRequest, certificates: BadgeCertificates) -> Card:
    variants, quirks = request.param
    return make_badge(OPERATOR, certificates, variants, quirks=quirks)


@pytest.fixture
def plain(certificates: BadgeCertificates) -> Card:
    return make_badge(OPERATOR, certificates)


@pytest.fixture(params=[True, False], ids=["extended reader", "short reader"])
def extended_reader(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def connect(card: Card, notes: InsertionNotes | None = None, *, extended_reader: bool = True) -> CardConnection:
    return CardConnection(card, notes or InsertionNotes(), extended_reader=extended_reader)


def verify_signature(certificate: bytes, signature: bytes, message: bytes, named: hashes.HashAlgorithm) -> None:
    key = x509.load_der_x509_certificate(certificate).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PKCS1v15(), named)
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(signature, message, ec.ECDSA(named))


def test_badge_is_recognised(card: Card) -> None:
    with connect(card) as connection:
        found = identify(connection)
    assert found.card_type is BADGE
    assert found.recognition.kind is CardKind.BADGE
    assert found.recognition.identity


def test_badge_is_recognised_within_the_budget(plain: Card) -> None:
    with connect(plain) as connection:
        identify(connection)
        assert len(connection.commands) <= 6


def test_blank_badge_is_recognised_but_belongs_to_nobody() -> None:
    with connect(make_blank_badge()) as connection:
        assert identify(connection).recognition.identity is None
        with pytest.raises(CardBadAnswer):
            BADGE.select(connection, Application.PIV)
        BADGE.clear(connection)


@pytest.mark.parametrize("role", SLOTS)
def test_certificates_come_out_byte_for_byte(
    card: Card, certificates: BadgeCertificates, role: KeyRole, extended_reader: bool
) -> None:
    with connect(card, extended_reader=extended_reader) as connection:
        BADGE.select(connection, Application.PIV)
        assert BADGE.read_certificate(connection, role) == certificates.slots[SLOTS[role]].certificate


@pytest.mark.parametrize("role", SLOTS)
def test_certificates_are_unpacked(certificates: BadgeCertificates, role: KeyRole, compressed: bool) -> None:
    with connect(make_badge(OPERATOR, certificates, compressed=compressed)) as connection:
        BADGE.select(connection, Application.PIV)
        assert BADGE.read_certificate(connection, role) == certificates.slots[SLOTS[role]].certificate


@pytest.mark.parametrize("named", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()], ids=lambda named: named.name)
@pytest.mark.parametrize("role", [KeyRole.AUTHENTICATION, KeyRole.SIGNATURE, KeyRole.CARD_AUTHENTICATION])
def test_signature_verifies_with_the_certificate(
    card: Card,
    certificates: BadgeCertificates,
    algorithm: KeyAlgorithm,
    role: KeyRole,
    named: hashes.HashAlgorithm,
    extended_reader: bool,
) -> None:
    with connect(card, extended_reader=extended_reader) as connection:
        before = BADGE.select(connection, Application.PIV)
        BADGE.tries_left(connection, PinKind.BADGE)
        if BADGE.keys[role].pin is not None:
            BADGE.verify(connection, PinKind.BADGE, pin(PIN))
        digest = hashlib.new(named.name, b"challenge").digest()
        signature = BADGE.sign(connection, role, named.name, digest, KINDS[algorithm])
        assert BADGE.reread(connection, Application.PIV) == before
        BADGE.clear(connection)
    verify_signature(certificates.slots[SLOTS[role]].certificate, signature, b"challenge", named)


def test_signature_key_wants_verify_each_time(plain: Card, algorithm: KeyAlgorithm) -> None:
    with connect(plain) as connection:
        BADGE.select(connection, Application.PIV)
        for _ in range(2):
            BADGE.verify(connection, PinKind.BADGE, pin(PIN))
            BADGE.sign(connection, KeyRole.SIGNATURE, "sha256", bytes(32), KINDS[algorithm])
        with pytest.raises(CardBadAnswer) as caught:
            BADGE.sign(connection, KeyRole.SIGNATURE, "sha256", bytes(32), KINDS[algorithm])
        assert caught.value.facts.sw == 0x6982
    assert BADGE.keys[KeyRole.SIGNATURE].pin_always


def test_clear_leaves_no_verified_pin_behind(card: Card) -> None:
    with connect(card) as connection:
        BADGE.select(connection, Application.PIV)
        BADGE.verify(connection, PinKind.BADGE, pin(PIN))
        assert card.references()["piv.pin"].verified
        BADGE.clear(connection)
        assert not card.references()["piv.pin"].verified


@pytest.mark.proves("C6", "fault 25")
def test_wrong_pin_until_blocked_and_after(card: Card) -> None:
    with connect(card) as connection:
        BADGE.select(connection, Application.PIV)
        fresh = BADGE.tries_left(connection, PinKind.BADGE).count
        assert fresh is not None
        for left in range(fresh - 1, 0, -1):
            with pytest.raises(PinRejected) as caught:
                BADGE.verify(connection, PinKind.BADGE, pin("999999"))
            assert caught.value.facts.tries_left == left
        with pytest.raises(PinNowBlocked):
            BADGE.verify(connection, PinKind.BADGE, pin("999999"))
        with pytest.raises(PinWasBlocked):
            BADGE.verify(connection, PinKind.BADGE, pin(PIN))
        assert BADGE.tries_left(connection, PinKind.BADGE) == TriesLeft(0)


def test_pin_is_changed_in_one_command(card: Card) -> None:
    with connect(card) as connection:
        BADGE.select(connection, Application.PIV)
        with pytest.raises(PinRejected):
            BADGE.change_pin(connection, PinKind.BADGE, pin("000000"), pin("11112222"))
        BADGE.change_pin(connection, PinKind.BADGE, pin(PIN), pin("11112222"))
        BADGE.clear(connection)
        BADGE.select(connection, Application.PIV)
        BADGE.verify(connection, PinKind.BADGE, pin("11112222"))


@pytest.mark.proves("P1", "fault 67")
@pytest.mark.parametrize("value", ["12345", "123456789", "12345a", ""], ids=["short", "long", "letter", "empty"])
def test_misshapen_pin_never_reaches_the_card(plain: Card, value: str) -> None:
    with connect(plain) as connection:
        BADGE.select(connection, Application.PIV)
        before = len(connection.commands)
        with pytest.raises(PinFormat):
            BADGE.verify(connection, PinKind.BADGE, pin(value))
        with pytest.raises(PinFormat):
            BADGE.change_pin(connection, PinKind.BADGE, pin(PIN), pin(value))
        assert len(connection.commands) == before


def test_absent_certificate_is_said_to_be_absent() -> None:
    with connect(make_blank_badge()) as connection:
        BADGE.recognise(connection)
        with pytest.raises(CardItemAbsent):
            BADGE.read_certificate(connection, KeyRole.AUTHENTICATION)


@pytest.mark.proves("C5")
def test_two_badges_never_show_the_same_identity(certificates: BadgeCertificates) -> None:
    other = issue_badge(Operator("TEST Operator", "0002"), number=1)
    shown = set()
    for badge in (certificates, other):
        with connect(make_badge(OPERATOR, badge)) as connection:
            shown.add(BADGE.select(connection, Application.PIV))
    assert len(shown) == 2


@pytest.mark.parametrize(("extended_length", "most"), [(False, 10), (True, 8)], ids=["short", "extended"])
def test_pin_and_signature_stay_within_the_budget(
    plain: Card, algorithm: KeyAlgorithm, extended_length: bool, most: int
) -> None:
    with connect(plain, extended_reader=extended_length) as connection:
        BADGE.select(connection, Application.PIV)
        BADGE.tries_left(connection, PinKind.BADGE)
        BADGE.verify(connection, PinKind.BADGE, pin(PIN))
        BADGE.sign(connection, KeyRole.AUTHENTICATION, "sha256", bytes(32), KINDS[algorithm])
        BADGE.reread(connection, Application.PIV)
        BADGE.clear(connection)
        assert len(connection.commands) <= most


def test_each_further_signature_takes_one_extended_command(plain: Card, algorithm: KeyAlgorithm) -> None:
    with connect(plain) as connection:
        BADGE.select(connection, Application.PIV)
        BADGE.verify(connection, PinKind.BADGE, pin(PIN))
        before = len(connection.commands)
        for _ in range(3):
            BADGE.sign(connection, KeyRole.AUTHENTICATION, "sha256", bytes(32), KINDS[algorithm])
        assert len(connection.commands) - before == 3
