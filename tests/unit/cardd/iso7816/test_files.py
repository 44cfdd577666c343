"""Reading files of cards that are slow, short, awkward or lying."""

from collections.abc import Callable

import pytest

from cardd.errors import CardBadAnswer, CarddError, CardItemAbsent, CardWrongKind
from cardd.iso7816 import files
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.tlv import encode
from tests.unit.cardd.iso7816.fake_connection import (
    READ,
    SELECT,
    FakeApplication,
    FakeConnection,
    FakeJapaneseCard,
    says,
)

AID = bytes.fromhex("D392F000260100000001")
EF = 0x0002


def card_with(content: bytes, **traits: bool | int) -> FakeConnection:
    card = FakeJapaneseCard({AID: FakeApplication({EF: content})}, **traits)  # type: ignore[arg-type]  # traits by name
    connection = FakeConnection(card)
    files.select(connection, AID)
    connection.sent.clear()
    return connection


@pytest.mark.parametrize("size", [1, 127, 128, 252, 253, 300, 1_000, 3_000])
@pytest.mark.parametrize("sfi", [True, False], ids=["short identifier", "SELECT EF"])
@pytest.mark.parametrize("step", [256, 160, 100])
def test_element_is_read_whole_and_filler_is_not(size: int, sfi: bool, step: int) -> None:
    element = encode(0x30, bytes(index % 251 for index in range(size)))
    connection = card_with(element + bytes(3_808), sfi=sfi, step=step)
    assert files.read_element(connection, EF, 0x30, limit=8_192) == element
    assert connection.count(READ) <= (0 if sfi else 1) + len(element) // step + 2


def test_card_without_short_identifiers_is_asked_for_them_once() -> None:
    connection = card_with(encode(0x30, b"12"), sfi=False)
    for _ in range(3):
        files.read_start(connection, EF, 4)
    assert (connection.count(READ), connection.count(SELECT)) == (4, 3)
    assert connection.notes.files_by_sfi is False


def test_absent_file_does_not_cost_the_short_identifiers() -> None:
    connection = card_with(b"1")
    with pytest.raises(CardItemAbsent):
        files.read_start(connection, 0x0005, 4)
    assert connection.notes.files_by_sfi is True


@pytest.mark.parametrize("content", [bytes(64), b"\xff" * 64], ids=["00", "FF"])
def test_file_of_filler_is_an_absent_item(content: bytes) -> None:
    with pytest.raises(CardItemAbsent):
        files.read_element(card_with(content), EF, 0x30, limit=8_192)


@pytest.mark.proves("C1", "fault 21")
@pytest.mark.parametrize(
    "content",
    [
        b"\x30\x82\xff\xff",
        b"\x30\x00",
        b"\x30\x82\x20\x01",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x80\x00",
        b"\x31\x01\x00",
        b"\x30",
    ],
    ids=["65,535", "0", "one over the limit", "4 GiB", "indefinite", "other tag", "half a header"],
)
def test_size_that_no_such_file_has_is_refused_after_one_read(content: bytes) -> None:
    connection = card_with(content + b"\x01" * (200 if len(content) > 1 else 0))
    with pytest.raises(CardBadAnswer):
        files.read_element(connection, EF, 0x30, limit=8_192)
    assert connection.count(READ) == 1


@pytest.mark.proves("fault 21")
def test_file_that_ends_inside_its_element_is_refused() -> None:
    with pytest.raises(CardBadAnswer):
        files.read_element(card_with(encode(0x30, bytes(500))[:400]), EF, 0x30, limit=8_192)


