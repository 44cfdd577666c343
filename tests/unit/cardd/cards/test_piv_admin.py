"""Making a badge with cards that answer what no good card answers: every such thing an error of ours, and nothing repeated."""

from collections.abc import Callable, Iterator

import pytest

from cardd.cards import piv_admin, piv_objects, piv_puk
from cardd.cards.card_type import PublicKeyKind
from cardd.cards.management_key import FACTORY_KEYS, ManagementAlgorithm, ManagementKey
from cardd.errors import (
    BadgeUnfit,
    CardBadAnswer,
    CarddError,
    CardRemoved,
    ManagementKeyWrong,
    PinFormat,
    PukBlocked,
    PukRejected,
)
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.tlv import encode
from cardd.model import KeyRole, PinOutcome
from cardd.pin import Pin
from tests.unit.cardd.iso7816.fake_connection import FakeConnection, says

GET, PUT, AUTHENTICATE, GENERATE, SET_KEY = 0xCB, 0xDB, 0x87, 0x47, 0xFF
CHANGE, RESET = 0x24, 0x2C
KEY = ManagementKey(ManagementAlgorithm.AES_128, bytearray(range(16)))
CHUID = piv_objects.chuid(bytes(range(16)), piv_objects.date(2030, 1, 2))


def in_turn(*answers: ResponseApdu | Callable[[CommandApdu], ResponseApdu]) -> FakeConnection:
    """A card that gives these answers one after another."""
    left: Iterator[ResponseApdu | Callable[[CommandApdu], ResponseApdu]] = iter(answers)

    def answer(command: CommandApdu) -> ResponseApdu:
        ready = next(left)
        return ready(command) if callable(ready) else ready

    return FakeConnection(answer)


def template(tag: int, value: bytes) -> bytes:
    return encode(0x7C, encode(tag, value))


def sw(word: int, data: bytes = b"") -> ResponseApdu:
    return ResponseApdu(data, word)


def lost(_: CommandApdu) -> ResponseApdu:
    raise CardRemoved(pcsc_code=0x80100069)


def block_in(command: CommandApdu, tag: int) -> bytes:
    octets = bytes(command.data)
    place = octets.index(bytes((tag, 16)), 2)
    return octets[place + 2 : place + 18]


# --- authentication ---------------------------------------------------------------------------------------------------

WITNESS = template(0x80, KEY.encrypt(bytes(16)))


def test_a_card_that_takes_every_key_proves_nothing() -> None:
    """An impostor says yes and cannot answer our challenge: no other key is shown to it, nothing is written."""
    card = in_turn(sw(0x9000, WITNESS), sw(0x9000, template(0x82, bytes(16))))
    with pytest.raises(ManagementKeyWrong) as caught:
        piv_admin.authenticate(card, [KEY, *FACTORY_KEYS])
    assert caught.value.facts.problem == "not_proven"
    assert len(card.sent) == 2


def test_our_own_challenge_back_is_no_proof() -> None:
    card = in_turn(sw(0x9000, WITNESS), lambda command: sw(0x9000, template(0x82, block_in(command, 0x81))))
    with pytest.raises(ManagementKeyWrong):
        piv_admin.authenticate(card, [KEY])


def test_challenges_differ() -> None:
    seen = set[bytes]()
    for _ in range(4):
        card = in_turn(sw(0x9000, WITNESS), lambda command: (seen.add(block_in(command, 0x81)), sw(0x6982))[1])
        with pytest.raises(ManagementKeyWrong):
            piv_admin.authenticate(card, [KEY])
    assert len(seen) == 4


@pytest.mark.proves("C1")
@pytest.mark.parametrize(
    "data",
    [b"", b"\x7c\x00", template(0x81, bytes(16)), template(0x80, bytes(8)), template(0x80, b""), WITNESS + b"\x00", WITNESS[:-1],
     encode(0x7C, encode(0x80, bytes(16)) * 2), encode(0x53, encode(0x80, bytes(16)))],
    ids=["nothing", "empty", "challenge", "short", "no block", "more", "cut", "twice", "another template"],
)  # fmt: skip
def test_a_witness_that_is_none(data: bytes) -> None:
    with pytest.raises(CardBadAnswer):
        piv_admin.authenticate(in_turn(sw(0x9000, data)), [KEY])


