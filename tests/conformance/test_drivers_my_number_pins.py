"""The PINs of My Number cards through the driver: counters, blocking, change, and that one VERIFY is one command."""

from dataclasses import replace

import pytest

from applets_spec.card import Card
from applets_spec.holder import Holder
from cardd.cards.card_type import Application, TriesLeft
from cardd.cards.my_number import MY_NUMBER_CARD
from cardd.errors import (
    CardWrongKind,
    PinFormat,
    PinNowBlocked,
    PinRejected,
    PinWasBlocked,
)
from cardd.model import PinKind
from cardd.pin import Pin
from tests.conformance.my_number_insertions import (
    DEFAULT,
    Insertion,
    certificates,
    holder,
    insertion,
    pin,
    plain,
    state,
)

__all__ = ["certificates", "holder", "insertion", "plain", "state"]


def test_resident_register_pin(insertion: Insertion, holder: Holder) -> None:
    with insertion.connect() as connection:
        before = MY_NUMBER_CARD.select(connection, Application.RESIDENT_REGISTER)
        assert MY_NUMBER_CARD.tries_left(connection, PinKind.RESIDENT_REGISTER) == TriesLeft(3)
        MY_NUMBER_CARD.verify(connection, PinKind.RESIDENT_REGISTER, pin(holder.pins.resident_register))
        assert MY_NUMBER_CARD.reread(connection, Application.RESIDENT_REGISTER) == before
        with pytest.raises(CardWrongKind):
            MY_NUMBER_CARD.change_pin(connection, PinKind.RESIDENT_REGISTER, pin("0000"), pin("1111"))


@pytest.mark.proves("C6", "fault 25")
def test_wrong_pin_until_blocked_and_after(insertion: Insertion) -> None:
    with insertion.connect() as connection:
        MY_NUMBER_CARD.select(connection, Application.JPKI)
        MY_NUMBER_CARD.tries_left(connection, PinKind.AUTHENTICATION)
        for left in (2, 1):
            with pytest.raises(PinRejected) as caught:
                MY_NUMBER_CARD.verify(connection, PinKind.AUTHENTICATION, pin("9999"))
            assert caught.value.facts.tries_left == left
        with pytest.raises(PinNowBlocked):
            MY_NUMBER_CARD.verify(connection, PinKind.AUTHENTICATION, pin("9999"))
        with pytest.raises(PinWasBlocked):
            MY_NUMBER_CARD.verify(connection, PinKind.AUTHENTICATION, pin("1234"))
        assert MY_NUMBER_CARD.tries_left(connection, PinKind.AUTHENTICATION) == TriesLeft(0)


@pytest.mark.proves("P4")
def test_verify_is_one_command(insertion: Insertion, holder: Holder) -> None:
    with insertion.connect() as connection:
        MY_NUMBER_CARD.select(connection, Application.JPKI)
        MY_NUMBER_CARD.tries_left(connection, PinKind.AUTHENTICATION)
        MY_NUMBER_CARD.verify(connection, PinKind.AUTHENTICATION, pin(holder.pins.authentication))
        verifies = [one for one in connection.commands if one[1] == 0x20 and len(one) > 5]
        assert len(verifies) == 1


@pytest.mark.proves("fault 28")
def test_verified_pin_leaves_the_count_unknown(state: dict[str, object], holder: Holder) -> None:
    switches = replace(DEFAULT, verified_status_as_success=True).to_state()
    with Insertion(Card.from_state({**state, "variants": switches})).connect() as connection:
        MY_NUMBER_CARD.select(connection, Application.JPKI)
        MY_NUMBER_CARD.verify(connection, PinKind.AUTHENTICATION, pin(holder.pins.authentication))
        assert MY_NUMBER_CARD.tries_left(connection, PinKind.AUTHENTICATION) == TriesLeft(None, verified=True)


@pytest.mark.parametrize(
    ("which", "old", "new"),
    [
        (PinKind.AUTHENTICATION, "1234", "4321"),
        (PinKind.SIGNATURE, "ABC123", "XYZ98765"),
        (PinKind.CARD_INFO, "5678", "8765"),
    ],
    ids=["authentication", "signature", "card info"],
)
def test_changed_pin_is_the_only_one_that_works(insertion: Insertion, which: PinKind, old: str, new: str) -> None:
    application = MY_NUMBER_CARD.pins[which].application
    with insertion.connect() as connection:
        MY_NUMBER_CARD.select(connection, application)
        MY_NUMBER_CARD.verify(connection, which, pin(old))
        MY_NUMBER_CARD.change_pin(connection, which, pin(old), pin(new))
        MY_NUMBER_CARD.clear(connection)
    with insertion.connect() as connection:
        MY_NUMBER_CARD.select(connection, application)
        with pytest.raises(PinRejected):
            MY_NUMBER_CARD.verify(connection, which, pin(old))
        MY_NUMBER_CARD.verify(connection, which, pin(new))


@pytest.mark.parametrize(
    ("application", "which", "value"),
    [
        (Application.JPKI, PinKind.SIGNATURE, "ABC123"),
        (Application.JPKI, PinKind.AUTHENTICATION, "1234"),
        (Application.CARD_INFO, PinKind.CARD_INFO, "5678"),
        (Application.RESIDENT_REGISTER, PinKind.RESIDENT_REGISTER, "9012"),
    ],
    ids=["signature", "authentication", "card info", "resident register"],
)
def test_clear_leaves_no_verified_pin_behind(
    insertion: Insertion, application: Application, which: PinKind, value: str
) -> None:
    with insertion.connect() as connection:
        MY_NUMBER_CARD.select(connection, application)
        MY_NUMBER_CARD.verify(connection, which, pin(value))
        assert any(reference.verified for reference in insertion.card.references().values())
        MY_NUMBER_CARD.clear(connection)
        assert not any(reference.verified for reference in insertion.card.references().values())


@pytest.mark.proves("P1", "fault 67")
@pytest.mark.parametrize(
    "value", ["123", "12345", "12a4", "", "１２３４"], ids=["short", "long", "letter", "empty", "wide"]
)
def test_misshapen_pin_never_reaches_the_card(plain: Insertion, value: str) -> None:
    with plain.connect() as connection:
        MY_NUMBER_CARD.select(connection, Application.JPKI)
        before = len(connection.commands)
        with pytest.raises(PinFormat):
            MY_NUMBER_CARD.verify(connection, PinKind.AUTHENTICATION, Pin(bytearray(value.encode())))
        assert len(connection.commands) == before
