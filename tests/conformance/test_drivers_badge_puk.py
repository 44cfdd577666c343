"""The PUK of a badge, against reference badges: each call is one try, and says what became of it."""

from dataclasses import replace

import pytest

from applets_spec.card import Card
from applets_spec.piv.personalise import badge_variants, make_blank_badge
from applets_spec.piv.quirks import PivQuirks
from applets_spec.variants import Variants
from cardd.cards import piv_admin, piv_puk
from cardd.cards.operator_card import BADGE
from cardd.errors import CardBadAnswer, PinFormat, PinRejected, PinWasBlocked, PukBlocked, PukRejected
from cardd.model import PinKind, PinOutcome
from cardd.pin import Pin
from tests.conformance.badge_making import FACTORY_PIN, FACTORY_PUK, GUID, MASTER, connect, digits
from tests.conformance.driver_connection import CardConnection

VARIANTS: dict[str, tuple[Variants, PivQuirks]] = {
    "default": (badge_variants(), PivQuirks()),
    "short": (badge_variants(extended=False), PivQuirks()),
    "blocked as 6984": (replace(badge_variants(), blocked="6984"), PivQuirks()),
    "case 1 refused": (replace(badge_variants(), case_1_refused=True), PivQuirks()),
    "wrong format costs a try": (badge_variants(), PivQuirks(wrong_format_costs_a_try=True)),
}
WRONG_PUK = "99999999"
NEW_PIN = "135790"
SECRET_INS = (0x20, 0x24, 0x2C)


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS)
def card(request: pytest.FixtureRequest) -> Card:
    variants, quirks = request.param
    return make_blank_badge(None, variants, quirks=quirks)


def selected(card: Card) -> CardConnection:
    connection = connect(card)
    piv_admin.select(connection)
    return connection


def secrets_sent(connection: CardConnection) -> int:
    return sum(command[1] in SECRET_INS and len(command) > 5 for command in connection.commands)


def test_the_derived_puk_takes_the_factorys_place(card: Card) -> None:
    with selected(card) as connection:
        piv_puk.change_puk(connection, digits(FACTORY_PUK), MASTER.puk(GUID))
        with pytest.raises(PukRejected):
            piv_puk.reset_pin(connection, digits(FACTORY_PUK), digits(NEW_PIN))
        piv_puk.reset_pin(connection, MASTER.puk(GUID), digits(NEW_PIN))
        BADGE.verify(connection, PinKind.BADGE, digits(NEW_PIN))
        assert secrets_sent(connection) == 4


def test_a_blocked_pin_comes_back_with_the_puk(card: Card) -> None:
    with selected(card) as connection:
        card.references()["piv.pin"].tries = 0
        with pytest.raises(PinWasBlocked):
            BADGE.verify(connection, PinKind.BADGE, digits(FACTORY_PIN))
        piv_puk.reset_pin(connection, digits(FACTORY_PUK), digits(NEW_PIN))
        assert BADGE.tries_left(connection, PinKind.BADGE).count == 3
        BADGE.verify(connection, PinKind.BADGE, digits(NEW_PIN))


@pytest.mark.parametrize("deed", ["reset", "change"])
def test_a_wrong_puk_counts_down_to_blocked(card: Card, deed: str) -> None:
    def attempt(puk: str) -> None:
        if deed == "reset":
            piv_puk.reset_pin(connection, digits(puk), digits(NEW_PIN))
        else:
            piv_puk.change_puk(connection, digits(puk), digits("24681357"))

    puk = card.references()["piv.puk"]
    with selected(card) as connection:
        for left in (2, 1):
            with pytest.raises(PukRejected) as rejected:
                attempt(WRONG_PUK)
            assert (rejected.value.facts.tries_left, rejected.value.facts.pin) == (left, PinOutcome.SPENT)
            assert puk.tries == left
        with pytest.raises(PukBlocked) as now:
            attempt(WRONG_PUK)
        assert (now.value.facts.tries_left, now.value.facts.pin) == (0, PinOutcome.SPENT)
        with pytest.raises(PukBlocked) as before:
            attempt(FACTORY_PUK)
        assert (before.value.facts.tries_left, before.value.facts.pin) == (0, PinOutcome.UNTOUCHED)
        assert secrets_sent(connection) == 4
        BADGE.verify(connection, PinKind.BADGE, digits(FACTORY_PIN))


@pytest.mark.proves("P1")
@pytest.mark.parametrize("bad", ["1234567", "123456789", "1234567a", ""], ids=["short", "long", "letter", "empty"])
def test_misshapen_values_never_reach_the_card(bad: str) -> None:
    with selected(make_blank_badge()) as connection:
        before = len(connection.commands)
        good = FACTORY_PUK
        for old, new in ((bad, good), (good, bad)):
            with pytest.raises(PinFormat):
                piv_puk.change_puk(connection, digits(old), digits(new))
        with pytest.raises(PinFormat):
            piv_puk.reset_pin(connection, digits(bad), digits(NEW_PIN))
        with pytest.raises(PinFormat):
            piv_puk.reset_pin(connection, digits(good), digits("12345"))
        assert len(connection.commands) == before


def test_a_wrong_factory_pin_costs_one_try_of_the_pin_and_none_of_the_puk(card: Card) -> None:
    card.references()["piv.pin"].change(b"555555\xff\xff")
    with selected(card) as connection:
        with pytest.raises(PinRejected) as caught:
            BADGE.change_pin(connection, PinKind.BADGE, digits(FACTORY_PIN), digits(NEW_PIN))
        assert caught.value.facts.tries_left == 2
    assert card.references()["piv.puk"].tries == 3


def test_the_pin_stays_where_the_puk_was_wrong(card: Card) -> None:
    with selected(card) as connection:
        with pytest.raises(PukRejected):
            piv_puk.reset_pin(connection, digits(WRONG_PUK), digits(NEW_PIN))
        BADGE.verify(connection, PinKind.BADGE, digits(FACTORY_PIN))


def test_no_puk_is_asked_of_another_application() -> None:
    with connect(make_blank_badge()) as connection, pytest.raises(CardBadAnswer) as caught:
        piv_puk.reset_pin(connection, digits(FACTORY_PUK), digits(NEW_PIN))
    assert caught.value.facts.pin is PinOutcome.MAY_BE_SPENT


@pytest.mark.proves("P6")
def test_what_was_sent_is_wiped_and_the_callers_pin_is_the_callers() -> None:
    seen: list[bytearray] = []

    class Spy(CardConnection):
        def transmit(self, command):  # type: ignore[no-untyped-def]
            if command.secret:
                seen.append(command.data)
            return super().transmit(command)

    connection = Spy(make_blank_badge(), connect(make_blank_badge()).notes)
    piv_admin.select(connection)
    old, new = Pin(bytearray(FACTORY_PUK.encode())), MASTER.puk(GUID)
    piv_puk.change_puk(connection, old, new)
    piv_puk.reset_pin(connection, new, digits(NEW_PIN))
    assert [bytes(buffer) for buffer in seen] == [bytes(16), bytes(16)]
    assert bytes(old.octets) == FACTORY_PUK.encode()
