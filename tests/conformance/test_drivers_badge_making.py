"""Making a badge, against reference badges as they come from the factory: long and short APDUs, both kinds of management key."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from applets_spec.card import Card
from applets_spec.piv import contents
from applets_spec.piv.personalise import make_badge
from applets_spec.testca.issue import Operator, issue_badge
from applets_spec.testca.keys import KeyAlgorithm
from cardd.cards import operator_card, piv_admin
from cardd.cards.card_type import Application, PublicKeyKind
from cardd.cards.chuid import guid_of
from cardd.cards.management_key import FACTORY_KEYS, ManagementAlgorithm, ManagementKey
from cardd.cards.operator_card import BADGE
from cardd.errors import BadgeUnfit, CardBadAnswer, CardItemAbsent, CardWrongKind, ManagementKeyWrong
from cardd.model import KeyRole, PinKind
from tests.conformance.badge_making import (
    BLANKS,
    EXPIRES,
    FACTORY_PIN,
    GUID,
    MASTER,
    blank,
    connect,
    digits,
    other_key,
)
from tests.conformance.driver_connection import CardConnection

TABLE_3_1 = {
    KeyRole.AUTHENTICATION: (PublicKeyKind.RSA_2048, PublicKeyKind.EC_P256),
    KeyRole.SIGNATURE: tuple(PublicKeyKind),
    KeyRole.KEY_MANAGEMENT: tuple(PublicKeyKind),
    KeyRole.CARD_AUTHENTICATION: (PublicKeyKind.RSA_2048, PublicKeyKind.EC_P256),
}
"""SP 800-78-4: which key may be of which kind."""
MADE = [(role, kind) for role, kinds in TABLE_3_1.items() for kind in kinds]
DIGEST = hashlib.sha256(b"an application form").digest()


@pytest.fixture(params=BLANKS)
def card(request: pytest.FixtureRequest) -> Card:
    return blank(request.param)


def issue(public_key: bytes, size: int = 0) -> bytes:
    """A certificate of a test CA over this key; `size`: bytes of padding inside."""
    ca = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "TEST")])
    builder = (
        x509.CertificateBuilder(name, name)
        .public_key(load_der_public_key(public_key))  # type: ignore[arg-type]  # RSA or EC
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
        .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), bytes(size)), critical=False)
    )
    return builder.sign(ca, SHA256()).public_bytes(Encoding.DER)


def prepare(card: Card) -> CardConnection:
    """Select and authenticate with whatever the factory left."""
    connection = connect(card)
    piv_admin.select(connection)
    piv_admin.authenticate(connection, FACTORY_KEYS)
    return connection


def may_write(connection: CardConnection) -> bool:
    try:
        piv_admin.write_chuid(connection, GUID, EXPIRES)
    except CardBadAnswer as error:
        if error.facts.sw != 0x6982:
            raise
        return False
    return True


# --- authentication ---------------------------------------------------------------------------------------------------


def test_the_factory_key_is_found_among_others(card: Card) -> None:
    with connect(card) as connection:
        piv_admin.select(connection)
        assert not may_write(connection)
        strangers = [other_key(algorithm) for algorithm in ManagementAlgorithm]
        worked = piv_admin.authenticate(connection, [*strangers, *FACTORY_KEYS])
        assert worked in FACTORY_KEYS
        assert worked.is_factory
        assert may_write(connection)


@pytest.mark.parametrize("name", ["3DES, extended", "AES, short, own key"])
def test_the_card_proves_that_it_has_the_key_too(name: str) -> None:
    with prepare(blank(name)) as connection:
        last = connection.commands[-1]
        block = 8 if "3DES" in name else 16
        assert last[5:8].hex() == f"7c{2 * block + 4:02x}80"
        assert last[8 + 1 + block : 10 + block + 1].hex() == f"81{block:02x}"


def test_a_wrong_key_is_refused_and_nothing_can_be_written(card: Card) -> None:
    with connect(card) as connection:
        piv_admin.select(connection)
        with pytest.raises(ManagementKeyWrong) as caught:
            piv_admin.authenticate(connection, [other_key(algorithm) for algorithm in ManagementAlgorithm])
        assert caught.value.facts.problem == "refused"
        assert not may_write(connection)


@pytest.mark.parametrize("name", BLANKS)
def test_a_key_of_another_algorithm_is_never_sent(name: str) -> None:
    foreign = [one for one in ManagementAlgorithm if one not in (BLANKS[name][2], ManagementAlgorithm.AES_256)]
    with connect(blank(name)) as connection:
        piv_admin.select(connection)
        before = len(connection.commands)
        with pytest.raises(ManagementKeyWrong) as caught:
            piv_admin.authenticate(connection, [other_key(one) for one in (*foreign, *foreign)])
        assert caught.value.facts.problem == "algorithm"
        asked = connection.commands[before:]
        assert {command[5:9].hex() for command in asked} == {"7c028000", "7c028100"}
        assert len(asked) == 2 * len(foreign)


def test_each_key_is_tried_once() -> None:
    with connect(blank()) as connection:
        piv_admin.select(connection)
        before = len(connection.commands)
        with pytest.raises(ManagementKeyWrong):
            piv_admin.authenticate(connection, [other_key(), other_key(), other_key()])
        assert len(connection.commands) - before == 2


def test_the_right_key_after_a_wrong_one_of_the_same_kind() -> None:
    with connect(blank()) as connection:
        piv_admin.select(connection)
        assert piv_admin.authenticate(connection, [other_key(), *FACTORY_KEYS]) is FACTORY_KEYS[0]


def test_the_management_key_is_no_pin(card: Card) -> None:
    with prepare(card) as connection:
        piv_admin.generate_key(connection, KeyRole.AUTHENTICATION, PublicKeyKind.EC_P256)
        assert not card.references()["piv.pin"].verified
        with pytest.raises(CardBadAnswer) as caught:
            operator_card.sign(connection, KeyRole.AUTHENTICATION, "sha256", DIGEST, PublicKeyKind.EC_P256)
        assert caught.value.facts.sw == 0x6982


def test_the_pin_is_no_management_key(card: Card) -> None:
    with connect(card) as connection:
        piv_admin.select(connection)
        BADGE.verify(connection, PinKind.BADGE, digits(FACTORY_PIN))
        assert not may_write(connection)
        for deed in (
            lambda: piv_admin.generate_key(connection, KeyRole.SIGNATURE, PublicKeyKind.EC_P256),
            lambda: piv_admin.write_certificate(connection, KeyRole.SIGNATURE, b"0\x00"),
        ):
            with pytest.raises(CardBadAnswer) as caught:
                deed()
            assert caught.value.facts.sw == 0x6982


# --- another management key -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ManagementAlgorithm)
@pytest.mark.parametrize("name", ["3DES, own key", "AES, short, own key"])
def test_the_offices_own_key_takes_the_factorys_place(name: str, algorithm: ManagementAlgorithm) -> None:
    card = blank(name)
    with prepare(card) as connection:
        assert piv_admin.set_management_key(connection, MASTER.management_key(GUID, algorithm)) is True
        assert may_write(connection)
    with connect(card) as connection:
        piv_admin.select(connection)
        with pytest.raises(ManagementKeyWrong):
            piv_admin.authenticate(connection, FACTORY_KEYS)
        piv_admin.authenticate(connection, [*FACTORY_KEYS, MASTER.management_key(GUID, algorithm)])
        assert may_write(connection)


def test_a_card_without_the_vendors_command_keeps_its_key() -> None:
    card = blank("3DES, extended")
    with prepare(card) as connection:
        assert piv_admin.set_management_key(connection, other_key()) is False
    with prepare(card) as connection:
        assert may_write(connection)


def test_a_new_key_without_authentication_is_refused() -> None:
    with connect(blank("3DES, own key")) as connection:
        piv_admin.select(connection)
        with pytest.raises(CardBadAnswer) as caught:
            piv_admin.set_management_key(connection, other_key())
        assert caught.value.facts.sw == 0x6982
        assert piv_admin.authenticate(connection, FACTORY_KEYS).is_factory


# --- CHUID ------------------------------------------------------------------------------------------------------------


def test_the_chuid_makes_a_badge_of_a_card(card: Card) -> None:
    with prepare(card) as connection:
        assert piv_admin.select(connection) is None
    with prepare(card) as connection:
        piv_admin.write_chuid(connection, GUID, EXPIRES)
        identity = BADGE.select(connection, Application.PIV)
        assert guid_of(identity) == GUID.hex()
        assert piv_admin.select(connection) == identity
        assert identity[4 : 4 + 25] == contents.FascN().encode()
        condition = piv_admin.condition(connection)
    assert (condition.guid, condition.expires) == (GUID, EXPIRES)


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_a_guid_of_another_length_is_not_written(length: int) -> None:
    with prepare(blank()) as connection:
        before = len(connection.commands)
        with pytest.raises(ValueError, match="16 bytes"):
            piv_admin.write_chuid(connection, bytes(length), EXPIRES)
        assert len(connection.commands) == before


def test_a_card_without_a_capability_container_gets_one(card: Card) -> None:
    piv = card.to_state()["applets"]["piv"]["objects"]
    state = card.to_state()
    del state["applets"]["piv"]["objects"]["5FC107"]
    bare = Card.from_state(state)
    with prepare(bare) as connection:
        assert piv_admin.ensure_capabilities(connection, GUID) is True
        assert piv_admin.ensure_capabilities(connection, GUID) is False
    number = hashlib.sha256(b"card number\0" + GUID).digest()[:14]
    written = base64.b64decode(bare.to_state()["applets"]["piv"]["objects"]["5FC107"])
    assert written == contents.capabilities(number)
    with prepare(card) as connection:
        assert piv_admin.ensure_capabilities(connection, GUID) is False
    assert card.to_state()["applets"]["piv"]["objects"] == piv


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "kind"), MADE)
def test_a_generated_key_is_the_one_that_works(role: KeyRole, kind: PublicKeyKind) -> None:
    with prepare(blank()) as connection:
        der = piv_admin.generate_key(connection, role, kind)
        public = load_der_public_key(der)
        assert public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == der
        if role is KeyRole.KEY_MANAGEMENT and kind is not PublicKeyKind.RSA_2048:
            return  # agrees only
        BADGE.verify(connection, PinKind.BADGE, digits(FACTORY_PIN))
        named = "sha384" if kind is PublicKeyKind.EC_P384 else "sha256"
        digest = hashlib.new(named, b"an application form").digest()
        signature = operator_card.sign(connection, role, named, digest, kind)
    if isinstance(public, rsa.RSAPublicKey):
        assert public.key_size == 2048
        public.verify(signature, b"an application form", padding.PKCS1v15(), SHA256())
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(signature, digest, ec.ECDSA(Prehashed(SHA384() if named == "sha384" else SHA256())))


@pytest.mark.parametrize("role", [KeyRole.AUTHENTICATION, KeyRole.CARD_AUTHENTICATION])
def test_a_kind_of_key_that_the_card_does_not_make(role: KeyRole) -> None:
    with prepare(blank()) as connection:
        with pytest.raises(BadgeUnfit) as caught:
            piv_admin.generate_key(connection, role, PublicKeyKind.EC_P384)
        assert caught.value.facts.problem == "algorithm"


def test_generating_one_key_leaves_the_others_and_all_certificates() -> None:
    issued = issue_badge(Operator("TEST Operator", "0001"), KeyAlgorithm.P256)
    card = make_badge(Operator("TEST Operator", "0001"), issued)
    own = bytearray.fromhex(card.to_state()["applets"]["piv"]["management"]["key"])
    before = card.to_state()["applets"]["piv"]
    with connect(card) as connection:
        piv_admin.select(connection)
        held = piv_admin.condition(connection)
        piv_admin.authenticate(connection, [ManagementKey(ManagementAlgorithm.AES_256, own)])
        piv_admin.generate_key(connection, KeyRole.AUTHENTICATION, PublicKeyKind.RSA_2048)
        assert piv_admin.condition(connection) == held
    after = card.to_state()["applets"]["piv"]
    assert {name for name in before["keys"] if before["keys"][name] != after["keys"][name]} == {"9A"}


def test_9a_wants_the_pin_once_and_9c_verify_directly_before() -> None:
    with prepare(blank()) as connection:
        for role in (KeyRole.AUTHENTICATION, KeyRole.SIGNATURE):
            piv_admin.generate_key(connection, role, PublicKeyKind.EC_P256)
            with pytest.raises(CardBadAnswer):
                operator_card.sign(connection, role, "sha256", DIGEST, PublicKeyKind.EC_P256)
        BADGE.verify(connection, PinKind.BADGE, digits(FACTORY_PIN))
        operator_card.sign(connection, KeyRole.SIGNATURE, "sha256", DIGEST, PublicKeyKind.EC_P256)
        with pytest.raises(CardBadAnswer):
            operator_card.sign(connection, KeyRole.SIGNATURE, "sha256", DIGEST, PublicKeyKind.EC_P256)
        for _ in range(2):
            operator_card.sign(connection, KeyRole.AUTHENTICATION, "sha256", DIGEST, PublicKeyKind.EC_P256)
        BADGE.verify(connection, PinKind.BADGE, digits(FACTORY_PIN))
        piv_admin.authenticate(connection, FACTORY_KEYS)
        with pytest.raises(CardBadAnswer):
            operator_card.sign(connection, KeyRole.SIGNATURE, "sha256", DIGEST, PublicKeyKind.EC_P256)


# --- certificates and condition ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1500, 6000], ids=["small", "as most", "large"])
@pytest.mark.parametrize("role", TABLE_3_1)
def test_a_certificate_comes_out_as_it_went_in(card: Card, role: KeyRole, size: int) -> None:
    with prepare(card) as connection:
        der = issue(piv_admin.generate_key(connection, role, PublicKeyKind.EC_P256), size)
        piv_admin.write_certificate(connection, role, der)
        assert operator_card.read_certificate(connection, role) == der
        condition = piv_admin.condition(connection)
    assert condition.certificates == {role: hashlib.sha256(der).hexdigest()}


def test_long_objects_go_chained_to_a_card_of_short_apdus() -> None:
    with prepare(blank("3DES, short")) as connection:
        piv_admin.write_certificate(connection, KeyRole.SIGNATURE, b"\x30\x82\x03\x84" + bytes(900))
        sent = [command for command in connection.commands if command[1] == 0xDB]
        assert [command[0] for command in sent] == [0x10, 0x10, 0x10, 0x00]
        assert max(len(command) for command in sent) <= 260


def test_a_certificate_that_does_not_fit_is_told_apart() -> None:
    with prepare(blank()) as connection:
        with pytest.raises(BadgeUnfit) as caught:
            piv_admin.write_certificate(connection, KeyRole.SIGNATURE, bytes(12_800))
        assert caught.value.facts.problem == "no_space"
        with pytest.raises(CardItemAbsent):
            operator_card.read_certificate(connection, KeyRole.SIGNATURE)


def test_the_condition_of_a_blank_badge(card: Card) -> None:
    with connect(card) as connection:
        assert piv_admin.select(connection) is None
        condition = piv_admin.condition(connection)
    assert (condition.guid, condition.expires, condition.certificates) == (None, None, {})
    assert (condition.pin_tries, condition.puk_tries) == (3, None)


def test_the_condition_of_a_made_badge_costs_no_try() -> None:
    issued = issue_badge(Operator("TEST Operator", "0001"), KeyAlgorithm.P256)
    card = make_badge(Operator("TEST Operator", "0001"), issued, compressed=True)
    card.references()["piv.pin"].tries = 2
    with connect(card) as connection:
        piv_admin.select(connection)
        condition = piv_admin.condition(connection)
    assert condition.guid == issued.guid.bytes
    assert condition.expires == issued.not_after.date()
    references = {role: key for role, (key, _) in operator_card.KEY_OBJECTS.items()}
    expected = {role: hashlib.sha256(issued.slots[key].certificate).hexdigest() for role, key in references.items()}
    assert condition.certificates == expected
    assert condition.pin_tries == card.references()["piv.pin"].tries == 2


def test_something_that_is_no_certificate_is_seen() -> None:
    with prepare(blank()) as connection:
        piv_admin.write_certificate(connection, KeyRole.SIGNATURE, b"no DER")
        assert piv_admin.condition(connection).certificates == {KeyRole.SIGNATURE: None}


def test_another_card_is_no_piv_card() -> None:
    card = blank()
    card.applets = ()
    with connect(card) as connection, pytest.raises(CardWrongKind):
        piv_admin.select(connection)
