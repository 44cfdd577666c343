"""What cards answer to VERIFY and to the status question, and the change of a PIN: what each costs, and what is told."""

from collections.abc import Iterator

import pytest

from applets_spec.fault_script import Fault, Kind
from applets_spec.variants import Variants
from tests.e2e.fault_house import (
    House,
    Patient,
    failing,
    nothing_left_by_the_module,
    nothing_left_running,
    opened_house,
    untouched,
)
from tests.fixtures.counter import (
    RESIDENT_SLOT,
    ROOMY,
    PinScript,
    open_counter,
)
from tests.fixtures.pcscd import StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
VERIFY_CARD_INFO = bytes.fromhex("0020009104")
"""VERIFY with four bytes for the PIN with short identifier 11."""
STATUS_CARD_INFO = bytes.fromhex("00200091")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_counter(StandInBox, config=ROOMY) as counter, opened_house(counter) as opened:
        yield opened


# --- what cards answer -----------------------------------------------------------------------------------------------


@pytest.mark.proves("C6", "fault 27")
@pytest.mark.parametrize("sw", ["6A82", "6D00", "6F00", "6687", "9001", "6982", "6C10", "6110", "6700"])
def test_an_odd_status_word_after_verify_is_no_pin_error_and_is_not_tried_again(house: House, sw: str) -> None:
    house.insert()
    house.patient.follow(Fault(Kind.ANSWER, sw=bytes.fromhex(sw), match=VERIFY_CARD_INFO))
    error = failing("card.bad_answer", house.read)
    assert error.data["pin"] == {"outcome": "may_be_spent"}
    assert error.data["sw"] == sw
    assert house.patient.seen.secrets == 1
    record = house.outcomes()[-1]
    assert (record["result"], record["pin_outcome"], record["tries_before"]) == ("unknown", "may_be_spent", 3)
    assert "tries_after" not in record
    house.patient.follow()
    house.read()
    assert house.patient.seen.sent.count(STATUS_CARD_INFO) >= 2, "the counter is read again before the person is asked"


@pytest.mark.proves("C6", "fault 25")
@pytest.mark.parametrize(
    ("sw", "name", "left"),
    [
        ("63C1", "pin.rejected", 1),
        ("63CF", "pin.rejected", 15),
        ("6300", "pin.rejected", None),
        ("63C0", "pin.now_blocked", 0),
        ("6983", "pin.was_blocked", 0),
        ("6984", "pin.was_blocked", 0),
    ],
)
def test_tries_are_read_from_63cx_alone(house: House, sw: str, name: str, left: int | None) -> None:
    house.insert()
    house.patient.follow(Fault(Kind.ANSWER, sw=bytes.fromhex(sw), match=VERIFY_CARD_INFO))
    error = failing(name, lambda: house.read(house.wrong()))
    assert error.data.get("tries_left") == left
    assert error.data["pin"]["outcome"] == ("untouched" if name == "pin.was_blocked" else "spent")


@pytest.mark.proves("P4", "fault 30")
def test_a_counter_that_does_not_fall_is_taken_as_told_and_the_same_pin_is_still_refused(house: House) -> None:
    house.insert()
    wrong = house.wrong()
    house.patient.follow(Fault(Kind.ANSWER, sw=bytes.fromhex("63C3"), match=VERIFY_CARD_INFO))
    error = failing("pin.rejected", lambda: house.read(wrong))
    assert error.data["pin"] == {"outcome": "spent", "tries_left": 3}
    failing("pin.repeated", lambda: house.read(wrong))
    assert house.patient.seen.secrets == 1


@pytest.mark.proves("P2", "fault 28")
def test_a_card_that_somebody_else_verified_is_cleared_and_asked_again(house: House) -> None:
    house.insert()
    person = PinScript([house.pins.card_info])
    house.patient.follow(Fault(Kind.ANSWER, at=1, sw=bytes.fromhex("9000"), match=STATUS_CARD_INFO))
    house.read(person=person)
    assert person.asked[0]["tries_left"] == 3
    assert house.patient.seen.secrets == 1


