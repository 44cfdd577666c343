"""A signature in two steps over a real socket: one PIN, the certificate, one digest; and every way in which it can end before that."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from applets_spec.fault_script import Fault, Kind
from cardd.client import Client
from tests.e2e.fault_house import (
    House,
    Seen,
    attempt,
    failing,
    nothing_left_by_the_module,
    nothing_left_running,
    opened_house,
    take_out,
)
from tests.fixtures.counter import (
    READY_SECONDS,
    RESIDENT_SLOT,
    ROOMY,
    SIGN_CONTEXT,
    Counter,
    PinScript,
    open_counter,
    until,
)
from tests.fixtures.pcscd import RealPcscd, StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]

NAME = "転出届　髙橋太郎.xml"
CONTENT = "<申請>転出届</申請>\n".encode()
DOCUMENT = {"name": NAME, "size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest(), "pages": 2}
SIGNED_INFO = base64.b64encode(hashlib.sha256(b"signed info").digest()).decode()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_counter(StandInBox, config=ROOMY) as counter:
        others = {"other": counter.office.resident(number=2).card}
        with opened_house(counter, others=others) as opened:
            yield opened


@contextmanager
def at_the_window(house: House, pin: str | None = None, *, agrees: bool = True) -> Iterator[tuple[Client, PinScript]]:
    """The resident's card is in, and its holder reads and types."""
    house.log_in()
    house.insert()
    person = PinScript([pin or house.pins.signature] * 4, agrees)
    with house.counter.client(person=person) as client:
        yield client, person


def begin(client: Client, card: str, **more: Any) -> dict[str, Any]:
    asked = {"card": card, "key": "signature", "hash": "sha256", "document": DOCUMENT, **SIGN_CONTEXT}
    return client.call("sign.begin", **(asked | more))


