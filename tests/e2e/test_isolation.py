"""What a PIN opens on a card stays cardd's: other programs at the readers cannot use a PIN that cardd verified.

`intruder` is such a program, and the careless one that it does rob.
"""

import base64
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from applets_spec.card import Card
from applets_spec.testca.keys import KeyAlgorithm
from applets_spec.variants import Variants
from cardd.client import RemoteError
from demo.office import Office, Resident
from tests.e2e.programs import PATIENCE_S, alarms, running
from tests.fixtures.counter import (
    BADGE_SLOT,
    RESIDENT_SLOT,
    SIGN_CONTEXT,
    Counter,
    open_counter,
    until,
)
from tests.fixtures.pcscd import RealPcscd, StandInBox

AFTERWARDS_S = 2.0
FIRST_SECOND = 1.0
VICTIMS = 3
"""One after the other: on a busy machine the card's power may go before the intruder comes to the first one."""
BUSY_TRIES = 60
DOCUMENT = b"document"
BOXES: dict[str, Callable[[Path], Any]] = {"real": RealPcscd, "stand-in": StandInBox}

GENEROUS: dict[str, Any] = {
    "verified_status_as_success": True,
    "reselect_keeps_verified": True,
    "signature_delay_ms": 150,
}
"""The card that helps an intruder most: it says when a PIN is verified, keeps it over SELECT, and takes its time as real cards do."""


@pytest.fixture(params=BOXES)
def counter(request: pytest.FixtureRequest) -> Iterator[Counter]:
    """A counter whose operator has a badge with P-256 keys, over a real pcscd and over the stand-in."""

    def hire(office: Office) -> None:
        office.people.clear()
        office.hire(algorithm=KeyAlgorithm.P256)

    with open_counter(BOXES[request.param], prepare=hire) as opened:
        yield opened


def generous(card: Card) -> Card:
    """The same card, as it helps an intruder most."""
    state = card.to_state()
    state["variants"] |= GENEROUS
    return Card.from_state(state)


@pytest.fixture
def resident(counter: Counter) -> Resident:
    return counter.office.resident(variants=Variants(**GENEROUS))


def sign(counter: Counter, resident: Resident, card: str, key: str) -> None:
    """A signature with a resident's key, found right."""
    pins = resident.holder.pins
    wanted: dict[str, Any] = {
        "key": key,
        "hash": "sha256",
        "digests_base64": [base64.b64encode(hashlib.sha256(DOCUMENT).digest()).decode()],
        "signature_format": "pkcs1v15",
        **SIGN_CONTEXT,
    }
    pin = pins.signature if key == "signature" else pins.authentication
    signed = counter.call("sign.digest", pin, card=card, **wanted)
    certificate = x509.load_der_x509_certificate(base64.b64decode(signed["certificate_base64"]))
    signature = base64.b64decode(signed["signatures_base64"][0])
    key_of_card = certificate.public_key()
    assert isinstance(key_of_card, rsa.RSAPublicKey)
    key_of_card.verify(signature, DOCUMENT, padding.PKCS1v15(), hashes.SHA256())


def in_spite_of_intruders(operation: Callable[[], object]) -> tuple[float, float]:
    """Do it, again where an intruder had the card just then; when it began and ended (CLOCK_MONOTONIC)."""
    for _ in range(BUSY_TRIES):
        begun = time.monotonic()
        try:
            operation()
        except RemoteError as error:
            if error.name != "reader.busy":
                raise
        else:
            return begun, time.monotonic()
    raise AssertionError("the intruder always had the card")


def operation_on(counter: Counter, resident: Resident, target: str) -> tuple[int, Callable[[], object]]:
    """Insert the card that `target` is about; its slot, and the operation that verifies the PIN."""
    sato = counter.office.people[0]
    if target == "badge":
        badge = counter.insert(generous(sato.badge), BADGE_SLOT, kind="badge")
        return BADGE_SLOT, lambda: counter.call("session.login", sato.pin, badge=badge)
    counter.log_in(sato)
    card = counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    return RESIDENT_SLOT, lambda: sign(counter, resident, card, target)


