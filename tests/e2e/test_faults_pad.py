"""A reader with a PIN pad: numeric PINs never pass the PC, and what goes wrong at the pad costs no try."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from applets_spec.fault_script import Fault, Kind
from applets_spec.pcscd.pin_pad import PinPad
from cardd.client import RemoteError
from tests.e2e.fault_house import (
    House,
    attempt,
    failing,
    nothing_left_by_the_module,
    nothing_left_running,
    opened_house,
    untouched,
)
from tests.fixtures.counter import RESIDENT_SLOT, ROOMY, PinScript, open_counter, pad_readers

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_counter(pad_readers, config=ROOMY) as counter, opened_house(counter) as opened:
        yield opened


def pad_of(house: House) -> PinPad:
    pad: PinPad = house.counter.box.daemon.slots[RESIDENT_SLOT].pad  # type: ignore[attr-defined]
    pad.clear()
    return pad


@pytest.mark.proves("P6")
@pytest.mark.parametrize("job", ["read", "sign"])
def test_a_numeric_pin_goes_through_the_pad_and_no_agent_is_asked(house: House, job: str) -> None:
    house.insert()
    agent = PinScript([])
    pad_of(house).type(house.pins.card_info if job == "read" else house.pins.authentication)
    told: list[dict[str, Any]] = []
    with house.counter.client(person=agent, on_progress=told.append) as client:
        card = house.patient.handle
        if job == "read":
            client.call("card.read", card=card, items=["name"], purpose="identity_check", case="R8-1")
        else:
            house.sign(person=agent)
    assert agent.asked == []
    if job == "read":
        assert "waiting_for_pad" in [notice["state"] for notice in told]
    record = house.outcomes()[-1]
    assert (record["pin_pad"], record["pin_outcome"]) == (True, "accepted")


@pytest.mark.proves("P6")
def test_a_pin_with_letters_goes_to_the_agent_also_on_a_pad_reader(house: House) -> None:
    house.insert()
    pad_of(house).type("1234")
    person = PinScript([house.pins.signature])
    house.sign(person=person, key="signature")
    assert [asked["which"] for asked in person.asked] == ["signature"]
    assert "pin_pad" not in house.outcomes()[-1]


@pytest.mark.proves("P6")
def test_a_change_of_pin_goes_to_the_agent(house: House) -> None:
    house.insert()
    person = PinScript([house.pins.authentication, "4321", "4321"])
    house.change_pin(person=person)
    assert [asked["step"] for asked in person.asked] == ["enter", "new", "repeat"]
    house.change_pin("4321", house.pins.authentication, house.pins.authentication)


@pytest.mark.proves("P1", "P4")
@pytest.mark.parametrize(
    ("press", "name"),
    [
        (lambda pad: pad.cancel(), "pin.cancelled"),
        (lambda pad: pad.walk_away(), "pin.timeout"),
        (lambda pad: pad.type("123"), "pin.format"),
        (lambda pad: pad.type("12345"), "pin.format"),
    ],
    ids=["cancel", "nobody", "too short", "too long"],
)
def test_what_goes_wrong_at_the_pad_costs_no_try(house: House, press: Any, name: str) -> None:
    house.insert()
    press(pad_of(house))
    error = failing(name, lambda: house.read(person=PinScript([])))
    assert untouched(error)
    assert error.data["card"] == "cleared"
    assert house.patient.tries("card_info.pin") == 3
    assert house.patient.seen.secrets == 0
    record = house.outcomes()[-1]
    assert (record["code"], record["pin_outcome"], record["tries_after"]) == (name, "untouched", 3)


@pytest.mark.proves("P2", "P3", "fault 100")
def test_the_guard_holds_at_the_pad(house: House) -> None:
    house.insert()
    pad = pad_of(house)
    for left in (2, 1):
        pad.type(house.wrong())
        error = failing("pin.rejected", lambda: house.read(person=PinScript([])))
        assert error.data["pin"] == {"outcome": "spent", "tries_left": left}
    pad.type(house.pins.card_info)
    failing("pin.guard", lambda: house.read(person=PinScript([])))
    assert house.patient.seen.secrets == 2
    house.read(person=PinScript([], consents=True))
    assert house.patient.tries("card_info.pin") == 3


@pytest.mark.proves("P4", "fault 4")
def test_pulled_while_somebody_types_on_the_pad_nothing_is_sent(house: House) -> None:
    house.insert()
    pad = pad_of(house)
    failed: list[RemoteError | None] = []
    reading = threading.Thread(target=lambda: failed.append(attempt(lambda: house.read(person=PinScript([])))))
    reading.start()
    assert pad.wait_until_asking(10)
    house.pull()
    reading.join()
    assert failed[0] is not None
    # From outside nobody can tell whether the pad had sent it: said honestly, and the card's counter is whole.
    assert failed[0].name == "pin.unknown"
    assert house.patient.tries("card_info.pin") == 3
    assert house.patient.seen.secrets == 0
    house.alive()


@pytest.mark.proves("P4", "fault 4")
def test_pulled_over_the_verify_of_a_pad_the_outcome_is_unknown(house: House) -> None:
    house.insert()
    wrong = house.wrong()
    pad_of(house).type(wrong)
    house.patient.follow(Fault(Kind.DROP_MID_COMMAND, at=1, match=bytes.fromhex("0020009104")))
    error = failing("pin.unknown", lambda: house.read(person=PinScript([])))
    assert error.data["pin"]["outcome"] == "may_be_spent"
    assert house.patient.tries("card_info.pin") == 2