@pytest.mark.parametrize("data", [b"", template(0x80, bytes(16)), template(0x82, bytes(15)), b"\x7c\x12\x82"])
def test_a_response_that_is_none(data: bytes) -> None:
    with pytest.raises(CardBadAnswer):
        piv_admin.authenticate(in_turn(sw(0x9000, WITNESS), sw(0x9000, data)), [KEY])


@pytest.mark.parametrize("word", [0x6A86, 0x6A80, 0x6A81, 0x6A88])
def test_another_algorithm_is_left_alone_after_two_questions(word: int) -> None:
    card = in_turn(sw(word), sw(word))
    with pytest.raises(ManagementKeyWrong) as caught:
        piv_admin.authenticate(card, [KEY, KEY])
    assert caught.value.facts.problem == "algorithm"
    assert len(card.sent) == 2


@pytest.mark.parametrize("word", [0x6982, 0x6A80, 0x6300, 0x63C2])
def test_a_refused_key(word: int) -> None:
    with pytest.raises(ManagementKeyWrong) as caught:
        piv_admin.authenticate(in_turn(sw(0x9000, WITNESS), sw(word)), [KEY])
    assert caught.value.facts.problem == "refused"


@pytest.mark.parametrize("word", [0x6983, 0x6984])
def test_a_blocked_key_ends_the_trying(word: int) -> None:
    for card in (in_turn(sw(word)), in_turn(sw(0x9000, WITNESS), sw(word))):
        with pytest.raises(ManagementKeyWrong) as caught:
            piv_admin.authenticate(card, [KEY, *FACTORY_KEYS])
        assert caught.value.facts.problem == "blocked"


@pytest.mark.proves("C6")
@pytest.mark.parametrize("word", [0x6D00, 0x6F00, 0x6985, 0x6281, 0x9001])
def test_an_answer_not_understood_is_no_refusal(word: int) -> None:
    for card in (in_turn(sw(word)), in_turn(sw(0x9000, WITNESS), sw(word)), in_turn(sw(0x6A80), sw(word))):
        with pytest.raises(CardBadAnswer):
            piv_admin.authenticate(card, [KEY, *FACTORY_KEYS])


@pytest.mark.parametrize("word", [0x6982, 0x6A82])
def test_a_card_that_keeps_even_its_witness(word: int) -> None:
    with pytest.raises(CardBadAnswer):
        piv_admin.authenticate(in_turn(sw(word)), [KEY])


@pytest.mark.proves("C3")
@pytest.mark.parametrize("before", range(2))
def test_a_card_pulled_while_it_authenticates(before: int) -> None:
    card = in_turn(*(sw(0x9000, WITNESS),) * before, lost)
    with pytest.raises(CardRemoved):
        piv_admin.authenticate(card, [KEY, *FACTORY_KEYS])
    assert len(card.sent) == before + 1


# --- another management key -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", [0x6D00, 0x6E00, 0x6A81, 0x6A86])
def test_a_card_without_the_vendors_command(word: int) -> None:
    card = in_turn(sw(word))
    assert piv_admin.set_management_key(card, KEY) is False
    assert len(card.sent) == 1


@pytest.mark.parametrize("word", [0x6982, 0x6A80, 0x6700, 0x6F00, 0x6581, 0x6300, 0x9001])
def test_a_card_that_may_have_the_new_key_or_not(word: int) -> None:
    card = in_turn(sw(word))
    with pytest.raises(CardBadAnswer) as caught:
        piv_admin.set_management_key(card, KEY)
    assert caught.value.facts.sw == word
    assert len(card.sent) == 1


def test_a_card_that_says_it_has_the_new_key_must_prove_it() -> None:
    with pytest.raises(ManagementKeyWrong):
        piv_admin.set_management_key(in_turn(sw(0x9000), sw(0x9000, WITNESS), sw(0x6982)), KEY)


