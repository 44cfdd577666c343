"""Orders to sign that must be refused, when they are refused, and orders that come twice."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from applets_spec.fault_script import Fault, Kind
from tests.e2e.fault_house import (
    DIGEST,
    SIGN_CONTEXT,
    House,
    failing,
    held_card,
    nothing_left_by_the_module,
    nothing_left_running,
    opened_house,
    untouched,
)
from tests.e2e.test_faults_callers import UNHURRIED, Caller, Stopped, next_outcome, noticed
from tests.fixtures.counter import READY_SECONDS, PinScript, open_counter, until
from tests.fixtures.pcscd import StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
TEXT = b"an application"
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_counter(StandInBox, config=UNHURRIED) as counter, opened_house(counter) as opened:
        yield opened


def digest(name: str, text: bytes = TEXT) -> str:
    return base64.b64encode(hashlib.new(name, text).digest()).decode()


def fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("key", ["authentication", "signature"])
def test_each_hash_with_each_key_of_a_resident_holds(house: House, key: str, name: str) -> None:
    house.insert()
    pin = getattr(house.pins, key)
    signed = house.sign(pin, key=key, hash=name, digests_base64=[digest(name)])
    certificate = x509.load_der_x509_certificate(base64.b64decode(signed["certificate_base64"]))
    public = certificate.public_key()
    public.verify(  # type: ignore[union-attr, call-arg]
        base64.b64decode(signed["signatures_base64"][0]),
        base64.b64decode(digest(name)),
        padding.PKCS1v15(),  # type: ignore[arg-type]
        utils.Prehashed(HASHES[name]),
    )


@pytest.mark.proves("P4")
@pytest.mark.parametrize("known", [False, True], ids=["first read", "certificate known"])
def test_another_certificate_than_was_shown_is_refused_before_the_pin_is_spent(house: House, known: bool) -> None:
    house.insert()
    if known:
        house.call("card.certificate", key="authentication", **SIGN_CONTEXT)
    person = PinScript([house.pins.authentication])
    error = failing("sign.wrong_certificate", lambda: house.sign(person=person, fingerprint="ab" * 32))
    assert untouched(error)
    assert (person.asked, house.patient.seen.secrets) == ([], 0)
    record = house.outcomes()[-1]
    assert (record["result"], record["code"]) == ("refused", "sign.wrong_certificate")
    right = fingerprint(house.resident.certificates.authentication_certificate)
    assert house.sign(fingerprint=right)["fingerprint"] == right


@pytest.mark.proves("P4")
def test_behind_its_pin_another_signature_certificate_is_found_out_before_the_key_is_used(house: House) -> None:
    """The certificate of the signature key opens with the PIN alone (decision 10)."""
    house.insert()
    error = failing(
        "sign.wrong_certificate", lambda: house.sign(house.pins.signature, key="signature", fingerprint="ab" * 32)
    )
    assert error.data["pin"]["outcome"] == "accepted"
    assert not [one for one in house.patient.seen.sent if one[:2] == bytes.fromhex("802A")]


@pytest.mark.parametrize(
    ("order", "code", "field"),
    [
        ({"digests_base64": [DIGEST, DIGEST]}, "request.bad", "digests_base64"),
        ({"digests_base64": [digest("sha384")]}, "request.bad", "digests_base64"),
        ({"hash": "sha512"}, "request.bad", "digests_base64"),
        ({"signature_format": "ecdsa_der"}, "sign.algorithm", "signature_format"),
        ({"key": "key_management"}, "policy.denied", "key_management"),
        ({"hash": "sha1"}, "request.bad", "params.hash"),
    ],
    ids=["two digests", "too long", "too short", "ECDSA of an RSA key", "no such key", "SHA-1"],
)
def test_an_order_that_cannot_be_met_is_refused_before_anybody_types(
    house: House, order: dict[str, Any], code: str, field: str
) -> None:
    house.insert()
    person = PinScript([house.pins.authentication])
    error = failing(code, lambda: house.sign(person=person, **order))
    assert error.data["field"] == field
    assert untouched(error)
    assert (person.asked, house.patient.seen.secrets) == ([], 0)


@pytest.mark.proves("fault 63")
def test_the_same_order_comes_back_without_a_second_signature(house: House) -> None:
    house.insert()
    first = house.sign(idempotency_key="order-0001")
    house.patient.seen.forget()
    person = PinScript([])
    again = house.sign(person=person, idempotency_key="order-0001")
    assert (again["repeated"], again["signatures_base64"]) == (True, first["signatures_base64"])
    assert again["receipt"] == first["receipt"]
    assert house.patient.seen.sent == []
    other = {"digests_base64": [digest("sha256", b"something else")]}
    failing("request.idempotency_mismatch", lambda: house.sign(idempotency_key="order-0001", **other))


def order_of(key: str) -> dict[str, Any]:
    return {
        "key": "authentication",
        "hash": "sha256",
        "digests_base64": [DIGEST],
        "signature_format": "pkcs1v15",
        "idempotency_key": key,
        **SIGN_CONTEXT,
    }


@pytest.mark.proves("fault 61", "fault 63")
def test_a_connection_lost_before_the_key_was_used_leaves_the_order_free(house: House) -> None:
    house.insert()
    before, person = len(house.outcomes()), Stopped(house.pins.authentication)
    caller = Caller(house, "sign.digest", person, **order_of("order-0002"))
    assert person.sits.wait(READY_SECONDS)
    caller.client._socket.shutdown(2)
    record = next_outcome(house, before)
    person.go.set()
    caller.hang_up()
    assert (record["caller_gone"], record["pin_outcome"]) == (True, "untouched")
    assert house.sign(idempotency_key="order-0002")["repeated"] is False


@pytest.mark.proves("fault 61", "fault 63")
def test_a_connection_lost_over_the_signature_never_makes_a_second_one(house: House) -> None:
    house.insert()
    before = len(house.outcomes())
    with held_card(house, bytes.fromhex("802A")) as go_on:
        caller = Caller(house, "sign.digest", PinScript([house.pins.authentication]), **order_of("order-0003"))
        until(lambda: [one for one in house.patient.seen.sent if one[:2] == bytes.fromhex("802A")], READY_SECONDS)
        caller.hang_up()
        noticed(house)
        go_on()
        record = next_outcome(house, before)
    assert (record["caller_gone"], record["pin_outcome"]) == (True, "accepted")
    assert "signatures" not in record
    house.patient.follow()
    person = PinScript([])
    failing("sign.outcome_unknown", lambda: house.sign(person=person, idempotency_key="order-0003"))
    assert (person.asked, house.patient.seen.sent) == ([], [])


@pytest.mark.proves("fault 63")
@pytest.mark.parametrize("ending", ["wrong PIN", "cancelled", "pulled over VERIFY"])
def test_an_order_that_failed_before_the_key_was_used_may_come_again(house: House, ending: str) -> None:
    key = "order-" + ending.replace(" ", "-")
    house.insert()
    if ending == "wrong PIN":
        failing("pin.rejected", lambda: house.sign(house.wrong(), idempotency_key=key))
    elif ending == "cancelled":
        failing("pin.cancelled", lambda: house.sign(None, idempotency_key=key))
    else:
        house.patient.follow(Fault(Kind.DROP, at=1, match=bytes.fromhex("0020009804")))
        failing("pin.unknown", lambda: house.sign(idempotency_key=key))
        failing("card.changed", lambda: house.sign(idempotency_key=key))
        house.insert()
    assert house.sign(idempotency_key=key)["repeated"] is False


@pytest.mark.parametrize(("key", "fits"), [("signature", 1), ("authentication", 3)])
def test_a_badge_signs_several_digests_with_9a_and_one_with_9c(house: House, key: str, fits: int) -> None:
    digests = [digest("sha256", bytes([number])) for number in range(3)]
    order = {"card": house.badge_handle, "key": key, "digests_base64": digests}
    if fits == 1:
        person = PinScript([house.operator.pin])
        error = failing("request.bad", lambda: house.sign(person=person, **order))
        assert (error.data["limit"], person.asked) == (1, [])
        order["digests_base64"] = digests[:1]
    signed = house.sign(house.operator.pin, **order)
    assert len(signed["signatures_base64"]) == fits
