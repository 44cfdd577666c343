"""Rules of the resident card's driver that the reference cards, which obey theirs, cannot show."""

from collections.abc import Callable

import pytest

from cardd.cards import card_info, card_surface, jpki, resident_register
from cardd.cards.card_type import Application, DateValue, PadEntry, PublicKeyKind
from cardd.cards.my_number import COMMON_APPLICATION, ISSUER_SECURITY_DOMAIN, JUKI_CARD, MY_NUMBER_CARD
from cardd.errors import (
    AlgorithmUnsupported,
    CardBadAnswer,
    CarddError,
    CardItemAbsent,
    CardRemoved,
    CardWrongKind,
    PinUnknown,
)
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.tlv import encode
from cardd.model import Item, KeyRole, PinKind
from cardd.pin import Pin
from tests.unit.cardd.iso7816.fake_connection import (
    SELECT,
    SIGN,
    VERIFY,
    FakeApplication,
    FakeConnection,
    FakeJapaneseCard,
    says,
)

RIGHT = b"1234"
JPEG_2000 = bytes.fromhex("FF4FFF51") + bytes(1_000)


def attributes(**changed: bytes) -> bytes:
    parts = {"name": "見本　太郎".encode(), "address": b"x" * 150, "birth_date": b"19800217", "sex": b"1", **changed}
    tags = {"name": 0xDF22, "address": 0xDF23, "birth_date": 0xDF24, "sex": 0xDF25}
    inner = encode(0xDF21, bytes(8)) + b"".join(encode(tags[name], value) for name, value in parts.items() if value)
    return encode(0xFF20, inner) + b"\xff" * 40


def make_card(**files: bytes) -> FakeJapaneseCard:
    my_number = files.get("my_number", bytes.fromhex("FF100C") + b"614106526000" + b"\xff\xff")
    surface = encode(0xFF20, encode(0xDF27, files.get("photo", JPEG_2000)) + encode(0xDF29, b"20350217"))
    return FakeJapaneseCard(
        {
            ISSUER_SECURITY_DOMAIN: FakeApplication(),
            COMMON_APPLICATION: FakeApplication(),
            jpki.AID: FakeApplication(
                files={0x06: b"JPKIAPICCTOKEN2".ljust(32) + bytes(128), 0x0A: b"\x30\x03\x02\x01\x05" + bytes(90)},
                pins={0x18: bytearray(RIGHT), 0x1B: bytearray(b"ABC123")},
                tries={0x18: 3, 0x1B: 5},
                keys={0x17: 0x18, 0x1A: 0x1B},
            ),
            card_info.AID: FakeApplication(
                files={
                    0x01: my_number,
                    0x02: files.get("attributes", attributes()),
                    0x07: b"\xff\x50" + bytes(range(80)),
                },
                locked={0x01: 0x11, 0x02: 0x11},
                pins={0x11: bytearray(RIGHT)},
                tries={0x11: 3},
            ),
            card_surface.AID: FakeApplication(files={0x02: files.get("surface", surface)}),
            resident_register.AID: FakeApplication(pins={0x1C: bytearray(RIGHT)}, tries={0x1C: 3}),
        }
    )


def pin(octets: bytes = RIGHT) -> Pin:
    return Pin(bytearray(octets))


def with_attributes_open(card: FakeJapaneseCard) -> FakeConnection:
    connection = FakeConnection(card)
    MY_NUMBER_CARD.select(connection, Application.CARD_INFO)
    MY_NUMBER_CARD.verify(connection, PinKind.CARD_INFO, pin())
    return connection


@pytest.mark.proves("P4")
def test_verify_refused_by_its_form_is_not_tried_in_another() -> None:
    card = make_card()
    connection = FakeConnection(card)
    MY_NUMBER_CARD.select(connection, Application.JPKI)
    card.sfi = False
    with pytest.raises(CardBadAnswer):
        MY_NUMBER_CARD.verify(connection, PinKind.AUTHENTICATION, pin())
    assert connection.count(VERIFY) == 1


def test_status_question_teaches_the_form_that_verify_uses() -> None:
    card = make_card()
    connection = FakeConnection(card)
    MY_NUMBER_CARD.select(connection, Application.JPKI)
    card.sfi = False
    assert MY_NUMBER_CARD.tries_left(connection, PinKind.AUTHENTICATION).count == 3
    MY_NUMBER_CARD.verify(connection, PinKind.AUTHENTICATION, pin())
    assert connection.sent[-2:] == [(SELECT, 0x02, 0x0C), (VERIFY, 0x00, 0x80)]


def test_key_is_named_by_select_where_p2_does_not() -> None:
    card = make_card()
    connection = FakeConnection(card)
    MY_NUMBER_CARD.select(connection, Application.JPKI)
    MY_NUMBER_CARD.verify(connection, PinKind.AUTHENTICATION, pin())
    card.sfi = False
    MY_NUMBER_CARD.sign(connection, KeyRole.AUTHENTICATION, "sha256", bytes(32), PublicKeyKind.RSA_2048)
    assert connection.sent[-3:] == [(SIGN, 0x00, 0x97), (SELECT, 0x02, 0x0C), (SIGN, 0x00, 0x80)]
    assert card.signed == [bytes.fromhex("3031300d060960864801650304020105000420") + bytes(32)]