@pytest.mark.proves("C1")
def test_card_that_drips_single_bytes_is_given_up() -> None:
    card = FakeJapaneseCard({AID: FakeApplication({EF: encode(0x30, bytes(4_000))})})

    def tiring(command: CommandApdu) -> ResponseApdu:
        answer = card(command)
        card.step = 1
        return answer

    connection = FakeConnection(card)
    files.select(connection, AID)
    connection = FakeConnection(tiring)
    with pytest.raises(CardBadAnswer) as caught:
        files.read_element(connection, EF, 0x30, limit=8_192)
    assert caught.value.facts.problem == "no_progress"
    assert connection.count(READ) < 100


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says(0x6982), CardBadAnswer),
        (says(0x6F00), CardBadAnswer),
        (says(0x9000), CardBadAnswer),
        (says(0x6282), CardBadAnswer),
        (says(0x6A82), CardItemAbsent),
        (says(0x6700), CardBadAnswer),
        (says(0x9000, bytes(257)), CardBadAnswer),
    ],
    ids=["refused", "internal", "nothing", "end at once", "absent", "length", "more than asked for"],
)
def test_card_with_one_answer_to_everything(
    answer: Callable[[CommandApdu], ResponseApdu], error: type[CarddError]
) -> None:
    with pytest.raises(error):
        files.read_element(FakeConnection(answer), EF, 0x30, limit=8_192)


def test_status_word_is_looked_at_before_the_data() -> None:
    with pytest.raises(CardBadAnswer) as caught:
        files.read_start(FakeConnection(says(0x6982, b"\x30\x01\x00")), EF, 4)
    assert caught.value.facts.sw == 0x6982


def test_end_of_file_warning_with_data_is_no_error() -> None:
    assert files.read_start(FakeConnection(says(0x6282, b"\x01\x02")), EF, 4) == b"\x01\x02"


def face(photo: int) -> tuple[bytes, dict[int, bytes]]:
    parts = {0xDF25: b"name" * 30, 0xDF27: b"\x01" * photo, 0xDF29: b"20350217"}
    return encode(0xFF20, b"".join(encode(tag, value) for tag, value in parts.items())), parts


@pytest.mark.parametrize("photo", [10, 200, 256, 5_000])
@pytest.mark.parametrize("step", [256, 100])
@pytest.mark.parametrize("wanted", [{0xDF25}, {0xDF27}, {0xDF29}, {0xDF25, 0xDF29}, {0xDF25, 0xDF27, 0xDF29}], ids=str)
def test_named_parts_are_found(photo: int, step: int, wanted: set[int]) -> None:
    content, parts = face(photo)
    found = files.read_parts(card_with(content + b"\xff" * 300, step=step), EF, 0xFF20, frozenset(wanted), limit=8_192)
    assert {part.tag: part.value for part in found} == {tag: parts[tag] for tag in wanted}


def test_long_part_that_nobody_asked_for_is_not_read() -> None:
    connection = card_with(face(5_000)[0])
    files.read_parts(connection, EF, 0xFF20, frozenset({0xDF29}), limit=8_192)
    assert connection.count(READ) == 2


def test_part_that_reaches_out_of_its_template_is_refused() -> None:
    content = encode(0xFF20, b"\xdf\x25\x82\x10\x00" + bytes(100))
    with pytest.raises(CardBadAnswer):
        files.read_parts(card_with(content + bytes(8_000)), EF, 0xFF20, frozenset({0xDF25}), limit=8_192)


def test_application_that_is_not_there() -> None:
    with pytest.raises(CardWrongKind):
        files.select(FakeConnection(says(0x6A82)), AID)
    with pytest.raises(CardBadAnswer):
        files.select(FakeConnection(says(0x6985)), AID)


def test_first_command_may_fail_once_but_not_twice() -> None:
    answers = iter([0x6F00, 0x9000])
    connection = FakeConnection(lambda _: ResponseApdu(b"", next(answers)))
    files.select(connection, AID)
    assert connection.notes.woken
    dead = FakeConnection(says(0x6F00))
    with pytest.raises(CardBadAnswer):
        files.select(dead, AID)
    assert len(dead.sent) == 2


@pytest.mark.proves("C5")
def test_filler_is_no_identity() -> None:
    applications = {AID: FakeApplication({0x0A: bytes(64), 0x06: b"JPKI" + bytes(60)})}
    connection = FakeConnection(FakeJapaneseCard(applications))
    files.select(connection, AID)
    assert files.identity(connection, {0x0A: 64, 0x06: 64}).startswith(b"JPKI")
    with pytest.raises(CardBadAnswer):
        files.identity(connection, {0x0A: 64})
