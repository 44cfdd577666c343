"""Ways past policy and record, tried from outside: repeats of an order, odd lists of PINs, orders larger than an operation."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.fault_house import (
    DIGEST,
    House,
    failing,
    nothing_left_by_the_module,
    nothing_left_running,
    opened_house,
)
from tests.fixtures.counter import CONTEXT, ROOMY, SIGN_CONTEXT, PinScript, open_counter
from tests.fixtures.pcscd import StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_counter(StandInBox, config=ROOMY) as counter, opened_house(counter) as opened:
        yield opened


SIGNATURE_ORDER: dict[str, Any] = {
    "key": "signature",
    "hash": "sha256",
    "digests_base64": [DIGEST],
    "signature_format": "pkcs1v15",
    "idempotency_key": "repeat-0001",
    **SIGN_CONTEXT,
}


@pytest.mark.proves("S1", "S7", "A1", "fault 63")
def test_a_repeated_order_gives_nothing_to_whom_nobody_logged_in_for(house: House) -> None:
    """The stored answer holds the resident's certificate, which names them."""
    house.insert()
    order = {"card": house.patient.handle, **SIGNATURE_ORDER}
    with house.counter.client(house.pins.signature) as client:
        first = client.call("sign.digest", **order)
    before = len(house.counter.records())
    with house.counter.client() as client:
        again = client.call("sign.digest", **order)
    assert (again["repeated"], again["receipt"]) == (True, first["receipt"])
    told = [record for record in house.counter.records()[before:] if record.get("event") == "sign.digest"]
    assert [(record["problem"], record["operator"], record["case"]) for record in told] == [
        ("repeated", house.operator.id, SIGN_CONTEXT["case"])
    ]
    house.counter.call("session.logout")
    try:
        failing("session.required", lambda: house.counter.call("sign.digest", **order))
    finally:
        house.log_in()


@pytest.mark.proves("I2", "I5")
def test_a_question_about_no_pin_is_a_bad_request(house: House) -> None:
    house.insert()
    error = failing("request.bad", lambda: house.call("card.pin_status", pins=[], **CONTEXT))
    assert error.data["field"] == "params.pins"


@pytest.mark.proves("C1", "I2")
def test_a_pin_that_is_asked_about_many_times_is_asked_once(house: House) -> None:
    house.insert()
    answer = house.call("card.pin_status", pins=["authentication"] * 7, **CONTEXT)
    assert [row["which"] for row in answer["pins"]] == ["authentication"]
    failing("request.bad", lambda: house.call("card.pin_status", pins=["authentication"] * 500, **CONTEXT))


@pytest.mark.proves("S7", "fault 88")
def test_the_number_printed_on_the_card_stays_under_its_law_in_company(house: House) -> None:
    house.insert()
    for pins in (["verification_a"], ["verification_a", "authentication"]):
        error = failing("policy.denied", lambda pins=pins: house.call("card.pin_status", pins=pins, **CONTEXT))
        assert error.data["rule"] == "number_law"


@pytest.mark.proves("C1", "P4")
def test_an_order_that_cannot_fit_an_operation_is_refused_before_anybody_types(house: House) -> None:
    person = PinScript([house.operator.pin])
    digests = [base64.b64encode(bytes([number]) * 32).decode() for number in range(200)]
    badge = next(row["card"] for row in house.counter.cards() if row["kind"] == "badge")
    order = {**SIGNATURE_ORDER, "key": "authentication", "digests_base64": digests, "card": badge}
    order.pop("idempotency_key")
    with house.counter.client(person=person) as client:
        failing("request.bad", lambda: client.call("sign.digest", **order))
    assert person.asked == []