@pytest.mark.proves("C5")
@pytest.mark.parametrize("target", ["authentication", "signature", "badge"])
def test_no_other_program_can_use_a_pin_that_cardd_verified(counter: Counter, resident: Resident, target: str) -> None:
    slot, operation = operation_on(counter, resident, target)
    with running(counter, "intruder", "hammer", counter.box.readers[slot], target) as intruder:
        assert intruder.says() == "ready"
        begun, ended = in_spite_of_intruders(operation)
        time.sleep(AFTERWARDS_S)  # not for an event: this long nothing must come of what the intruder does
        report = intruder.ends()
    kept_out = [moment for moment in report["kept_out"] if begun <= moment <= ended]
    at_once = [moment for moment in report["attacks"] if ended <= moment]
    print(
        f"{target}: {report['attempts']} attempts, {report['commands']} commands sent, {len(kept_out)} refused during the"
        f" operation, {len(at_once)} attacks after it; answers {report['answers']}"
    )
    assert report["spoils"] == []
    assert kept_out
    assert len(at_once) > 5
    assert all(not word.endswith("9000") for word in report["answers"] if not word.startswith("select"))
    assert report["answers"]["sign 6982"] > 5  # the commands are right, only the PIN is missing


CARELESS = [("authentication", "leave"), ("authentication", "reset"), ("signature", "leave"), ("badge", "leave")]


@pytest.mark.parametrize(("target", "how"), CARELESS, ids=[" ".join(row) for row in CARELESS])
def test_the_same_attack_robs_a_program_that_does_not_clear(
    counter: Counter, resident: Resident, target: str, how: str
) -> None:
    """The control of the test above: `leave` is what most programs do, `reset` does not help with a My Number card."""
    sato = counter.office.people[0]
    counter.stop()
    if target == "badge":
        slot, card, pin = BADGE_SLOT, generous(sato.badge), sato.pin.encode().ljust(8, b"\xff")
    else:
        pins = resident.holder.pins
        slot, card = RESIDENT_SLOT, resident.card
        pin = (pins.signature if target == "signature" else pins.authentication).encode()
    counter.box.insert(card, slot)
    reader = counter.box.readers[slot]
    with running(counter, "intruder", "hammer", reader, target) as intruder:
        assert intruder.says() == "ready"
        for _ in range(VICTIMS):
            with running(counter, "intruder", "victim", reader, target, how) as victim:
                assert victim.ends(pin.hex() + "\n") == ["9000", "9000", "9000"]
            time.sleep(FIRST_SECOND)
        report = intruder.ends()
    stolen = {name for name, _ in report["spoils"]}
    print(
        f"{target}, {how}: {report['attempts']} attempts, {len(report['spoils'])} commands that the PIN opened: {stolen}"
    )
    assert stolen == {"sign", "status"} | ({"read"} if target == "signature" else set())


@pytest.mark.proves("fault 43")
@pytest.mark.parametrize("share", ["shared", "exclusive", "direct"])
def test_a_card_that_another_program_holds_is_busy_and_its_pin_stays_unused(
    counter: Counter, resident: Resident, share: str
) -> None:
    _, operation = operation_on(counter, resident, "authentication")
    with running(counter, "intruder", "hold", counter.box.readers[RESIDENT_SLOT], share) as intruder:
        assert intruder.says() == "ready"
        with pytest.raises(RemoteError) as failure:
            operation()
        assert failure.value.name == "reader.busy"
        alarm = until(lambda: alarms(counter, "foreign_program"), PATIENCE_S)
        assert (alarm[0]["problem"], alarm[0]["seat"]) == ("reader_busy", "counter")
        assert not resident.card.references()["jpki.authentication"].verified
        assert intruder.ends()["spoils"] == []
    operation()


@pytest.mark.proves("fault 43")
def test_a_handle_opened_on_the_empty_reader_keeps_cardd_away_and_is_an_alarm(
    counter: Counter, resident: Resident
) -> None:
    counter.log_in(counter.office.people[0])
    with running(counter, "intruder", "hold", counter.box.readers[RESIDENT_SLOT], "direct") as intruder:
        assert intruder.says() == "ready"
        counter.box.insert(resident.card, RESIDENT_SLOT)
        alarm = until(lambda: alarms(counter, "card_not_identified"), PATIENCE_S)
        assert alarm[0]["problem"] == "reader_busy"
        intruder.stop()