@pytest.mark.parametrize(
    ("algorithm", "digest", "key"),
    [
        ("sha1", bytes(20), PublicKeyKind.RSA_2048),
        ("sha256", bytes(31), PublicKeyKind.RSA_2048),
        ("sha256", bytes(32), PublicKeyKind.EC_P256),
    ],
    ids=["SHA-1", "short digest", "curve"],
)
def test_what_the_card_cannot_sign_never_reaches_it(algorithm: str, digest: bytes, key: PublicKeyKind) -> None:
    connection = FakeConnection(make_card())
    with pytest.raises(AlgorithmUnsupported):
        MY_NUMBER_CARD.sign(connection, KeyRole.AUTHENTICATION, algorithm, digest, key)
    assert connection.sent == []


@pytest.mark.proves("C1", "fault 22")
def test_certificate_whose_inner_lengths_do_not_fit_is_refused() -> None:
    card = make_card()
    card.applications[jpki.AID].files[0x0A] = b"\x30\x04\x30\x03\x02\x01" + bytes(90)
    connection = FakeConnection(card)
    MY_NUMBER_CARD.select(connection, Application.JPKI)
    with pytest.raises(CardBadAnswer):
        MY_NUMBER_CARD.read_certificate(connection, KeyRole.AUTHENTICATION)


@pytest.mark.parametrize("length", [0, 255, 257])
def test_signature_of_another_length_is_a_bad_answer(length: int) -> None:
    with pytest.raises(CardBadAnswer):
        MY_NUMBER_CARD.sign(
            FakeConnection(says(0x9000, bytes(length))),
            KeyRole.AUTHENTICATION,
            "sha256",
            bytes(32),
            PublicKeyKind.RSA_2048,
        )


def test_clear_tries_another_application_before_it_complains() -> None:
    card = make_card()
    del card.applications[ISSUER_SECURITY_DOMAIN]
    MY_NUMBER_CARD.clear(FakeConnection(card))
    assert card.current is card.applications[COMMON_APPLICATION]
    del card.applications[COMMON_APPLICATION]
    with pytest.raises(CardBadAnswer) as caught:
        MY_NUMBER_CARD.clear(FakeConnection(card))
    assert caught.value.facts.problem == "not_cleared"


@pytest.mark.proves("fault 4")
def test_card_pulled_during_verify_leaves_the_outcome_unknown() -> None:
    card = make_card()

    def pulled(command: CommandApdu) -> ResponseApdu:
        if command.ins == VERIFY and command.data:
            raise CardRemoved
        return card(command)

    connection = FakeConnection(pulled)
    MY_NUMBER_CARD.select(connection, Application.JPKI)
    with pytest.raises(PinUnknown):
        MY_NUMBER_CARD.verify(connection, PinKind.AUTHENTICATION, pin())
    assert connection.count(VERIFY) == 1


def test_pad_enters_the_pin_without_padding() -> None:
    connection = FakeConnection(says(0x9000))
    MY_NUMBER_CARD.verify(connection, PinKind.AUTHENTICATION, PadEntry())
    assert (connection.pad_blocks, connection.sent) == ([None], [(VERIFY, 0x00, 0x98)])


@pytest.mark.proves("fault 24")
@pytest.mark.parametrize("date", [b"00000000", b"20251332", b"?9991332"], ids=["zeros", "no such day", "no digits"])
def test_nonsense_date_does_not_hide_the_other_items(date: bytes) -> None:
    connection = with_attributes_open(make_card(attributes=attributes(birth_date=date)))
    found = MY_NUMBER_CARD.read_items(connection, (Item.NAME, Item.BIRTH_DATE))
    birth_date = found[Item.BIRTH_DATE].value
    assert found[Item.NAME].value == "見本　太郎"
    assert isinstance(birth_date, DateValue)
    assert (birth_date.iso, birth_date.source) == (None, date.decode())


