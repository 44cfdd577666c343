"""An idempotency key outlives a dropped connection, and a restart of the daemon."""

import base64
import hashlib

import pytest

from tests.fixtures.counter import RESIDENT_SLOT, SIGN_CONTEXT, Counter, counter

__all__ = ["counter"]


@pytest.mark.proves("fault 63")
def test_one_key_makes_one_signature_also_over_a_restart(counter: Counter) -> None:
    sato, resident = counter.office.people[0], counter.office.resident()
    counter.log_in(sato)
    card = counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    order = {
        "key": "authentication",
        "hash": "sha256",
        "digests_base64": [base64.b64encode(hashlib.sha256(b"form").digest()).decode()],
        "signature_format": "pkcs1v15",
        "idempotency_key": "form-0042",
        **SIGN_CONTEXT,
    }
    pin = resident.holder.pins.authentication
    first = counter.call("sign.digest", pin, card=card, **order)
    again = counter.call("sign.digest", card=card, **order)
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert again["signatures_base64"] == first["signatures_base64"]

    counter.stop()
    counter.start()
    badge = next(row["card"] for row in counter.known_cards() if row["kind"] == "badge")
    card = next(row["card"] for row in counter.known_cards() if row["kind"] == "my_number")
    counter.call("session.login", sato.pin, badge=badge)
    failure = counter.fails("sign.digest", pin, card=card, **order)
    assert failure.name == "sign.outcome_unknown"
    assert counter.call("sign.digest", pin, card=card, **{**order, "idempotency_key": "form-0043"})["repeated"] is False
