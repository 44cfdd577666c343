"""A resident's tries: what costs one, what never does, and what is told and written down. Counters are read on the card itself.

The counter runs over the stand-in; the rules that matter most run over a real pcscd as well, at the end.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from applets_spec.fault_script import Fault, Kind
from demo.office import Office
from tests.e2e.fault_house import (
    House,
    failing,
    nothing_left_by_the_module,
    nothing_left_running,
    opened_house,
    take_out,
    untouched,
)
from tests.fixtures.counter import (
    BADGE_SLOT,
    CONTEXT,
    RESIDENT_SLOT,
    ROOMY,
    PinScript,
    any_counter,
    open_counter,
)
from tests.fixtures.pcscd import StandInBox

__all__ = ["any_counter", "nothing_left_by_the_module", "nothing_left_running"]
VERIFY_CARD_INFO = bytes.fromhex("0020009104")
"""VERIFY with four bytes for the PIN with short identifier 11."""
STATUS_CARD_INFO = bytes.fromhex("00200091")


def hire_a_clerk(office: Office) -> None:
    office.hire("kato", "KATO JIRO", "counter")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_counter(StandInBox, config=ROOMY, prepare=hire_a_clerk) as counter, opened_house(counter) as opened:
        yield opened


# --- wrong PINs ------------------------------------------------------------------------------------------------------


@pytest.mark.proves("P2", "P4", "fault 25")
def test_a_wrong_pin_costs_one_try_and_everybody_is_told_the_same(house: House) -> None:
    house.insert()
    error = failing("pin.rejected", lambda: house.read(house.wrong()))
    assert error.data["pin"] == {"outcome": "spent", "tries_left": 2}
    assert error.data["card"] == "cleared"
    assert house.patient.tries("card_info.pin") == 2
    assert house.patient.seen.secrets == 1
    record = house.outcomes()[-1]
    assert (record["result"], record["code"], record["pin"], record["pin_outcome"]) == (
        "refused", "pin.rejected", "card_info", "spent",
    )  # fmt: skip
    assert (record["tries_before"], record["tries_after"]) == (3, 2)
    person = PinScript([None])
    failing("pin.cancelled", lambda: house.read(person=person))
    assert person.asked[0]["tries_left"] == 2


@pytest.mark.proves("P4", "fault 69", "fault 102")
def test_the_same_wrong_pin_is_not_sent_twice(house: House) -> None:
    """Not over another connection, and not after the card was taken out and put back."""
    house.insert()
    wrong = house.wrong()
    failing("pin.rejected", lambda: house.read(wrong))
    error = failing("pin.repeated", lambda: house.read(wrong))
    assert untouched(error)
    assert 0 < error.data["retry_after_s"] <= 30
    take_out(house.counter, RESIDENT_SLOT)
    house.patient.handle = house.counter.insert(house.patient.seen, RESIDENT_SLOT)
    failing("pin.repeated", lambda: house.read(wrong))
    said = house.counter.cardctl(
        "--json", "read", "name", "--purpose", "identity_check", "--case", "R8-1", pins=[wrong]
    )
    assert '"pin.repeated"' in said.stdout, said
    assert house.patient.tries("card_info.pin") == 2
    assert house.patient.seen.secrets == 1
    assert house.read()["pins_used"] == ["card_info"], "the right one may be tried at once"
    assert house.patient.tries("card_info.pin") == 3


@pytest.mark.proves("P1", "fault 67")
@pytest.mark.parametrize(
    ("job", "typed"),
    [
        ("read", "567"),
        ("read", "56789"),
        ("read", "567a"),
        ("read", "５６７８"),
        ("read", "🔑"),
        ("read", "567\0"),
        ("signature", "abc123"),
        ("signature", "ABCDEF"),
        ("signature", "123456"),
        ("signature", "AB123"),
        ("signature", "ABCDEFGH123456789"),
        ("signature", "ABC-123"),
    ],
    ids=[
        "too short", "too long", "a letter", "full width", "emoji", "NUL",
        "lower case", "letters only", "digits only", "five characters", "seventeen characters", "punctuation",
    ],
)  # fmt: skip
def test_a_pin_of_the_wrong_shape_never_reaches_the_card(house: House, job: str, typed: str) -> None:
    house.insert()
    error = failing("pin.format", lambda: house.read(typed) if job == "read" else house.sign(typed, key="signature"))
    assert untouched(error)
    assert house.patient.seen.secrets == 0
    assert house.outcomes()[-1]["pin_outcome"] == "untouched"


# --- the last try ----------------------------------------------------------------------------------------------------


def leave(house: House, tries: int, reference: str = "card_info.pin") -> None:
    house.insert()
    house.patient.card.references()[reference].tries = tries


@pytest.mark.proves("P3", "fault 100")
def test_the_last_try_is_kept_when_the_resident_does_not_agree(house: House) -> None:
    leave(house, 1)
    person = PinScript([house.pins.card_info], consents=False)
    error = failing("pin.guard", lambda: house.read(person=person))
    assert person.consent_asked == 1
    assert person.asked == [], "nobody is asked for a PIN that will not be sent"
    assert error.data["tries_left"] == 1
    assert untouched(error)
    assert house.patient.seen.secrets == 0
    record = house.outcomes()[-1]
    assert (record["code"], record["result"]) == ("pin.guard", "refused")
    assert "last_try_agreed" not in record


@pytest.mark.proves("P3", "fault 100")
def test_the_last_try_goes_when_the_resident_agrees_and_the_record_says_so(house: House) -> None:
    leave(house, 1)
    person = PinScript([house.pins.card_info], consents=True)
    house.read(person=person)
    assert (person.consent_asked, person.asked[0]["tries_left"]) == (1, 1)
    assert house.patient.tries("card_info.pin") == 3
    record = house.outcomes()[-1]
    assert (record["last_try_agreed"], record["pin_outcome"], record["tries_before"]) == (True, "accepted", 1)


@pytest.mark.proves("P3", "fault 25")
def test_a_wrong_pin_on_the_last_try_blocks_and_that_is_another_error_than_being_blocked(house: House) -> None:
    leave(house, 1)
    error = failing("pin.now_blocked", lambda: house.read(person=PinScript([house.wrong()], consents=True)))
    assert error.data["pin"] == {"outcome": "spent", "tries_left": 0}
    assert house.patient.tries("card_info.pin") == 0
    house.patient.seen.forget()
    person = PinScript([house.pins.card_info], consents=True)
    error = failing("pin.was_blocked", lambda: house.read(person=person))
    assert untouched(error)
    assert (person.asked, person.consent_asked, house.patient.seen.secrets) == ([], 0, 0)
    assert house.tries_left("card_info") == ("blocked", 0)


@pytest.mark.proves("P3", "fault 100", "fault 57")
@pytest.mark.parametrize("field", ["consent", "last_try_agreed", "pin_value", "force"])
def test_consent_in_a_request_is_refused(house: House, field: str) -> None:
    leave(house, 1)
    error = failing("request.bad", lambda: house.read(**{field: True}))
    assert error.data["field"] == f"params.{field}"
    assert house.patient.seen.sent == []


@pytest.mark.proves("P3", "fault 100", "S7")
def test_a_role_that_may_not_spend_the_last_try_is_not_even_asked(house: House) -> None:
    kato = house.counter.office.people[1]
    take_out(house.counter, BADGE_SLOT)
    house.counter.log_in(kato)
    try:
        leave(house, 1)
        person = PinScript([house.pins.card_info], consents=True)
        error = failing("pin.guard", lambda: house.read(person=person))
        assert error.data["problem"] == "role"
        assert (person.consent_asked, person.asked, house.patient.seen.secrets) == (0, [], 0)
    finally:
        take_out(house.counter, BADGE_SLOT)
        house.log_in()


@pytest.mark.proves("P3", "fault 100")
def test_wrong_pins_without_consent_never_block_a_card(house: House) -> None:
    """However often it is tried: at most two wrong PINs of three reach the card (figure of P3)."""
    house.insert()
    for _ in range(8):
        with house.counter.client(house.wrong()) as client, pytest.raises(Exception, match=r"pin\."):
            client.call("card.read", card=house.patient.handle, items=["name"], **CONTEXT)
    assert house.patient.tries("card_info.pin") == 1
    assert house.patient.seen.secrets == 2


# --- the counter moves -----------------------------------------------------------------------------------------------


class Meddler(PinScript):
    """While the person types, another program uses up tries of the same PIN: these many are left after each prompt."""

    def __init__(self, house: House, pins: list[str], left: list[int], consents: bool = False) -> None:
        super().__init__(list(pins), consents)
        self._house = house
        self._left = left

    def pin(self, request: Any) -> bytearray | None:
        if self._left:
            self._house.patient.card.references()["card_info.pin"].tries = self._left.pop(0)
        return super().pin(request)


@pytest.mark.proves("P2", "fault 102")
def test_a_counter_that_moved_is_shown_anew_and_asked_once_more(house: House) -> None:
    house.insert()
    person = Meddler(house, [house.pins.card_info] * 2, [2])
    house.read(person=person)
    assert [asked["tries_left"] for asked in person.asked] == [3, 2]
    assert house.patient.seen.secrets == 1


@pytest.mark.proves("P2", "fault 102")
def test_a_counter_that_keeps_moving_ends_the_operation(house: House) -> None:
    house.insert()
    person = Meddler(house, [house.pins.card_info] * 2, [2, 3])
    error = failing("pin.counter_changed", lambda: house.read(person=person))
    assert len(person.asked) == 2
    assert untouched(error)
    assert house.patient.seen.secrets == 0
    assert house.outcomes()[-1]["code"] == "pin.counter_changed"


@pytest.mark.proves("P3", "fault 102")
@pytest.mark.parametrize("agrees", [True, False])
def test_a_counter_that_fell_to_the_last_try_asks_for_consent_first(house: House, agrees: bool) -> None:
    house.insert()
    person = Meddler(house, [house.pins.card_info] * 2, [1], consents=agrees)
    if agrees:
        house.read(person=person)
        assert house.outcomes()[-1]["last_try_agreed"] is True
    else:
        failing("pin.guard", lambda: house.read(person=person))
        assert house.patient.seen.secrets == 0
    assert person.consent_asked == 1


@pytest.mark.proves("P3")
def test_a_card_blocked_while_the_pin_was_typed_was_blocked_before(house: House) -> None:
    house.insert()
    person = Meddler(house, [house.pins.card_info], [0])
    error = failing("pin.was_blocked", lambda: house.read(person=person))
    assert untouched(error)
    assert house.patient.seen.secrets == 0


# --- over real pcscd too -------------------------------------------------------------------------------------------------


@pytest.mark.proves("P2", "P3", "P4", "fault 4", "fault 69", "fault 100")
def test_the_rules_that_protect_a_pin_hold_over_any_pcscd(any_counter: Any) -> None:
    with opened_house(any_counter) as house:
        house.insert()
        wrong = house.wrong()
        failing("pin.rejected", lambda: house.read(wrong))
        failing("pin.repeated", lambda: house.read(wrong))
        assert house.patient.tries("card_info.pin") == 2
        house.patient.follow(Fault(Kind.DROP_MID_COMMAND, at=1, match=VERIFY_CARD_INFO))
        failing("pin.unknown", lambda: house.read(house.wrong()))
        assert house.patient.tries("card_info.pin") == 1
        take_out(any_counter, RESIDENT_SLOT)
        house.patient.follow()
        house.patient.handle = any_counter.insert(house.patient.seen, RESIDENT_SLOT)
        failing("pin.guard", house.read)
        assert house.patient.seen.secrets == 0
        house.read(person=PinScript([house.pins.card_info], consents=True))
        assert house.patient.tries("card_info.pin") == 3
        house.pull()