@pytest.mark.proves("P2", "fault 28")
@pytest.mark.parametrize("sw", ["9000", "6300"])
def test_a_counter_that_cannot_be_read_means_that_nobody_is_asked(house: House, sw: str) -> None:
    house.insert()
    person = PinScript([house.pins.card_info])
    house.patient.follow(Fault(Kind.ANSWER, sw=bytes.fromhex(sw), match=STATUS_CARD_INFO))
    error = failing("card.bad_answer", lambda: house.read(person=person))
    assert error.data["problem"] == "counter_unreadable"
    assert person.asked == []
    assert house.patient.seen.secrets == 0


@pytest.mark.proves("C6", "fault 25")
@pytest.mark.parametrize(
    "variants",
    [
        Variants(blocked="6984"),
        Variants(blocked="6983"),
        Variants(blocked="6984", blocked_status_as_count=False),
        Variants(blocked="6983", blocked_status_as_count=False),
        Variants(case_1_refused=True),
    ],
    ids=["6984", "6983", "6984 to the question", "6983 to the question", "no 4-byte question"],
)
def test_a_blocked_pin_is_told_before_anybody_types(house: House, variants: Variants) -> None:
    resident = house.counter.office.resident("latin_name", variants, number=3)
    patient = Patient(resident.card)
    patient.card.references()["card_info.pin"].tries = 0
    house.pull()
    handle = house.counter.insert(patient.seen, RESIDENT_SLOT)
    patient.seen.forget()
    person = PinScript([house.wrong()], consents=True)
    failing("pin.was_blocked", lambda: house.read(person=person, card=handle))
    assert (person.asked, patient.seen.secrets) == ([], 0)


@pytest.mark.proves("P2")
def test_nothing_stays_verified_on_the_card_between_two_calls(house: House) -> None:
    house.insert()
    house.read()
    assert not house.patient.verified
    failing("pin.cancelled", lambda: house.read(None))


# --- a change of PIN ---------------------------------------------------------------------------------------------------


@pytest.mark.proves("P1", "P4")
@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        (("1234", "4321", "4322"), "repeat_differs"),
        (("1234", "432", "432"), "length"),
        (("1234", "abcd", "abcd"), "alphabet"),
        (("1234", "1234", "1234"), "same_as_old"),
    ],
    ids=["repeat differs", "too short", "letters", "same as the old one"],
)
def test_a_new_pin_that_will_not_do_is_refused_before_the_old_one_is_sent(
    house: House, typed: tuple[str, ...], problem: str
) -> None:
    house.insert()
    error = failing("pin.format", lambda: house.change_pin(*typed))
    assert error.data["problem"] == problem
    assert untouched(error)
    assert house.patient.seen.secrets == 0


@pytest.mark.proves("P4")
def test_a_wrong_old_pin_changes_nothing(house: House) -> None:
    house.insert()
    error = failing("pin.rejected", lambda: house.change_pin(house.wrong(), "4321", "4321"))
    assert error.data["pin"] == {"outcome": "spent", "tries_left": 2}
    assert house.patient.seen.secrets == 1, "no CHANGE REFERENCE DATA after a VERIFY that failed"


@pytest.mark.proves("P4", "fault 4")
@pytest.mark.parametrize("kind", [Kind.DROP, Kind.DROP_MID_COMMAND], ids=["not carried out", "carried out"])
def test_pulled_over_the_change_nobody_claims_to_know_which_pin_counts(house: House, kind: Kind) -> None:
    house.insert()
    house.patient.follow(Fault(kind, at=1, match=bytes.fromhex("0024")))
    error = failing("pin.unknown", lambda: house.change_pin(house.pins.authentication, "4321", "4321"))
    assert error.data["pin"]["outcome"] == "may_be_spent"
    assert house.outcomes()[-1]["pin_outcome"] == "may_be_spent"
    reference = house.patient.card.references()["jpki.authentication"]
    new = reference.value == b"4321"
    assert new is (kind is Kind.DROP_MID_COMMAND)
    reference.value = house.pins.authentication.encode()


@pytest.mark.proves("P1")
def test_a_pin_that_cannot_be_changed_says_so_before_anybody_types(house: House) -> None:
    house.insert()
    person = PinScript(["9012", "9013", "9013"])
    error = failing("card.wrong_kind", lambda: house.change_pin(person=person, which="resident_register"))
    assert error.data["problem"] == "not_changeable"
    assert person.asked == []
    assert house.patient.seen.sent == []
