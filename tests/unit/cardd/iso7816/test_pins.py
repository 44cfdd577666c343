"""What is done before, with and after the one VERIFY."""

import pytest

from cardd.errors import (
    CardBadAnswer,
    CarddError,
    CardItemAbsent,
    CardNoAnswer,
    CardRemoved,
    Internal,
    PcscDown,
    PinCancelled,
    PinFormat,
    PinNowBlocked,
    PinRejected,
    PinTimeout,
    PinUnknown,
    PinWasBlocked,
    ReaderBusy,
    ReaderUnknown,
)
from cardd.iso7816 import commands, pins
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.model import CardOutcome, PinKind, PinOutcome, PinShape
from cardd.pin import Pin
from tests.unit.cardd.iso7816.fake_connection import VERIFY, FakeConnection, says

DIGITS_4 = PinShape(4, 4, "digits")
SIGNATURE = PinShape(6, 16, "upper_alnum", needs_letter_and_digit=True)
WHICH = PinKind.AUTHENTICATION


@pytest.mark.proves("P1", "fault 67")
@pytest.mark.parametrize(
    ("shape", "value", "fits"),
    [
        pytest.param(DIGITS_4, b"1234", True, id="digits"),
        pytest.param(DIGITS_4, b"", False, id="nothing"),
        pytest.param(DIGITS_4, b"123", False, id="one too few"),
        pytest.param(DIGITS_4, b"12345", False, id="one too many"),
        pytest.param(DIGITS_4, b"12 4", False, id="blank"),
        pytest.param(DIGITS_4, b"123\x00", False, id="NUL"),
        pytest.param(DIGITS_4, "１２３４".encode(), False, id="full width"),
        pytest.param(SIGNATURE, b"ABC123", True, id="shortest signature PIN"),
        pytest.param(SIGNATURE, b"A1B2C3D4E5F6G7H8", True, id="longest signature PIN"),
        pytest.param(SIGNATURE, b"abc123", False, id="lower case"),
        pytest.param(SIGNATURE, b"ABCDEF", False, id="no digit"),
        pytest.param(SIGNATURE, b"123456", False, id="no letter"),
        pytest.param(SIGNATURE, b"AB123", False, id="signature PIN too short"),
        pytest.param(SIGNATURE, b"A1B2C3D4E5F6G7H8I", False, id="signature PIN too long"),
        pytest.param(SIGNATURE, b"ABC-123", False, id="punctuation"),
    ],
)
def test_shape_is_checked_before_the_card(shape: PinShape, value: bytes, fits: bool) -> None:
    pin = Pin(bytearray(value))
    if fits:
        pins.check_shape(pin, shape, WHICH)
        return
    with pytest.raises(PinFormat) as caught:
        pins.check_shape(pin, shape, WHICH)
    assert caught.value.facts.pin is PinOutcome.UNTOUCHED


OUTCOMES: list[tuple[int, type[CarddError], int | None, PinOutcome | None]] = [
    (0x63C0, PinNowBlocked, 0, PinOutcome.SPENT),
    (0x63C1, PinRejected, 1, PinOutcome.SPENT),
    (0x63C3, PinRejected, 3, PinOutcome.SPENT),
    (0x63CF, PinRejected, 15, PinOutcome.SPENT),
    (0x6300, PinRejected, None, PinOutcome.SPENT),
    (0x6983, PinWasBlocked, 0, None),
    (0x6984, PinWasBlocked, 0, None),
    *[
        (sw, CardBadAnswer, None, PinOutcome.MAY_BE_SPENT)
        for sw in (0x6A82, 0x6D00, 0x6F00, 0x6687, 0x9001, 0x6302, 0x6C04)
    ],
]


@pytest.mark.proves("C6", "fault 25", "fault 27")
@pytest.mark.parametrize(("sw", "error", "left", "outcome"), OUTCOMES, ids=[f"{row[0]:04X}" for row in OUTCOMES])
def test_status_word_after_verify(
    sw: int, error: type[CarddError], left: int | None, outcome: PinOutcome | None
) -> None:
    connection = FakeConnection(says(sw))
    with pytest.raises(error) as caught:
        pins.verify(connection, commands.verify(0x98, bytearray(b"1234")), WHICH)
    facts = caught.value.facts
    assert (facts.tries_left, facts.pin, facts.sw, facts.which) == (left, outcome, sw, WHICH)
    assert len(connection.sent) == 1


def test_right_pin_raises_nothing() -> None:
    pins.verify(FakeConnection(says(0x9000)), commands.verify(0x98, bytearray(b"1234")), WHICH)


