"""The driver of My Number and juki cards against the reference cards, over every difference that such cards show."""

import hashlib
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from applets_spec.card import Card
from applets_spec.holder import EXAMPLES, Holder
from applets_spec.personalise import make_juki_card, make_my_number_card
from applets_spec.testca.issue import JpkiCertificates, issue_jpki
from cardd.cards.card_type import Application, CardType, DateValue, PublicKeyKind, TriesLeft
from cardd.cards.identify import identify
from cardd.cards.my_number import MY_NUMBER_CARD
from cardd.errors import (
    CardBadAnswer,
    CardItemAbsent,
)
from cardd.model import CardKind, Item, KeyRole, PinKind
from tests.conformance.driver_connection import CardConnection
from tests.conformance.my_number_insertions import (
    BASIC_FOUR,
    Insertion,
    certificates,
    holder,
    insertion,
    pin,
    plain,
    state,
)

__all__ = ["certificates", "holder", "insertion", "plain", "state"]


def test_card_is_recognised_and_left_clear(insertion: Insertion) -> None:
    with insertion.connect() as connection:
        found = identify(connection)
        assert found.card_type is MY_NUMBER_CARD
        assert found.recognition.kind is CardKind.MY_NUMBER
        assert found.recognition.identity
        assert connection.headers()[-1] == "00a4040c"


def test_certificates_come_out_byte_for_byte(
    insertion: Insertion, holder: Holder, certificates: JpkiCertificates
) -> None:
    with insertion.connect() as connection:
        MY_NUMBER_CARD.select(connection, Application.JPKI)
        read = MY_NUMBER_CARD.read_certificate
        assert read(connection, KeyRole.AUTHENTICATION) == certificates.authentication_certificate
        with pytest.raises(CardBadAnswer) as caught:
            read(connection, KeyRole.SIGNATURE)
        assert caught.value.facts.sw == 0x6982
        MY_NUMBER_CARD.verify(connection, PinKind.SIGNATURE, pin(holder.pins.signature))
        assert read(connection, KeyRole.SIGNATURE) == certificates.signature_certificate


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("role", [KeyRole.AUTHENTICATION, KeyRole.SIGNATURE])
def test_signature_verifies_with_the_certificate(
    insertion: Insertion, holder: Holder, certificates: JpkiCertificates, role: KeyRole, algorithm: str
) -> None:
    which = MY_NUMBER_CARD.keys[role].pin
    assert which is not None
    value = {PinKind.AUTHENTICATION: holder.pins.authentication, PinKind.SIGNATURE: holder.pins.signature}[which]
    with insertion.connect() as connection:
        before = MY_NUMBER_CARD.select(connection, Application.JPKI)
        MY_NUMBER_CARD.tries_left(connection, which)
        MY_NUMBER_CARD.verify(connection, which, pin(value))
        digest = hashlib.new(algorithm, b"form").digest()
        signature = MY_NUMBER_CARD.sign(connection, role, algorithm, digest, PublicKeyKind.RSA_2048)
        assert MY_NUMBER_CARD.reread(connection, Application.JPKI) == before
        MY_NUMBER_CARD.clear(connection)
    der = {
        KeyRole.AUTHENTICATION: certificates.authentication_certificate,
        KeyRole.SIGNATURE: certificates.signature_certificate,
    }[role]
    public_key = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(public_key, rsa.RSAPublicKey)
    hash_named = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[algorithm]
    public_key.verify(signature, b"form", padding.PKCS1v15(), hash_named)


