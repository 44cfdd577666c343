"""The same wrong PIN is not sent twice within 30 seconds."""

import pytest

from cardd.errors import PinRepeated
from cardd.gate.guard import REPEAT_SECONDS, WrongPins
from cardd.model import PinKind
from cardd.pin import Pin

CARD = b"identity of a card"


def wrong(text: bytes = b"9999") -> Pin:
    return Pin(bytearray(text))


@pytest.mark.proves("P4", "fault 69")
def test_the_same_wrong_pin_is_refused_for_30_seconds() -> None:
    pins = WrongPins()
    mark = pins.mark(CARD, PinKind.CARD_INFO, wrong())
    pins.remember(mark, 100.0)
    with pytest.raises(PinRepeated) as refused:
        pins.check(pins.mark(CARD, PinKind.CARD_INFO, wrong()), PinKind.CARD_INFO, 100.0 + REPEAT_SECONDS - 1)
    assert refused.value.facts.retry_after_s in (1, 2)
    pins.check(mark, PinKind.CARD_INFO, 100.0 + REPEAT_SECONDS)


@pytest.mark.proves("P4")
@pytest.mark.parametrize(
    ("card", "which", "pin"),
    [
        (b"another card", PinKind.CARD_INFO, b"9999"),
        (CARD, PinKind.AUTHENTICATION, b"9999"),
        (CARD, PinKind.CARD_INFO, b"9998"),
    ],
    ids=["another card", "another PIN of the card", "another number"],
)
def test_anything_else_may_be_tried(card: bytes, which: PinKind, pin: bytes) -> None:
    pins = WrongPins()
    pins.remember(pins.mark(CARD, PinKind.CARD_INFO, wrong()), 100.0)
    pins.check(pins.mark(card, which, wrong(pin)), which, 101.0)


@pytest.mark.proves("P4", "fault 69")
def test_a_pin_without_an_answer_was_wrong_if_the_counter_fell_unless_the_card_has_taken_it_since() -> None:
    pins = WrongPins()
    mark = pins.mark(CARD, PinKind.CARD_INFO, wrong())
    pins.doubt(mark, 3, 100.0)
    pins.check(mark, PinKind.CARD_INFO, 101.0, 3)
    with pytest.raises(PinRepeated):
        pins.check(mark, PinKind.CARD_INFO, 101.0, 2)
    pins.accepted(mark)
    pins.check(mark, PinKind.CARD_INFO, 102.0, 2)  # another PIN, a wrong one, took that try


@pytest.mark.proves("P6")
def test_a_mark_does_not_contain_the_pin_and_differs_between_processes() -> None:
    first, second = WrongPins(), WrongPins()
    mark = first.mark(CARD, PinKind.CARD_INFO, wrong())
    assert b"9999" not in mark
    assert mark != second.mark(CARD, PinKind.CARD_INFO, wrong())