@pytest.mark.proves("P6")
def test_the_new_key_is_wiped_from_what_was_sent_also_when_the_card_is_pulled() -> None:
    sent: list[bytearray] = []

    def pulled(command: CommandApdu) -> ResponseApdu:
        assert isinstance(command.data, bytearray)
        assert bytes(command.data) == bytes((0x08, 0x9B, 16)) + bytes(KEY.octets)
        assert command.secret
        sent.append(command.data)
        return lost(command)

    with pytest.raises(CardRemoved):
        piv_admin.set_management_key(in_turn(pulled), KEY)
    assert sent == [bytearray(19)]
    assert bytes(KEY.octets) == bytes(range(16))


# --- writing and generating -------------------------------------------------------------------------------------------


def test_what_was_written_must_be_what_is_read() -> None:
    def write(card: FakeConnection) -> None:
        piv_admin.write_chuid(card, bytes(range(16)), piv_objects.date(2030, 1, 2))

    write(in_turn(sw(0x9000), sw(0x9000, encode(0x53, CHUID))))
    for answer in (sw(0x6A82), sw(0x9000, b"\x53\x00"), sw(0x9000, encode(0x53, CHUID[:-1] + b"\x01"))):
        with pytest.raises(CardBadAnswer) as caught:
            write(in_turn(sw(0x9000), answer))
        assert caught.value.facts.problem == "not_as_written"
    with pytest.raises(BadgeUnfit):
        write(in_turn(sw(0x6A84)))
    for word in (0x6982, 0x6A80, 0x6A81, 0x6D00):
        with pytest.raises(CardBadAnswer):
            write(in_turn(sw(word)))


@pytest.mark.parametrize("word", [0x6A80, 0x6A81])
def test_a_kind_of_key_that_the_card_does_not_make(word: int) -> None:
    with pytest.raises(BadgeUnfit) as caught:
        piv_admin.generate_key(in_turn(sw(word)), KeyRole.SIGNATURE, PublicKeyKind.EC_P384)
    assert (caught.value.facts.problem, caught.value.facts.sw) == ("algorithm", word)


@pytest.mark.parametrize("word", [0x6982, 0x6A86, 0x6D00, 0x6300])
def test_a_key_that_was_not_made(word: int) -> None:
    with pytest.raises(CardBadAnswer):
        piv_admin.generate_key(in_turn(sw(word)), KeyRole.SIGNATURE, PublicKeyKind.EC_P256)


@pytest.mark.proves("C7")
def test_only_making_a_key_may_take_longer() -> None:
    asked: list[CommandApdu] = []

    def note(command: CommandApdu) -> ResponseApdu:
        asked.append(command)
        return sw(0x6982)

    for deed in (
        lambda card: piv_admin.generate_key(card, KeyRole.SIGNATURE, PublicKeyKind.RSA_2048),
        lambda card: piv_admin.write_certificate(card, KeyRole.SIGNATURE, b"0\x00"),
        lambda card: piv_admin.set_management_key(card, KEY),
    ):
        with pytest.raises(CarddError):
            deed(FakeConnection(note))
    assert [command.patience_s for command in asked] == [120.0, None, None]


# --- condition --------------------------------------------------------------------------------------------------------


def test_a_chuid_that_cannot_be_taken_apart_is_not_taken_for_a_blank_card() -> None:
    for data in (b"\x53\x05\x34\x10", encode(0x7E, CHUID), encode(0x53, CHUID) + b"\x00", encode(0x53, b"\x34\x20")):
        with pytest.raises(CardBadAnswer):
            piv_admin.condition(FakeConnection(says(0x9000, data)))