def test_attributes_and_my_number(insertion: Insertion, holder: Holder) -> None:
    with insertion.connect() as connection:
        before = MY_NUMBER_CARD.select(connection, Application.CARD_INFO)
        assert MY_NUMBER_CARD.tries_left(connection, PinKind.CARD_INFO) == TriesLeft(3)
        MY_NUMBER_CARD.verify(connection, PinKind.CARD_INFO, pin(holder.pins.card_info))
        found = MY_NUMBER_CARD.read_items(connection, (*BASIC_FOUR, Item.MY_NUMBER, Item.AGE_OVER))
        assert MY_NUMBER_CARD.reread(connection, Application.CARD_INFO) == before
        MY_NUMBER_CARD.clear(connection)
    assert {item: value.value for item, value in found.items()} == {
        Item.NAME: holder.name,
        Item.ADDRESS: holder.address,
        Item.BIRTH_DATE: DateValue("1980-02-17", holder.birth_date),
        Item.AGE_OVER: DateValue("1980-02-17", holder.birth_date),
        Item.SEX: holder.sex,
        Item.MY_NUMBER: holder.my_number,
    }
    assert found[Item.NAME].source == holder.name.encode("utf-8")


@pytest.mark.parametrize("which", [PinKind.VERIFICATION_A, PinKind.VERIFICATION_B])
def test_card_face(insertion: Insertion, holder: Holder, which: PinKind) -> None:
    value = holder.verification_a if which is PinKind.VERIFICATION_A else holder.verification_b
    with insertion.connect() as connection:
        before = MY_NUMBER_CARD.select(connection, Application.CARD_SURFACE)
        assert MY_NUMBER_CARD.tries_left(connection, which) == TriesLeft(10)
        MY_NUMBER_CARD.verify(connection, which, pin(value))
        wanted = (Item.PHOTO, Item.NAME_IMAGE, Item.ADDRESS_IMAGE, Item.CARD_EXPIRY)
        found = MY_NUMBER_CARD.read_items(connection, wanted)
        assert MY_NUMBER_CARD.reread(connection, Application.CARD_SURFACE) == before
    assert found[Item.CARD_EXPIRY].value == DateValue("2035-02-17", "20350217")
    assert {item: found[item].media_type for item in wanted} == {
        Item.PHOTO: "image/jp2",
        Item.NAME_IMAGE: "image/png",
        Item.ADDRESS_IMAGE: "image/png",
        Item.CARD_EXPIRY: None,
    }


def test_photo_stays_on_the_card_when_the_expiry_is_wanted(plain: Insertion, holder: Holder) -> None:
    read: dict[Item, int] = {}
    for item in (Item.PHOTO, Item.CARD_EXPIRY):
        with plain.connect() as connection:
            MY_NUMBER_CARD.select(connection, Application.CARD_SURFACE)
            MY_NUMBER_CARD.verify(connection, PinKind.VERIFICATION_B, pin(holder.verification_b))
            before = len(connection.commands)
            MY_NUMBER_CARD.read_items(connection, (item,))
            read[item] = len(connection.commands) - before
    assert read[Item.CARD_EXPIRY] < read[Item.PHOTO]


def test_token_information(insertion: Insertion) -> None:
    read = MY_NUMBER_CARD.read_token_info
    assert read is not None
    with insertion.connect() as connection:
        MY_NUMBER_CARD.select(connection, Application.JPKI)
        info = read(connection)
    assert (info.label, info.has_signature_certificate, info.has_authentication_certificate) == (
        "JPKIAPICCTOKEN2",
        True,
        True,
    )


def test_child_has_no_signature_certificate() -> None:
    child = Holder.example("child")
    insertion = Insertion(make_my_number_card(child, issue_jpki(child)))
    read = MY_NUMBER_CARD.read_token_info
    assert read is not None
    with insertion.connect() as connection:
        MY_NUMBER_CARD.select(connection, Application.JPKI)
        assert read(connection).has_signature_certificate is False
        assert MY_NUMBER_CARD.tries_left(connection, PinKind.SIGNATURE) == TriesLeft(0)


@pytest.mark.parametrize("name", EXAMPLES)
def test_texts_of_every_holder_come_out_unchanged(name: str) -> None:
    holder = Holder.example(name)
    insertion = Insertion(make_my_number_card(holder, issue_jpki(holder)))
    with insertion.connect() as connection:
        MY_NUMBER_CARD.select(connection, Application.CARD_INFO)
        MY_NUMBER_CARD.verify(connection, PinKind.CARD_INFO, pin(holder.pins.card_info))
        found = MY_NUMBER_CARD.read_items(connection, BASIC_FOUR)
    birth_date = found[Item.BIRTH_DATE].value
    assert isinstance(birth_date, DateValue)
    assert (found[Item.NAME].value, found[Item.ADDRESS].value) == (holder.name, holder.address)
    assert birth_date.source == holder.birth_date
    assert (birth_date.iso is None) == ("00" in (holder.birth_date[4:6], holder.birth_date[6:]))