@pytest.mark.parametrize(
    ("item", "files", "error"),
    [
        pytest.param(Item.SEX, {"attributes": attributes(sex=b"")}, CardItemAbsent, id="element missing"),
        pytest.param(Item.SEX, {"attributes": attributes(sex=b"7")}, CardBadAnswer, id="unknown code"),
        pytest.param(Item.NAME, {"attributes": attributes(name=b"\xff\xfe")}, CardBadAnswer, id="no UTF-8"),
        pytest.param(Item.NAME, {"attributes": b"\xff" * 64}, CardItemAbsent, id="empty file"),
        pytest.param(Item.NAME, {"attributes": b"\xff\x20\x84\xff\xff\xff\xff" + bytes(64)}, CardBadAnswer, id="4 GiB"),
        pytest.param(Item.NAME, {"attributes": b"\xff\x30" + bytes(64)}, CardBadAnswer, id="another template"),
        pytest.param(Item.MY_NUMBER, {"my_number": b"\xff\x10\x0c614106526001"}, CardBadAnswer, id="wrong check digit"),
        pytest.param(Item.MY_NUMBER, {"my_number": b"\xff\x10\x0b61410652600"}, CardBadAnswer, id="eleven digits"),
        pytest.param(Item.MY_NUMBER, {"my_number": b"\xff" * 17}, CardItemAbsent, id="no number"),
    ],
)
def test_item_that_cannot_be_read(item: Item, files: dict[str, bytes], error: type[CarddError]) -> None:
    connection = with_attributes_open(make_card(**files))
    with pytest.raises(error):
        MY_NUMBER_CARD.read_items(connection, (item,))


def test_no_error_of_an_item_shows_what_stood_on_the_card() -> None:
    connection = with_attributes_open(make_card(attributes=attributes(name=b"TESTNAME\xff")))
    with pytest.raises(CardBadAnswer) as caught:
        MY_NUMBER_CARD.read_items(connection, (Item.NAME,))
    assert "TESTNAME" not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"


@pytest.mark.parametrize("photo", [b"\xff\xd8\xff\xe0" + bytes(50), b""], ids=["JPEG", "nothing"])
def test_photo_of_another_kind_is_not_handed_out(photo: bytes) -> None:
    connection = FakeConnection(make_card(photo=photo))
    MY_NUMBER_CARD.select(connection, Application.CARD_SURFACE)
    with pytest.raises((CardBadAnswer, CardItemAbsent)):
        MY_NUMBER_CARD.read_items(connection, (Item.PHOTO,))


@pytest.mark.proves("C1", "fault 21")
def test_face_of_more_than_32_kib_is_refused_after_one_read() -> None:
    connection = FakeConnection(make_card(surface=encode(0xFF20, bytes(40_000))))
    MY_NUMBER_CARD.select(connection, Application.CARD_SURFACE)
    before = len(connection.sent)
    with pytest.raises(CardBadAnswer):
        MY_NUMBER_CARD.read_items(connection, (Item.PHOTO,))
    assert len(connection.sent) == before + 1


def test_items_of_two_applications_are_not_read_in_one_call() -> None:
    with pytest.raises(CardWrongKind):
        MY_NUMBER_CARD.read_items(FakeConnection(make_card()), (Item.NAME, Item.PHOTO))


WRONG_KIND: list[Callable[[FakeConnection], object]] = [
    lambda connection: MY_NUMBER_CARD.select(connection, Application.PIV),
    lambda connection: MY_NUMBER_CARD.reread(connection, Application.PIV),
    lambda connection: MY_NUMBER_CARD.tries_left(connection, PinKind.BADGE),
    lambda connection: MY_NUMBER_CARD.verify(connection, PinKind.BADGE, pin(b"123456")),
    lambda connection: MY_NUMBER_CARD.read_certificate(connection, KeyRole.KEY_MANAGEMENT),
    lambda connection: MY_NUMBER_CARD.change_pin(connection, PinKind.VERIFICATION_A, pin(), pin()),
    lambda connection: MY_NUMBER_CARD.sign(
        connection, KeyRole.KEY_MANAGEMENT, "sha256", bytes(32), PublicKeyKind.RSA_2048
    ),
]


@pytest.mark.parametrize(
    "ask", WRONG_KIND, ids=["select", "reread", "tries", "verify", "certificate", "change", "sign"]
)
def test_what_this_card_never_has_is_refused_without_a_command(ask: Callable[[FakeConnection], object]) -> None:
    connection = FakeConnection(make_card())
    with pytest.raises(CardWrongKind):
        ask(connection)
    assert connection.sent == []


def test_identity_falls_back_to_the_token_where_the_certificate_is_closed() -> None:
    card = make_card()
    card.applications[jpki.AID].locked[0x0A] = 0x18
    assert MY_NUMBER_CARD.select(FakeConnection(card), Application.JPKI).startswith(b"JPKIAPICCTOKEN2")


@pytest.mark.parametrize(
    ("label", "recognised"),
    [
        (b"JPKIAPICCTOKEN2", MY_NUMBER_CARD),
        (b"JPKIAPICCTOKEN", JUKI_CARD),
        (b"JPKIAPIOSTOKEN", None),
        (b"\x00\xff", None),
    ],
    ids=["my number", "juki", "telephone", "nonsense"],
)
def test_card_is_known_by_its_label_alone(label: bytes, recognised: object) -> None:
    card = make_card()
    card.applications[jpki.AID].files[0x06] = label.ljust(32) + bytes(128)
    for row in (MY_NUMBER_CARD, JUKI_CARD):
        assert (row.recognise(FakeConnection(card)) is not None) == (row is recognised)