@pytest.mark.parametrize(
    ("content", "guid", "expires"),
    [
        (CHUID, bytes(range(16)), piv_objects.date(2030, 1, 2)),
        (encode(0x34, bytes(15)) + encode(0x35, b"20300102"), None, piv_objects.date(2030, 1, 2)),
        (encode(0x34, bytes(16)) + encode(0x35, b"20301332"), bytes(16), None),
        (encode(0x34, bytes(16)) + encode(0x35, b"2030010"), bytes(16), None),
        (encode(0x34, bytes(16)) + encode(0x35, "２０３０".encode()), bytes(16), None),
        (encode(0x30, bytes(25)), None, None),
    ],
    ids=["good", "short GUID", "no such day", "short date", "no ASCII", "neither"],
)
def test_what_the_chuid_says(content: bytes, guid: bytes | None, expires: piv_objects.date | None) -> None:
    assert piv_objects.read_chuid(encode(0x53, content)) == (guid, expires)


def test_a_condition_shows_no_number_of_a_card() -> None:
    condition = piv_admin.BadgeCondition(bytes(range(16)), None, {KeyRole.SIGNATURE: "c4n4ry"}, 3)
    assert "c4n4ry" not in repr(condition)
    assert "\\x00" not in repr(condition)


# --- PUK --------------------------------------------------------------------------------------------------------------


def change(card: FakeConnection) -> None:
    piv_puk.change_puk(card, Pin(bytearray(b"12345678")), Pin(bytearray(b"24681357")))


def reset(card: FakeConnection) -> None:
    piv_puk.reset_pin(card, Pin(bytearray(b"12345678")), Pin(bytearray(b"246813")))


DEEDS = pytest.mark.parametrize(("deed", "ins", "p2"), [(change, CHANGE, 0x81), (reset, RESET, 0x80)])
Deed = Callable[[FakeConnection], None]


@pytest.mark.proves("P4", "C6")
@DEEDS
@pytest.mark.parametrize(
    ("word", "error", "tries", "spent"),
    [
        (0x63C2, PukRejected, 2, PinOutcome.SPENT),
        (0x63CF, PukRejected, 15, PinOutcome.SPENT),
        (0x63C0, PukBlocked, 0, PinOutcome.SPENT),
        (0x6300, PukRejected, None, PinOutcome.SPENT),
        (0x6983, PukBlocked, 0, PinOutcome.UNTOUCHED),
        (0x6984, PukBlocked, 0, PinOutcome.UNTOUCHED),
        (0x6A80, PinFormat, None, PinOutcome.MAY_BE_SPENT),
        (0x6982, CardBadAnswer, None, PinOutcome.MAY_BE_SPENT),
        (0x6C08, CardBadAnswer, None, PinOutcome.MAY_BE_SPENT),
        (0x6110, CardBadAnswer, None, PinOutcome.MAY_BE_SPENT),
        (0x6700, CardBadAnswer, None, PinOutcome.MAY_BE_SPENT),
        (0x9001, CardBadAnswer, None, PinOutcome.MAY_BE_SPENT),
    ],
)
def test_each_answer_to_a_puk_and_one_command_only(
    deed: Deed, ins: int, p2: int, word: int, error: type[CarddError], tries: int | None, spent: PinOutcome
) -> None:
    card = in_turn(sw(word))
    with pytest.raises(error) as caught:
        deed(card)
    facts = caught.value.facts
    assert (facts.sw, facts.tries_left, facts.pin) == (word, tries, spent)
    assert card.sent == [(ins, 0x00, p2)]


@pytest.mark.proves("C3", "P4")
@DEEDS
def test_a_card_pulled_with_the_puk_on_its_way(deed: Deed, ins: int, p2: int) -> None:
    card = in_turn(lost)
    with pytest.raises(CardRemoved) as caught:
        deed(card)
    assert caught.value.facts.pin is PinOutcome.MAY_BE_SPENT
    assert card.sent == [(ins, 0x00, p2)]


@DEEDS
def test_the_octets_of_a_puk_command(deed: Deed, ins: int, p2: int) -> None:
    seen: list[bytes] = []
    deed(FakeConnection(lambda command: (seen.append(bytes(command.data)), sw(0x9000))[1]))
    second = b"24681357" if ins == CHANGE else b"246813\xff\xff"
    assert seen == [b"12345678" + second]