def test_juki_card_is_told_by_its_label(holder: Holder, certificates: JpkiCertificates) -> None:
    with Insertion(make_juki_card(holder, certificates)).connect() as connection:
        found = identify(connection)
        assert len(connection.commands) <= 6
    assert found.recognition.kind is CardKind.JUKI
    assert found.card_type is not None
    assert found.card_type.kind is CardKind.JUKI


@pytest.mark.proves("C5", "fault 9")
@pytest.mark.parametrize("application", [one for one in Application if one is not Application.PIV])
def test_two_cards_of_one_issuer_never_show_the_same_identity(
    plain: Insertion, holder: Holder, application: Application
) -> None:
    other = Insertion(make_my_number_card(holder, issue_jpki(holder, 1), number=2))
    files = plain.card.to_state()["applets"]
    other_state = other.card.to_state()
    for name in ("card_info", "card_surface"):
        other_state["applets"][name]["files"]["cv_certificate"] = files[name]["files"]["cv_certificate"]
    other.card = Card.from_state(other_state)
    shown = []
    for either in (plain, other):
        with either.connect() as connection:
            shown.append(MY_NUMBER_CARD.select(connection, application))
    assert shown[0] != shown[1]


@pytest.mark.proves("fault 21")
def test_absent_certificate_is_said_to_be_absent(plain: Insertion, holder: Holder) -> None:
    emptied = plain.card.to_state()
    del emptied["applets"]["jpki"]["files"]["signature_certificate"]
    with Insertion(Card.from_state(emptied)).connect() as connection:
        MY_NUMBER_CARD.select(connection, Application.JPKI)
        MY_NUMBER_CARD.verify(connection, PinKind.SIGNATURE, pin(holder.pins.signature))
        with pytest.raises(CardItemAbsent):
            MY_NUMBER_CARD.read_certificate(connection, KeyRole.SIGNATURE)


def identify_it(_: CardType, connection: CardConnection) -> None:
    identify(connection)


def basic_four(card: CardType, connection: CardConnection) -> None:
    card.select(connection, Application.CARD_INFO)
    card.tries_left(connection, PinKind.CARD_INFO)
    card.verify(connection, PinKind.CARD_INFO, pin("5678"))
    card.read_items(connection, BASIC_FOUR)
    card.reread(connection, Application.CARD_INFO)
    card.clear(connection)


def authentication_certificate(card: CardType, connection: CardConnection) -> None:
    card.select(connection, Application.JPKI)
    card.read_certificate(connection, KeyRole.AUTHENTICATION)
    card.reread(connection, Application.JPKI)
    card.clear(connection)


def authentication_signature(card: CardType, connection: CardConnection) -> None:
    card.select(connection, Application.JPKI)
    card.tries_left(connection, PinKind.AUTHENTICATION)
    card.verify(connection, PinKind.AUTHENTICATION, pin("1234"))
    card.sign(connection, KeyRole.AUTHENTICATION, "sha256", bytes(32), PublicKeyKind.RSA_2048)
    card.reread(connection, Application.JPKI)
    card.clear(connection)


@pytest.mark.parametrize(
    ("work", "most"),
    [
        pytest.param(identify_it, 6, id="identify"),
        pytest.param(basic_four, 8, id="basic four items with PIN"),
        pytest.param(authentication_certificate, 12, id="authentication certificate"),
        pytest.param(authentication_signature, 9, id="authentication signature"),
    ],
)
def test_commands_sent_stay_within_the_budget(
    plain: Insertion, work: Callable[[CardType, CardConnection], None], most: int
) -> None:
    with plain.connect() as connection:
        work(MY_NUMBER_CARD, connection)
        assert len(connection.commands) <= most