def finish(client: Client, begun: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    asked = {"begun": begun["begun"], "digest_base64": SIGNED_INFO, "signature_format": "pkcs1v15"}
    return client.call("sign.finish", **(asked | more))


def verifies(signed: Mapping[str, Any]) -> bool:
    key = x509.load_der_x509_certificate(base64.b64decode(signed["certificate_base64"])).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    digest = base64.b64decode(SIGNED_INFO)
    key.verify(
        base64.b64decode(signed["signature_base64"]), digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
    )
    return True


def ended(house: House, number: int) -> dict[str, Any]:
    """The outcome of the last `sign.begin`, once it is there. `number`: outcomes of it before."""
    found: list[dict[str, Any]] = until(lambda: _ends(house.counter)[number:], READY_SECONDS)
    return found[0]


def _ends(counter: Counter) -> list[dict[str, Any]]:
    records = counter.records()
    begun = {record["seq"] for record in records if record["phase"] == 1 and record["event"] == "sign.begin"}
    return [record for record in records if record["phase"] == 2 and record["intent"] in begun]


@pytest.mark.proves("P1", "A1", "A2", "P7")
@pytest.mark.parametrize("box", [RealPcscd, StandInBox], ids=["real pcscd", "stand-in"])
def test_one_pin_the_certificate_and_one_signature_each_on_record_and_the_name_nowhere(box: Any) -> None:
    with open_counter(box) as counter:
        counter.log_in(counter.office.people[0])
        resident = counter.office.resident()
        card = counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
        person = PinScript([resident.holder.pins.signature], consents=True)
        with counter.client(person=person) as client:
            begun = begin(client, card)
            assert base64.b64decode(begun["certificate_base64"]) == resident.certificates.signature_certificate
            signed = finish(client, begun)
        assert verifies(signed)
        assert signed["certificate_base64"] == begun["certificate_base64"]
        assert (len(person.asked), person.consent_asked) == (1, 1)
        assert person.asked[0]["document"] == DOCUMENT
        until(lambda: _ends(counter), READY_SECONDS)
        assert not any(reference.verified for reference in resident.card.references().values())
        _look_at_the_record(counter, begun, signed)
        assert counter.stop() == 0
        told = [file.read_bytes() for file in counter.folder.rglob("*") if file.is_file() and "cards" not in file.parts]
        assert len(told) > 5
        for spelling in (NAME, NAME.encode("unicode_escape").decode()):
            assert not any(spelling.encode() in octets for octets in told)


def _look_at_the_record(counter: Counter, begun: Mapping[str, Any], signed: Mapping[str, Any]) -> None:
    records = counter.records()
    mine = [record for record in records if str(record.get("event")).startswith("sign.")]
    told = [(record["event"], record["phase"], record.get("document_agreed"), record.get("begun")) for record in mine]
    assert told == [
        ("sign.begin", 1, None, None),
        ("sign.begin", 3, True, None),
        ("sign.begin", 3, None, begun["begun"]),
        ("sign.finish", 1, None, begun["begun"]),
    ]
    assert {record["document"] for record in mine} == {DOCUMENT["sha256"]}
    assert begun["receipt"]["sequence"] == mine[2]["seq"], "it was on record before the certificate went out"
    outcomes = {record["seq"]: record for record in records if record["phase"] == 2}
    out = outcomes[signed["receipt"]["sequence"]]
    assert (out["intent"], out["result"], out["signatures"]) == (mine[3]["seq"], "done", 1)
    (end,) = _ends(counter)
    assert (end["result"], end["pin_outcome"], end["card_outcome"]) == ("done", "accepted", "cleared")


def test_no_means_no_pin_and_no_try(house: House) -> None:
    with at_the_window(house, agrees=False) as (client, person):
        error = failing("sign.not_agreed", lambda: begin(client, house.patient.handle))
        order = {"key": "signature", "hash": "sha256", "digests_base64": [SIGNED_INFO], "document": DOCUMENT}
        again = {"card": house.patient.handle, "signature_format": "pkcs1v15", **SIGN_CONTEXT, **order}
        failing("sign.not_agreed", lambda: client.call("sign.digest", **again))
    assert error.data["pin"]["outcome"] == "untouched"
    assert NAME not in str(error.data) + error.message
    assert (person.asked, person.consent_asked, house.patient.seen.secrets) == ([], 2, 0)
    assert house.patient.tries("jpki.signature") == 5


def test_nobody_who_can_be_asked_is_no_yes(house: House) -> None:
    house.log_in()
    house.insert()
    with house.counter.client() as client:
        failing("agent.none", lambda: begin(client, house.patient.handle))
    assert house.patient.seen.secrets == 0


@pytest.mark.proves("fault 166")
def test_what_is_signed_must_be_the_document_that_is_shown(house: House) -> None:
    with at_the_window(house) as (client, person):
        order = {"key": "signature", "hash": "sha256", "digests_base64": [SIGNED_INFO], "signature_format": "cades_b"}
        given = {"card": house.patient.handle, "document": DOCUMENT, **SIGN_CONTEXT, **order}
        assert failing("request.bad", lambda: client.call("sign.digest", **given)).data["problem"] == "other_digest"
        assert (person.consent_asked, person.asked) == (0, [])
        right = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
        client.call("sign.digest", **{**given, "digests_base64": [right]})
    assert (person.consent_asked, len(person.asked)) == (1, 1)


@pytest.mark.proves("fault 3")
def test_a_card_pulled_between_signs_nothing_and_its_reader_serves_the_next(house: House) -> None:
    number = len(_ends(house.counter))
    with at_the_window(house) as (client, _):
        begun = begin(client, house.patient.handle)
        take_out(house.counter, RESIDENT_SLOT)
        failing("card.removed", lambda: finish(client, begun))
    end = ended(house, number)
    assert (end["result"], end["problem"], end["card_outcome"]) == ("done", "card_gone", "removed")
    assert house.patient.seen.secrets == 1
    with at_the_window(house) as (client, _):
        assert verifies(finish(client, begin(client, house.patient.handle)))


@pytest.mark.proves("C4", "fault 12")
def test_a_card_exchanged_between_signs_nothing(house: House) -> None:
    other = Seen(house.counter.office.resident(number=2).card)
    with at_the_window(house) as (client, _):
        begun = begin(client, house.patient.handle)
        house.counter.pull(RESIDENT_SLOT)
        house.counter.insert(other, RESIDENT_SLOT, kind="my_number")
        failing("card.removed", lambda: finish(client, begun))
    assert other.secrets == 0


@pytest.mark.proves("C4", "fault 12")
@pytest.mark.parametrize("noticed", [True, False])
def test_a_card_that_is_exchanged_under_the_hold_signs_nothing(house: House, noticed: bool) -> None:
    """At each command of the end: whatever another card says, no signature comes out and no PIN goes to it."""
    for at in range(1, 40):
        with at_the_window(house) as (client, _):
            begun = begin(client, house.patient.handle)
            house.patient.follow(Fault(Kind.EXCHANGE, at=at, card="other", noticed=noticed))
            error = attempt(lambda: finish(client, begun))  # noqa: B023
        if error is None:
            break
        assert error.name in ("card.removed", "card.changed", "card.bad_answer"), (at, error.name)
        assert house.patient.seen.secrets == 0, "VERIFY is not sent again"
    assert at > 2


@pytest.mark.proves("fault 3", "fault 4")
@pytest.mark.parametrize("kind", [Kind.DROP, Kind.DROP_MID_COMMAND], ids=["before the command", "before the answer"])
def test_pulled_at_any_command_of_the_finish_nothing_is_given(house: House, kind: Kind) -> None:
    for at in range(1, 40):
        with at_the_window(house) as (client, _):
            begun = begin(client, house.patient.handle)
            house.patient.follow(Fault(kind, at=at))
            error = attempt(lambda: finish(client, begun))  # noqa: B023
        if error is None:
            break
        assert error.name == "card.removed", at
        assert house.patient.seen.secrets == 0, "VERIFY is not sent again"
    assert at > 2


def test_another_connection_of_the_same_person_gets_nothing_and_the_first_one_goes_on(house: House) -> None:
    with at_the_window(house) as (client, _):
        begun = begin(client, house.patient.handle)
        with house.counter.client() as other:
            failing("sign.unknown", lambda: finish(other, begun))
        assert verifies(finish(client, begun))
        assert failing("sign.unknown", lambda: finish(client, begun)).data["problem"] == "finished"


@pytest.mark.proves("fault 61")
def test_a_connection_that_ends_lets_the_card_go(house: House) -> None:
    number = len(_ends(house.counter))
    with at_the_window(house) as (client, _):
        begun = begin(client, house.patient.handle)
    with house.counter.client() as other:
        failing("sign.unknown", lambda: finish(other, begun))
    end = ended(house, number)
    assert (end["result"], end["problem"], end["card_outcome"]) == ("done", "client_gone", "cleared")
    assert not house.patient.verified
    assert house.read()["pins_used"] == ["card_info"]


def test_a_logout_lets_the_card_go(house: House) -> None:
    number = len(_ends(house.counter))
    with at_the_window(house) as (client, _):
        begun = begin(client, house.patient.handle)
        house.counter.call("session.logout")
        failing("session.required", lambda: finish(client, begun))
    end = ended(house, number)
    assert (end["problem"], end["card_outcome"]) == ("session_over", "cleared")
    assert not house.patient.verified


@pytest.mark.proves("fault 63")
def test_an_answer_that_was_lost_is_given_again_on_a_new_connection(house: House) -> None:
    with at_the_window(house) as (client, _):
        begun = begin(client, house.patient.handle)
        first = finish(client, begun, idempotency_key="form-0042")
    with house.counter.client() as other:
        again = finish(other, begun, idempotency_key="form-0042")
        other_digest = base64.b64encode(bytes(32)).decode()
        changed = {"idempotency_key": "form-0042", "digest_base64": other_digest}
        failing("request.idempotency_mismatch", lambda: finish(other, begun, **changed))
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert again["signature_base64"] == first["signature_base64"]


@pytest.mark.parametrize("key", ["authentication", "signature"])
def test_a_badge_signs_in_two_steps_with_one_pin(house: House, key: str) -> None:
    """9A is held; 9C wants its PIN directly before it signs, and is asked for it with the digest."""
    house.log_in()
    person = PinScript([house.operator.pin], consents=True)
    with house.counter.client(person=person) as client:
        begun = begin(client, house.badge_handle, key=key)
        assert len(person.asked) == (key == "authentication")
        assert verifies(finish(client, begun))
    assert (len(person.asked), person.consent_asked) == (1, 1)


def test_whoever_waits_for_the_card_gets_it_behind_the_finish(house: House) -> None:
    with at_the_window(house) as (client, _):
        begun = begin(client, house.patient.handle)
        busy = {reader["reader"]: reader for reader in house.counter.call("queue.show")["readers"]}
        assert busy[house.counter.box.readers[RESIDENT_SLOT]]["state"] == "busy"
        assert verifies(finish(client, begun))
        assert house.read()["pins_used"] == ["card_info"]
    house.alive()


@pytest.mark.slow
def test_after_ten_seconds_the_card_is_cleared_and_let_go(house: House) -> None:
    number = len(_ends(house.counter))
    with at_the_window(house) as (client, _):
        begun = begin(client, house.patient.handle)
        end = ended(house, number)
        assert (end["result"], end["problem"], end["card_outcome"]) == ("done", "time_over", "cleared")
        assert end["duration_ms"] >= 10_000
        assert failing("sign.unknown", lambda: finish(client, begun)).data["problem"] == "time_over"
    assert not house.patient.verified


@pytest.mark.proves("S2")
def test_the_emergency_stop_lets_the_card_go_and_nothing_is_signed() -> None:
    with open_counter(StandInBox) as counter, opened_house(counter) as house, at_the_window(house) as (client, _):
        begun = begin(client, house.patient.handle)
        counter.call("lockdown.engage", reason="drill")
        failing("lockdown.engaged", lambda: finish(client, begun))
        end = ended(house, 0)
        assert (end["result"], end["problem"]) == ("done", "session_over")
        assert not house.patient.verified
        assert counter.stop() == 0


def test_a_daemon_that_is_stopped_lets_the_card_go_and_writes_the_end_down() -> None:
    with open_counter(StandInBox) as counter, opened_house(counter) as house, at_the_window(house) as (client, _):
        begin(client, house.patient.handle)
        assert counter.stop() == 0
        (end,) = _ends(counter)
        assert end["problem"] in ("client_gone", "session_over")
        assert end["card_outcome"] == "cleared"
        assert not house.patient.verified