@pytest.mark.proves("P4", "fault 4")
@pytest.mark.parametrize("error", [CardRemoved, CardNoAnswer, PcscDown, ReaderBusy, ReaderUnknown, Internal])
def test_silence_during_verify_means_a_try_may_be_spent(error: type[CarddError]) -> None:
    def vanish(_: CommandApdu) -> ResponseApdu:
        raise error(pcsc_code=0x80100069)

    connection = FakeConnection(vanish)
    with pytest.raises(PinUnknown) as caught:
        pins.verify(connection, commands.verify(0x98, bytearray(b"1234")), WHICH)
    facts = caught.value.facts
    assert (facts.pin, facts.pcsc_code, len(connection.sent)) == (PinOutcome.MAY_BE_SPENT, 0x80100069, 1)
    assert facts.card is (CardOutcome.REMOVED if error is CardRemoved else None)


def test_mistake_of_ours_before_anything_was_sent_stays_what_it_is() -> None:
    def no_pad(_: CommandApdu) -> ResponseApdu:
        raise Internal(problem="no_pin_pad")

    with pytest.raises(Internal):
        pins.verify_on_pad(FakeConnection(no_pad), 0x98, WHICH, DIGITS_4)


def test_broken_answer_to_verify_says_that_a_try_may_be_spent() -> None:
    def half(_: CommandApdu) -> ResponseApdu:
        raise CardBadAnswer(problem="answer_too_short")

    with pytest.raises(CardBadAnswer) as caught:
        pins.verify(FakeConnection(half), commands.verify(0x98, bytearray(b"1234")), WHICH)
    assert caught.value.facts.pin is PinOutcome.MAY_BE_SPENT


@pytest.mark.proves("P1")
def test_empty_value_makes_no_verify() -> None:
    with pytest.raises(ValueError, match="another command"):
        commands.verify(0x98, bytearray())


@pytest.mark.parametrize(
    ("sw", "error"),
    [(0x6400, PinTimeout), (0x6401, PinCancelled), (0x6403, PinFormat)],
    ids=["time", "cancel", "length"],
)
def test_pad_tells_why_the_card_saw_nothing(sw: int, error: type[CarddError]) -> None:
    connection = FakeConnection(says(sw))
    with pytest.raises(error) as caught:
        pins.verify_on_pad(connection, 0x80, PinKind.BADGE, PinShape(6, 8, "digits"), padded_to=8)
    assert caught.value.facts.pin is PinOutcome.UNTOUCHED
    assert connection.pad_blocks == [8]


def test_answer_through_the_pad_is_judged_like_any_other() -> None:
    with pytest.raises(PinRejected):
        pins.verify_on_pad(FakeConnection(says(0x63C2)), 0x98, WHICH, DIGITS_4)


def test_pad_is_not_asked_for_letters() -> None:
    connection = FakeConnection(says(0x9000))
    with pytest.raises(PinFormat):
        pins.verify_on_pad(connection, 0x9B, PinKind.SIGNATURE, SIGNATURE)
    assert connection.sent == []


@pytest.mark.proves("C6", "fault 28")
@pytest.mark.parametrize(
    ("sw", "told"),
    [
        (0x63C3, (3, False)),
        (0x63C0, (0, False)),
        (0x6983, (0, False)),
        (0x6984, (0, False)),
        (0x9000, (None, True)),
        (0x6300, (None, False)),
    ],
)
def test_status_question(sw: int, told: tuple[int | None, bool]) -> None:
    assert pins.read_tries(ResponseApdu(b"", sw), WHICH) == told


@pytest.mark.parametrize(
    ("sw", "error"),
    [(0x6A88, CardItemAbsent), (0x6A82, CardItemAbsent), (0x6F00, CardBadAnswer), (0x6303, CardBadAnswer)],
)
def test_status_question_without_an_answer(sw: int, error: type[CarddError]) -> None:
    with pytest.raises(error):
        pins.read_tries(ResponseApdu(b"", sw), WHICH)


def test_four_byte_question_refused_once_is_not_asked_again() -> None:
    def without_case_1(command: CommandApdu) -> ResponseApdu:
        return ResponseApdu(b"", 0x6700 if command.le is None else 0x63C3)

    connection = FakeConnection(without_case_1)
    assert [pins.ask_tries(connection, 0x98).sw for _ in range(2)] == [0x63C3, 0x63C3]
    assert connection.count(VERIFY) == 3
    assert connection.notes.status_query_needs_le


@pytest.mark.parametrize(("sw", "error"), [(0x6A80, PinFormat), (0x63C1, PinRejected), (0x6982, CardBadAnswer)])
def test_refused_change_is_sent_once(sw: int, error: type[CarddError]) -> None:
    connection = FakeConnection(says(sw))
    with pytest.raises(error):
        pins.change(connection, commands.change_to(0x98, bytearray(b"4321")), WHICH)
    assert len(connection.sent) == 1
